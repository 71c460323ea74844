package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// openHTTP asks for the file, from byte s.From on if that is not 0.
func openHTTP(ctx context.Context, u *url.URL, s Settings) (io.ReadCloser, int64, error) {
	config := s.TLS
	if config == nil {
		config = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	}
	transport := &http.Transport{
		TLSClientConfig: config, ResponseHeaderTimeout: Silence, DisableKeepAlives: true, DisableCompression: true,
		DialContext: (&net.Dialer{Timeout: Silence}).DialContext,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, 0, Failed(BadURL, err)
	}
	request.Header.Set("User-Agent", s.Agent)
	if s.From > 0 {
		request.Header.Set("Range", "bytes="+strconv.FormatInt(s.From, 10)+"-")
	}
	reply, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, 0, untrusted(err)
	}
	if err := judge(reply, s.From > 0); err != nil {
		_ = reply.Body.Close() // its content is of no interest
		return nil, 0, err
	}
	return reply.Body, reply.ContentLength, nil
}

// untrusted tells a handshake that failed from other errors.
func untrusted(err error) error {
	var unknown *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	if errors.As(err, &unknown) || errors.As(err, &alert) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) {
		return Failed(Insecure, err)
	}
	return err
}

// judge tells an answer that is not the file.
func judge(reply *http.Response, part bool) error {
	err := fmt.Errorf("status %d, length %d", reply.StatusCode, reply.ContentLength)
	switch code := reply.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return Failed(Denied, err)
	case code == http.StatusNotFound || code == http.StatusGone:
		return Failed(NoFile, err)
	case code == http.StatusPartialContent && part:
	case code != http.StatusOK:
		return Failed(Status, err)
	case reply.ContentLength <= 0:
		return Failed(BadSize, err)
	case reply.ContentLength > MaxFile:
		return Failed(TooLarge, err)
	}
	return nil
}
