package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jlaffaye/ftp"
)

// ftpBody is a file on an FTP server, with the connection that it comes by.
type ftpBody struct {
	*ftp.Response
	server *ftp.ServerConn
	conns  *netConns
}

// Close ends both connections. The library waits for the server's last word on
// Close; closing the sockets first bounds that.
func (b *ftpBody) Close() error {
	b.conns.close()
	_ = b.Response.Close()
	_ = b.server.Quit()
	return nil
}

func openFTP(ctx context.Context, u *url.URL) (io.ReadCloser, int64, error) {
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "21")
	}
	conns := &netConns{ctx: ctx}
	server, err := ftp.Dial(address, ftp.DialWithDialFunc(conns.dial))
	if err != nil {
		conns.close()
		return nil, 0, err
	}
	body, size, err := fetchFTP(server, u)
	if err != nil {
		_ = server.Quit()
		conns.close()
		return nil, 0, err
	}
	return &ftpBody{Response: body, server: server, conns: conns}, size, nil
}

func fetchFTP(server *ftp.ServerConn, u *url.URL) (*ftp.Response, int64, error) {
	user, password := u.User.Username(), ""
	if user == "" {
		user, password = "anonymous", "anonymous"
	}
	if p, set := u.User.Password(); set {
		password = p
	}
	if err := server.Login(user, password); err != nil {
		return nil, 0, Failed(Denied, err)
	}
	// A path counts from where the login lands (RFC 1738, 3.2.2).
	path := strings.TrimPrefix(u.Path, "/")
	size, err := server.FileSize(path)
	if err != nil {
		return nil, 0, Failed(NoFile, err)
	}
	if size <= 0 || size > MaxFile {
		return nil, 0, Failed(BadSize, fmt.Errorf("%d bytes", size))
	}
	body, err := server.Retr(path)
	if err != nil {
		return nil, 0, Failed(NoFile, err)
	}
	return body, size, nil
}

// netConns dials for the FTP library, which knows no context: all connections
// end with ctx, and each operation has its time.
type netConns struct {
	ctx   context.Context
	mu    sync.Mutex
	conns []net.Conn
	stops []func() bool
}

func (n *netConns) dial(network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: Silence}
	conn, err := dialer.DialContext(n.ctx, network, address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, conn)
	n.stops = append(n.stops, context.AfterFunc(n.ctx, func() { _ = conn.Close() }))
	return timedConn{conn}, nil
}

func (n *netConns) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, conn := range n.conns {
		n.stops[i]()
		_ = conn.Close() // a second time does no harm
	}
}

// timedConn gives every operation its time.
type timedConn struct{ net.Conn }

func (c timedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(Silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c timedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(Silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
