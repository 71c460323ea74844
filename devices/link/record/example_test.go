package record_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"fotabench/devices/link/record"
	"fotabench/updater"
)

// A support bundle from the field becomes a test: its device answers the real
// driver in the real engine, and the upgrade ends as it ended there.
func ExampleReplay() {
	rec, err := record.Load("testdata/quecpython-upgrade.jsonl") // or bundle.zip
	if err != nil {
		log.Fatal(err)
	}
	device := record.NewReplay(rec, record.ReplayOptions{
		Deviates: func(d record.Deviation) { fmt.Printf("%d@%d %s %q %q\n", d.Link, d.At, d.Way, d.Want, d.Got) },
	})
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	engine, end, err := upgraded(context.Background(), dir, updater.Plan{Address: "COM7", Links: device.Attach})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(end.Outcome, device.Deviations())
	if err := engine.Close(); err != nil {
		log.Fatal(err)
	}
	// Output: verified 0
}
