// Package words turns codes into sentences and remedies in the person's
// language. It knows no window, so that the command line and reports use it
// too. The sentences are data: assets/translations, one pair of files per room.
package words

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater"
)

// The languages, complete.
const (
	English = "en"
	Chinese = "zh-Hans"
)

// ErrLanguage says that a language is not there.
var ErrLanguage = errors.New("there are translations for en and zh-Hans only")

// Book holds the sentences of one language. It never changes after New and is
// safe for concurrent use.
type Book struct {
	lang      string
	sentences map[string]string
}

// New opens the book of a language, English or Chinese; "zh", "zh-CN" and the
// like mean Chinese.
func New(lang string) (*Book, error) {
	switch {
	case strings.HasPrefix(strings.ToLower(lang), "zh"):
		return chinese()
	case strings.HasPrefix(strings.ToLower(lang), "en"):
		return english()
	}
	return nil, fmt.Errorf("language %q: %w", lang, ErrLanguage)
}

// Reading a book takes 5 ms of the program's start, and the command line and the window
// each want one.
var (
	english = sync.OnceValues(func() (*Book, error) { return read(English) })
	chinese = sync.OnceValues(func() (*Book, error) { return read(Chinese) })
)

func read(lang string) (*Book, error) {
	sentences, err := load(assets.Translations, lang)
	if err != nil {
		return nil, err
	}
	return &Book{lang: lang, sentences: sentences}, nil
}

// load merges the fragments of a language; a key in two of them is an error.
func load(files embed.FS, lang string) (map[string]string, error) {
	all := map[string]string{}
	names, err := fs.Glob(files, "translations/*."+lang+".json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var part map[string]string
		if err := json.Unmarshal(text, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		for code, sentence := range part {
			if _, twice := all[code]; twice {
				return nil, fmt.Errorf("%s: %q stands in another file too", path.Base(name), code)
			}
			all[code] = sentence
		}
	}
	return all, nil
}

// Lang is the book's language.
func (b *Book) Lang() string { return b.lang }

// Has tells whether there is a sentence for code.
func (b *Book) Has(code devices.Code) bool {
	_, ok := b.sentences[string(code)]
	return ok
}

// placeholder is {0}, {0:format}, or {0|one|several} for the word that goes with a number.
var placeholder = regexp.MustCompile(`\{(\d)(?::([a-z]+)|\|([^{}|]*)\|([^{}|]*))?\}`)

// Say makes the sentence of code with args in its places. A code without a
// sentence is shown as it is, with its args, so that nothing is lost.
func (b *Book) Say(code devices.Code, args ...any) string {
	sentence, ok := b.sentences[string(code)]
	if !ok {
		return plaintext.Lines(strings.TrimSpace(fmt.Sprintln(append([]any{string(code)}, args...)...)))
	}
	return placeholder.ReplaceAllStringFunc(sentence, func(hole string) string {
		parts := placeholder.FindStringSubmatch(hole)
		i, err := strconv.Atoi(parts[1])
		if err != nil || i >= len(args) {
			return hole
		}
		if strings.Contains(hole, "|") {
			if n, counts := number(args[i]); counts && n == 1 {
				return parts[3]
			}
			return parts[4]
		}
		return b.format(parts[2], args[i])
	})
}

// Join puts sentences behind each other, without those that are empty. In Chinese no blank
// stands between them.
func (b *Book) Join(sentences ...string) string {
	blank := " "
	if b.lang == Chinese {
		blank = ""
	}
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), blank)
}

// Note is Say for a remark.
func (b *Book) Note(n updater.Note) string { return b.Say(n.Code, n.Args...) }

func (b *Book) format(how string, arg any) string {
	n, isNumber := number(arg)
	switch {
	case how == "hash":
		return short(fmt.Sprint(arg))
	case how == "remedy":
		return b.remedy(arg)
	case how == "time":
		return moment(fmt.Sprint(arg))
	case !isNumber:
		return b.plain(arg)
	case how == "bytes":
		return humanize.IBytes(uint64(max(n, 0)))
	case how == "tenths" && n < 60:
		return strconv.FormatFloat(n, 'f', 1, 64) + " s"
	case how == "long":
		return b.long(n)
	case how == "seconds", how == "tenths":
		return b.seconds(n)
	case how == "mv":
		return strconv.FormatFloat(n/1000, 'f', 2, 64) + " V"
	case how == "percent":
		return strconv.FormatFloat(n, 'f', 0, 64) + " %"
	}
	return b.plain(arg)
}

// noteOf is an argument that is itself a remark; after a journey through JSON it is a map.
func noteOf(arg any) (n updater.Note, ok bool) {
	switch v := arg.(type) {
	case updater.Note:
		return v, true
	case map[string]any:
		code, ok := v["code"].(string)
		args, _ := v["args"].([]any)
		return updater.Note{Code: devices.Code(code), Args: args}, ok
	}
	return n, false
}

// remedy is what to do about a remark, as far as somebody wrote it down.
func (b *Book) remedy(arg any) string {
	n, _ := noteOf(arg)
	if code := n.Code + ".remedy"; b.Has(code) {
		return b.Say(code, n.Args...)
	}
	return ""
}

// plain shows an argument; one that is itself a code or a remark is said.
func (b *Book) plain(arg any) string {
	if n, ok := noteOf(arg); ok {
		return b.Note(n)
	}
	switch v := arg.(type) {
	case devices.Code:
		return b.Say(v)
	case []string:
		return plaintext.Lines(strings.Join(v, ", "))
	case []any:
		texts := make([]string, len(v))
		for i, e := range v {
			texts[i] = b.plain(e)
		}
		return strings.Join(texts, ", ")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		return b.seconds(v.Seconds())
	}
	text := fmt.Sprint(arg)
	if b.Has(devices.Code(text)) && strings.Contains(text, ".") {
		return b.Say(devices.Code(text))
	}
	return plaintext.Lines(b.Raw(text))
}

func (b *Book) seconds(s float64) string {
	whole := int64(s + 0.5)
	if whole < 60 {
		if b.lang == Chinese {
			return fmt.Sprintf("%d 秒", whole)
		}
		return fmt.Sprintf("%d s", whole)
	}
	minutes, rest := "%d min", " %d s"
	if b.lang == Chinese {
		minutes, rest = "%d 分钟", " %d 秒"
	}
	text := fmt.Sprintf(minutes, whole/60)
	if whole%60 != 0 {
		text += fmt.Sprintf(rest, whole%60)
	}
	return text
}

// long is a time that may be days.
func (b *Book) long(s float64) string {
	minutes := int64(s/60 + 0.5)
	if s < 3600 || minutes < 60 {
		return b.seconds(s)
	}
	units := [3]string{" d", " h", " min"}
	blank := " "
	if b.lang == Chinese {
		units, blank = [3]string{" 天", " 小时", " 分钟"}, ""
	}
	var parts []string
	for i, n := range [3]int64{minutes / (24 * 60), minutes / 60 % 24, minutes % 60} {
		if n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+units[i])
		}
	}
	return strings.Join(parts, blank)
}

// moment is a time as RFC 3339 has it, as people read it where it was written.
func moment(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return plaintext.Line(text)
	}
	return at.Format("2006-01-02 15:04 -07:00")
}

// short shows both ends of a digest.
func short(hex string) string {
	if len(hex) <= 20 {
		return hex
	}
	return hex[:8] + "…" + hex[len(hex)-8:]
}

// number reads any numeric argument; after a journey through JSON all of them
// are float64.
func number(arg any) (float64, bool) {
	switch v := arg.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	case time.Duration:
		return v.Seconds(), true
	case *int:
		if v != nil {
			return float64(*v), true
		}
	case *int64:
		if v != nil {
			return float64(*v), true
		}
	}
	return 0, false
}

// Codes lists all codes of the book, sorted.
func (b *Book) Codes() []string {
	codes := make([]string, 0, len(b.sentences))
	for c := range b.sentences {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

// Detect is the language of this system as far as its environment tells:
// Chinese or English.
func Detect() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), "zh") {
				return Chinese
			}
			return English
		}
	}
	if strings.HasPrefix(strings.ToLower(systemLanguage()), "zh") {
		return Chinese
	}
	return English
}
