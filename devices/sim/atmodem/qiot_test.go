package atmodem

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices/sim/line"
	"fotabench/devices/sim/quecplatform"
)

func thing(t *testing.T, plan quecplatform.Plan, faults ...string) (*Module, *line.Memory, *quecplatform.Platform, *terminal) {
	t.Helper()
	p, err := quecplatform.New()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	p.AddProduct("pk", "ps")
	plan.Product = "pk"
	_, err = p.Add(plan)
	require.NoError(t, err)
	m, port, u := start(t, Options{Network: -1}.WithQuecThing(p), faults...)
	u.ready()
	u.expect("ATE0", "OK")
	return m, port, p, u
}

// Module firmware by plan, with the events of QuecThing's guide.
func TestQIOTUpgrade(t *testing.T) {
	t.Parallel()
	f, _ := FamilyOf("EC25")
	image := DemoPackage("", f.Next, 30000, 1)
	m, port, p, u := thing(t, quecplatform.Plan{
		Component: quecplatform.Component{Kind: quecplatform.Module, Name: "app", Version: f.Next}, MinBattery: 30, MinSignal: -113, Space: 30000, Data: image,
	})
	require.Equal(t, "+QIOTOTAREQ: (0,1)", u.ask("AT+QIOTOTAREQ=?"))
	u.expect("AT+QIOTREG=1", "ERROR")
	u.expect(`AT+QIOTCFG="productinfo","pk","guess"`, "OK")
	u.expect("AT+QIOTREG=1", "OK")
	u.until("+QIOTEVT: 1,10424\r\n")
	u.expect(`AT+QIOTCFG="productinfo","pk","ps"`, "OK")
	u.expect("AT+QIOTREG=1", "OK")
	u.until("+QIOTEVT: 3,10200\r\n")
	require.Equal(t, "+QIOTSTATE: 8", u.ask("AT+QIOTSTATE?"))
	u.expect("AT+QIOTUPDATE=1", "ERROR")
	u.expect("AT+QIOTOTAREQ=1", "OK")
	u.until(fmt.Sprintf("+QIOTEVT: 7,10700,\"app\",\"\",%q,30,-113,30000\r\n", f.Next))
	u.expect("AT+QIOTUPDATE=1", "OK")
	u.until("+QIOTEVT: 7,10701,\"app\",30000,\"")
	u.until("+QIOTEVT: 7,10704\r\n")
	u.gone()
	u = back(t, m, port, 2)
	u.expect("ATE0", "OK")
	require.Equal(t, f.Next, m.State().Version())
	require.Equal(t, "+QIOTREG: 1", u.ask("AT+QIOTREG?"))
	u.expect("AT+QIOTREG=1", "OK")
	u.until("+QIOTEVT: 7,10705\r\n")
	require.Equal(t, quecplatform.Succeeded, p.Status("pk", m.State().IMEI).Stage)
}

// Firmware of an MCU is read in blocks, with whatever bytes it has.
func TestQIOTPart(t *testing.T) {
	t.Parallel()
	data := []byte(strings.Repeat("\r\nOK\r\n\x00\xff", 2500)) // 20000 bytes: two blocks
	m, _, p, u := thing(t, quecplatform.Plan{Component: quecplatform.Component{Kind: quecplatform.MCU, Name: "STM32", Version: "2_0_0"}, Data: data})
	u.expect(`AT+QIOTCFG="productinfo","pk","ps"`, "OK")
	u.expect(`AT+QIOTMCUVER="STM32","1_0_0"`, "OK")
	require.Equal(t, `+QIOTMCUVER: "STM32","1_0_0"`, u.ask("AT+QIOTMCUVER?"))
	u.expect("AT+QIOTREG=1", "OK")
	u.until("+QIOTEVT: 3,10200\r\n")
	u.expect("AT+QIOTOTAREQ", "OK")
	u.until("+QIOTEVT: 7,10700,\"STM32\",\"\",\"2_0_0\",0,0,0\r\n")
	u.expect("AT+QIOTUPDATE=1", "OK")
	u.until("+QIOTEVT: 7,10703,\"STM32\",20000,0,16384\r\n")
	require.Equal(t, "+QIOTOTARD: <start>,(1-1024)", u.ask("AT+QIOTOTARD=?"))
	u.expect("AT+QIOTOTARD=16384,16", "ERROR") // beyond the block
	u.send("AT+QIOTOTARD=8,16\r")
	u.until("+QIOTOTARD: 8,16\r\n" + string(data[8:24]) + "\r\n")
	u.until("OK\r\n")
	u.expect("AT+QIOTUPDATE=2", "OK")
	u.until("+QIOTEVT: 7,10703,\"STM32\",20000,16384,3616\r\n")
	u.expect("AT+QIOTUPDATE=2", "ERROR") // it was the last
	u.expect("AT+QIOTUPDATE=3", "OK")
	u.until("+QIOTEVT: 7,10704\r\n")
	u.expect(`AT+QIOTMCUVER="STM32","2_0_0"`, "OK")
	u.until("+QIOTEVT: 7,10705\r\n")
	require.Equal(t, quecplatform.Succeeded, p.Status("pk", m.State().IMEI).Stage)
}

// A download that fails is told, and the module keeps what it has.
func TestQIOTFails(t *testing.T) {
	t.Parallel()
	f, _ := FamilyOf("EC25")
	m, _, p, u := thing(t, quecplatform.Plan{
		Component: quecplatform.Component{Kind: quecplatform.Module, Name: "app", Version: f.Next}, Data: DemoPackage("", f.Next, 30000, 1),
	}, "download-end=702")
	before := m.State().Version()
	u.expect(`AT+QIOTCFG="productinfo","pk","ps"`, "OK")
	u.expect("AT+QIOTREG=1", "OK")
	u.until("+QIOTEVT: 3,10200\r\n")
	u.expect("AT+QIOTOTAREQ=0", "OK")
	u.until("+QIOTEVT: 7,10700")
	u.expect("AT+QIOTUPDATE=1", "OK")
	u.until("+QIOTEVT: 7,10706\r\n")
	require.Equal(t, before, m.State().Version())
	require.Equal(t, quecplatform.DownloadFailed, p.Status("pk", m.State().IMEI).Stage)
	u.expect("AT+QIOTREG=0", "OK")
	u.until("+QIOTEVT: 6,10200\r\n")
	require.False(t, p.Status("pk", m.State().IMEI).Online)
}
