package micropython

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentification(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{Model: "EC600NCNLC", IMEI: "861111111111111"}, "battery=3300", "signal=99")
	u.enterRaw()
	for code, want := range map[string]string{
		"import modem; print(modem.getDevModel(), modem.getDevImei(), modem.getDevProductId())":                 "EC600NCNLC 861111111111111 Quectel",
		"from misc import Power; print(Power.getVbatt())":                                                       "3300",
		"import net; print(net.csqQueryPoll())":                                                                 "99",
		"import uos; print(type(uos.uname()), uos.uname()[-1], uos.uname2().qpyver)":                            "<class 'tuple'> qpyver=V0002 V0002",
		"print(__import__('uos').uname2().qpyver)":                                                              "V0002",
		"import uos; s=uos.statvfs('/usr'); print(len(s), s[0]*s[3])":                                           "10 1048576",
		"import uhashlib,ubinascii; print(ubinascii.hexlify(uhashlib.sha256(b'').digest())[:8])":                "b'e3b0c442'",
		"import utime; a=utime.ticks_ms(); utime.sleep_ms(30); print(utime.ticks_diff(utime.ticks_ms(),a)>=30)": "True",
		"import fota; print(hasattr(fota.fota(),'write'), hasattr(fota.fota,'download_cancel'))":                "True False",
	} {
		require.Equal(t, want, u.value(code), code)
	}
}
