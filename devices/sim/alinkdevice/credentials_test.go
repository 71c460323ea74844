package alinkdevice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The passwords of the device of the published vector.
const (
	vectorMD5    = "14b198324fe55e1d3c88f2e705e201ee"
	vectorSHA1   = "fafd82a3d602b37fb0fa8b7892f24a477f851a14"
	vectorSHA256 = "6074a46a91b1ebb2cc4ea42790ad0e80202c9843859fc292e57c4eb19fad9e57"
)

// vectorOptions are the device of the published vector.
func vectorOptions() Options {
	return Options{
		ProductKey: product, DeviceName: name, DeviceSecret: secret, ID: "12345", Timestamp: "789", Server: "tcp://127.0.0.1:1",
	}
}

func TestPublishedPasswords(t *testing.T) {
	for sign, want := range map[string]string{"": vectorMD5, signMD5: vectorMD5, signSHA1: vectorSHA1, signSHA256: vectorSHA256} {
		o := vectorOptions()
		o.Sign = sign
		got, err := login(o, traits{}, false)
		require.NoError(t, err)
		require.Equal(t, want, got.password, sign)
		require.Equal(t, "device&pk", got.user)
	}
	o := Options{
		ProductKey: "a14Xib5kdYd", DeviceName: "light1983432", DeviceSecret: "oLyaKqVxtRvjH284LdhqVgVUx1UPy6zq",
		ID: "SN1928339", Timestamp: "1539421321846", Sign: signSHA1, UpperHex: true,
	}
	got, err := login(o, traits{}, true)
	require.NoError(t, err)
	require.Equal(t, "B2488041F64F425016B467EE1C94959EBD592AD1", got.password)
	require.Equal(t, "SN1928339|securemode=2,signmethod=hmacsha1,timestamp=1539421321846|", got.clientID)
}

func TestClientID(t *testing.T) {
	o := Options{ProductKey: "p", DeviceName: "d", DeviceSecret: "s", Server: "tcp://127.0.0.1:1"}
	require.Equal(t, "p.d|securemode=3|", New(o).login.clientID)
	require.Equal(t, "clientIdp.ddeviceNamedproductKeyp", content("p.d", "d", "p", ""))
	o.EmptyID = true
	empty := New(o).login
	require.Equal(t, "|securemode=3|", empty.clientID)
	want, err := hmacHex(signMD5, "s", "clientIddeviceNamedproductKeyp")
	require.NoError(t, err)
	require.Equal(t, want, empty.password)
	o.EmptyID, o.Flavour = false, LinkSDK
	require.Equal(t, "p.d|securemode=3,signmethod=hmacsha256,_v=sdk-c-4.1.1,ext=3,|", New(o).login.clientID)
}

// TestLogin: a broker that knows only the published password lets the device in,
// and nobody with another.
func TestLogin(t *testing.T) {
	b := newBench(t, vectorSHA1)
	o := vectorOptions()
	o.Server, o.Sign = "", signSHA1
	d := b.start(o)
	require.Equal(t, "1.0.0", b.next("inform").params("version"))
	s := b.eventually(d, "connected", func(s State) bool { return s.Connected })
	require.Zero(t, s.Refusals)
}

func TestBadPassword(t *testing.T) {
	b := newBench(t, vectorSHA1)
	o := vectorOptions()
	o.Server, o.Sign = "", signSHA1
	d := b.start(o, "bad-password")
	s := b.eventually(d, "refused twice", func(s State) bool { return s.Refusals > 1 })
	require.False(t, s.Connected)
	require.Contains(t, s.LastError, "not Authorized")
}
