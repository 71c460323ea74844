package micropython

import "crypto/md5"

// digestCalls are the host functions behind hashlib.md5.
var digestCalls = map[string]func(s *session, r request) any{
	"md5.new": func(s *session, _ request) any {
		s.sums = append(s.sums, md5.New())
		return len(s.sums) - 1
	},
	"md5.update": func(s *session, r request) any {
		if n := r.int(0); n >= 0 && n < int64(len(s.sums)) {
			s.sums[n].Write(s.machine.blob)
		}
		return nil
	},
	"md5.digest": func(s *session, r request) any {
		if n := r.int(0); n >= 0 && n < int64(len(s.sums)) {
			return s.sums[n].Sum(nil)
		}
		return nil
	},
}
