package main

import (
	"strings"
	"testing"

	"fotabench/devices/devicetest"
	"fotabench/updater"
)

// everyCode stands for suites that have rows of every code.
func everyCode(list []held) map[string]int {
	rows := map[string]int{}
	for _, h := range list {
		rows[h.code] = 1
	}
	return rows
}

// TestHeld: each test that the list names exists, and no fault is there twice.
func TestHeld(t *testing.T) {
	list, err := readHeld(heldText)
	if err != nil {
		t.Fatal(err)
	}
	if err := claimed("../..", list, everyCode(list)); err != nil {
		t.Error(err)
	}
	if len(everyCode(list)) != len(list) || len(list) < 40 {
		t.Errorf("%d faults, %d codes", len(list), len(everyCode(list)))
	}
}

// TestHeldBites: what is gone is noticed.
func TestHeldBites(t *testing.T) {
	for text, want := range map[string]string{
		"D1 | a | .ci/faults TestGone | ":         "no .ci/faults TestGone",
		"D1 | a | .ci/faults TestHeld/no such | ": "no .ci/faults TestHeld/no such",
		"D1 | a | nowhere TestHeld | ":            "no nowhere TestHeld",
		"D1 | a | rows | ":                        "no suite has such a row",
		"D1 | a | | ":                             "without a reason",
		"D1 | a | rows":                           "not four parts",
	} {
		list, err := readHeld(text)
		if err == nil {
			err = claimed("../..", list, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCodeOf(t *testing.T) {
	for name, want := range map[string]string{
		"D12 boots the old version": "D12", "nothing goes wrong": "", "DNS fails": "", "N1": "N1", "a person cancels": "",
	} {
		if got := codeOf(devicetest.Row{Fault: name}); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
	at := devicetest.Instant{Stage: updater.Install}
	for name, want := range map[string]string{
		"a person cancels": "D16", "another device is in its place": "D3", "the power is cut and comes back": "D1",
	} {
		if got := codeOf(devicetest.Row{Fault: name, At: at}); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
