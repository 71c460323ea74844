package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/updater/secrets"
)

// What is told about secrets of a platform's products.
const (
	AskProductSecret  devices.Code = "cli.secret.ask"      // product key
	SecretKept        devices.Code = "cli.secret.kept"     // product key
	SecretUsed        devices.Code = "cli.secret.used"     // product key
	SecretForgotten   devices.Code = "cli.secret.gone"     // product key
	SecretsNone       devices.Code = "cli.secret.none"     // –
	SecretNotKept     devices.Code = "cli.secret.notkept"  // product key
	SecretNotReplaced devices.Code = "cli.secret.notsaved" // product key
)

// productSecretEnv holds the product secret unless another variable is named: an
// argument could be read by every other program.
const productSecretEnv = "FOTABENCH_PRODUCT_SECRET"

// giver is where a product secret comes from, and whether it is to be kept.
type giver struct {
	env       string
	named     bool // the person named the variable
	ask, keep bool
}

func (g *giver) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&g.env, "product-secret-env", productSecretEnv, "environment variable with the product secret")
	f.BoolVar(&g.ask, "ask-secret", false, "ask for the product secret on this terminal")
	f.BoolVar(&g.keep, "keep-secret", false, "keep the product secret for the next time, in the keyring of the system or the file that stands in for it")
}

// secret is that of a product key: what the terminal or the environment gives, else what
// is kept. What cannot be kept is told; it serves for this call nevertheless.
func (g *giver) secret(ctx context.Context, a *app, key string) (string, error) {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	given, err := g.given(ctx, a, key)
	if err != nil {
		return "", err
	}
	if given == "" {
		return g.kept(ctx, a, key)
	}
	if !g.keep {
		return given, nil
	}
	store, err := a.secrets(ctx)
	if err == nil {
		err = store.Set(ctx, secrets.ProductName(key), given)
	}
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		fmt.Fprintln(a.Err, a.book.Say(SecretNotReplaced, key))
		a.complain(err)
	default:
		fmt.Fprintln(a.Err, a.book.Say(SecretKept, key))
		fmt.Fprintln(a.Err, a.book.Say(store.Note()))
	}
	return given, nil
}

// given is what the person hands over now, "" for nothing.
func (g *giver) given(ctx context.Context, a *app, key string) (string, error) {
	switch {
	case g.ask:
		return a.hidden(ctx, a.book.Say(AskProductSecret, key), "--ask-secret needs a terminal; use --product-secret-env")
	case g.named:
		return secret(g.env)
	}
	return os.Getenv(g.env), nil
}

// kept is what is kept for a product key; that nothing is, is a mistake in the call.
func (g *giver) kept(ctx context.Context, a *app, key string) (string, error) {
	store, err := a.secrets(ctx)
	if err != nil {
		return "", err
	}
	kept, err := store.Product(ctx, key)
	if err != nil {
		return "", err
	}
	if kept == "" {
		return "", misuse("no product secret: set the environment variable %q, or say --ask-secret; with --keep-secret it is kept for the next time", g.env)
	}
	fmt.Fprintln(a.Err, a.book.Say(SecretUsed, key))
	return kept, nil
}

func (a *app) offersKeptCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "kept",
		Short: "list the product keys whose secrets are kept, and say where",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			store, err := a.secrets(ctx)
			if err != nil {
				return err
			}
			keys, err := store.Products()
			if err != nil {
				return err
			}
			if a.json {
				for _, key := range keys {
					a.object(map[string]string{"productKey": key})
				}
				return nil
			}
			if len(keys) == 0 {
				fmt.Fprintln(a.Out, a.book.Say(SecretsNone))
			}
			for _, key := range keys {
				fmt.Fprintln(a.Out, key)
			}
			fmt.Fprintln(a.Err, a.book.Say(store.Note()))
			return nil
		},
	}
}

func (a *app) offersForgetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "forget KEY",
		Short: "forget the secret that is kept for a product key",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return a.forgetProduct(ctx, args[0])
		},
	}
}

// forgetProduct forgets the secret of a product key. Where nothing is kept, most often
// the key is mistyped.
func (a *app) forgetProduct(ctx context.Context, key string) error {
	store, err := a.secrets(ctx)
	if err != nil {
		return err
	}
	there, err := store.Holds(secrets.ProductName(key))
	if err != nil {
		return err
	}
	if !there {
		return misuse("%s", a.book.Say(SecretNotKept, key))
	}
	if err := store.Delete(ctx, secrets.ProductName(key)); err != nil {
		return err
	}
	if a.json {
		a.object(map[string]string{"productKey": key})
		return nil
	}
	fmt.Fprintln(a.Out, a.book.Say(SecretForgotten, key))
	return nil
}
