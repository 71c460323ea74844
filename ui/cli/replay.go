package cli

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/link/record"
)

func (a *app) replayCommand() *cobra.Command {
	var at record.Place
	var pace float64
	c := &cobra.Command{
		Use:   "replay FILE --pty PATH | --tcp ADDRESS:PORT",
		Short: "play a recording or a support bundle back as a device",
		Long: "Play a recording or a support bundle back as a device: it sends what the device sent when it has received what it had\n" +
			"received until then. Exit code 0 means that the host did exactly as recorded, 1 that it deviated or left early.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case (at.PTY == "") == (at.TCP == ""):
				return misuse("say where the device is to appear: --pty PATH or --tcp ADDRESS:PORT")
			case math.IsNaN(pace) || pace < 0 || pace > 1000:
				return misuse("--pace is a factor from 0 to 1000")
			}
			rec, err := record.Load(args[0])
			if err != nil {
				return err
			}
			return a.replay(c.Context(), rec, at, pace)
		},
	}
	f := c.Flags()
	f.StringVar(&at.PTY, "pty", "", "path at which the pseudo terminal appears")
	f.StringVar(&at.TCP, "tcp", "", "address:port to listen on; port 0 picks one")
	f.Float64Var(&pace, "pace", 1, "how much longer than recorded the device takes; 0 is at once")
	return c
}

// deviations are the sentences for how a host deviates.
var deviations = map[record.Way]devices.Code{
	record.Replaced: ReplayReplaced, record.Extra: ReplayExtra, record.Missing: ReplayMissing, record.Unfinished: ReplayStoppedEarly,
}

// replayed is what replay prints with --json.
type replayed struct {
	Address devices.Address `json:"address,omitempty"`
	Seed    uint64          `json:"seed,omitempty,string"`
	Family  string          `json:"family,omitempty"`
	// Link, At, Way, Want and Got are a deviation.
	Link int        `json:"link,omitempty"`
	At   int64      `json:"at,omitempty"`
	Way  record.Way `json:"way,omitempty"`
	Want string     `json:"want,omitempty"`
	Got  string     `json:"got,omitempty"`
	// Finished and Deviations are on the last line.
	Finished   *bool  `json:"finished,omitempty"`
	Deviations int    `json:"deviations,omitempty"`
	Text       string `json:"text"`
}

func (a *app) replay(ctx context.Context, rec *record.Recording, at record.Place, pace float64) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	if rec.Cut > 0 {
		a.playing(replayed{}, ReplayCut, rec.Cut.Seconds())
	}
	told := false
	p := record.NewReplay(rec, record.ReplayOptions{Pace: pace, Deviates: func(d record.Deviation) {
		want, got := fmt.Sprintf("%q", d.Want), fmt.Sprintf("%q", d.Got)
		a.playing(replayed{Link: d.Link, At: d.At, Way: d.Way, Want: want, Got: got}, deviations[d.Way], d.Link, d.At, want, got)
	}})
	err := p.Serve(ctx, at, func(at devices.Address) {
		a.playing(replayed{Address: at}, ReplayAt, string(at))
		if !told {
			told = true
			a.playing(replayed{Seed: rec.Header.Seed, Family: rec.Header.Family}, ReplayHow, string(at), rec.Header.Family, fmt.Sprint(rec.Header.Seed))
		}
	})
	if err != nil && !errors.Is(err, errInterrupted) {
		return err
	}
	finished := p.Finished()
	code := ReplayDone
	switch {
	case !finished:
		code = ReplayUnfinished
	case p.Deviations() > 0:
		code = ReplayDeviated
	}
	a.playing(replayed{Finished: &finished, Deviations: p.Deviations()}, code, p.Deviations())
	if code != ReplayDone {
		return status(ExitFailed)
	}
	return nil
}

// playing prints a line about a replay.
func (a *app) playing(line replayed, code devices.Code, args ...any) {
	line.Text = a.book.Say(code, args...)
	if a.json {
		a.object(line)
		return
	}
	fmt.Fprintln(a.Out, line.Text)
}
