package devicetest_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
)

// answering is a place that answers each line with a word and the line.
func answering(t *testing.T, word string) devices.Address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					_, _ = io.WriteString(conn, word+" "+lines.Text()+"\n")
				}
			}()
		}
	}()
	return devices.Address("tcp://" + l.Addr().String())
}

// dial connects and gives a function that asks once.
func dial(t *testing.T, at devices.Address) (ask func() (string, error)) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(string(at), "tcp://"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	lines := bufio.NewReader(conn)
	return func() (string, error) {
		if _, err := io.WriteString(conn, "hello\n"); err != nil {
			return "", err
		}
		return lines.ReadString('\n')
	}
}

// TestCable: it carries bytes, refuses while it is pulled, and leads to whatever is
// at its end.
func TestCable(t *testing.T) {
	one, two := answering(t, "one"), answering(t, "two")
	c := devicetest.NewCable(t, func() devices.Address { return one })
	first := c.Address()
	ask := dial(t, first)
	if got, err := ask(); got != "one hello\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	c.Pull()
	if got, err := ask(); err == nil {
		t.Errorf("pulled, and yet %q", got)
	}
	if c.Address() != "" {
		t.Errorf("pulled, and yet at %s", c.Address())
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(string(first), "tcp://")); err == nil {
		_ = conn.Close()
		t.Error("pulled, and yet it can be dialled")
	}
	c.Plug(false)
	if c.Address() != first {
		t.Errorf("plugged in again at %s, not %s", c.Address(), first)
	}
	ask = dial(t, first)
	if got, err := ask(); got != "one hello\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	c.Lead(func() devices.Address { return two })
	if got, err := ask(); err == nil {
		t.Errorf("it leads elsewhere, and yet %q", got)
	}
	c.Pull()
	c.Plug(true)
	if c.Address() == first {
		t.Error("plugged in elsewhere, at the same address")
	}
	if got, err := dial(t, c.Address())(); got != "two hello\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	c.Lead(func() devices.Address { return "" })
	if c.Address() != "" {
		t.Error("the device is away, and yet it has an address")
	}
}
