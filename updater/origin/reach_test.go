package origin

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClassify(t *testing.T) {
	for url, want := range map[string]Reach{
		"http://127.0.0.1:8080/x":          ReachLoopback,
		"http://[::1]/x":                   ReachLoopback,
		"http://localhost/x":               ReachLoopback,
		"http://192.168.1.5/x":             ReachPrivate,
		"http://10.1.2.3/x":                ReachPrivate,
		"http://172.31.255.255/x":          ReachPrivate,
		"http://172.32.0.1/x":              ReachPublic,
		"http://[fd00::1]/x":               ReachPrivate,
		"http://[::ffff:192.168.1.5]/x":    ReachPrivate,
		"http://nas/x":                     ReachPrivate,
		"http://printer.local/x":           ReachLinkLocal,
		"http://169.254.1.1/x":             ReachLinkLocal,
		"http://[fe80::1]/x":               ReachLinkLocal,
		"http://100.64.0.1/x":              ReachCGNAT,
		"http://100.128.0.1/x":             ReachPublic,
		"ftp://joe:pw@8.8.8.8/x":           ReachPublic,
		"https://[2001:4860:4860::8888]/x": ReachPublic,
		"https://files.example.com/x":      ReachName,
		"http://0.0.0.0/x":                 ReachNone,
		"http://239.1.1.1/x":               ReachNone,
		"http://255.255.255.255/x":         ReachNone,
		"not a url":                        ReachNone,
		"":                                 ReachNone,
	} {
		require.Equal(t, want, Classify(url), url)
	}
}

func TestResolveWithoutName(t *testing.T) {
	reach, err := Resolve(t.Context(), "http://127.0.0.1/x")
	require.NoError(t, err)
	require.Equal(t, ReachLoopback, reach)
}

func TestAddresses(t *testing.T) {
	all := Addresses()
	require.True(t, slices.ContainsFunc(all, func(a Address) bool { return a.Reach == ReachLoopback && a.IP.Is4() }), "%v", all)
	require.True(t, slices.IsSortedFunc(all, func(a, b Address) int { return width(b.Reach) - width(a.Reach) }), "%v", all)
	for _, a := range all {
		require.NotEmpty(t, a.Interface)
	}
}
