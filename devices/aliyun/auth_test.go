package aliyun

import (
	"strings"
	"testing"
)

// TestVectors: the published sums, and one made with each method.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ clientID, user, secret, want string }{
		{"12345|securemode=3,signmethod=hmacmd5,timestamp=789|", "device&pk", "secret", "14b198324fe55e1d3c88f2e705e201ee"},
		{"12345|timestamp=789,securemode=3,signmethod=hmacsha1|", "device&pk", "secret", "fafd82a3d602b37fb0fa8b7892f24a477f851a14"},
		{"12345|signmethod=hmacsha256,timestamp=789|", "device&pk", "secret", "6074a46a91b1ebb2cc4ea42790ad0e80202c9843859fc292e57c4eb19fad9e57"},
		{
			"SN1928339|securemode=2,signmethod=hmacsha1,timestamp=1539421321846|", "light1983432&a14Xib5kdYd",
			"oLyaKqVxtRvjH284LdhqVgVUx1UPy6zq", "b2488041f64f425016b467ee1c94959ebd592ad1",
		},
	} {
		for _, password := range []string{c.want, strings.ToUpper(c.want)} {
			got, ok := read(c.clientID, c.user, password)
			if !ok || !got.holds(c.secret) {
				t.Errorf("%s: %+v, %v; want %s, got %s", c.clientID, got, ok, c.want, got.sum(c.secret))
			}
			if got.holds(c.secret + "x") {
				t.Errorf("%s: another secret holds", c.clientID)
			}
		}
	}
	for _, c := range [][3]string{
		{"1|signmethod=hmacsha512|", "d&p", "x"},
		{"1", "d", "x"},
		{"1", "&", "x"},
		{"1", "../d&p/+", "x"},
		{strings.Repeat("1", 600), "d&p", "x"},
	} {
		if _, ok := read(c[0], c[1], c[2]); ok {
			t.Errorf("took %q", c)
		}
	}
}
