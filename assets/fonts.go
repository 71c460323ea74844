package assets

import _ "embed" // the fonts and the icon

//go:embed fonts/FotabenchSans-Regular.otf
var fontRegular []byte

//go:embed fonts/FotabenchSans-Bold.otf
var fontBold []byte

//go:embed icons/fotabench.png
var icon []byte

// Font is the window's font as an OpenType file, regular or bold. It has all
// characters of GB 2312 and of the translations (assets/fonts/README.md). The
// caller must not change it.
func Font(bold bool) []byte {
	if bold {
		return fontBold
	}
	return fontRegular
}

// Icon is the program's icon as a PNG of 512 by 512 pixels. The caller must not
// change it.
func Icon() []byte { return icon }
