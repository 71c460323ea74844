package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKind(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"MIT":          "Permission is hereby granted, free of charge, to any\n * person obtaining a copy",
		"BSD-2-Clause": "Redistribution and use in source and binary forms … retain this\nlist of conditions",
		"BSD-3-Clause": "Redistribution and use in source and binary forms … used to endorse or promote products",
		"Apache-2.0":   "Apache License\n Version 2.0, January 2004",
		// Linked programs cannot be handed on under these as ours is.
		"": "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007",
	} {
		if got := kind(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	used, c, other := filepath.Join(dir, "used"), filepath.Join(dir, "used", "clib"), filepath.Join(dir, "other")
	for _, d := range []string{used, c, other} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m := &module{path: "example.org/m", version: "v1", dir: dir, packages: []string{used}}
	if _, err := m.part(); err == nil || !strings.Contains(err.Error(), "example.org/m v1 has no licence") {
		t.Errorf("a module without a licence: %v", err)
	}
	for _, f := range []string{filepath.Join(dir, "LICENSE"), filepath.Join(c, "COPYING.txt"), filepath.Join(other, "LICENSE")} {
		if err := os.WriteFile(f, []byte("all rights reserved"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := m.part()
	if err != nil || len(p.texts) != 2 {
		t.Errorf("its own and the C library's texts, not those of a package that is not linked: %v %v", p.texts, err)
	}
	if err := p.recognise(); err == nil {
		t.Error("a text that allows nothing was accepted")
	}
}
