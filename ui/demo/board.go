package demo

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"

	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// boardPrefix begins the models that are boards with HaaS Python, whose light apps
// are upgraded (docs/protocols/haas.md).
const boardPrefix = "HaaS"

// The versions of the demo app, before and after.
const (
	appFrom = "1.0.0"
	appTo   = "1.0.1"
)

// modelOf brings a model as it was typed into its one spelling.
func modelOf(typed string) string {
	model := strings.ToUpper(strings.ReplaceAll(typed, "-", ""))
	if model == "" {
		return usualModel
	}
	if rest, ok := strings.CutPrefix(model, strings.ToUpper(boardPrefix)); ok {
		return boardPrefix + rest
	}
	return model
}

// PackageName is what the file of package number n for a model is called: modules
// and people look at the suffix.
func PackageName(model string, n int) string {
	if isBoard(modelOf(model)) {
		return fmt.Sprintf("demo-app-%d.zip", n)
	}
	return fmt.Sprintf("demo-%d.bin", n)
}

func isBoard(model string) bool { return strings.HasPrefix(model, boardPrefix) }

// board is a board that runs the demo app.
func board(model, serial string, order Order) micropython.Options {
	o := micropython.Options{Model: model, Serial: serial, Faults: order.Faults, Baud: order.Baud, Files: map[string][]byte{}}
	for name, text := range app(appFrom) {
		o.Files["/data/pyamp/"+name] = []byte(text)
	}
	return o
}

// app is the demo app of a version.
func app(version string) map[string]string {
	return map[string]string{
		"manifest.json": fmt.Sprintf(`{"appName":"demo","appid":"8800100099991000","version":%q}`, version),
		"app.py":        fmt.Sprintf("version = %q\n", version),
	}
}

// writeApp writes the demo app's upgrade as its makers pack it.
func writeApp(path, model string) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	files := app(appTo)
	for _, name := range []string{"manifest.json", "app.py"} {
		out, err := w.Create(name)
		if err == nil {
			_, err = out.Write([]byte(files[name]))
		}
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return write(path, b.Bytes(), packages.Manifest{
		Name: "Demo app for " + model, Component: packages.App, Kind: packages.Full, TargetVersion: appTo,
	})
}
