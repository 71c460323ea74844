package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
)

func (a *app) bundleCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "bundle [JOB] --out FILE",
		Short: "write what support needs to know of an upgrade to a zip file (default: the last upgrade)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return misuse("--out is missing: name the file to write")
			}
			path, err := filepath.Abs(out)
			if err != nil {
				return usageError{err}
			}
			engine, err := a.Open(c.Context(), a.folder)
			if err != nil {
				return err
			}
			defer a.close(engine)
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			var job string
			err = a.saving(ctx, path, func() (err error) {
				job, err = engine.BundleFile(ctx, append(args, "")[0], path)
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				a.object(map[string]string{"job": job, "bundle": path})
				return nil
			}
			fmt.Fprintln(a.Out, a.book.Say(Bundled, job, path))
			return nil
		},
	}
	c.ValidArgsFunction = a.completedJobs
	c.Flags().StringVar(&out, "out", "", "the zip file; one of that name is replaced")
	return c
}
