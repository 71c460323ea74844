package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/updater/secrets"
)

// silent fails where a secret was printed.
func (b *call) silent(t testing.TB) {
	t.Helper()
	if all := b.out.String() + b.err.String(); strings.Contains(all, secretText) {
		t.Errorf("the secret is in:\n%s", all)
	}
}

// again forgets what was printed.
func (b *call) again() {
	b.out.Reset()
	b.err.Reset()
}

// TestProductSecretIsKept: only where that was said; used when nobody gives one; listed,
// and forgotten.
func TestProductSecretIsKept(t *testing.T) {
	b := withPlan(t)
	b.must(t, ExitVerified, "offers", "kept")
	b.shows(t, "No product secret is kept")
	for _, more := range [][]string{nil, {"--keep-secret"}} {
		b.again()
		if got := b.offers(t, more...); got != 0 {
			t.Fatalf("%d: %s", got, &b.err)
		}
		b.silent(t)
		if b.must(t, ExitVerified, "offers", "kept"); strings.Contains(b.out.String(), "p11") != (more != nil) {
			t.Errorf("%q: %s", more, &b.out)
		}
	}
	b.shows(t, "in a file that is not encrypted")

	t.Setenv(productSecretEnv, "")
	b.again()
	if got := b.offers(t, "--accept", "1", "--yes"); got != ExitVerified || b.engine.plan.Access.Platform.ProductSecret != secretText {
		t.Fatalf("%d: %s", got, &b.err)
	}
	b.shows(t, "the secret that is kept for product key p11")
	b.silent(t)
	b.must(t, ExitUsage, "offers", "--port", "/dev/ttyUSB3", "--product-key", "P11")
	b.shows(t, productSecretEnv, "--ask-secret")

	t.Setenv(productSecretEnv, "other")
	if got := b.offers(t); got != 0 || b.engine.plan.Access.Platform.ProductSecret != "other" {
		t.Errorf("%d: the kept one goes before the one that was given", got)
	}
	if o := b.must(t, ExitVerified, "offers", "kept", "--json"); o != `{"productKey":"p11"}`+"\n" {
		t.Error(o)
	}
	b.must(t, ExitUsage, "offers", "forget", "p12")
	b.shows(t, "p12", "offers kept")
	b.must(t, ExitVerified, "offers", "forget", "p11")
	b.shows(t, "no longer kept")
	b.must(t, ExitVerified, "offers", "kept")
	b.shows(t, "No product secret is kept")
	b.must(t, ExitUsage, "offers", "forget")
}

// TestProductSecretLocked: what cannot be unlocked is told with what to do, and stays.
func TestProductSecretLocked(t *testing.T) {
	b := withPlan(t)
	passphrase := "correct horse"
	b.config.Secrets = func(ctx context.Context, folder string) (*secrets.Store, error) {
		return secrets.Open(ctx, secrets.Options{Folder: folder, FileOnly: true, Passphrase: passphrase})
	}
	if got := b.offers(t, "--keep-secret"); got != 0 {
		t.Fatalf("%d: %s", got, &b.err)
	}
	passphrase = ""
	b.again()
	if got := b.offers(t, "--keep-secret", "--accept", "1", "--yes"); got != ExitVerified || b.engine.plan.Access.Platform.ProductSecret != secretText {
		t.Errorf("%d: what cannot be kept cannot be used either", got)
	}
	b.shows(t, "could not be kept", PassphraseEnv)
	t.Setenv(productSecretEnv, "")
	b.again()
	if got := b.offers(t); got != ExitFailed {
		t.Errorf("%d: %s", got, &b.err)
	}
	b.shows(t, PassphraseEnv)
	b.silent(t)
	passphrase = "correct horse"
	if got := b.offers(t); got != 0 || b.engine.plan.Access.Platform.ProductSecret != secretText {
		t.Errorf("%d: what was kept is lost", got)
	}
}

// TestProductSecretsDamaged: nothing is asked of a device with a secret that nobody gave.
func TestProductSecretsDamaged(t *testing.T) {
	b := withPlan(t)
	t.Setenv(productSecretEnv, "")
	path := filepath.Join(b.dir, "secrets.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"offers", "--port", "/dev/ttyUSB3", "--product-key", "p11"}, {"offers", "kept"}, {"offers", "forget", "p11"}} {
		b.must(t, ExitFailed, args...)
		b.shows(t, "secrets.json cannot be read")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "{" || b.engine.plan.Access.Platform != nil {
		t.Errorf("%q, %v, %+v", text, err, b.engine.plan)
	}
}
