// Package vacant gives tests the numbers of ports where nobody listens. A test that
// listens, stops and names that address gives the number back to the system, and
// another test, of this or of another process, is soon given it.
package vacant

import (
	"net"
	"testing"
)

// TCP gives host:port on the loopback device where whoever connects is refused. The
// system gives the number to nobody until the test ends; only a program that is told
// to listen there can do so.
func TCP(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	Stay(t, at)
	// The listener's half of that connection has its number as long as it is open.
	half, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = half.Close() }) // nothing was said on it
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return at
}

// Listen gives what a simulated device returns that listens where TCP says. A connection
// that a program of this computer makes just then may have been given the number: then
// the next one is tried.
func Listen[A any](t testing.TB, listen func(at string) (A, error)) A {
	t.Helper()
	var got A
	var err error
	for range 20 {
		if got, err = listen(TCP(t)); err == nil {
			return got
		}
	}
	t.Fatal(err)
	return got
}

// Stay connects to host:port and hangs up when the test ends. When whoever listens there
// stops, the number is not given to somebody else, who would then answer in their place.
func Stay(t testing.TB, at string) {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // nothing was said on it
}
