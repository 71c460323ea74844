"""Makes Fotabench Sans of Noto Sans CJK SC; see README.md."""
import glob
import json
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

noto, translations = sys.argv[1:]


def gb2312(first, last):
    """The characters of the rows first to last of GB 2312."""
    for row in range(first, last + 1):
        for cell in range(1, 95):
            try:
                yield bytes([row + 0xA0, cell + 0xA0]).decode("gb2312")
            except UnicodeDecodeError:
                pass


used = set()
for name in glob.glob(translations + "/*.json"):
    with open(name, encoding="utf-8") as file:
        for sentence in json.load(file).values():
            used.update(sentence)
plain = {chr(c) for first, last in [
    (0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x203E), (0x2190, 0x2199),
    (0x2460, 0x2469), (0x3000, 0x3017), (0xFF01, 0xFF5E)] for c in range(first, last + 1)}
plain |= set("€℃№™↵−∞≈≠≤≥⌘⏎─│■□○●★☆✓✗✔✖")
characters = {
    "Regular": plain | used | set(gb2312(1, 9)) | set(gb2312(16, 87)),
    "Bold": plain | used | set(gb2312(16, 55)),  # the second level is rare in headings
}
for weight, wanted in characters.items():
    options = subset.Options()
    options.font_number = 2  # SC
    options.hinting = False
    options.layout_features = ["kern", "ccmp", "locl", "mark"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE", "DSIG"]
    font = subset.load_font(f"{noto}/NotoSansCJK-{weight}.ttc", options)
    # SC draws these as wide as a Chinese character; KR, over the same glyphs, does not.
    korean = TTFont(f"{noto}/NotoSansCJK-{weight}.ttc", fontNumber=1).getBestCmap()
    for table in font["cmap"].tables:
        for code in map(ord, "·…“”‘’—"):
            if code in table.cmap:
                table.cmap[code] = korean[code]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(wanted))
    subsetter.subset(font)
    # Noto CJK's own lines are half as high again as its letters.
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = 1040, -290, 0
    os2 = font["OS/2"]
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = 1040, -290, 0
    os2.usWinAscent, os2.usWinDescent = 1040, 290
    names = {1: "Fotabench Sans", 3: f"1.0;FotabenchSans-{weight}", 4: f"Fotabench Sans {weight}", 6: f"FotabenchSans-{weight}"}
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.toUnicode())
    font["CFF "].cff.fontNames[0] = f"FotabenchSans-{weight}"
    font.save(f"FotabenchSans-{weight}.otf")
