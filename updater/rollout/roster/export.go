package roster

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"fotabench/updater"
	"fotabench/updater/rollout"
)

// Header are the columns that Export writes.
func Header() []string {
	return []string{"device", "model", "version", "status", "component", "reason", "code", "address", "job", "simulated", "heard"}
}

// Export writes how the devices of a plan stand, one row each, as a table that
// spreadsheets take for UTF-8. say makes the sentence of a reason; nil leaves it to the
// code. No cell is a formula, whatever a device said.
func Export(to io.Writer, o rollout.Overview, say func(updater.Note) string) error {
	if say == nil {
		say = func(n updater.Note) string { return string(n.Code) }
	}
	if _, err := io.WriteString(to, "\xef\xbb\xbf"); err != nil {
		return fmt.Errorf("roster: export: %w", err)
	}
	out := csv.NewWriter(to)
	out.UseCRLF = true
	// The writer keeps its first error for Flush.
	_ = out.Write(Header())
	for _, d := range o.Devices {
		row := []string{
			d.ID, d.Model, d.Version, string(d.Status), strconv.Itoa(d.Component + 1), say(d.Reason),
			string(d.Reason.Code), string(d.Address), d.Job, strconv.FormatBool(d.Simulated), heard(d.Heard),
		}
		for i := range row {
			row[i] = harmless(row[i])
		}
		_ = out.Write(row)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("roster: export: %w", err)
	}
	return nil
}

// heard is when a device said what it runs, in the way of RFC 3339, "" if nobody knows.
func heard(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// harmless is a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
