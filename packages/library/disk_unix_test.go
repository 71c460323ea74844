//go:build unix

package library

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// nobody is a user that owns nothing.
const nobody = 65534

// playReader does with a library that it may not write to what can be done, and prints
// what came of it.
func playReader(dir, out string) {
	ctx := context.Background()
	l, err := Open(ctx, dir, Options{})
	if err != nil {
		fmt.Println("open", codeOf(err), err)
		return
	}
	e := l.View().Entries[0]
	_, err = l.Package(ctx, e.ID)
	fmt.Println("package", codeOf(err))
	check, err := l.Verify(ctx, e.ID, nil)
	fmt.Println("verify", check.OK, codeOf(err))
	_, err = l.Export(ctx, e.ID, out)
	fmt.Println("export", codeOf(err))
	_, err = l.Import(ctx, []string{filepath.Join(out, e.Files[0].Name)}, ImportOptions{})
	fmt.Println("import", codeOf(err))
	_, err = l.Edit(ctx, e.ID, "ann", packages.Manifest{TargetVersion: "1"})
	fmt.Println("edit", codeOf(err))
	fmt.Println("remove", codeOf(l.Remove(ctx, e.ID)))
	fmt.Println("notice", l.View().Notices[0].Code)
}

// TestReadOnlyFolder: everything that reads works, everything else says why not.
func TestReadOnlyFolder(t *testing.T) {
	top, err := os.MkdirTemp("", "library-read-only-*") // t.TempDir is closed to others
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = filepath.WalkDir(top, func(path string, d os.DirEntry, _ error) error { return os.Chmod(path, 0o700) })
		require.NoError(t, os.RemoveAll(top))
	})
	d := newDesk(t, Options{})
	d.Library = opened(t, filepath.Join(top, "library"), Options{})
	d.imported(d.file("fw.bin", "bytes"))
	out := filepath.Join(top, "out")
	require.NoError(t, os.Mkdir(out, 0o777))
	require.NoError(t, os.Chmod(out, 0o777))
	program := filepath.Join(top, "program")
	text, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, text, 0o755))
	require.NoError(t, os.Chmod(top, 0o755))
	require.NoError(t, filepath.WalkDir(d.Dir(), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			return os.Chmod(path, 0o555)
		}
		return os.Chmod(path, 0o444)
	}))
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), roleEnv+"=reader\n"+d.Dir()+"\n"+out)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	no := string(ReadOnly)
	require.Equal(t, strings.Join([]string{
		"package ", "verify true ", "export ", "import " + no, "edit " + no, "remove " + no, "notice " + string(NoticeReadOnly), "",
	}, "\n"), string(said))
}

// TestObjectThatIsAPipe: nobody waits for somebody to write to it.
func TestObjectThatIsAPipe(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	e := d.imported(path)
	require.NoError(t, os.Remove(d.object(e.ID)))
	require.NoError(t, syscall.Mkfifo(d.object(e.ID), 0o600))
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, Altered, check.Problem)
	d.imported(path)
	requireWhole(t, d.Dir())
}
