package evidence

import (
	"bytes"
	"fmt"
	"strings"

	"fotabench/ui/evidence/pdf"
)

// sealRoom is how many bytes of a PDF are kept for its seal.
const sealRoom = 1024

// sealPDF writes the seal, a signature of all other bytes of the file, into its room.
func sealPDF(file, seal []byte) ([]byte, error) {
	room := roomOf(seal)
	if len(room) != sealRoom {
		return nil, fmt.Errorf("evidence: a seal of %d bytes is too long", len(seal))
	}
	sealed := bytes.Clone(file)
	copy(sealed[pdf.CommentAt:], room)
	return sealed, nil
}

// roomOf is a seal as comment lines, filled up with blanks.
func roomOf(seal []byte) []byte {
	lines := "%" + strings.ReplaceAll(strings.TrimSuffix(string(seal), "\n"), "\n", "\n%") + "\n%"
	return []byte(lines + strings.Repeat(" ", max(0, sealRoom-1-len(lines))) + "\n")
}

// openPDF takes a file apart.
func openPDF(file []byte) parts {
	p := parts{page: file, data: pdf.Attached(file, attachedData), signature: pdf.Attached(file, attachedSignature)}
	if len(file) < pdf.CommentAt+sealRoom {
		return p
	}
	room := file[pdf.CommentAt : pdf.CommentAt+sealRoom]
	if bytes.HasPrefix(room, []byte("%"+untrusted)) {
		text := strings.ReplaceAll(string(room[1:]), "\n%", "\n")
		p.seal = []byte(strings.TrimRight(text, " \n") + "\n")
		if bytes.Equal(roomOf(p.seal), room) { // else the room is a part of what it must hold for
			p.page = withoutSeal(file)
		}
	}
	if _, after, ok := bytes.Cut(file, []byte("/Lang (")); ok {
		lang, _, _ := bytes.Cut(after[:min(len(after), 16)], []byte(")"))
		p.lang = string(lang)
	}
	return p
}

// withoutSeal is a file without the room for its seal.
func withoutSeal(file []byte) []byte {
	return append(bytes.Clone(file[:pdf.CommentAt]), file[pdf.CommentAt+sealRoom:]...)
}
