package updater

import (
	"testing"
	"time"

	"fotabench/devices"
)

// TestForecast: how long it takes is what it took here, for devices like this one; else what
// was measured of its model; else nobody knows.
func TestForecast(t *testing.T) {
	began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	who := devices.Identity{Family: "quecpython", Model: "EC600N"}
	record := func(simulated bool, model string, seconds int, outcome Outcome) Record {
		return Record{
			Started: began, Ended: began.Add(time.Duration(seconds) * time.Second), Outcome: outcome,
			Plan:   PlanRecord{Simulated: simulated, Method: devices.Local},
			Device: &devices.Identity{Family: "quecpython", Model: model},
		}
	}
	unlike := []Record{
		record(true, who.Model, 10, Verified), record(false, "BG95", 11, Verified), record(false, who.Model, 12, FailedOld),
		{Started: began, Outcome: Verified, Plan: PlanRecord{Method: devices.Local}},
	}
	later := record(false, who.Model, 500, Verified)
	later.Settled = &Settlement{}
	byHTTP := record(false, who.Model, 600, Verified)
	byHTTP.Plan.Method = devices.HTTP
	unlike = append(unlike, later, byHTTP)
	like := []Record{record(false, who.Model, 50, Verified), record(false, who.Model, 30, Verified), record(false, who.Model, 40, Verified)}
	var many []Record
	for i := range measured + 5 {
		many = append(many, record(false, who.Model, 100*(1+i/measured), Verified)) // the oldest took longer
	}
	caps := devices.Capabilities{Weights: map[string]float64{"deliver": 300}}
	whole := 0.0
	for _, seconds := range Weights(caps) {
		whole += seconds
	}
	for name, c := range map[string]struct {
		past      []Record
		caps      devices.Capabilities
		simulated bool
		want      Forecast
	}{
		"nothing":                {nil, devices.Capabilities{}, false, Forecast{}},
		"nothing like it":        {unlike, devices.Capabilities{}, false, Forecast{}},
		"of the model":           {unlike, caps, false, Forecast{Took: time.Duration(whole * float64(time.Second))}},
		"here":                   {append(unlike, like...), caps, false, Forecast{Took: 40 * time.Second, Times: 3}},
		"the newest":             {many, caps, false, Forecast{Took: 100 * time.Second, Times: measured}},
		"simulated":              {append(unlike, like...), caps, true, Forecast{Took: 10 * time.Second, Times: 1, Simulated: true}},
		"simulated, by real one": {like, caps, true, Forecast{Simulated: true}},
	} {
		if got := ForecastOf(c.past, who, c.caps, devices.Local, c.simulated); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
