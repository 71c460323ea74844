package atmodem

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim/fetch/fetchtest"
)

// A package that the host sends over the port where it ordered the update.
func TestStream(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{Family: "EC600N"})
	u.ready()
	p := DemoPackage(m.State().Version(), m.family.Next, 50_000, 1)
	u.expect(`AT+IFC=2,2`, "\r\nOK\r\n")
	u.expect(fmt.Sprintf(`AT+QFOTADL="FILE:%d",1,100,100`, len(p)), fota+`"FILESTART"`+"\r\n")
	go func() { _, _ = u.conn.Write(p) }() // the module reads all of it, or the test fails
	u.until(fota + `"DOWNLOADING",100` + "\r\n")
	u.until(fota + `"FILEEND",0` + "\r\n")
	u.gone()
	require.Equal(t, m.family.Next, back(t, m, port, 2).version())
	require.EqualValues(t, len(p), m.State().Fetched)
}

func TestStreamFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"die-at=3000", "upload-stalls=3000"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			m, port, u := start(t, Options{Family: "EC600N"}, fault)
			u.ready()
			u.expect(`AT+QFOTADL="FILE:9000"`, fota+`"FILESTART"`+"\r\n")
			go func() { _, _ = u.conn.Write(make([]byte, 9000)) }() // as far as it gets
			require.Eventually(t, func() bool { return m.State().Fetched == 3000 || m.State().Restarts > 0 }, patience, time.Millisecond)
			if strings.HasPrefix(fault, "upload") {
				m.Restart()
			}
			require.NotContains(t, u.gone(), "FILEEND")
			require.Equal(t, m.State().Firmware, back(t, m, port, 1).version())
		})
	}
}

func TestUpgradeOverFTP(t *testing.T) {
	t.Parallel()
	server := fetchtest.FTP(t, DemoPackage("", next, 30_000, 1))
	m, port, u := start(t, Options{})
	u.ready()
	u.expect(`AT+QFOTADL="ftp://me:wrong@`+server+`/d.bin"`, fota+`"FTPEND",625`+"\r\n")
	u.expect(`AT+QFOTADL="ftp://me:secret@`+server+`/none"`, fota+`"FTPEND",611`+"\r\n")
	u.expect(`AT+QFOTADL="FTP://me:secret@`+server+`/d.bin"`, "\r\nOK\r\n")
	u.until(fota + `"FTPSTART"` + "\r\n")
	u.until(fota + `"FTPEND",0` + "\r\n")
	require.Equal(t, next, back(t, m, port, 2).version())
}

// At 115200 bits a second an upload of 115200 bytes takes ten seconds.
func TestBaud(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, err := New(t.Context(), Options{Baud: 115200})
		require.NoError(t, err)
		defer func() { require.NoError(t, m.Close()) }()
		port, err := m.ListenMemory(devices.RoleAT, "at")
		require.NoError(t, err)
		time.Sleep(time.Second)
		u := dial(t, port)
		u.expect("ATE0", "\r\nOK\r\n")
		u.send("AT+QFUPL=\"a\",115200,5\r")
		u.until("CONNECT\r\n")
		begun := time.Now()
		u.send(strings.Repeat("x", 115200))
		u.until("+QFUPL: 115200,0\r\n")
		require.InDelta(t, 10*time.Second, time.Since(begun), float64(100*time.Millisecond))
		u.until("OK\r\n")
		begun = time.Now()
		u.send("AT+QFDWL=\"a\"\r")
		require.Len(t, u.until("\r\n+QFDWL: 115200,0\r\n"), len("\r\nCONNECT\r\n")+115200)
		require.InDelta(t, 10*time.Second, time.Since(begun), float64(200*time.Millisecond))
	})
}

// The times that the module is away and busy are those of the options.
func TestTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, err := New(t.Context(), Options{
			Restart: 10 * time.Second, Install: 5 * time.Minute, Ready: time.Second, Files: map[string][]byte{"f": DemoPackage(old, next, 3000, 1)},
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, m.Close()) }()
		port, err := m.ListenMemory(devices.RoleAT, "at")
		require.NoError(t, err)
		u := dial(t, port)
		u.ready()
		u.expect(`AT+QFOTADL="UFS:f"`, "\r\nOK\r\n")
		_, err = io.Copy(io.Discard, u.conn)
		require.NoError(t, err)
		gone := time.Now()
		u = dial(t, port)
		require.InDelta(t, 10*time.Second, time.Since(gone), float64(100*time.Millisecond))
		require.NoError(t, u.conn.SetReadDeadline(time.Now().Add(time.Hour)))
		_, err = io.Copy(io.Discard, u.conn)
		require.NoError(t, err)
		require.InDelta(t, 312*time.Second, time.Since(gone), float64(3*time.Second))
		dial(t, port)
		require.InDelta(t, 322*time.Second, time.Since(gone), float64(3*time.Second))
		require.Equal(t, next, m.State().Version())
	})
}
