// Package fetchtest is servers for the tests of devices that fetch files.
package fetchtest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// FTP runs a server with one file, d.bin, for the user me with the password
// secret, until the test ends. It gives the address as host and port.
func FTP(t testing.TB, p []byte) string {
	t.Helper()
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() {
		_ = control.Close()
		work.Wait()
	})
	work.Go(func() {
		for {
			conn, err := control.Accept()
			if err != nil {
				return
			}
			work.Go(func() { talk(conn, p) })
		}
	})
	return control.Addr().String()
}

func talk(conn net.Conn, p []byte) {
	defer conn.Close()
	data, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer data.Close()
	reply := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	reply("220 here")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		verb, argument, _ := strings.Cut(lines.Text(), " ")
		known := argument == "d.bin" // from where the login lands
		switch {
		case verb == "USER":
			reply("331 and?")
		case verb == "PASS" && argument == "secret":
			reply("230 yes")
		case verb == "TYPE":
			reply("200 yes")
		case verb == "PASS":
			reply("530 no")
		case verb == "SIZE" && known:
			reply(fmt.Sprintf("213 %d", len(p)))
		case verb == "EPSV":
			reply(fmt.Sprintf("229 ok (|||%d|)", data.Addr().(*net.TCPAddr).Port))
		case verb == "RETR" && known:
			reply("150 coming")
			if out, err := data.Accept(); err == nil {
				_, _ = out.Write(p)
				_ = out.Close()
			}
			reply("226 done")
		case verb == "QUIT":
			reply("221 bye")
			return
		default:
			reply("550 no")
		}
	}
}
