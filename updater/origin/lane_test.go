package origin

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// lane is a network of one server in memory, so that time can be virtual.
type lane struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	// at is where the server seems to be.
	at net.Addr
	// dialled counts connections.
	dialled int
}

func newLane(at string) *lane {
	addr, err := net.ResolveTCPAddr("tcp", at)
	if err != nil {
		panic(err)
	}
	return &lane{conns: make(chan net.Conn), done: make(chan struct{}), at: addr}
}

// placed is a connection with an address of our choice at its far end.
type placed struct {
	net.Conn
	at net.Addr
}

func (p placed) RemoteAddr() net.Addr { return p.at }

func (l *lane) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		l.dialled++
		return placed{near, l.at}, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *lane) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *lane) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *lane) Addr() net.Addr { return l.at }

// serve runs handler on the lane until the test ends; call the result before
// the bubble ends.
func (l *lane) serve(handler http.Handler) (stop func()) {
	var all sync.WaitGroup
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Add(1)
		defer all.Done()
		handler.ServeHTTP(w, r)
	})
	server := &http.Server{Handler: counted, ErrorLog: log.New(io.Discard, "", 0)}
	all.Go(func() { _ = server.Serve(l) })
	return func() {
		_ = server.Close()
		all.Wait()
	}
}

// firmware is n bytes that do not compress, the same for each seed.
func firmware(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := mrand.NewChaCha8([32]byte{byte(seed)})
	_, _ = r.Read(b)
	return b
}

// wanted is the package file that holds data.
func wanted(data []byte) packages.File {
	sha, md := sha256.Sum256(data), md5.Sum(data)
	return packages.File{Name: "fw.bin", Size: int64(len(data)), Digests: packages.Digests{
		packages.SHA256: hex.EncodeToString(sha[:]), packages.MD5: hex.EncodeToString(md[:]),
	}}
}

// stored is wanted, with the bytes in a file.
func stored(t testing.TB, name string, data []byte) packages.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	f := wanted(data)
	f.Name, f.Path = name, path
	return f
}

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-9, 0, 0), NotAfter: time.Now().AddDate(9, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return &authority{cert: cert, key: key, pem: text.String()}
}

// leaf is a server certificate for host, valid from and to days from now.
func (a *authority) leaf(t testing.TB, host string, from, to int) tls.Certificate {
	t.Helper()
	return a.signed(t, host, from, to, x509.ExtKeyUsageServerAuth)
}

// signed is a certificate for one use, valid from and to days from now.
func (a *authority) signed(t testing.TB, host string, from, to int, use x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().AddDate(0, 0, from), NotAfter: time.Now().AddDate(0, 0, to),
		ExtKeyUsage: []x509.ExtKeyUsage{use},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, a.cert, &key.PublicKey, a.key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// dialer is how a Request reaches its server in tests.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// real serves on the loopback device and returns how to get there, with the far
// end seeming to be at another address. TLS needs it: a pipe without a buffer
// blocks when both sides send an alert.
func real(t testing.TB, at string, handler http.HandlerFunc, secure *tls.Config) dialer {
	t.Helper()
	seems, err := net.ResolveTCPAddr("tcp", at)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: secure}
	// HTTP/2 would refuse the old cipher suites that some tests need.
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	var all sync.WaitGroup
	all.Go(func() {
		if secure != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	})
	t.Cleanup(func() {
		_ = server.Close()
		all.Wait()
	})
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
		if err != nil {
			return nil, err
		}
		return placed{conn, seems}, nil
	}
}

// byPort dials the server of the port that is asked for.
func byPort(servers map[string]dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return servers[port](ctx, network, address)
	}
}
