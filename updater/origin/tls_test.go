package origin

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// TestProveTLS is N1 with servers whose certificate or version is not right.
func TestProveTLS(t *testing.T) {
	for _, row := range []struct {
		name   string
		host   string
		from   int // days from now
		to     int
		ca     func(a *authority) string
		server func(*tls.Config)
		note   devices.Code
	}{
		{name: "good", from: -1, to: 1},
		{name: "expired", from: -9, to: -1, note: NoteCertExpired},
		{name: "not yet", from: 1, to: 9, note: NoteCertNotYet},
		{name: "another host", host: "www.example.org", from: -1, to: 1, note: NoteCertHost},
		{name: "unknown authority", from: -1, to: 1, ca: func(*authority) string { return "" }, note: NoteCertUnknown},
		{name: "no PEM", from: -1, to: 1, ca: func(*authority) string { return "hello" }, note: NoteCA},
		{name: "TLS 1.0 only", from: -1, to: 1, server: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, note: NoteTLSVersion},
		{name: "no common cipher", from: -1, to: 1, server: func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}, note: NoteTLSCipher},
		{name: "client certificate", from: -1, to: 1, server: func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, note: NoteTLSClient},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAuthority(t)
			host, ca := "files.example.com", a.pem
			if row.host != "" {
				host = row.host
			}
			if row.ca != nil {
				ca = row.ca(a)
			}
			config := &tls.Config{Certificates: []tls.Certificate{a.leaf(t, host, row.from, row.to)}}
			if row.server != nil {
				row.server(config)
			}
			dialled := 0
			dial := real(t, "8.8.8.8:443", func(w http.ResponseWriter, r *http.Request) { whole(w, r, 1) }, config)
			err := Prove(t.Context(), Request{
				URL: "https://files.example.com/fw.bin", CA: ca, Want: wanted(good), Proxy: ProxyNone,
				dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					dialled++
					return dial(ctx, network, address)
				},
			}, nil)
			if row.note == "" {
				require.NoError(t, err)
				return
			}
			requireNote(t, err, asError(t, err).Kind, row.note)
			require.LessOrEqual(t, dialled, 1, "what stays wrong is not tried again")
		})
	}
}

// TestProveNotTLS meets a server that speaks plain HTTP.
func TestProveNotTLS(t *testing.T) {
	dial := real(t, "8.8.8.8:443", func(w http.ResponseWriter, r *http.Request) { whole(w, r, 1) }, nil)
	err := Prove(t.Context(), Request{URL: "https://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: dial}, nil)
	requireNote(t, err, devices.Protocol, NoteNotTLS)
}

// TestProveDowngrade follows a redirect from https to http only when allowed,
// and never takes the credentials there.
func TestProveDowngrade(t *testing.T) {
	for _, allow := range []bool{false, true} {
		t.Run(strconv.FormatBool(allow), func(t *testing.T) {
			a := newAuthority(t)
			secure := &tls.Config{Certificates: []tls.Certificate{a.leaf(t, "files.example.com", -1, 1)}}
			locked := real(t, "8.8.8.8:443", func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				assert.Equal(t, "joe s3cret", user+" "+password)
				redirect("http://files.example.com/fw.bin")(w, r, 1)
			}, secure)
			plain := real(t, "8.8.8.8:80", func(w http.ResponseWriter, r *http.Request) {
				assert.Empty(t, r.Header.Get("Authorization"), "credentials went out in clear")
				whole(w, r, 1)
			}, nil)
			err := Prove(t.Context(), Request{
				URL: "https://joe:s3cret@files.example.com/fw.bin", CA: a.pem, Want: wanted(good), Proxy: ProxyNone, AllowDowngrade: allow,
				dial: byPort(map[string]dialer{"443": locked, "80": plain}),
			}, nil)
			if allow {
				require.NoError(t, err)
				return
			}
			requireNote(t, err, devices.Refused, NoteDowngrade)
		})
	}
}

// TestProveRedirectInsideByName refuses a public redirect to a name that turns
// out to live in our own network.
func TestProveRedirectInsideByName(t *testing.T) {
	outside := real(t, "8.8.8.8:80", func(w http.ResponseWriter, r *http.Request) {
		redirect("http://innocent.example.com:8080/fw.bin")(w, r, 1)
	}, nil)
	router := real(t, "192.168.1.1:8080", func(http.ResponseWriter, *http.Request) {
		t.Error("a request reached the private network")
	}, nil)
	err := Prove(t.Context(), Request{
		URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone,
		dial: byPort(map[string]dialer{"80": outside, "8080": router}),
	}, nil)
	requireNote(t, err, devices.Refused, NoteRedirectInside)
}

// TestProveProxy takes the proxy that is named, and says when it wants a log-in.
func TestProveProxy(t *testing.T) {
	proxied := func(t *testing.T, url, proxy string, handler http.HandlerFunc) error {
		lane := newLane("10.0.0.9:3128")
		defer lane.serve(handler)()
		return Prove(t.Context(), Request{URL: url, Want: wanted(good), Proxy: proxy, dial: lane.dial}, nil)
	}
	t.Run("plain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			require.NoError(t, proxied(t, "http://files.example.com/fw.bin", "http://proxy.example.com:3128", func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "http://files.example.com/fw.bin", r.RequestURI)
				whole(w, r, 1)
			}))
		})
	})
	t.Run("tunnel wants a log-in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			err := proxied(t, "https://files.example.com/fw.bin", "http://joe:s3cret@proxy.example.com:3128", func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, http.MethodConnect, r.Method)
				w.WriteHeader(http.StatusProxyAuthRequired)
			})
			requireNote(t, err, devices.Locked, NoteProxyLogin)
			require.NotContains(t, err.Error(), "s3cret")
		})
	})
	t.Run("not there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			lane := newLane("10.0.0.9:3128")
			require.NoError(t, lane.Close())
			err := Prove(t.Context(), Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: "http://proxy.example.com:3128", dial: lane.dial}, nil)
			requireNote(t, err, devices.Absent, NoteProxyDown)
			require.Contains(t, asError(t, err).Args, "proxy.example.com:3128")
		})
	})
	t.Run("nonsense", func(t *testing.T) {
		err := Prove(t.Context(), Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: "joe:s3cret@proxy"}, nil)
		requireNote(t, err, devices.Unsupported, NoteProxy)
		require.NotContains(t, err.Error(), "s3cret")
	})
}

// TestProxyFromEnvironment takes an empty variable for none.
func TestProxyFromEnvironment(t *testing.T) {
	for _, row := range []struct{ value, want string }{
		{"", ""},
		{"http://proxy.example.com:3128", "proxy.example.com:3128"},
	} {
		for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
			t.Setenv(name, row.value)
		}
		t.Setenv("NO_PROXY", "")
		t.Setenv("no_proxy", "")
		f := &fetch{req: Request{}, limits: Limits{}.orUsual()}
		var err error
		f.url, err = parse("http://files.example.com/fw.bin")
		require.NoError(t, err)
		s, err := newWebSite(f)
		require.NoError(t, err)
		proxy, err := s.proxy(f.url)
		require.NoError(t, err)
		if row.want == "" {
			require.Nil(t, proxy)
			continue
		}
		require.Equal(t, row.want, proxy.Host)
	}
}

// TestProveGarbage meets something that is no HTTP server at all.
func TestProveGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := newLane("8.8.8.8:80")
		served := make(chan struct{})
		go func() {
			defer close(served)
			for {
				conn, err := lane.Accept()
				if err != nil {
					return
				}
				_, _ = bufio.NewReader(conn).ReadString('\n')
				_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n"))
				_ = conn.Close()
			}
		}()
		err := Prove(t.Context(), Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: lane.dial, Limits: Limits{Total: time.Minute}}, nil)
		requireNote(t, err, devices.Lost, NoteDropped)
		require.NoError(t, lane.Close())
		<-served
	})
}
