package packages

import "testing"

func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
		ok   bool
	}{
		{"R06A03M08", "R06A04M01", -1, true},
		{"R06A03M08", "r06a03m08", 0, true},
		{"R06A10M08", "R06A9M08", 0, false}, // two digits, always
		{"1.9.0", "1.10.0", -1, true},
		{"v1.12", "1.9.0", 1, true},
		{"1.9", "1.9.0", 0, true},
		{"V0002", "V0010", -1, true},
		{"1.0.0-beta2", "1.0.0-beta10", -1, true},
		{"1.0.0-beta2", "1.0.0", 0, false},
		{"99999999999999999999.1", "99999999999999999999.2", -1, true},
		{"EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "EC600NCNLCR03A11M16_OCPU_QPY_BETA0414", -1, true},
		{"EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "EC600NCNLCR03A12M16_OCPU_QPY", -1, true},
		{"EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "EC600NCNLCR03A11M16_OCPU_QPY", 0, false},
		{"EC600NCNLCR03A11M16_OCPU_QPY", "EC600NCNLCR03A11M16", 0, false},
		{"EC600NCNLCR03A11M16_OCPU_QPY", "EC600UCNLBR01A01M16_OCPU_V01", 0, false},
		{"EC25EFARR06A03M4G", "EC25AFFARR06A04M4G", 0, false},
		{"EC25EFAR06A03M4G", "EC25EFAR06A04M4G", -1, true},
		{"BG96MAR02A07M1G_01.007.01.007", "BG96MAR02A07M1G_01.010.01.010", -1, true},
		{"BG96MAR02A07M1G_01.007.01.007", "BG96MAR02A07M1G", 0, true},
		{"FC41DAAR12A01_QTH", "FC41DAAR12A03_QTH", -1, true},
		{"R06A04M01", "EC600NCNLCR06A03M08_OCPU", 1, true},
		{"R06A04M01", "1.9.0", 0, false},
		{"", "1.0", 0, false},
		{"固件", "固件二", 0, false},
	} {
		for _, turn := range []bool{false, true} {
			a, b, want := c.a, c.b, c.want
			if turn {
				a, b, want = b, a, -want
			}
			got, ok := CompareVersions(a, b)
			if ok != c.ok || sign(got) != want {
				t.Errorf("%q, %q: %d %v, want %d %v", a, b, got, ok, want, c.ok)
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestSameVersion(t *testing.T) {
	for _, c := range []struct {
		reported, target string
		want             bool
	}{
		{"EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", true},
		{" ec600ncnlcR03A11M16_OCPU_QPY_BETA0313\r\n\x00", "EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", true},
		{"EG800KEULCR07A07M04_01.300.01.300", "EG800KEULCR07A07M04", true},
		{"EG800KEULCR07A07M04", "EG800KEULCR07A07M04_01.300.01.300", false},
		{"EG800KEULCR07A07M04_01.301.01.301", "EG800KEULCR07A07M04_01.300.01.300", false},
		{"EG800KEULCR07A07M08", "EG800KEULCR07A07M04", false},
		{"EC600NCNLCR03A11M16_OCPU_QPY", "EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", false},
		{"EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "EC600NCNLCR03A11M16_OCPU_QPY", false},
		{"EC600NCNLCR03A11M16_OCPU_QPY", "R03A11M16", false},
		{"EC600NCNLAR03A11M16", "EC600NCNLCR03A11M16", false},
		{"v1.12", "1.12", true},
		{"1.12.0", "1.12", false},
		{"1.9.0", "1.10.0", false},
		{"", "", false},
		{"1.0", "", false},
	} {
		if got := SameVersion(c.reported, c.target); got != c.want {
			t.Errorf("%q, %q: %v", c.reported, c.target, got)
		}
	}
}

func TestMatchModel(t *testing.T) {
	for _, c := range []struct {
		model string
		list  []string
		want  bool
	}{
		{"EC600N-CNLC", []string{"EC600N"}, true},
		{"EC600N-CNLC", []string{"EC600NCNLC"}, true},
		{"EC600NCNLC", []string{"EC600N-CNLC"}, true},
		{"ec600n_cnlc", []string{"EC600N-CN"}, true},
		{"EC600NCNLA", []string{"EC600NCNLC", "EC600NCNLF"}, false},
		{"EC25-EFAR", []string{"EC25-AFFAR"}, false},
		{"EC25-AFFAR", []string{"EC25-EFAR", "EC25-AF"}, true},
		{"EC25-EFAR", []string{"EC25-E"}, false},
		{"EC25-E", []string{"EC25-E"}, true},
		{"EC25-EFAR", []string{"EC25"}, true},
		{"EC200A", []string{"EC20"}, false},
		{"BG95M3", []string{"BG95"}, true},
		{"EC600N", []string{"EC600NCNLC"}, false},
		{"", []string{"EC600N"}, false},
		{"", []string{"*"}, true},
		{"EC600N", nil, false},
		{"EC600N", []string{"", "-"}, false},
	} {
		if got := MatchModel(c.model, c.list); got != c.want {
			t.Errorf("%q in %q: %v", c.model, c.list, got)
		}
	}
}

func FuzzVersion(f *testing.F) {
	f.Add("EC600NCNLCR03A11M16_OCPU_QPY_BETA0313", "R06A04M01")
	f.Add("1.9.0", "v1.10.0-rc1")
	f.Add("BG96MAR02A07M1G_01.007.01.007", "BG96MAR02A07M1G")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, okX := CompareVersions(a, b)
		y, okY := CompareVersions(b, a)
		if okX != okY || sign(x) != -sign(y) {
			t.Errorf("%q, %q: %d %v, other way %d %v", a, b, x, okX, y, okY)
		}
		if SameVersion(a, b) && len(a) < maxVersion && len(b) < maxVersion && x != 0 {
			t.Errorf("%q is %q, yet compares %d", a, b, x)
		}
	})
}
