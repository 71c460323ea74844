package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/ui/evidence"
)

// alter replaces a text of a file.
func alter(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(from)) {
		t.Fatalf("%q is not in %s", from, path)
	}
	if err := os.WriteFile(path, bytes.Replace(data, []byte(from), []byte(to), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sameMode fails unless who may read a report may read its signature too.
func sameMode(t *testing.T, path string) {
	t.Helper()
	report, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := os.Stat(path + evidence.SignatureSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if report.Mode() != beside.Mode() {
		t.Errorf("the report is %v, its signature %v", report.Mode(), beside.Mode())
	}
}

// TestReport writes each format, checks it, alters it and checks it again.
func TestReport(t *testing.T) {
	for _, format := range []string{"html", "pdf", "json"} {
		t.Run(format, func(t *testing.T) {
			b := newCall(t)
			path := filepath.Join(b.dir, "report."+format)
			if code := b.run(t, "report", "job-1", "--out", path, "--sign"); code != ExitVerified {
				t.Fatalf("exit %d: %s", code, b.err.String())
			}
			b.shows(t, "The report of upgrade job-1 is", "Signed with the key")
			if format == "json" {
				sameMode(t, path)
			}
			if code := b.run(t, "report", "check", path); code != ExitVerified {
				t.Fatalf("exit %d: %s", code, b.out.String())
			}
			b.shows(t, "Proved: ", "Upgrade job-1", "Done")
			stranger := newCall(t)
			if code := stranger.run(t, "report", "check", path); code != ExitRefused {
				t.Errorf("exit %d for a key that nobody knows", code)
			}
			stranger.shows(t, "a key that is not trusted here")
			b.out.Reset()
			if code := b.run(t, "keys", "show"); code != ExitVerified {
				t.Errorf("exit %d", code)
			}
			key := stranger.file(t, "key.pub", b.out.String())
			if code := stranger.run(t, "report", "check", path, "--key", key); code != ExitVerified {
				t.Errorf("exit %d with the signer's key", code)
			}
			alter(t, path, `"imei": "860000000000001"`, `"imei": "860000000000002"`)
			b.out.Reset()
			if code := b.run(t, "report", "check", path, "--json"); code != ExitFailed {
				t.Errorf("exit %d for an altered report", code)
			}
			if v := b.objects(t)[0]; v["grade"] != "altered" || v["text"] != "Altered: do not rely on this report." || len(v["texts"].([]any)) != len(v["found"].([]any)) {
				t.Errorf("%v", v)
			}
		})
	}
}

// TestReportByTrustedKey: keys of keys trust count by name, as long as they do; what was said
// here of a key goes before --key.
func TestReportByTrustedKey(t *testing.T) {
	signer, desk := newCall(t), newCall(t)
	path := filepath.Join(signer.dir, "report.pdf")
	signer.must(t, ExitVerified, "report", "job-1", "--out", path, "--sign")
	pub := desk.file(t, "bench-03.pub", signer.must(t, ExitVerified, "keys", "show"))
	check := func(code int, want string, more ...string) {
		t.Helper()
		desk.must(t, code, append([]string{"report", "check", path}, more...)...)
		desk.shows(t, want)
	}
	check(ExitRefused, "keys trust FILE")
	check(ExitVerified, "a trusted key: bench-03 (", "--key", pub)
	for _, c := range []struct {
		do   []string
		code int
		want string
	}{
		{[]string{"trust", pub, "--name", "Bench 03"}, ExitVerified, "a trusted key: Bench 03 ("},
		{[]string{"policy", "require"}, ExitVerified, "Proved: "},
		{[]string{"trust", pub, "--name", "Bench 03", "--until", "2026-01-01"}, ExitRefused, "whose time ended on 2026-01-01"},
		{[]string{"trust", pub, "--name", "Bench 03", "--from", "2999-01-01"}, ExitRefused, "counts from 2999-01-01 only"},
		{[]string{"trust", pub, "--name", "Bench 03"}, ExitVerified, "Proved: "},
		{[]string{"revoke", "Bench 03"}, ExitRefused, "was revoked here"},
	} {
		desk.must(t, ExitVerified, append([]string{"keys"}, c.do...)...)
		check(c.code, c.want)
	}
	check(ExitRefused, "was revoked here", "--key", pub)
	desk.must(t, ExitRefused, "report", "check", path, "--json")
	if v := desk.objects(t)[0]; v["keyName"] != "Bench 03" || v["keyState"] != "revoked" || v["trusted"] != false {
		t.Errorf("%v", v)
	}
	signer.must(t, ExitVerified, "keys", "trust", pub, "--name", "Own")
	signer.must(t, ExitVerified, "keys", "revoke", "Own")
	signer.must(t, ExitRefused, "report", "check", path)
	signer.shows(t, "Own (", "was revoked here")
	desk.file(t, "trusted-keys.json", "{")
	check(ExitFailed, "trusted-keys.json")
}

// TestReportOwnKeyOutOfReach: a key that is trusted counts nevertheless; else it is told why
// nobody knows.
func TestReportOwnKeyOutOfReach(t *testing.T) {
	signer, b := newCall(t), newCall(t)
	path := filepath.Join(signer.dir, "report.json")
	signer.must(t, ExitVerified, "report", "job-1", "--out", path, "--sign")
	pub := b.file(t, "bench-03.pub", signer.must(t, ExitVerified, "keys", "show"))
	b.file(t, "secrets.json", "{")
	b.must(t, ExitRefused, "report", "check", path)
	b.shows(t, "a key that is not trusted here", "secrets.json cannot be read")
	b.must(t, ExitVerified, "keys", "trust", pub)
	b.must(t, ExitVerified, "report", "check", path)
	b.shows(t, "bench-03 (")
}

func TestReportUnsigned(t *testing.T) {
	b := newCall(t)
	path := filepath.Join(b.dir, "报告.json")
	for _, args := range [][]string{{"--sign"}, {"--force"}} {
		if code := b.run(t, append([]string{"report", "--out", path}, args...)...); code != ExitVerified {
			t.Fatalf("exit %d: %s", code, b.err.String())
		}
	}
	if _, err := os.Stat(path + ".minisig"); err == nil {
		t.Error("the signature of the older file is still there")
	}
	if code := b.run(t, "report", "check", path); code != ExitRefused {
		t.Errorf("exit %d", code)
	}
	b.shows(t, "job-3", "not signed")
}

// TestReportReplacesNothing: an older report stays as it is, unless it was said that it may go.
func TestReportReplacesNothing(t *testing.T) {
	b := newCall(t)
	path := b.file(t, "report.html", "an older one")
	if code := b.run(t, "report", "job-1", "--out", path, "--sign"); code != ExitRefused || !strings.Contains(b.err.String(), "--force") {
		t.Fatalf("exit %d: %s", code, b.err.String())
	}
	if text, _ := os.ReadFile(path); string(text) != "an older one" {
		t.Error("the older report is gone")
	}
	data := filepath.Join(b.dir, "r.json")
	b.file(t, "r.json.minisig", "the signature of an older one")
	if code := b.run(t, "report", "job-1", "--out", data); code != ExitRefused {
		t.Errorf("exit %d: a signature was replaced", code)
	}
	if code := b.run(t, "report", "job-1", "--out", path, "--sign", "--force"); code != ExitVerified {
		t.Fatalf("exit %d: %s", code, b.err.String())
	}
	b.shows(t, "fotabench keys show > KEY.pub", "fotabench report check "+path+" --key KEY.pub")
}

func TestReportMisuse(t *testing.T) {
	b := newCall(t)
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"report", "job-1"}, ExitUsage},
		{[]string{"report", "job-1", "--out", "x.docx"}, ExitUsage},
		{[]string{"report", "job-1", "--out", "x", "--format", "xml"}, ExitUsage},
		{[]string{"report", "job-9", "--out", filepath.Join(b.dir, "x.pdf")}, ExitFailed},
		{[]string{"report", "check"}, ExitUsage},
		{[]string{"report", "check", filepath.Join(b.dir, "none.pdf")}, ExitUsage},
		{[]string{"report", "check", b.file(t, "a.txt", "no report")}, ExitFailed},
		{[]string{"report", "check", b.file(t, "empty.json", "")}, ExitFailed},
		{[]string{"report", "check", b.file(t, "b.json", "{}"), "--key", b.file(t, "k.pub", "no key")}, ExitUsage},
	} {
		if code := b.run(t, c.args...); code != c.code {
			t.Errorf("%q: exit %d, want %d", c.args, code, c.code)
		}
	}
	if _, err := os.Stat(filepath.Join(b.dir, "x.pdf")); err == nil {
		t.Error("a report of an upgrade that does not exist was written")
	}
}
