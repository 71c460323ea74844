package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/updater/secrets"
)

// What keys and sign tell.
const (
	KeysNone       devices.Code = "cli.keys.none"
	KeysPolicy     devices.Code = "cli.keys.policy"      // policy, as a sentence
	KeyTrusted     devices.Code = "cli.keys.trusted"     // key
	KeyRevoked     devices.Code = "cli.keys.revoked"     // key
	KeyRemoved     devices.Code = "cli.keys.removed"     // key
	KeyFingerprint devices.Code = "cli.keys.fingerprint" // fingerprint
	KeyCompare     devices.Code = "cli.keys.compare"
	KeyAdded       devices.Code = "cli.keys.added"   // day
	KeyFrom        devices.Code = "cli.keys.from"    // first day
	KeyUntil       devices.Code = "cli.keys.until"   // last day
	KeyInvalid     devices.Code = "cli.keys.invalid" // day of revocation
	KeyExpired     devices.Code = "cli.keys.expired" // last day
	KeyEarly       devices.Code = "cli.keys.early"   // first day
	FileSigned     devices.Code = "cli.sign.signed"  // file, signature file
	SignedWith     devices.Code = "cli.sign.with"    // key
)

// The policies as sentences.
const (
	PolicyNone    devices.Code = "cli.policy.none"
	PolicyWarn    devices.Code = "cli.policy.warn"
	PolicyRequire devices.Code = "cli.policy.require"
)

// PassphraseEnv names the environment variable with the passphrase of the file that
// keeps secrets where there is no keyring.
const PassphraseEnv = "FOTABENCH_PASSPHRASE"

func (a *app) keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "whose signatures on packages count here, and how much",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.keysList() },
	}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "list the trusted keys and the policy", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.keysList() },
		},
		a.keysTrustCommand(),
		a.keysChangeCommand("revoke KEY", "never again accept what this key signed, whenever it did", KeyRevoked,
			func(r *signature.Ring, which string) (signature.Key, error) { return r.Revoke(which, time.Now()) }),
		a.keysChangeCommand("remove KEY", "forget a key; what it signed is then signed by a stranger", KeyRemoved, (*signature.Ring).Remove),
		a.keysShowCommand(), a.keysPolicyCommand(),
	)
	return c
}

// ring is whose word counts in this installation.
func (a *app) ring() *signature.Store { return signature.NewStore(a.folder) }

func (a *app) keysList() error {
	ring, err := a.ring().Load()
	if err != nil {
		return err
	}
	if a.json {
		ring.Keys = append([]signature.Key{}, ring.Keys...) // none is a list too
		a.object(ring)
		return nil
	}
	if len(ring.Keys) == 0 {
		fmt.Fprintln(a.Out, a.book.Say(KeysNone))
	}
	for _, k := range ring.Keys {
		a.tellKey(k)
	}
	a.tellPolicy(ring.Policy)
	return nil
}

func (a *app) tellKey(k signature.Key) {
	fmt.Fprintln(a.Out, k.Label())
	lines := []string{a.book.Say(KeyFingerprint, k.Fingerprint()), a.book.Say(KeyAdded, date(k.Added))}
	for _, d := range []struct {
		at   time.Time
		code devices.Code
	}{{k.NotBefore, KeyFrom}, {k.NotAfter, KeyUntil}, {k.Revoked, KeyInvalid}} {
		if !d.at.IsZero() {
			lines = append(lines, a.book.Say(d.code, date(d.at)))
		}
	}
	for _, l := range lines {
		fmt.Fprintln(a.Out, "  "+l)
	}
	a.tellLapsed(a.Out, k)
}

// tellLapsed tells of a key by its dates that nothing which it signed counts today.
func (a *app) tellLapsed(to io.Writer, k signature.Key) {
	switch state, _, _ := k.Counts(time.Time{}, time.Now()); {
	case state == signature.Expired:
		fmt.Fprintln(to, "  "+a.book.Say(KeyExpired, date(k.NotAfter)))
	case state == signature.NotYetValid && !k.NotBefore.IsZero():
		fmt.Fprintln(to, "  "+a.book.Say(KeyEarly, date(k.NotBefore)))
	}
}

func date(t time.Time) string { return t.Local().Format(time.DateOnly) }

func (a *app) tellPolicy(p signature.Policy) {
	fmt.Fprintln(a.Out, a.book.Say(KeysPolicy, devices.Code("cli.policy."+string(p))))
}

// newKey is a key as its flags describe it.
type newKey struct{ name, from, until string }

func (a *app) keysTrustCommand() *cobra.Command {
	var n newKey
	c := &cobra.Command{
		Use:   "trust FILE",
		Short: "let the signatures of a key count",
		Long: `Let the signatures of a key count. FILE is a minisign .pub file, its last line
alone, a PEM file with an Ed25519 public key, or 32 bytes in hex or base64;
- is standard input. Compare the fingerprint with the one that the owner
tells you by another way. None of these files says until when a key is valid:
ask its owner, and give --until.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			k, err := n.read(args[0], a.In)
			if err != nil {
				return err
			}
			if err := a.ring().Change(c.Context(), func(r *signature.Ring) error { return r.Trust(k) }); err != nil {
				return err
			}
			a.tellLapsed(a.Err, k)
			return a.told(KeyTrusted, k, KeyCompare)
		},
	}
	c.Flags().StringVar(&n.name, "name", "", "what to call it (default: the name of the file)")
	c.Flags().StringVar(&n.from, "from", "", "first day on which it counts, YYYY-MM-DD")
	c.Flags().StringVar(&n.until, "until", "", "last day on which it counts, YYYY-MM-DD")
	return c
}

// read reads a key from a file or standard input.
func (n newKey) read(path string, in io.Reader) (signature.Key, error) {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(io.LimitReader(in, signature.MaxKeyFile+1))
	} else {
		text, err = readFile(path, signature.MaxKeyFile)
	}
	if err != nil {
		return signature.Key{}, usageError{err}
	}
	k, err := signature.ParseKey(text)
	if err != nil {
		return k, err
	}
	if k.Name = n.name; k.Name == "" && path != "-" {
		k.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	k.Added = time.Now()
	if k.NotBefore, err = dayOf("--from", n.from, 0); err != nil {
		return k, err
	}
	k.NotAfter, err = dayOf("--until", n.until, 24*time.Hour-time.Second)
	return k, err
}

// dayOf reads a day of a flag, and gives the moment that long after its beginning.
func dayOf(flag, text string, after time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return day, misuse("%s %q is no day such as 2026-11-21", flag, text)
	}
	return day.Add(after), nil
}

// told says what became of a key.
func (a *app) told(what devices.Code, k signature.Key, more ...devices.Code) error {
	if a.json {
		a.object(k)
		return nil
	}
	fmt.Fprintln(a.Out, a.book.Say(what, k.Label()))
	fmt.Fprintln(a.Out, "  "+a.book.Say(KeyFingerprint, k.Fingerprint()))
	for _, code := range more {
		fmt.Fprintln(a.Out, "  "+a.book.Say(code))
	}
	return nil
}

// keysChangeCommand is a verb that changes one key of the ring.
func (a *app) keysChangeCommand(use, short string, what devices.Code, change func(*signature.Ring, string) (signature.Key, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Long:  short + ".\n\nKEY is its number, name or fingerprint.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var k signature.Key
			err := a.ring().Change(c.Context(), func(r *signature.Ring) (err error) {
				k, err = change(r, args[0])
				return err
			})
			if err != nil {
				return err
			}
			return a.told(what, k)
		},
	}
}

func (a *app) keysPolicyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "policy [none|warn|require]",
		Short: "tell or set how much signatures count: none, warn, or require",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p := signature.Policy(append(args, "")[0])
			if p == "" {
				ring, err := a.ring().Load()
				if err != nil {
					return err
				}
				p = ring.Policy
			} else if !slices.Contains(signature.Policies(), p) {
				return misuse("the policy %q is none of none, warn, require", string(p))
			} else if err := a.ring().Change(c.Context(), func(r *signature.Ring) error { r.Policy = p; return nil }); err != nil {
				return err
			}
			if a.json {
				a.object(map[string]signature.Policy{"policy": p})
				return nil
			}
			a.tellPolicy(p)
			return nil
		},
	}
}

func (a *app) keysShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "print the public key of this installation, for those who check what it signs",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			store, signer, err := a.signer(ctx)
			if err != nil {
				return err
			}
			k := ownKey(signer)
			if a.json {
				a.object(map[string]string{"key": k.String(), "id": k.ID.String(), "fingerprint": k.Fingerprint(), "kept": string(store.Where())})
				return nil
			}
			fmt.Fprint(a.Out, string(k.File()))
			fmt.Fprintln(a.Err, a.book.Say(KeyFingerprint, k.Fingerprint()))
			fmt.Fprintln(a.Err, a.book.Say(store.Note()))
			return nil
		},
	}
}

// secrets opens the store of this installation.
func (a *app) secrets(ctx context.Context) (*secrets.Store, error) {
	if a.Secrets != nil {
		return a.Secrets(ctx, a.folder)
	}
	return secrets.Open(ctx, secrets.Options{Folder: a.folder, Passphrase: os.Getenv(PassphraseEnv)})
}

// signer signs with the key of this installation, which is made at first use.
func (a *app) signer(ctx context.Context) (*secrets.Store, secrets.Signer, error) {
	store, err := a.secrets(ctx)
	if err != nil {
		return nil, secrets.Signer{}, err
	}
	signer, err := secrets.NewSigner(ctx, store)
	return store, signer, err
}

// ownKey is the public key of this installation as it is trusted.
func ownKey(s secrets.Signer) signature.Key {
	host, _ := os.Hostname() // a desk without a name has none
	name := "fotabench " + cmp.Or(host, "here")
	return signature.Key{
		Name: strings.ToValidUTF8(name[:min(len(name), 60)], ""), ID: signature.IDOf(s.Public()), Public: s.Public(), Added: time.Now(),
	}
}

func (a *app) signCommand() *cobra.Command {
	var replace bool
	c := &cobra.Command{
		Use:   "sign FILE…",
		Short: "sign package files with the key of this installation (FILE.minisig, as minisign -V takes it)",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return a.sign(ctx, files, replace)
		},
	}
	c.Flags().BoolVar(&replace, "replace", false, "replace signatures by other keys")
	return c
}

// sign signs files; the own key is trusted from then on, so that they hold here.
func (a *app) sign(ctx context.Context, files []string, replace bool) error {
	_, signer, err := a.signer(ctx)
	if err != nil {
		return err
	}
	own := ownKey(signer)
	err = a.ring().Change(ctx, func(r *signature.Ring) error {
		if k, err := r.Find(own.Fingerprint()); err == nil && k.Revoked.IsZero() {
			own = k
			return nil
		}
		return r.Trust(own)
	})
	if err != nil {
		return err
	}
	for _, file := range files {
		var beside string
		err := a.saving(ctx, file+signature.SuffixMinisign, func() (err error) {
			beside, err = signature.SignFile(ctx, file, signer, time.Now(), replace)
			return err
		})
		if err != nil {
			return err
		}
		if a.json {
			a.object(map[string]string{"file": file, "signature": beside, "key": own.ID.String()})
			continue
		}
		fmt.Fprintln(a.Out, a.book.Say(FileSigned, file, beside))
	}
	if !a.json {
		fmt.Fprintln(a.Out, a.book.Say(SignedWith, own.Label()))
	}
	return nil
}
