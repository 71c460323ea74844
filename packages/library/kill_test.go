package library

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// roleEnv makes the test binary play another program: "import LIBRARY FOLDER" or
// "list LIBRARY".
const roleEnv = "FOTABENCH_LIBRARY_ROLE"

func TestMain(m *testing.M) {
	role := strings.Split(os.Getenv(roleEnv), "\n")
	switch role[0] {
	case "":
		os.Exit(m.Run())
	case "import":
		playImport(role[1], role[2])
	case "reader":
		playReader(role[1], role[2])
	}
}

// playImport imports all files of a folder, changes and removes some, and begins anew.
func playImport(dir, in string) {
	ctx := context.Background()
	l, err := Open(ctx, dir, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("begun")
	for round := 0; ; round++ {
		for i := range 4 {
			path := filepath.Join(in, fmt.Sprintf("%d.bin", i))
			got, err := l.Import(ctx, []string{path}, ImportOptions{})
			if err == nil && i == 1 {
				_, err = l.Edit(ctx, got.Entry.ID, "ann", packages.Manifest{TargetVersion: strconv.Itoa(round)})
			}
			if err == nil && i == 2 {
				err = l.Remove(ctx, got.Entry.ID)
			}
			if err == nil && i == 3 && round%2 == 1 {
				if err = l.Remove(ctx, got.Entry.ID); err == nil {
					err = l.Empty(ctx, got.Entry.ID)
				}
			}
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
}

// TestKilledWhileImporting: whenever the program dies, what was in the library is there
// and right, and nothing half is.
func TestKilledWhileImporting(t *testing.T) {
	if testing.Short() {
		t.Skip("starts programs")
	}
	d := newDesk(t, Options{})
	kept := d.imported(d.file("kept.bin", "kept"))
	_, err := d.Release(t.Context(), kept.ID, "ann", "fine")
	require.NoError(t, err)
	for i := range 4 {
		d.file(fmt.Sprintf("%d.bin", i), strings.Repeat(string(rune('a'+i)), 3<<20))
	}
	interrupted := 0
	for moment := range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=import\n"+d.Dir()+"\n"+d.in)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said := bufio.NewReader(out)
		if moment > 3 { // the first ones may come while the library is opened
			line, err := said.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "begun\n", line)
		}
		time.Sleep(time.Duration(moment) * 7 * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		rest, err := io.ReadAll(said)
		require.NoError(t, err)
		_ = cmd.Wait() // it was killed
		require.NotContains(t, string(rest), "packages:", "moment %d", moment)
		left, err := os.ReadDir(filepath.Join(d.Dir(), incoming))
		require.NoError(t, err)
		interrupted += len(left)
		l := requireWhole(t, d.Dir())
		e, err := l.Find(kept.ID)
		require.NoError(t, err)
		require.Equal(t, "ann", e.Released.By)
		for _, n := range l.View().Notices {
			require.Equal(t, NoticeFinished, n.Code, "%v", n.Args)
		}
	}
	require.NotZero(t, interrupted, "no import was under way at any moment")
	t.Logf("%d of 20 imports were interrupted", interrupted)
}
