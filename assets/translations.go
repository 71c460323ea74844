// Package assets holds the bytes that the program carries with it, behind
// typed doors. It decides nothing.
package assets

import "embed"

// Translations holds translations/<room>.<language>.json: flat objects of code
// and sentence, one pair of files per room. In translations/usage/<language>.json, English
// texts of the command line stand for themselves.
//
//go:embed translations
var Translations embed.FS
