package ui

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/ui/bench"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestBenchRecords: what goes to every device that asks has its records, which the history
// shows; what keeps them from being written is on the page as long as it lasts, and what is
// lost stays there.
func TestBenchRecords(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.LuatUDP)
	require.NoError(t, b.startFleet(demo.LuatUDP, bench.LuatUDP, 3, nil))
	b.until("the package", func() bool { return b.state.pkg.pkg != nil })
	b.giveEverybody()
	var all []updater.Record
	b.until("the records", func() bool {
		all, _ = b.engine.Records(0)
		return len(all) == 3 && !slices.ContainsFunc(all, func(r updater.Record) bool { return r.Result() != updater.Verified })
	})
	for _, r := range all {
		assert.True(t, r.Plan.Simulated, "a fleet of this window proves nothing about real devices")
		assert.Equal(t, &updater.RulePart{}, r.Plan.Rule)
		assert.Equal(t, b.state.pkg.pkg.Name, r.Plan.Package)
	}
	b.goTo(placeHistory)
	b.until("the history", func() bool {
		text := b.text()
		return !slices.ContainsFunc(all, func(r updater.Record) bool { return !strings.Contains(text, r.Device.IMEI) })
	})

	b.goTo(placeBench)
	p := b.pages[placeBench].(*benchPage)
	told := func(code devices.Code) func() bool {
		return func() bool { return strings.Contains(b.text(), b.book.Say(code, 2)) }
	}
	assert.False(t, p.unwritten.Visible())
	b.cfg.Bench.Trouble(updater.Note{Code: updater.NoteJournalLater})
	b.until("the trouble", told(updater.NoteJournalLater))
	assert.Positive(t, p.unwritten.Size().Height, "it has room")
	b.cfg.Bench.Trouble(updater.Note{Code: updater.NoteJournalAgain})
	b.until("its end", func() bool { return !p.unwritten.Visible() })
	b.cfg.Bench.Trouble(updater.Note{Code: updater.NoteJournalUnkept, Args: []any{2}})
	b.cfg.Bench.Trouble(updater.Note{Code: updater.NoteJournalAgain})
	b.until("what is lost", told(bench.NoteUnkept))
}

// TestClosingGivesNothing: while the window closes, nobody is given anything any more.
func TestClosingGivesNothing(t *testing.T) {
	table, engine := bench.New(), newFakeEngine()
	t.Cleanup(func() { assert.NoError(t, table.Close()) })
	pkg, err := packages.Open(t.Context(), []string{packageFile(t)}, packages.OpenOptions{})
	require.NoError(t, err)
	pkg.Manifest = packages.Manifest{TargetVersion: "2.0.0"}
	table.SetRules(&checkin.Rules{Register: true, Rules: []checkin.Rule{{Offer: checkin.Offer{Package: pkg}}}})
	ask := func(imei string) *checkin.Order {
		o, _ := table.Desk().Arrive(t.Context(), checkin.Arrival{
			Address: devices.Address("luat:imei:" + imei), Usual: devices.Answer,
			Identity: devices.Identity{Family: "luat", IMEI: imei, Firmware: "1.0.0"},
		})
		return o
	}
	require.NotNil(t, ask("860000000000001"))
	o := newOpening(t.Context(), Config{Bench: table}, cli.Window{Folder: t.TempDir()})
	require.NoError(t, o.end(), "there is no engine yet")
	o.engine = engine
	require.NoError(t, o.end())
	assert.True(t, engine.closed)
	assert.Nil(t, ask("860000000000002"))
}

// unkeptEngine is one whose records are not whole when it is closed.
type unkeptEngine struct{ *fakeEngine }

func (unkeptEngine) Close() error {
	return &devices.Error{Op: "test", Kind: devices.Space, Note: updater.NoteGiftsUnkept, Args: []any{3}, Err: updater.ErrUnkept}
}

// TestClosingTellsWhatIsLacking: records that could not be written are told after the window
// is gone, by a message of the system and as the program's error; not to somebody who ended
// the program otherwise, who gets the error.
func TestClosingTellsWhatIsLacking(t *testing.T) {
	for name, interrupted := range map[string]bool{"closed": false, "interrupted": true} {
		ctx, stop := context.WithCancel(t.Context())
		o := newOpening(ctx, Config{}, cli.Window{Folder: t.TempDir(), Lang: words.English})
		o.engine = unkeptEngine{newFakeEngine()}
		var said []string
		o.tell = func(_ context.Context, lang string, what error) error {
			b, err := words.New(lang)
			require.NoError(t, err)
			text, remedy := b.Trouble(words.Explain(what))
			said = append(said, text, remedy)
			return what
		}
		if interrupted {
			stop()
		}
		require.ErrorIs(t, o.end(), updater.ErrUnkept, name)
		if interrupted {
			assert.Empty(t, said)
		} else if assert.Len(t, said, 2) {
			assert.Contains(t, said[0], "could not be written: 3")
			assert.Contains(t, said[1], "open cases at the next start")
		}
		stop()
	}
}
