package main

import "strings"

// kinds are the licences that allow to hand on a program linked with what is
// under them, and words that only their texts have. The order matters: a text
// may speak of a later one.
var kinds = []struct {
	name  string
	words []string
}{
	{"EPL-2.0", []string{"eclipse public license - v 2.0"}},
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"MPL-2.0", []string{"mozilla public license", "version 2.0"}},
	{"OFL-1.1", []string{"sil open font license version 1.1"}},
	{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining"}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "endorse or promote"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms", "this list of conditions"}},
	{"Zlib", []string{"this software is provided 'as-is'", "altered source versions"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}},
	{"public domain", []string{"the author disclaims copyright"}},
	{"public domain", []string{"dedicated to the public domain"}},
}

// kind is the licence that a text is, "" when it is none of those known.
func kind(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("*", " ", "//", " ", "#", " ").Replace(text)), " "))
	for _, k := range kinds {
		if containsAll(text, k.words) {
			return k.name
		}
	}
	return ""
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
