package words_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/ui/words"
)

// TestCause: what systems and Go's libraries really return is recognised, however it is
// wrapped; what merely holds such words is not.
func TestCause(t *testing.T) {
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	<-late.Done()
	_, absent := os.Open(filepath.Join(t.TempDir(), "none"))
	_, refused := net.DialTimeout("tcp", free(t), time.Minute)
	for text, want := range map[string]devices.Code{
		late.Err().Error():                        words.CauseTimeout,
		os.ErrDeadlineExceeded.Error():            words.CauseTimeout,
		absent.Error():                            words.CauseAbsent,
		refused.Error():                           words.CauseRefused,
		fs.ErrPermission.Error():                  words.CauseDenied,
		io.ErrUnexpectedEOF.Error():               words.CauseEnd,
		syscall.ENOSPC.Error():                    words.CauseFull,
		syscall.EACCES.Error():                    words.CauseDenied,
		syscall.ENOENT.Error():                    words.CauseAbsent,
		"lookup a on 127.0.0.53:53: no such host": words.CauseNoHost,
		`Get "http://a/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`: words.CauseTimeout,
		"first line\nopen x: permission denied\nthird":                                                words.CauseDenied,
		"link: open COM5: denied: Access is denied.":                                                  words.CauseDenied,
		"the module said: I answer permission denied to all":                                          "",
		"connection refused by somebody":                                                              "",
		"":                                                                                            "",
	} {
		if got := words.Cause(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

// free is an address at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestCauseInChinese: a wrapped cause is told in the language of the book, where there is no
// sentence for the error and where the error is an argument of one; the technical text stays
// beside it, and English keeps it as it is.
func TestCauseInChinese(t *testing.T) {
	all := books(t)
	en, zh := all[words.English], all[words.Chinese]
	for text, told := range map[string]string{
		"context deadline exceeded": "没有及时得到应答",
		"connection refused":        "连接被拒绝",
		"permission denied":         "没有权限",
		"no such file or directory": "没有这个文件",
		"no space left on device":   "磁盘已满",
	} {
		err := fmt.Errorf("library: open: %w", errors.New(text))
		trouble := words.Explain(err)
		if trouble.Code != "" || trouble.Detail != err.Error() || trouble.Cause == "" {
			t.Errorf("%+v", trouble)
		}
		if what, _ := en.Trouble(trouble); what != err.Error() {
			t.Errorf("in English: %q", what)
		}
		what, _ := zh.Trouble(trouble)
		for _, argument := range []string{what, zh.Say("bench.brokerlost", err.Error()), zh.Say("bench.brokerlost", err), zh.Raw(err.Error())} {
			if !strings.Contains(argument, told) || !strings.Contains(argument, err.Error()) {
				t.Errorf("%q", argument)
			}
		}
	}
	if got := zh.Raw("nobody knows"); got != "nobody knows" {
		t.Errorf("%q", got)
	}
}
