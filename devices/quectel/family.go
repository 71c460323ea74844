package quectel

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages/strictjson"
)

//go:embed families.json
var embedded []byte

// families is the data file: how each family of modules is told to update, and what
// its numbers mean.
type families struct {
	Source   string           `json:"source"`
	Families []*family        `json:"families"`
	Tables   map[string]table `json:"tables"`
}

// family is how one family behaves. The commands are templates: {url}, {name}, {size}
// and {cid} stand for what the job says.
type family struct {
	Name   string `json:"name"`
	Title  string `json:"title"` // for people
	Source string `json:"source"`
	// Models are beginnings of model names, without punctuation; the longest counts.
	Models []string `json:"models"`
	// Firmware, if not empty, is what the firmware version must match too.
	Firmware string `json:"firmware"`

	// URL is the command that fetches; Schemes are what it takes.
	URL     string   `json:"url"`
	Schemes []string `json:"schemes"`
	MaxURL  int      `json:"maxURL"` // bytes
	// Mini modules restart at once, fetch .mini_1 by a small system and then .mini_2
	// from beside it.
	Mini bool `json:"mini"`
	// Prepare are commands before any upgrade.
	Prepare []string `json:"prepare"`
	// Context is the PDP context for fetching, 0 for the one that is active; the
	// command tells the module.
	Context        int    `json:"context"`
	ContextCommand string `json:"contextCommand"`

	// Local is how a package is handed over: "file" by QFUPL, "stream" after a
	// command, "" not at all. File are the commands that install a stored file, to be
	// tried in this order until one is not refused: where the store is differs.
	Local  string   `json:"local"`
	File   []string `json:"file"`
	Name83 string   `json:"fileName"`
	Stream string   `json:"stream"`
	// PieceBytes every PieceMilliseconds is the pace of a stream without flow control.
	PieceBytes        int `json:"pieceBytes"`
	PieceMilliseconds int `json:"pieceMilliseconds"`
	// StoresFetched tells that a fetched package needs room in the file store too.
	StoresFetched bool `json:"storesFetched"`
	// GraceSeconds is how long a failed fetch is watched for a retry of the module's own.
	GraceSeconds int `json:"graceSeconds"`

	HTTPCodes string             `json:"httpCodes"`
	FTPCodes  string             `json:"ftpCodes"`
	FileCodes string             `json:"fileCodes"`
	EndCodes  string             `json:"endCodes"`
	Weights   map[string]float64 `json:"weights"` // seconds by stage, estimates

	firmware *regexp.Regexp
}

// The values of family.Local.
const (
	localFile   = "file"
	localStream = "stream"
)

// table gives the numbers of one stage their meaning.
type table struct {
	Source string             `json:"source"`
	Codes  map[string]meaning `json:"codes"`
}

// meaning is what a number says and what kind of failure it is.
type meaning struct {
	Note devices.Code `json:"note"`
	Kind devices.Kind `json:"kind"`
}

// loadFamilies reads the data file strictly: a key that nobody understands is an error.
func loadFamilies(data []byte) (families, error) {
	var all families
	if _, err := strictjson.Read(data, &all); err != nil {
		return families{}, fmt.Errorf("quectel: families.json: %w", err)
	}
	for _, f := range all.Families {
		if err := all.check(f); err != nil {
			return families{}, fmt.Errorf("quectel: families.json: %q: %w", f.Name, err)
		}
	}
	for name, t := range all.Tables {
		for code, m := range t.Codes {
			if _, err := strconv.Atoi(code); err != nil || m.Note == "" || m.Kind == "" {
				return families{}, fmt.Errorf("quectel: families.json: table %q: code %q", name, code)
			}
		}
	}
	return all, nil
}

// check holds one family to what the driver relies on.
func (all *families) check(f *family) error {
	var err error
	if f.firmware, err = regexp.Compile(f.Firmware); err != nil {
		return err
	}
	for _, name := range []string{f.HTTPCodes, f.FTPCodes, f.FileCodes, f.EndCodes} {
		if _, ok := all.Tables[name]; name != "" && !ok {
			return fmt.Errorf("no table %q", name)
		}
	}
	for _, need := range []struct {
		text, part string
		when       bool
	}{
		{f.URL, "{url}", true},
		{strings.Join(f.File, " "), "AT+QFOTADL=", f.Local == localFile},
		{f.Name83, ".", f.Local == localFile},
		{f.Stream, "{size}", f.Local == localStream},
		{f.ContextCommand, "{cid}", f.Context > 0},
	} {
		if need.when && !strings.Contains(need.text, need.part) {
			return fmt.Errorf("%q lacks %q", need.text, need.part)
		}
	}
	if f.Name == "" || f.Source == "" || len(f.Models) == 0 || f.MaxURL == 0 || f.Local == localStream && f.PieceBytes == 0 {
		return fmt.Errorf("a needed key is missing")
	}
	return nil
}

// of finds the family of a module: of those whose firmware pattern matches, the one
// with the longest beginning of the model's name. The last family takes all others.
func (all *families) of(id devices.Identity) *family {
	model := plain(id.Model)
	var best *family
	longest := -1
	for _, f := range all.Families {
		for _, start := range f.Models {
			if len(start) > longest && begins(model, start) && f.firmware.MatchString(id.Firmware) {
				best, longest = f, len(start)
			}
		}
	}
	return best
}

// begins tells whether a model's name begins with start and not with a longer number:
// an EC200A is no EC20.
func begins(model, start string) bool {
	rest, ok := strings.CutPrefix(model, start)
	return ok && (start == "" || rest == "" || rest[0] < '0' || rest[0] > '9')
}

// listed tells whether the table knows the model.
func (f *family) listed() bool { return !slices.Contains(f.Models, "") }

// plain is a model's name in upper case without punctuation.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// fill completes a command.
func fill(command string, values ...string) string {
	return strings.NewReplacer(values...).Replace(command)
}

func (f *family) takes(scheme string) bool { return slices.Contains(f.Schemes, scheme) }

func (f *family) grace() time.Duration { return time.Duration(f.GraceSeconds) * time.Second }

// pace is how long one piece of a stream takes at least.
func (f *family) pace() time.Duration {
	return time.Duration(f.PieceMilliseconds) * time.Millisecond
}
