package quectel

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"fotabench/devices"
)

// The login of the FTP origin.
const (
	ftpUser     = "bench"
	ftpPassword = "s3cret"
)

// ftp hosts the file of a job piece by piece.
func (o *origins) ftp(t testing.TB, job *devices.Job) devices.Source {
	t.Helper()
	gate := make(chan struct{})
	o.gates.Store(job, gate)
	f := job.Package.Files[0]
	body, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served atomic.Int64
	var open sync.Map
	var work sync.WaitGroup
	t.Cleanup(func() {
		_ = control.Close()
		open.Range(func(conn, _ any) bool { _ = conn.(net.Conn).Close(); return true })
		work.Wait()
	})
	talk := &ftpTalk{o: o, name: f.Name, body: body, served: &served, gate: gate, done: t.Context().Done(), open: &open}
	work.Go(func() {
		for {
			conn, err := control.Accept()
			if err != nil {
				return
			}
			open.Store(conn, true)
			work.Go(func() { talk.run(conn) })
		}
	})
	return devices.Source{URL: "ftp://" + control.Addr().String() + "/" + f.Name, User: ftpUser, Password: ftpPassword, Served: served.Load}
}

// ftpTalk is what the FTP origin says.
type ftpTalk struct {
	o      *origins
	name   string
	body   []byte
	served *atomic.Int64
	gate   <-chan struct{}
	done   <-chan struct{}
	open   *sync.Map
}

func (f *ftpTalk) run(conn net.Conn) {
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
		known := strings.TrimPrefix(argument, "/") == f.name
		switch {
		case verb == "USER":
			reply("331 and?")
		case verb == "PASS" && argument == ftpPassword:
			reply("230 yes")
		case verb == "TYPE":
			reply("200 yes")
		case verb == "SIZE" && known:
			reply(fmt.Sprintf("213 %d", len(f.body)))
		case verb == "EPSV":
			reply(fmt.Sprintf("229 ok (|||%d|)", data.Addr().(*net.TCPAddr).Port))
		case verb == "RETR" && known:
			reply("150 coming")
			f.retrieve(data)
			reply("226 done")
		case verb == "QUIT":
			reply("221 bye")
			return
		default:
			reply("550 no")
		}
	}
}

func (f *ftpTalk) retrieve(data net.Listener) {
	out, err := data.Accept()
	if err != nil {
		return
	}
	defer out.Close()
	f.open.Store(out, true)
	for part := range slices.Chunk(f.body, piece) {
		if !f.o.wait(f.done, f.gate) {
			return
		}
		if _, err := out.Write(part); err != nil {
			return
		}
		f.served.Add(int64(len(part)))
	}
}
