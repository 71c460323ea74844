package micropython

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/quecplatform"
)

// thingBench starts a module with Qth, whose platform has these plans.
func thingBench(t *testing.T, faults []string, plans ...quecplatform.Plan) (*Module, *quecplatform.Platform, *terminal) {
	t.Helper()
	p, err := quecplatform.New()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	p.AddProduct("pk", "ps")
	for _, one := range plans {
		_, err := p.Add(one)
		require.NoError(t, err)
	}
	m, u := start(t, Options{Platform: p, Network: -1}, faults...)
	u.enterRaw()
	return m, p, u
}

// program is a program as the guides write it; say waits for the next word of a
// callback.
const program = `
import Qth, utime
r = []
def on_dev(event, result): r.append(('dev', event, result))
def on_plan(plans): r.append(('plan', plans))
def on_fota(comp, result): r.append(('fota', comp, result))
def on_info(comp, version, url, md5, crc): r.append(('info', comp, version, url, md5, crc))
def on_mcu(comp, result): r.append(('mcu', comp, result))
def say(kind):
    while True:
        for x in r:
            if x[0] == kind:
                r.remove(x)
                print(x)
                return x
        utime.sleep_ms(5)
def up(secret='ps'):
    Qth.init()
    Qth.setProductInfo('pk', secret)
    Qth.setServer('mqtts://iot-south.quectelcn.com:8883')
    Qth.setEventCb({'devEvent': on_dev, 'ota': {'otaPlan': on_plan, 'fotaResult': on_fota}})
    Qth.setMcuVer('MCU1', '1.0', on_info, on_mcu)
    Qth.start()
    say('dev')
    say('dev')
`

// told is what code prints, with plain line ends.
func told(u *terminal, code string) string { return strings.ReplaceAll(u.value(code), "\r\n", "\n") }

func ofModule(firmware string) quecplatform.Plan {
	return quecplatform.Plan{
		Product: "pk", Component: quecplatform.Component{Kind: quecplatform.Module, Name: "app", Version: "V2"}, Source: firmware,
		MinBattery: 30, MinSignal: -113, Space: 20000, Data: DemoPackage(firmware, "V2", 20000, 1),
	}
}

func ofPart() quecplatform.Plan {
	return quecplatform.Plan{
		Product: "pk", Component: quecplatform.Component{Kind: quecplatform.MCU, Name: "MCU1", Version: "1.1"}, Data: []byte(strings.Repeat("part ", 2000)),
	}
}

func TestQthUpgrade(t *testing.T) {
	t.Parallel()
	const firmware = "EC600UCNLBR01A01M16_OCPU_QPY_V01"
	m, p, u := thingBench(t, nil, ofModule(firmware))
	require.Equal(t, "False False", told(u, "import Qth; print(Qth.start(), Qth.otaRequest())"), "not before init")
	require.Equal(t, "('dev', 1, 0)\n('dev', 2, 0)", told(u, program+"up()"))
	require.Equal(t, "True True", told(u, "print(Qth.state(), Qth.otaRequest())"))
	require.Equal(t, "('plan', [(0, 'app', '"+firmware+"', 'V2', 30, 20000, -113)])", told(u, "say('plan')"))
	require.Equal(t, "True", told(u, "print(Qth.otaAction(1))"))
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, "False", told(u, "import Qth; print(Qth.state())"), "a restart ends the connection")
	require.Equal(t, quecplatform.Updating, p.Status("pk", m.State().IMEI).Stage, "and the platform waits for the version")
	require.Equal(t, "('dev', 1, 0)\n('dev', 2, 0)\n('fota', 'app', True)", told(u, program+"up()\nsay('fota')"))
	require.Equal(t, "V2", m.State().Firmware)
	require.Equal(t, quecplatform.Succeeded, p.Status("pk", m.State().IMEI).Stage)
}

func TestQthPart(t *testing.T) {
	t.Parallel()
	_, p, u := thingBench(t, nil, ofPart())
	told(u, program+"up()")
	told(u, "Qth.otaRequest(); say('plan'); print(Qth.otaAction(1))")
	got := told(u, "import request, uhashlib\nx = say('info')\na = request.get(x[3], decode=False, sizeof=1000)\nh = uhashlib.md5()\nn = 0\nfor b in a.content:\n    h.update(b)\n    n += len(b)\nprint(a.status_code, n, ''.join(['%02x' % b for b in h.digest()]) == x[4])")
	require.Contains(t, got, "200 10000 True")
	require.Equal(t, "('mcu', 'MCU1', True)", told(u, "Qth.setMcuVer('MCU1', '1.1', on_info, on_mcu)\nsay('mcu')"))
	require.Equal(t, quecplatform.Succeeded, p.Status("pk", "869339000000018").Stage)
	require.Equal(t, "404", told(u, "print(request.get(x[3] + 'x').status_code)"))
	_, trace := u.run("request.get('http://127.0.0.1:1/x')")
	require.Contains(t, trace, "RuntimeError")
}

func TestQthRefusals(t *testing.T) {
	t.Parallel()
	_, p, u := thingBench(t, nil, ofPart())
	require.Equal(t, "('dev', 1, 0)\n('dev', 2, -5893)", told(u, program+"up('guess')"))
	require.Equal(t, "('dev', 1, 0)\n('dev', 2, 0)", told(u, "up()"))
	require.Equal(t, "False", told(u, "print(Qth.otaAction(1))"), "nothing was offered")
	require.Contains(t, told(u, "Qth.otaRequest(); say('plan'); print(Qth.otaAction(0))"), "\nTrue")
	require.Equal(t, quecplatform.Refused, p.Status("pk", "869339000000018").Stage)
	require.Equal(t, "False", told(u, "Qth.stop(); print(Qth.state())"))
	_, v := start(t, Options{})
	v.enterRaw()
	_, trace := v.run("import Qth")
	require.Contains(t, trace, "ImportError", "firmware without QuecThing")
}

func TestQthFaults(t *testing.T) {
	t.Parallel()
	for _, k := range QuecThingFaultKinds() {
		f, err := sim.ParseFault(k.Name, QuecThingFaultKinds())
		require.NoError(t, err, k.Name)
		require.Equal(t, k.Default, f.Value)
		require.Equal(t, devices.Code("sim.fault."+k.Name), k.Help)
	}
	const firmware = "EC600UCNLBR01A01M16_OCPU_QPY_V01"
	for fault, want := range map[string]string{
		"download-error":       "('fota', 'app', False)",
		"verify-fails":         "('fota', 'app', False)",
		"plan-shape=six":       "('plan', [('app', '" + firmware + "', 'V2', 30, 20000, -113)])",
		"plan-shape=prose":     "('plan', [('app', '" + firmware + "', 'V2', 30, -113, 20000)])",
		"plan-shape=text":      "('plan', [('0', 'app', '" + firmware + "', 'V2', '30', '20000', '-113')])",
		"platform-error=17921": "('dev', 2, -17921)",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			_, _, u := thingBench(t, []string{fault}, ofModule(firmware))
			code, kind := program+"up()\nQth.otaRequest()\nsay('plan')\n", ""
			if strings.Contains(want, "fota") {
				kind = "Qth.otaAction(1)\nsay('fota')"
			}
			if strings.Contains(want, "dev") {
				code = program + "up()\n"
			}
			require.Contains(t, told(u, code+kind), want)
		})
	}
}
