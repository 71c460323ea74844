package alinkdevice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// resumeTries is how often a download goes on after an error that brought
// nothing new (docs/protocols/aliyun.md, Leniency).
const resumeTries = 5

// fetcher is one file on its way over HTTP.
type fetcher struct {
	*intake
	client *http.Client
	url    string
	store  *storage
}

// newClient is an HTTP client that leaves nothing behind: a connection for each
// request, no compression, no proxy.
func (w *worker) newClient() *http.Client {
	c := &http.Client{Transport: &http.Transport{
		DialContext:        (&net.Dialer{Timeout: w.timeout(readTimeout)}).DialContext,
		TLSClientConfig:    &tls.Config{RootCAs: w.server.roots},
		DisableKeepAlives:  true,
		DisableCompression: true,
	}}
	c.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if !w.t.redirects || len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return c
}

// address is where the device really goes for a URL.
func (w *worker) address(url string) string {
	if plain, ok := strings.CutPrefix(url, "https://"); ok && w.t.plainHTTP {
		return "http://" + plain
	}
	return url
}

// persist repeats an attempt after errors that pass, as long as it brings
// something new now and then.
func (f *fetcher) persist(ctx context.Context, attempt func() error) error {
	for tries := 0; ; {
		before := f.store.held
		err := attempt()
		if err == nil || lasting(err) || ctx.Err() != nil {
			return err
		}
		f.wrong(err)
		if tries++; f.store.held > before {
			tries = 0
		}
		if tries > resumeTries {
			return failed(stepDownload, "%w", err)
		}
		if err := pause(ctx, f.paced(resumeGap)); err != nil {
			return err
		}
	}
}

// lasting tells whether an error would come again.
func lasting(err error) bool {
	var f *failure
	return errors.As(err, &f) || errors.Is(err, errRestart)
}

// attempt makes one request from the byte that was reached and stores the answer.
func (f *fetcher) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(f.timeout(readTimeout), func() { cancel(errors.New("the server sends nothing")) })
	defer silence.Stop()
	span := ""
	if f.store.held > 0 || f.t.alwaysRange {
		span = fmt.Sprintf("bytes=%d-", f.store.held)
	}
	answer, err := f.get(ctx, span)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // the connection is not used again
	switch {
	case answer.StatusCode == http.StatusOK:
		f.again(f.store)
	case answer.StatusCode == http.StatusPartialContent && span != "":
	case answer.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("status %d", answer.StatusCode)
	default:
		return failed(stepDownload, "status %d", answer.StatusCode)
	}
	if f.t.needLength && answer.ContentLength < 0 {
		return failed(stepDownload, "the answer has no Content-Length")
	}
	return f.body(ctx, answer, silence)
}

// get asks for the file, or a part of it.
func (f *fetcher) get(ctx context.Context, span string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, failed(stepDownload, "%w", err)
	}
	if span != "" {
		request.Header.Set("Range", span)
	}
	answer, err := f.client.Do(request)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return answer, err
}

// body stores what the server sends, block by block.
func (f *fetcher) body(ctx context.Context, answer *http.Response, silence *time.Timer) error {
	block := make([]byte, f.blockSize())
	for {
		silence.Reset(f.timeout(readTimeout))
		n, err := answer.Body.Read(block)
		silence.Stop()
		if f.store.held+int64(n) > f.store.size {
			return failed(stepDownload, "the file is longer than %d bytes", f.store.size)
		}
		if n > 0 {
			if err := f.took(ctx, f.store, block[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return f.end(ctx, answer, err)
		}
	}
}

// end judges how an answer ended.
func (f *fetcher) end(ctx context.Context, answer *http.Response, err error) error {
	switch {
	case !errors.Is(err, io.EOF) && ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read: %w", err)
	case f.store.held == f.store.size:
		return nil
	case answer.ContentLength >= 0:
		return failed(stepDownload, "the file has %d of %d bytes", f.store.held, f.store.size)
	}
	return io.ErrUnexpectedEOF // without a length nobody knows whether that was all
}

// record fetches the end of an AliOS system image, before the image itself.
func (f *fetcher) record(ctx context.Context) (*info, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout(readTimeout))
	defer cancel()
	size := f.store.size
	answer, err := f.get(ctx, fmt.Sprintf("bytes=%d-%d", max(0, size-infoSize), size-1))
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // the connection is not used again
	if answer.StatusCode != http.StatusPartialContent {
		return nil, failed(stepDownload, "status %d for the last %d bytes", answer.StatusCode, infoSize)
	}
	tail, err := io.ReadAll(io.LimitReader(answer.Body, infoSize+1))
	if err != nil {
		return nil, fmt.Errorf("last %d bytes: %w", infoSize, err)
	}
	found, ok := infoIn(tail)
	if !ok || found.size > size-infoSize {
		return nil, failed(stepVerify, "the last %d bytes are no image record", infoSize)
	}
	return &found, nil
}

// fetch downloads one file, going on where it stopped after errors that pass.
func (f *fetcher) fetch(ctx context.Context) error {
	if f.t.systemImage && f.module == moduleDefault {
		err := f.persist(ctx, func() (err error) {
			f.store.record, err = f.record(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return f.persist(ctx, func() error { return f.attempt(ctx) })
}
