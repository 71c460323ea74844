package cli

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fotabench/ui/words"
)

// tree is the command line as it is when help is asked for.
func tree(t *testing.T) (a *app, verbs []*cobra.Command) {
	t.Helper()
	a = &app{Config: newCall(t).config}
	var err error
	if a.book, err = words.New(words.English); err != nil {
		t.Fatal(err)
	}
	root := a.root()
	root.InitDefaultCompletionCmd("completion")
	a.translate(root) // makes cobra's own flags, too
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		verbs = append(verbs, c)
		for _, s := range c.Commands() {
			walk(s)
		}
	}
	walk(root)
	if len(verbs) < 80 {
		t.Fatalf("only %d verbs", len(verbs))
	}
	return a, verbs
}

// TestHelpInEnglish: the page is the one that cobra makes, and holds no kind of text that
// cobra knows and the page does not.
func TestHelpInEnglish(t *testing.T) {
	a, verbs := tree(t)
	for _, c := range verbs {
		var page, want strings.Builder
		if err := a.page(&page, c); err != nil {
			t.Fatal(err)
		}
		want.WriteString(strings.TrimRight(c.Long, " \n"))
		if c.Long == "" {
			want.WriteString(c.Short)
		}
		want.WriteString("\n\n" + c.UsageString())
		if page.String() != want.String() {
			t.Errorf("%s:\n%s\nwant\n%s", c.CommandPath(), &page, &want)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			for key := range f.Annotations { // cobra would complain of these in English
				if key != cobra.FlagSetByCobraAnnotation {
					t.Errorf("%s --%s: %s", c.CommandPath(), f.Name, key)
				}
			}
		})
	}
}

// TestHelpInChinese: no page shows a sentence in English, and the columns are as wide as
// terminals show them.
func TestHelpInChinese(t *testing.T) {
	_, verbs := tree(t)
	names := map[string]bool{"yes": true, "no": true}
	for _, c := range verbs {
		names[c.Name()] = true
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
	}
	b := newCall(t)
	for _, c := range verbs {
		b.out.Reset()
		path := strings.Fields(c.CommandPath())[1:]
		if code := Run(t.Context(), b.config, append(path, "--help", "--lang", "zh-Hans", "--data-dir", b.dir)); code != 0 {
			t.Fatalf("%s: %d", c.CommandPath(), code)
		}
		if !strings.Contains(b.out.String(), "用法：\n  "+c.CommandPath()) {
			t.Errorf("%s:\n%s", c.CommandPath(), &b.out)
		}
		for _, words := range sentences(b.out.String(), names) {
			t.Errorf("%s: %q", c.CommandPath(), words)
		}
		for _, line := range askew(b.out.String()) {
			t.Errorf("%s: its column is not that of the lines above it: %q", c.CommandPath(), line)
		}
	}
	if got := sentences("等待 the device 的版本 plan run", names); len(got) != 1 || got[0] != "the device" {
		t.Errorf("found %q", got)
	}
	if got := askew("      --plan 文本   JSON\n      --show-urls  地址"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

// sentences are the English words behind each other in a page that are no names.
func sentences(page string, names map[string]bool) (found []string) {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "\t") { // what is typed at a shell
			continue
		}
		for _, words := range latin.FindAllString(line, -1) {
			if slices.ContainsFunc(strings.Fields(words), func(w string) bool {
				return !names[w] && strings.ToUpper(w) != w && !proper(w)
			}) {
				found = append(found, words)
			}
		}
	}
	return found
}

// askew are the lines about flags whose texts do not begin below each other.
func askew(page string) (found []string) {
	at := 0
	for line := range strings.Lines(page) {
		left := flagRow.FindStringSubmatch(line)
		if left == nil {
			at = 0
			continue
		}
		begins := columns().StringWidth(left[1])
		if at != 0 && begins != at {
			found = append(found, line)
		}
		at = begins
	}
	return found
}

var (
	latin   = regexp.MustCompile(`[A-Za-z][A-Za-z'-]+(?: [A-Za-z][A-Za-z'-]+)+`)
	flagRow = regexp.MustCompile(`^( +(?:-\w, )?--[^ ]+(?: \pL+(?:,…)?)? +)\S`)
)

// proper tells whether a word is a name that is the same in Chinese.
func proper(word string) bool {
	return slices.Contains(strings.Fields("Ctrl-C Luat QuecThing QuecPython HaaS PowerShell Ed"), word)
}

// TestHelpFindsItsLanguage: in whatever way help or a mistake comes about, it is told in the
// language of the call, else in that of the settings.
func TestHelpFindsItsLanguage(t *testing.T) {
	b := newCall(t)
	in := []string{"--data-dir", b.dir}
	zh := append([]string{"--lang", "zh-Hans"}, in...)
	check := func(want int, text string, args ...string) {
		t.Helper()
		b.out.Reset()
		b.err.Reset()
		if code := Run(t.Context(), b.config, args); code != want {
			t.Errorf("%q: %d, want %d", args, code, want)
		}
		b.shows(t, text)
	}
	for _, language := range []string{"by flag", "by settings"} {
		check(0, "可用的命令：", append(zh, "help")...)
		check(0, "打印本程序的版本", append(zh, "version", "--help")...)
		check(0, "创建计划草稿", append([]string{"help", "plan"}, zh...)...)
		check(2, "fotabench: 未知命令 \"frob nicate\"；参见 fotabench --help", append(zh, "help", "frob", "nicate")...)
		check(2, "fotabench: 未知命令 \"frob\"；参见 fotabench plan --help", append(zh, "plan", "frob")...)
		check(2, "多余的参数 \"x\"；用法：fotabench version", append(zh, "version", "x")...)
		check(2, "多余的参数 \"c\"；用法：fotabench plan export ID FILE.csv", append(zh, "plan", "export", "a", "b", "c")...)
		check(2, "缺少参数；用法：fotabench plan export ID FILE.csv", append(zh, "plan", "export", "a")...)
		check(2, "未知选项 --frob；参见 fotabench log --help", append([]string{"log", "--frob"}, zh...)...)
		check(2, "未知选项 -x；参见 fotabench log --help", append([]string{"log", "-x"}, zh...)...)
		check(2, "--lines 不能是 \"many\"；参见 fotabench log --help", append([]string{"log", "--lines", "many"}, zh...)...)
		check(2, "--filter 需要值；参见 fotabench log --help", append(append([]string{"log"}, zh...), "--filter")...)
		check(2, "\"---\" 不是选项；参见 fotabench log --help", append([]string{"log", "---"}, zh...)...)
		check(2, "缺少 --out：请给出要写入的文件", append(zh, "bundle")...)
		check(0, "plan\t按计划升级多台设备", append([]string{"__complete"}, append(zh, "pla")...)...)
		check(0, "--help\tplan 的帮助", append([]string{"__complete"}, append(zh, "plan", "--he")...)...)
		if language == "by flag" {
			check(0, "", append(in, "settings", "set", "language", "zh-Hans")...)
			zh = in
		}
	}
	check(2, "fotabench: unknown flag --frob; see fotabench log --help", append(in, "--lang=en", "log", "--frob")...)
	check(2, "fotabench: unknown command \"frob\"", append(in, "--lang", "en", "frob")...)
	b.out.Reset()
	check(2, `"text":"未知命令 \"frob\"；参见 fotabench --help","detail":"unknown command \"frob\"; see fotabench --help"`, append(in, "--json", "frob")...)
	for _, lang := range []string{"fr", ""} { // nothing to translate into, and no mistake in the call
		check(0, "fotabench version", append([]string{"version", "--help", "--lang", lang}, in...)...)
	}
	var usage usageError
	if err := wrongFlag(&cobra.Command{}, errors.New("other")); !errors.As(err, &usage) {
		t.Errorf("%v", err)
	}
}
