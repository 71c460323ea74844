package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fotabench/assets"
	"fotabench/devices"
)

// english are the texts of the command line that are translated as they are, with where
// they stand.
func english(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	_, verbs := tree(t)
	for _, c := range verbs {
		all[c.Short], all[c.Long] = c.CommandPath(), c.CommandPath()
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			kind, usage := pflag.UnquoteUsage(f)
			if _, cobras := f.Annotations[cobra.FlagSetByCobraAnnotation]; cobras {
				usage = strings.TrimSuffix(usage, c.DisplayName()) + "%s"
			}
			all[kind], all[usage] = c.CommandPath()+" --"+f.Name, c.CommandPath()+" --"+f.Name
		})
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			ast.Inspect(file, func(n ast.Node) bool {
				quote(t, n, name, all)
				return true
			})
		}
	}
	delete(all, "")
	return all
}

// quote takes up the text of a call that translates it: of misuse, say or Usage.
func quote(t *testing.T, n ast.Node, file string, all map[string]string) {
	t.Helper()
	call, isCall := n.(*ast.CallExpr)
	if !isCall || len(call.Args) == 0 {
		return
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	text, isText := call.Args[0].(*ast.BasicLit)
	switch {
	case name == "misuse" && !isText:
		t.Errorf("%s: the format of misuse is not in the call", file)
	case isText && text.Kind == token.STRING && slices.Contains([]string{"misuse", "say", "Usage"}, name):
		s, err := strconv.Unquote(text.Value)
		if err != nil {
			t.Fatal(err)
		}
		all[s] = file
	}
}

// chinese are the translations, by the English texts.
func chinese(t *testing.T) map[string]string {
	t.Helper()
	text, err := assets.Translations.ReadFile("translations/usage/zh-Hans.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	verb   = regexp.MustCompile(`%(\[\d\])?[a-z]`)
	letter = regexp.MustCompile(`\pL`)
)

// TestUsageTranslated: every text of help and of complaints about a call has its Chinese,
// and no Chinese is left of a text that changed or is gone.
func TestUsageTranslated(t *testing.T) {
	en, zh := english(t), chinese(t)
	if len(en) < 350 {
		t.Fatalf("only %d texts found", len(en))
	}
	for text, where := range en {
		if zh[text] == "" && letter.MatchString(verb.ReplaceAllString(text, "")) {
			t.Errorf("%s: no Chinese for %q", where, text)
		}
	}
	for text := range zh {
		if en[text] == "" {
			t.Errorf("Chinese for %q, which nothing says", text)
		}
	}
}

// TestUsageSame: the Chinese tells all that the English does: each argument, each flag,
// each figure.
func TestUsageSame(t *testing.T) {
	exact := regexp.MustCompile(`--[a-z][a-z-]+|FOTABENCH_[A-Z_]+|\b[0-9]{2,}\b|[0-9]\.[0-9]`)
	other := regexp.MustCompile(`固件包|哈希|操作者|执行者|未测试|……|(^|[^级])包库|。 `)
	for en, zh := range chinese(t) {
		var args []any
		for i, v := range verb.FindAllString(en, -1) {
			switch {
			case strings.HasSuffix(v, "d"):
				args = append(args, 701+i)
			case strings.HasSuffix(v, "w"):
				args = append(args, fmt.Errorf("<argument%d>", i))
			case !strings.Contains(v, "["):
				args = append(args, fmt.Sprintf("<argument%d>", i))
			}
		}
		if len(args) > 0 {
			en, zh = fmt.Errorf(en, args...).Error(), fmt.Errorf(zh, args...).Error()
			for _, arg := range args {
				if !strings.Contains(zh, fmt.Sprint(arg)) || strings.Contains(en+zh, "%!") {
					t.Errorf("%q lacks %v: %q", en, arg, zh)
				}
			}
		}
		a, b := exact.FindAllString(en, -1), exact.FindAllString(zh, -1)
		slices.Sort(a)
		slices.Sort(b)
		if a, b := slices.Compact(a), slices.Compact(b); !slices.Equal(a, b) {
			t.Errorf("%q\n%q: %q, but %q", en, zh, a, b)
		}
		if other.MatchString(zh) {
			t.Errorf("%q: another word than elsewhere (TestOneChineseWord)", zh)
		}
	}
}

// TestCauseInTheLanguage: what the system says behind an error is told in the language of the
// call, with the system's own words beside it; for programs it has a code, and the detail stays.
func TestCauseInTheLanguage(t *testing.T) {
	for text, told := range map[string]string{
		"context deadline exceeded": "没有及时得到应答", "connection refused": "连接被拒绝", "permission denied": "没有权限",
		"no such file or directory": "没有这个文件", "no space left on device": "磁盘已满",
	} {
		b := newCall(t)
		b.config.Open = func(context.Context, string) (Engine, error) { return nil, fmt.Errorf("journal: open: %s", text) }
		args := []string{"history", "--lang", "zh-Hans", "--data-dir", b.dir}
		if got := Run(t.Context(), b.config, args); got != ExitFailed {
			t.Errorf("%d", got)
		}
		b.shows(t, told, "journal: open: "+text)
		b = newCall(t)
		b.config.Open = func(context.Context, string) (Engine, error) { return nil, fmt.Errorf("journal: open: %s", text) }
		Run(t.Context(), b.config, append(args, "--json"))
		var o struct{ Error complaint }
		if err := json.Unmarshal(b.out.Bytes(), &o); err != nil || o.Error.Detail != "journal: open: "+text || !strings.HasPrefix(string(o.Error.Cause), "cause.") {
			t.Errorf("%v %s", err, &b.out)
		}
	}
	b := newCall(t)
	b.config.Open = func(context.Context, string) (Engine, error) {
		return nil, &devices.Error{Op: "journal", At: "x", Kind: devices.Lost, Err: errors.New("read x: connection reset by peer")}
	}
	Run(t.Context(), b.config, []string{"history", "--lang", "zh-Hans", "--data-dir", b.dir})
	b.shows(t, "与 x 的连接", "对方结束了连接", "connection reset by peer")
}
