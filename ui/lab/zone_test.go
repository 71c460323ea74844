package lab

import (
	"slices"
	"testing"
	"time"
)

// TestZones: every offered zone is one, and stands once.
func TestZones(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Zones("") {
		if _, err := time.LoadLocation(name); err != nil || seen[name] {
			t.Errorf("%s: %v, twice %v", name, err, seen[name])
		}
		seen[name] = true
	}
	if got := Zones("asia shang"); !slices.Equal(got, []string{"Asia/Shanghai"}) {
		t.Error(got)
	}
	if got := Zones("new york"); !slices.Equal(got, []string{"America/New_York"}) {
		t.Error(got)
	}
}

// TestZone: the desk's zone has a name that means the same elsewhere; a system that
// tells none is recognised by its clock.
func TestZone(t *testing.T) {
	if _, err := time.LoadLocation(Zone()); err != nil || Zone() == "Local" {
		t.Error(Zone(), err)
	}
	for name, want := range map[string]string{"Asia/Hong_Kong": "Asia/Shanghai", "Europe/Vienna": "Europe/Berlin", "Asia/Kathmandu": "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := alike(zone); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := alike(time.FixedZone("", 7*60)); got != "Etc/UTC" {
		t.Error(got)
	}
	t.Setenv("TZ", "Asia/Tokyo")
	if got := Zone(); got != "Asia/Tokyo" {
		t.Error(got)
	}
}
