package cli

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/packages/signature"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

// policy sets that of the installation, as another program would meanwhile.
func (b *call) policy(t testing.TB, p signature.Policy) {
	t.Helper()
	require.NoError(t, signature.NewStore(b.dir).Change(t.Context(), func(r *signature.Ring) error {
		r.Policy = p
		return nil
	}))
}

// signs signs a file with the key of another installation and gives the public key's file.
func signs(t testing.TB, file string) string {
	t.Helper()
	signer := newCall(t)
	signer.must(t, ExitVerified, "sign", file)
	return signer.file(t, "release.pub", signer.must(t, ExitVerified, "keys", "show"))
}

// TestServeRequiresSignatures: what the policy of the installation refuses is handed out by
// no plan file, which is told with the place, the reason and the remedy.
func TestServeRequiresSignatures(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{false, true} {
		b := newCall(t)
		b.config.Bench = bench.New()
		b.policy(t, signature.Require)
		plan := planned(t, demo.LuatUDP, forAll)
		args := []string{"serve", "--luat-udp", anywhere, "--http", anywhere, "--show-urls", "--plan", plan}
		if json {
			args = append(args, "--json")
		}
		b.must(t, ExitRefused, args...)
		b.shows(t, "plan plan.json: packages[0]", "takes signed packages only", "Ask the publisher")
		off(t, b.config.Bench)

		file := filepath.Join(filepath.Dir(plan), "fw.bin")
		pub := signs(t, file)
		b.must(t, ExitRefused, args...)
		b.shows(t, "plan plan.json: packages[0]", "nobody has trusted here", "keys trust")
		b.must(t, ExitVerified, "keys", "trust", pub, "--name", "Maker")
		b.must(t, ExitVerified, "keys", "revoke", "Maker")
		b.policy(t, signature.Warn)
		b.must(t, ExitRefused, args...)
		b.shows(t, "was revoked here") // only a person could accept it, and none is asked
	}
}

// TestServeSigned: under require a signed package is handed out; one without a signature
// that takes its place while it serves is not.
func TestServeSigned(t *testing.T) {
	t.Parallel()
	b := newCall(t)
	plan := planned(t, demo.LuatUDP, forAll)
	file := filepath.Join(filepath.Dir(plan), "fw.bin")
	b.must(t, ExitVerified, "keys", "trust", signs(t, file), "--name", "Maker")
	b.policy(t, signature.Require)
	r := b.begins(t, "serve", "--json", "--plan", plan, "--luat-udp", anywhere)
	at := r.where(bench.LuatUDP)[0]
	fleet(t, at, 1)
	r.saw("verified", 1)
	assert.NotContains(t, r.out.String(), `"event":"signature"`, "there is nothing to tell of it")

	require.NoError(t, os.Rename(file+".minisig", file+".away"))
	rewrite(t, plan, strings.Replace(forAll, `"rules"`, `"simulated":["x"],"rules"`, 1))
	kept := r.saw("kept", 1)
	assert.Contains(t, kept.Text, "packages[0]")
	assert.Contains(t, kept.Text, "takes signed packages only")
	fleet(t, at, 2)
	refused := r.saw("refused", 1)
	assert.Equal(t, "signature.required", string(refused.Why.Code))

	// The signature is back, and the keys changed: the file is tried again by itself.
	require.NoError(t, os.Rename(file+".away", file+".minisig"))
	b.policy(t, signature.None)
	r.saw("plan", 1)
	r.saw("verified", 2)
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestServePolicyChanges: the policy holds as it is when a device asks, also if it became
// stricter while it serves: whoever asks from then on is refused with the reason, and the
// URL for others has ended.
func TestServePolicyChanges(t *testing.T) {
	t.Parallel()
	r := begin(t, "serve", "--json", "--show-urls", "--plan", planned(t, demo.LuatUDP, forAll), "--luat-udp", anywhere, "--http", anywhere)
	at, url := r.where(bench.LuatUDP)[0], r.saw("shared", 1).Address
	assert.Equal(t, http.StatusOK, fetched(t, url))

	r.policy(t, signature.Require)
	said := r.saw("signature", 1)
	assert.Equal(t, "fw", said.Package)
	assert.Contains(t, said.Text, "takes signed packages only")
	assert.Contains(t, said.Text, "Ask the publisher")
	until(t, "the end of the URL", func() bool { return fetched(t, url) != http.StatusOK })
	fleet(t, at, 1)
	assert.Equal(t, "signature.required", string(r.saw("refused", 1).Why.Code))

	r.policy(t, signature.Warn)
	assert.Contains(t, r.saw("signature", 2).Text, "nobody vouches for where it comes from. By the policy here it may be installed, with a warning.")
	r.saw("verified", 1)
	assert.Equal(t, http.StatusOK, fetched(t, r.saw("shared", 2).Address))
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestServeWarns: under warn it is told at the start that nobody vouches for a package;
// where nothing is handed out there is nothing to tell.
func TestServeWarns(t *testing.T) {
	t.Parallel()
	b := newCall(t)
	b.policy(t, signature.Warn)
	r := b.begins(t, "serve", "--plan", planned(t, demo.LuatUDP, forAll), "--luat-udp", anywhere)
	until(t, "the words", func() bool {
		return strings.Contains(r.out.String(), "fw: fw.bin is not signed, so nobody vouches for where it comes from.")
	})
	assert.Equal(t, ExitVerified, r.interrupt())
	r = b.begins(t, "serve", "--json", "--plan", planned(t, demo.LuatUDP, `{"unknown":"register"}`), "--luat-udp", anywhere)
	r.where(bench.LuatUDP)
	assert.Equal(t, ExitVerified, r.interrupt())
	assert.NotContains(t, r.out.String(), "signature")
}

// fleet lets one simulated module ask.
func fleet(t testing.TB, at string, first int) {
	t.Helper()
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatUDP, Server: at, Count: 1, First: first, Pace: pace}.Run(ctx, nil)
	})
}

// fetched is what is answered at a URL.
func fetched(t testing.TB, url string) int {
	t.Helper()
	answer, err := http.Get(url)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
