package words

import (
	"encoding/json"
	"path"
	"sync"

	"fotabench/assets"
)

// Usage is a text of the command line's help, or the format of a complaint about a call, in
// the book's language. Such texts are English where they are used, and known by that; one
// that is not known stays English.
func (b *Book) Usage(english string) string {
	if b.lang == Chinese {
		if text := chineseUsage()[english]; text != "" {
			return text
		}
	}
	return english
}

// It is read when help is asked for: no start waits for it.
var chineseUsage = sync.OnceValue(func() map[string]string {
	var texts map[string]string
	text, err := assets.Translations.ReadFile(path.Join("translations", "usage", Chinese+".json"))
	if err == nil {
		err = json.Unmarshal(text, &texts)
	}
	if err != nil { // what is built into the program cannot be fixed by its user
		panic(err)
	}
	return texts
})
