package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// result is a line of go test -bench: name, the number of processors, how often, and pairs
// of value and unit.
var result = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)

// benched are the figures that benchmarks give.
func benched(text string) ([]figure, error) {
	values := map[string]float64{}
	for _, m := range result.FindAllStringSubmatch(text, -1) {
		pairs := strings.Fields(m[2])
		for i := 0; i+1 < len(pairs); i += 2 {
			value, err := strconv.ParseFloat(pairs[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m[0], err)
			}
			values[m[1]+" "+pairs[i+1]] = value
		}
	}
	var missing []string
	get := func(name string) float64 {
		value, known := values[name]
		if !known {
			missing = append(missing, name)
		}
		return value
	}
	slowest := 0.0
	for _, name := range []string{"History/text", "History/nothing", "History/digest", "History/outcome", "HistoryPage/text", "HistoryPage/nothing", "HistoryPage/outcome", "HistoryPage/all"} {
		slowest = max(slowest, get(name+" ms"))
	}
	journal, page := get("History/open ms"), get("HistoryPage/open ms")
	list := []figure{
		{
			"import of 100 MB with four hashes, over openssl's slowest hash alone", get("Import import/slowest-hash"), 1.2, "×",
			fmt.Sprintf("import %.0f ms, openssl %.0f ms", get("Import import-ms"), get("Import openssl-ms")),
		},
		{
			"history of 10,000 opens", journal + page, 100, "ms",
			fmt.Sprintf("journal %.1f ms, page %.1f ms; its first reading, at the start and beside the window, %.0f ms", journal, page, get("History/first ms")),
		},
		{"history of 10,000 is filtered", slowest, 100, "ms", "the slowest of eight ways to look for something, in the page and in the journal"},
		looked(get),
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no benchmark gave %s", strings.Join(missing, ", "))
	}
	return list, nil
}

// looked is the look at the journal that the window takes every two seconds.
func looked(get func(name string) float64) figure {
	journal, window := get("Look look-µs"), get("Recall look-µs")
	all := get("Look reading-ms") + get("Recall reading-ms")
	return figure{
		"a look at a history of 10,000 in which nothing is new, over reading it all", (journal + window) / all, 10, "‰",
		fmt.Sprintf("journal %.1f µs, window %.1f µs; reading it all %.0f ms", journal, window, all),
	}
}
