package cli

import (
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// columns measures text as terminals show it: a Chinese character takes two columns.
// Where Unicode leaves it open, a character takes one, whatever the language.
func columns() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

// column fills text up with blanks to a width in columns of a terminal; longer text stays.
func column(text string, width int) string { return columns().FillRight(text, width) }

// gap is what stands between two columns of a table, in columns of a terminal.
const gap = 2

// table prints rows below each other. The last field of a row has no width: it may be long.
func table(out io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, field := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns().StringWidth(field)+gap)
		}
	}
	var text strings.Builder
	for _, row := range rows {
		last := len(row) - 1
		for i, field := range row[:last] {
			text.WriteString(column(field, widths[i]))
		}
		text.WriteString(row[last] + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}
