package vacant_test

import (
	"errors"
	"net"
	"testing"

	"fotabench/devices/devicetest/vacant"
)

// TestTCP: nobody answers and nobody is given the number; who is told it may have it.
func TestTCP(t *testing.T) {
	t.Parallel()
	at := vacant.TCP(t)
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Addr().String() == at {
			t.Fatal("somebody else was given the number")
		}
	}
	if conn, err := net.Dial("tcp", at); err == nil {
		_ = conn.Close()
		t.Error("somebody answers")
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestStay: the number of who stops listening is given to nobody.
func TestStay(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	vacant.Stay(t, l.Addr().String())
	conn, err := l.Accept()
	if err = errors.Join(err, l.Close(), conn.Close()); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("somebody answers")
	}
}
