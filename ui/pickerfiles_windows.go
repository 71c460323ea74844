package ui

import (
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// root is the drive that is always there.
func root() string {
	folder, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return `C:\`
	}
	return filepath.VolumeName(folder) + `\`
}

// hidden tells whether people are not shown a file unless they ask.
func hidden(e fs.DirEntry) bool {
	info, err := e.Info()
	if err != nil {
		return false
	}
	data, is := info.Sys().(*syscall.Win32FileAttributeData)
	return is && data.FileAttributes&syscall.FILE_ATTRIBUTE_HIDDEN != 0 || strings.HasPrefix(e.Name(), ".fotabench-")
}

// drives are those with a letter, whether or not they answer.
func drives() (all []pickPlace) {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return []pickPlace{{path: root()}}
	}
	for letter := 'A'; letter <= 'Z'; letter++ {
		if mask&(1<<(letter-'A')) != 0 {
			all = append(all, pickPlace{path: string(letter) + `:\`})
		}
	}
	return all
}
