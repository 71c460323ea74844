package atmodem

import (
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// Every extended command knows its test form; nothing else is known.
func TestTestForms(t *testing.T) {
	t.Parallel()
	m, _, u := start(t, Options{})
	u.ready()
	for _, name := range slices.Sorted(maps.Keys(builtIn())) {
		// These have none in the manuals that are public.
		if name[0] == '+' && !slices.Contains([]string{"+QDOWNLOAD"}, name) {
			u.ask("AT" + name + "=?")
		}
	}
	require.Zero(t, m.State().Unknown)
	u.expect("AT+NOSUCH=?", "\r\nERROR\r\n")
	require.Equal(t, 1, m.State().Unknown)
	u.expect("AT"+strings.Repeat("E0", maxLine/2+1), "\r\nERROR\r\n")
	u.expect("AT", "\r\nOK\r\n")
}

// What makes no sense is refused, and changes nothing.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	m, _, u := start(t, Options{Files: map[string][]byte{"kept": []byte("here")}})
	u.ready()
	for command, answer := range map[string]string{
		"AT+CMEE=3": "\r\nERROR\r\n", "AT+CFUN=2": "\r\n+CME ERROR: 50\r\n", "AT+CFUN=1,2": "\r\n+CME ERROR: 50\r\n",
		"AT+CGSN=9": "\r\n+CME ERROR: 50\r\n", "AT+QPOWD=5": "\r\nERROR\r\n", "AT+QDOWNLOAD=0": "\r\nERROR\r\n", "AT+CREG=7": "\r\n+CME ERROR: 50\r\n",
		"AT+CREG": "\r\nERROR\r\n", "AT+QICSGP=9,1": "\r\n+CME ERROR: 50\r\n", "AT+QICSGP=1,9": "\r\n+CME ERROR: 50\r\n", "AT+QIDEACT": "\r\nERROR\r\n",
		"AT+IFC=1,1": "\r\n+CME ERROR: 50\r\n", "AT+QINDCFG=\"all\",5": "\r\n+CME ERROR: 50\r\n", "AT+QURCCFG": "\r\nERROR\r\n", "ATD112;": "\r\nERROR\r\n",
		"AT+QFDEL": "\r\n+CME ERROR: 400\r\n", `AT+QFDEL="a|b"`: "\r\n+CME ERROR: 406\r\n", "AT+QFUPL": "\r\n+CME ERROR: 400\r\n", "AT+QFOPEN": "\r\n+CME ERROR: 400\r\n",
		`AT+QFLST="none"`: "\r\n+CME ERROR: 405\r\n", "AT+QFREAD=x": "\r\n+CME ERROR: 416\r\n", "AT+QFOTADL": "\r\nERROR\r\n",
		`AT+QFOTADL="` + strings.Repeat("x", 256) + `"`: "\r\nERROR\r\n", `AT+QFOTADL="http://` + strings.Repeat("x", 256) + `"`: "\r\nERROR\r\n",
	} {
		u.expect(command, answer)
	}
	require.Equal(t, []string{"kept"}, m.FileNames())
	data, found := m.File("UFS:kept")
	require.True(t, found)
	require.Equal(t, "here", string(data))
	require.Zero(t, m.State().Restarts)
	require.Equal(t, "460010000000018", u.ask("AT+CIMI"))
	require.Regexp(t, `^\+CCLK: "\d\d/\d\d/\d\d,\d\d:\d\d:\d\d\+00"$`, u.ask("AT+CCLK?"))
	require.Equal(t, "+IPR: 115200\r\n\r\n+IFC: 0,0", u.ask("AT+IPR?;+IFC?"))
	require.Equal(t, `+COPS: 0,0,"CHN-UNICOM",7`, u.ask("AT+COPS?"))
}

// Settings that say so outlive a restart, the others do not.
func TestKept(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{})
	u.ready()
	for _, command := range []string{`AT+QURCCFG="urcport","all"`, `AT+QCFG="fota/cid",3`, "ATS0=4&W", "AT+CREG=2", "AT+QIACT=1", `AT+QFOPEN="f"`} {
		u.ask(command)
	}
	u.expect("AT+CFUN=1,1", "OK")
	u.gone()
	u = back(t, m, port, 1)
	require.Equal(t, `+QURCCFG: "urcport","all"`+"\r\n\r\n"+`+QCFG: "fota/cid",3`, u.ask(`AT+QURCCFG="urcport";+QCFG="fota/cid"`))
	require.Equal(t, "004", u.ask("ATS0?"))
	require.Equal(t, "+CREG: 0,1", u.ask("AT+CREG?;+QIACT?"))
	u.expect("AT+QFCLOSE=1027;+QFPOSITION=1027", "\r\n+CME ERROR: 416\r\n")
}

func TestOverTCP(t *testing.T) {
	t.Parallel()
	m, _, _ := start(t, Options{})
	at, err := m.ListenTCP(devices.RoleModem, "127.0.0.1:0")
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(string(at), "tcp://"))
	require.NoError(t, err)
	defer conn.Close()
	u := &terminal{TB: t, conn: conn}
	u.expect("ATI", "EC25")
	_, err = m.ListenTCP(devices.RoleAT, "nowhere.invalid:0")
	require.Error(t, err)
}
