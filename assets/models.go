package assets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed models.json
var modelsJSON []byte

// Models is models.json: what is known of QuecPython modules by model.
type Models struct {
	// Source is where the table comes from.
	Source string `json:"source"`
	// Features by name, such as "ssl_params".
	Features map[string]Feature `json:"families"`
	// Durations of the stages.
	Durations []Durations `json:"weights"`
	// FileTypes are the endings that a package's files may have.
	FileTypes []string `json:"package_file_types"`
	MaxBytes  int64    `json:"package_max_bytes"`
	MaxFiles  int      `json:"package_max_files"`
}

// Feature lists the models that have something.
type Feature struct {
	// Models are beginnings of model names, or "*" for all.
	Models []string `json:"models"`
	Note   string   `json:"note,omitempty"`
}

// Durations are the usual seconds of the stages, by stage name.
type Durations struct {
	Models []string `json:"models"`
	// Estimate is true while nobody has measured them.
	Estimate bool               `json:"estimate"`
	Source   string             `json:"source"`
	Seconds  map[string]float64 `json:"seconds"`
}

// LoadModels reads the embedded table.
func LoadModels() (Models, error) {
	var m Models
	if err := json.Unmarshal(modelsJSON, &m); err != nil {
		return Models{}, fmt.Errorf("assets: models.json: %w", err)
	}
	return m, nil
}

// Has tells whether a model's name begins with an entry of the feature. The
// name is upper case without punctuation.
func (m Models) Has(feature, model string) bool {
	return longest(m.Features[feature].Models, model) >= 0
}

// Weights gives the durations of the row with the longest matching entry, nil
// if none matches. The caller does not change them.
func (m Models) Weights(model string) map[string]float64 {
	best, seconds := -1, map[string]float64(nil)
	for _, row := range m.Durations {
		if n := longest(row.Models, model); n > best {
			best, seconds = n, row.Seconds
		}
	}
	return seconds
}

// longest is the length of the longest entry that the model begins with, 0 for
// "*", -1 for none.
func longest(entries []string, model string) int {
	best := -1
	for _, entry := range entries {
		switch {
		case entry == "*":
			best = max(best, 0)
		case strings.HasPrefix(model, entry):
			best = max(best, len(entry))
		}
	}
	return best
}
