package atmodem

import (
	"bytes"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/line"
)

// patience bounds every wait of these tests; a machine that is busy with the
// race detector needs some.
const patience = 30 * time.Second

// terminal is a person at one of the module's ports who types bytes.
type terminal struct {
	testing.TB
	conn net.Conn
	seen []byte
}

// start powers a module on and connects a terminal to its AT port.
func start(t testing.TB, o Options, faults ...string) (*Module, *line.Memory, *terminal) {
	t.Helper()
	var err error
	if len(faults) > 0 {
		o.Faults, err = sim.ParseFaults(faults, FaultKinds())
		require.NoError(t, err)
	}
	if o.Restart == 0 {
		o.Restart, o.Install, o.Ready = 20*time.Millisecond, 20*time.Millisecond, 50*time.Millisecond
	}
	if o.Network == 0 {
		o.Network = -1
	}
	port := &audible{Memory: line.NewMemory("at")}
	o.hold = port.untilHeard
	m, err := New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	_, err = m.Listen(port, m.jack(devices.RoleAT))
	require.NoError(t, err)
	return m, port.Memory, dial(t, port.Memory)
}

// audible is a port that knows whether anybody is served there who hears what is said.
type audible struct {
	*line.Memory
	heard atomic.Int32
}

func (a *audible) Accept() (io.ReadWriteCloser, error) {
	conn, err := a.Memory.Accept()
	if err != nil {
		return nil, err
	}
	return &listener{ReadWriteCloser: conn, at: a}, nil
}

// listener is served from its first Read on, until Close.
type listener struct {
	io.ReadWriteCloser
	at         *audible
	begin, end sync.Once
}

func (l *listener) Read(p []byte) (int, error) {
	l.begin.Do(func() { l.at.heard.Add(1) })
	return l.ReadWriteCloser.Read(p)
}

func (l *listener) Close() error {
	l.begin.Do(func() { l.at.heard.Add(1) }) // it may end before
	l.end.Do(func() { l.at.heard.Add(-1) })
	return l.ReadWriteCloser.Close()
}

// untilHeard waits for somebody at the port: a terminal that is late misses no word.
func (a *audible) untilHeard(p *power) {
	for p.ctx.Err() == nil && a.heard.Load() == 0 {
		rest(p.ctx, time.Millisecond)
	}
}

// dial connects to a port as soon as it is there.
func dial(t testing.TB, port *line.Memory) *terminal {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if conn, err := port.Dial(); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return &terminal{TB: t, conn: conn}
		}
	}
	t.Fatal("the module did not come back")
	return nil
}

func (u *terminal) send(text string) {
	u.Helper()
	_, err := u.conn.Write([]byte(text))
	require.NoError(u, err)
}

// until reads up to and including mark and returns what came before it.
func (u *terminal) until(mark string) string {
	u.Helper()
	text, err := u.read(mark, patience)
	if err != nil {
		u.Fatalf("no %q came, only %q: %v", mark, u.seen[max(0, len(u.seen)-300):], err)
	}
	return text
}

func (u *terminal) read(mark string, atMost time.Duration) (string, error) {
	closed := u.conn.SetReadDeadline(time.Now().Add(atMost)) // by the module, that may have said it before
	var p [4096]byte
	for {
		if at := bytes.Index(u.seen, []byte(mark)); at >= 0 {
			text := string(u.seen[:at])
			u.seen = u.seen[at+len(mark):]
			return text, nil
		}
		if closed != nil {
			return "", closed
		}
		n, err := u.conn.Read(p[:])
		u.seen = append(u.seen, p[:n]...)
		if n == 0 && err != nil {
			return "", err
		}
	}
}

// ask sends a command without echo and gives the information before OK.
func (u *terminal) ask(command string) string {
	u.Helper()
	u.send(command + "\r")
	return strings.Trim(u.until("\r\nOK\r\n"), "\r\n")
}

// expect sends a command and waits for what must come.
func (u *terminal) expect(command, answer string) {
	u.Helper()
	u.send(command + "\r")
	u.until(answer)
}

// ready waits for the end of the start, without echo from then on.
func (u *terminal) ready() *terminal {
	u.Helper()
	u.until("PB DONE\r\n")
	u.expect("ATE0", "\r\nOK\r\n")
	return u
}

// gone waits until the module takes the connection away, and gives what came
// until then.
func (u *terminal) gone() string {
	u.Helper()
	_, err := u.read("\x00never\x00", patience)
	require.Error(u, err)
	require.NotErrorIs(u, err, os.ErrDeadlineExceeded)
	return string(u.seen)
}

// version asks until the module answers in its normal system.
func (u *terminal) version() string {
	u.Helper()
	return u.ask("AT+QGMR")
}

// back stays connected, over so many restarts, until the module has said that its
// normal system runs again.
func back(t testing.TB, m *Module, port *line.Memory, restarts int) *terminal {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		u := dial(t, port)
		if _, err := u.read("PB DONE\r\n", patience); err == nil && m.State().Restarts >= restarts {
			require.Equal(t, Normal, m.State().Mode)
			u.expect("ATE0", "\r\nOK\r\n")
			return u
		}
		u.gone()
	}
	t.Fatal("the module did not come back")
	return nil
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	_, _, u := start(t, Options{})
	u.ready()
	for command, want := range map[string]string{
		"AT": "", "at+cgmm": "EC25", "AT+GMM": "EC25", "AT+CGMI": "Quectel", "AT+CGMR": "EC25EFAR06A01M4G",
		"AT+QGMR": "EC25EFAR06A01M4G_01.001.01.001", "ATI": "Quectel\r\nEC25\r\nRevision: EC25EFAR06A01M4G",
		"ATI+CSUB":  "Quectel\r\nEC25\r\nRevision: EC25EFAR06A01M4G\r\n\r\nSubEdition: V01",
		"AT+GSN":    "867698040000018",
		"AT+CGSN=1": `+CGSN: "867698040000018"`, "AT+CSQ": "+CSQ: 24,99", "AT+CBC": "+CBC: 0,62,3865", "AT+QCCID": "+QCCID: 89860117838000000018",
		"AT+CPIN?": "+CPIN: READY", "AT+CREG?;+CGATT?": "+CREG: 0,1\r\n\r\n+CGATT: 1", "AT+QIACT?": "", "AT+QFOTADL=?": "",
		"AT+CFUN?": "+CFUN: 1", "ATS3?": "013", "AT+CMEE=?;+CMEE?": "+CMEE: (0,1,2)\r\n\r\n+CMEE: 1",
		`AT+QURCCFG="urcport"`: `+QURCCFG: "urcport","usbat"`, `AT+QINDCFG="all"`: `+QINDCFG: "all",1`,
	} {
		require.Equal(t, want, u.ask(command), command)
	}
	require.Equal(t, `+CREG: 2,1`, u.ask("AT+CREG=2;+CREG?"))
	require.Equal(t, `+QIACT: 1,1,1,"10.7.0.1"`, u.ask("AT+QIACT=1;+QIACT?"))
}

func TestUpgradeFromStore(t *testing.T) {
	t.Parallel()
	for _, f := range Families() {
		if !f.local {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			m, port, u := start(t, Options{Family: f.Name})
			u.ready()
			package_ := DemoPackage(m.State().Version(), f.Next, 20000, 1)
			require.Len(t, package_, 20000)
			u.upload("dfota.bin", package_)
			u.expect(`AT+QFOTADL="`+f.folder+`dfota.bin"`, "\r\nOK\r\n")
			u.gone()
			u = dial(t, port)
			if !f.uart {
				u.until(`+QIND: "FOTA","START"`)
			}
			u.until(`+QIND: "FOTA","UPDATING",1%`)
			u.until(`+QIND: "FOTA","UPDATING",100%`)
			u.until(`+QIND: "FOTA","END",0` + "\r\n")
			u.gone()
			u = back(t, m, port, 2)
			require.Equal(t, f.Next, u.version())
			require.Equal(t, 1, m.State().Installed)
		})
	}
}

// upload sends a file and compares the module's checksum.
func (u *terminal) upload(name string, data []byte) {
	u.Helper()
	u.send(`AT+QFUPL="` + name + `",` + strconv.Itoa(len(data)) + ",5\r")
	u.until("CONNECT\r\n")
	u.send(string(data))
	u.until("+QFUPL: " + strconv.Itoa(len(data)) + "," + strconv.FormatUint(uint64(sumOf(data)), 16) + "\r\n\r\nOK\r\n")
}
