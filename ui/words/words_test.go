package words_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater"
)

func books(t *testing.T) map[string]*words.Book {
	t.Helper()
	all := map[string]*words.Book{}
	for _, lang := range []string{words.English, words.Chinese} {
		b, err := words.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		all[lang] = b
	}
	return all
}

// TestComplete: every typed Code constant of the source has a sentence in both
// languages.
func TestComplete(t *testing.T) {
	all := books(t)
	found := codes(t, "../..")
	if len(found) < 10 {
		t.Fatalf("only %d codes found in the source", len(found))
	}
	for code, where := range found {
		for lang, b := range all {
			if !b.Has(devices.Code(code)) {
				t.Errorf("%s: no %s sentence for %q", where, lang, code)
			}
		}
	}
}

var hole = regexp.MustCompile(`\{\d(:[a-z]+)?\}`)

// TestSame: both languages have the same codes with the same places.
func TestSame(t *testing.T) {
	all := books(t)
	en, zh := all[words.English], all[words.Chinese]
	for _, code := range append(en.Codes(), zh.Codes()...) {
		if !en.Has(devices.Code(code)) || !zh.Has(devices.Code(code)) {
			t.Errorf("%q stands in one language only", code)
			continue
		}
		if a, b := holes(en, code), holes(zh, code); !slices.Equal(a, b) {
			t.Errorf("%q: places %v in English, %v in Chinese", code, a, b)
		}
	}
}

func holes(b *words.Book, code string) []string {
	list := hole.FindAllString(b.Say(devices.Code(code)), -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// codes finds the constants of type Code in the tree's Go files.
func codes(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			collect(decl, path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func collect(decl ast.Decl, path string, found map[string]string) {
	general, ok := decl.(*ast.GenDecl)
	if !ok || general.Tok != token.CONST {
		return
	}
	for _, spec := range general.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || !isCode(value.Type) {
			continue
		}
		for _, v := range value.Values {
			if literal, ok := v.(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					found[text] = path
				}
			}
		}
	}
}

func isCode(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name == "Code"
	case *ast.SelectorExpr:
		return t.Sel.Name == "Code"
	}
	return false
}

func TestFormats(t *testing.T) {
	en := books(t)[words.English]
	for _, c := range []struct {
		code devices.Code
		args []any
		want string
	}{
		{"cli.millivolts", []any{3810}, "3.81 V"},
		{"cli.millivolts", []any{float64(3810)}, "3.81 V"},
		{"cli.freeSpace", []any{int64(1 << 20)}, "1.0 MiB free"},
		{"cli.freeSpace", nil, "{0:bytes} free"},
		{"no.such.code", []any{7, "x"}, "no.such.code 7 x"},
	} {
		if got := en.Say(c.code, c.args...); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.code, c.args, got, c.want)
		}
	}
}

// TestRefusedNamesNoCause: a job also ends so when the port is lost before anything was
// sent; which it was is told beside.
func TestRefusedNamesNoCause(t *testing.T) {
	for lang, b := range books(t) {
		for _, code := range []devices.Code{"outcome.refused", "cli.outcome.refused", "ui.ended.refused", "ui.title.refused"} {
			text := strings.ToLower(b.Say(code, "COM5"))
			for _, cause := range []string{"check", "refuse", "检查", "拒绝"} {
				if strings.Contains(text, cause) {
					t.Errorf("%s: %s says %q", lang, code, text)
				}
			}
		}
	}
}

func TestNew(t *testing.T) {
	for lang, want := range map[string]string{"zh": words.Chinese, "zh-CN": words.Chinese, "en_US.UTF-8": words.English} {
		if b, err := words.New(lang); err != nil || b.Lang() != want {
			t.Errorf("%s: %v, %v", lang, b, err)
		}
	}
	if _, err := words.New("fr"); err == nil {
		t.Error("French is not there, but was opened")
	}
}

// TestNoteInNote: a remark may hold another one, and its remedy; also after a journey
// through JSON.
func TestNoteInNote(t *testing.T) {
	note := updater.Note{Code: updater.NoteSaid, Args: []any{
		updater.Note{Code: updater.NoteOld, Args: []any{"A01"}}, `+QIND: "FOTA","END",504`, updater.Note{Code: "quectel.end.504", Args: []any{504}},
	}}
	text, err := json.Marshal(note)
	if err != nil {
		t.Fatal(err)
	}
	var read updater.Note
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{
		words.English: "The device itself reports its old version A01. It said “+QIND: \"FOTA\",\"END\",504”. The module did not install the package (END 504): the upgrade failed.",
		words.Chinese: "设备自身报告仍为旧版本 A01。设备称“+QIND: \"FOTA\",\"END\",504”。模组没有安装升级包（END 504）：升级失败。",
	} {
		b, err := words.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []updater.Note{note, read} {
			if got := b.Note(n); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
			if got, want := b.Say(n.Code+".remedy", n.Args...), b.Say("quectel.end.504.remedy"); got != want {
				t.Errorf("remedy %q, want %q", got, want)
			}
		}
	}
}

// TestOneChineseWord: one thing has one name, on every page and in every report.
func TestOneChineseWord(t *testing.T) {
	zh := books(t)[words.Chinese]
	other := regexp.MustCompile(`固件包|哈希|操作者|执行者|这根线|用它升级|未测试|……|(^|[^级])包库|。 `)
	for _, code := range zh.Codes() {
		if text := zh.Say(devices.Code(code)); other.MatchString(text) {
			t.Errorf("%s: %q; say 升级包, 校验值, 操作人, 升级包库, 经线缆, 未验证, …", code, text)
		}
	}
}
