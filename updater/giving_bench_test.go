package updater

import (
	"sync"
	"testing"
	"time"
)

// BenchmarkGifts: how many gifts a second the journal takes, on a disk, when they begin, and
// when the program ends while all of them are under way.
func BenchmarkGifts(b *testing.B) {
	const many = 50_000
	for b.Loop() {
		j, _, err := OpenJournal(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		d := &desk{}
		e := given(b, d, j)
		begun := time.Now()
		var kept sync.WaitGroup
		kept.Add(many)
		for n := range many {
			g := present(n, newVersion)
			g.Kept = kept.Done
			d.give(g, GiftBegun)
		}
		kept.Wait()
		b.ReportMetric(many/time.Since(begun).Seconds(), "begun/s")
		for n := range many {
			d.give(present(n, newVersion), GiftWhole)
		}
		for {
			if all, err := e.Records(0); err != nil {
				b.Fatal(err)
			} else if len(all) == many && all[0].Stage == Restart {
				break
			}
			time.Sleep(time.Second)
		}
		begun = time.Now()
		if err := e.Close(); err != nil {
			b.Error(err)
		}
		b.ReportMetric(many/time.Since(begun).Seconds(), "closed/s")
		b.ReportMetric(0, "ns/op")
	}
}
