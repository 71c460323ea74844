package roster

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// Header are the columns that Export writes.
func Header() []string {
	return []string{"device", "model", "version", "status", "component", "reason", "code", "address", "job", "simulated", "heard"}
}

// Unseen is the status of an entry of the allow list of which nobody was here yet.
const Unseen = "unseen"

// WhyUnseen is its reason.
const WhyUnseen devices.Code = "rollout.why.unseen" // –

// Export writes how the devices of a plan stand, one row each, and then the entries of the
// allow list of which nobody was here yet (rollout.Account.Unseen), as a table that
// spreadsheets take for UTF-8. say makes the sentence of a reason; nil leaves it to the
// code. No cell is a formula, whatever a device said.
func Export(to io.Writer, o rollout.Overview, unseen []string, say func(updater.Note) string) error {
	if say == nil {
		say = func(n updater.Note) string { return string(n.Code) }
	}
	if _, err := io.WriteString(to, "\xef\xbb\xbf"); err != nil {
		return fmt.Errorf("roster: export: %w", err)
	}
	out := csv.NewWriter(to)
	out.UseCRLF = true
	put := func(row ...string) {
		for i := range row {
			row[i] = harmless(row[i])
		}
		_ = out.Write(row) // the writer keeps its first error for Flush
	}
	put(Header()...)
	for _, d := range o.Devices {
		put(
			d.ID, d.Model, d.Version, string(d.Status), strconv.Itoa(d.Component+1), say(d.Reason),
			string(d.Reason.Code), string(d.Address), d.Job, strconv.FormatBool(d.Simulated), heard(d.Heard),
		)
	}
	for _, entry := range unseen {
		put(entry, "", "", Unseen, "", say(updater.Note{Level: updater.Info, Code: WhyUnseen}), string(WhyUnseen), "", "", "", "")
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
