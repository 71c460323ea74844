package assets

import "testing"

func TestModelsMatchByPrefix(t *testing.T) {
	m, err := LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		feature, model string
		want           bool
	}{
		{"httpDownload", "ANYTHING", true},
		{"mini_fota_url2", "EC600NCNLCR03A11M16OCPUQPY", true},
		{"local_write_flush_verify", "EC600NCNLCR03A11M16OCPUQPY", true},
		{"local_write_flush_verify", "EC600NCNLAR03", false},
		{"httpDownload_callback_is_verdict", "BC25PAR01", true},
		{"httpDownload_callback_is_verdict", "BC25", false},
		{"ssl_params", "EC200AAUHA", true},
		{"ssl_params", "EC200UCNAA", false},
		{"apn_set", "BG95M3", true},
		{"no such feature", "BG95M3", false},
	} {
		if got := m.Has(c.feature, c.model); got != c.want {
			t.Errorf("Has(%q, %q) = %v", c.feature, c.model, got)
		}
	}
	if m.MaxFiles != 5 || m.MaxBytes != 104857600 || len(m.FileTypes) != 12 {
		t.Errorf("limits %d %d %d", m.MaxFiles, m.MaxBytes, len(m.FileTypes))
	}
}

func TestWeightsOfTheLongestPrefix(t *testing.T) {
	m, err := LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Weights("EC600UCNLB")["deliver"]; got != 60 {
		t.Errorf("EC600U delivers in %v s", got)
	}
	if got := m.Weights("BG95M3")["deliver"]; got != 35 {
		t.Errorf("BG95 delivers in %v s", got)
	}
	for _, row := range m.Durations {
		if row.Source == "" || len(row.Seconds) != 7 {
			t.Errorf("row %v has no source or not all stages", row.Models)
		}
	}
}
