package lab

import (
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // the zones' rules: Windows has none that Go can read
)

// zones are the names that are offered, by their offset from west to east; any other
// IANA name may be typed. Asia/Shanghai goes before its neighbours: the makers' platforms
// are there.
var zones = []string{
	"Asia/Shanghai", "Etc/UTC", "Europe/Berlin", "America/New_York",
	"Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Vancouver", "America/Phoenix", "America/Denver",
	"America/Mexico_City", "America/Chicago", "America/Bogota", "America/Lima", "America/Toronto", "America/Caracas", "America/Santiago",
	"America/Halifax", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/St_Johns", "Atlantic/Azores",
	"Africa/Casablanca", "Europe/Lisbon", "Europe/London", "Europe/Dublin", "Africa/Lagos", "Europe/Amsterdam", "Europe/Madrid",
	"Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
	"Africa/Cairo", "Africa/Johannesburg", "Asia/Jerusalem", "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki", "Europe/Kyiv",
	"Africa/Nairobi", "Asia/Baghdad", "Asia/Riyadh", "Europe/Istanbul", "Europe/Moscow", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul",
	"Asia/Karachi", "Asia/Tashkent", "Asia/Colombo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Almaty", "Asia/Dhaka", "Asia/Yangon",
	"Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Jakarta", "Asia/Hong_Kong", "Asia/Kuala_Lumpur", "Asia/Macau", "Asia/Manila",
	"Asia/Singapore", "Asia/Taipei", "Asia/Ulaanbaatar", "Asia/Urumqi", "Australia/Perth", "Asia/Seoul", "Asia/Tokyo", "Australia/Adelaide",
	"Australia/Darwin", "Australia/Brisbane", "Australia/Melbourne", "Australia/Sydney", "Pacific/Guam", "Pacific/Noumea",
	"Pacific/Auckland", "Pacific/Fiji",
}

// Zones are the names of time zones that have all words in text; all of them for "".
func Zones(text string) []string {
	var found []string
	for _, name := range zones {
		fits := true
		for _, word := range strings.Fields(strings.ToLower(text)) {
			fits = fits && strings.Contains(strings.ToLower(strings.ReplaceAll(name, "_", " ")+" "+name), word)
		}
		if fits {
			found = append(found, name)
		}
	}
	return found
}

// Zone is the IANA name of this desk's time zone. Where the system does not tell the name,
// it is one whose clocks show the same all year; else Etc/UTC.
func Zone() string {
	named := []string{os.Getenv("TZ"), time.Local.String()}
	if place, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, name, found := strings.Cut(filepath.ToSlash(place), "zoneinfo/"); found {
			named = append(named, name)
		}
	}
	for _, name := range named {
		if _, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return name
		}
	}
	return alike(time.Local)
}

// alike is the name of a zone whose clocks show in every month what local's show.
func alike(local *time.Location) string {
	year := time.Now().Year()
	for _, name := range zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		same := true
		for m := time.January; m <= time.December; m++ {
			at := time.Date(year, m, 15, 12, 0, 0, 0, time.UTC)
			_, ours := at.In(local).Zone()
			_, theirs := at.In(zone).Zone()
			same = same && ours == theirs
		}
		if same {
			return name
		}
	}
	return "Etc/UTC"
}
