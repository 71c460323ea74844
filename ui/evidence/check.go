package evidence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"fotabench/packages/signature"
	"fotabench/ui/words"
	"fotabench/updater"
)

// Check holds a report against its signatures. beside is the signature file of a JSON
// report, nil if there is none; other files bring theirs. trusted are the keys whose
// word counts at now, unless one was revoked or its time is another.
func Check(file, beside []byte, trusted []signature.Key, now time.Time) Verdict {
	p := open(file, beside)
	v := Verdict{Grade: Proved, Format: p.format}
	var head struct {
		Version int             `json:"version"`
		Job     string          `json:"job"`
		Outcome updater.Outcome `json:"outcome"`
		Altered bool            `json:"altered"`
		Lost    []updater.Note  `json:"lost"`
		Bound   updater.Binding `json:"bound"`
	}
	if p.data == nil || json.Unmarshal(p.data, &head) != nil || head.Job == "" {
		v.Grade = Unreadable
		v.add(updater.Fault, foundNothing)
		return v
	}
	v.Job, v.Name, v.Outcome = shown(head.Job), shown(planNameOf(p.data)), updater.Outcome(shown(string(head.Outcome)))
	c := checker{&v, p, trusted, now, nil}
	c.dataSigned(head.Job)
	if p.format != JSON {
		c.pageSealed()
	}
	if head.Altered {
		v.fail(Altered, foundChain)
	}
	if len(head.Lost) > 0 {
		v.fail(Altered, foundLost)
	}
	v.tellBound(head.Bound)
	if head.Version > DataVersion {
		v.fail(Unproved, foundNewer, head.Version, DataVersion)
	}
	return v
}

// checker is one check under way.
type checker struct {
	v       *Verdict
	p       parts
	trusted []signature.Key
	now     time.Time
	key     *signature.Key // with which the data's signature holds
}

// mark is a signature as it was read.
type mark struct {
	minisign.Signature
	key signature.Key
	// comment is true when the statement is what the key signed, holds when the message
	// is too.
	comment, holds bool
}

// by tells whether it is the signature of a key.
func (m mark) by(k signature.Key) bool { return bytes.Equal(m.key.Public, k.Public) }

// read checks a signature of message with the key it names; that key may be anyone's.
func read(text, message []byte, keys []signature.Key) (mark, bool) {
	var m mark
	if m.UnmarshalText(text) != nil || m.Algorithm != minisign.HashEdDSA {
		return m, false
	}
	candidates := slices.Clone(keys)
	if name, ok := strings.CutPrefix(m.UntrustedComment, keyRemark); ok {
		if key, err := signature.ParseKey([]byte(name)); err == nil {
			candidates = append(candidates, key)
		}
	}
	hash := blake2b.Sum512(message)
	stated := append(bytes.Clone(m.Signature.Signature[:]), m.TrustedComment...)
	for _, key := range candidates {
		if uint64(key.ID) == m.KeyID && ed25519.Verify(key.Public, stated, m.CommentSignature[:]) {
			m.key, m.comment = key, true
			m.holds = ed25519.Verify(key.Public, hash[:], m.Signature.Signature[:])
			break
		}
	}
	return m, true
}

// dataSigned checks the signature of the report's data.
func (c *checker) dataSigned(job string) {
	if c.p.signature == nil {
		c.v.fail(Unproved, foundUnsigned)
		return
	}
	m, ok := read(c.p.signature, c.p.data, c.trusted)
	if !ok || !m.comment {
		c.v.fail(Altered, foundBad)
		return
	}
	s := parseStatement(m.TrustedComment)
	if !m.holds || s.what != JSON {
		c.differs(s, job)
		return
	}
	c.key = &m.key
	c.v.Key, c.v.Signed = m.key.Fingerprint(), s.at
	c.v.add(updater.Info, foundData)
	c.vouched(m)
}

// vouched tells what the word of the key counts here that signed the data.
func (c *checker) vouched(m mark) {
	i := slices.IndexFunc(c.trusted, m.by)
	if i < 0 {
		c.v.KeyState = signature.UnknownKey
		c.v.fail(Unproved, foundUnknown, c.v.Key)
		return
	}
	k := c.trusted[i]
	state, code, args := k.Counts(c.v.Signed, c.now)
	c.v.KeyName, c.v.KeyState, c.v.Trusted = k.Name, state, state == signature.Good
	if c.v.Trusted {
		c.v.add(updater.Info, foundTrusted, k.Label(), c.v.Key)
		return
	}
	c.v.fail(Unproved, standings[code], args...)
}

// differs names what is not as it was when it was signed.
func (c *checker) differs(s statement, job string) {
	if s.job != job {
		c.v.fail(Altered, foundOtherJob, shown(s.job), shown(job))
		return
	}
	c.v.fail(Altered, foundAltered)
	now, err := fieldDigests(c.p.data)
	if err != nil || s.fields == nil {
		return
	}
	n := len(c.v.Found)
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		switch digest, there := now[name]; {
		case !there:
			c.v.add(updater.Fault, foundRemoved, shown(name))
		case digest != s.fields[name]:
			c.v.add(updater.Fault, foundChanged, shown(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, there := s.fields[name]; !there {
			c.v.add(updater.Fault, foundAdded, shown(name))
		}
	}
	if len(c.v.Found) == n {
		c.v.add(updater.Fault, foundForm)
	}
}

// pageSealed checks that what a page shows is what was signed; a page without a seal
// must be what this program would write.
func (c *checker) pageSealed() {
	same, lines := c.again()
	if c.p.seal == nil {
		switch {
		case same:
			c.v.add(updater.Info, foundTwin)
		case lines != nil:
			c.v.fail(Altered, foundPageBad)
			c.lines(lines)
		default:
			c.v.fail(Unproved, foundUnsealed)
		}
		return
	}
	m, ok := read(c.p.seal, c.p.page, c.trusted)
	s := parseStatement(m.TrustedComment)
	switch {
	case !ok || !m.comment:
		c.v.fail(Altered, foundBad)
	case c.key != nil && !m.by(*c.key):
		c.v.fail(Altered, foundForeign, m.key.Fingerprint())
	case !exact(m, c.p.seal):
		c.v.fail(Altered, foundPageBad)
	case m.holds && s.what == c.p.format && c.key != nil:
		c.v.add(updater.Info, foundPage)
	case m.holds && s.what == c.p.format:
		c.v.fail(Unproved, foundOtherSeal)
	default:
		c.v.fail(Altered, foundPageBad)
		c.lines(lines)
	}
}

// exact tells whether a seal is written as this program writes it. Not all of a signature
// is signed, and in a page there must be no room for anything else.
func exact(m mark, seal []byte) bool {
	m.UntrustedComment = keyRemark + m.key.String()
	text, err := m.MarshalText()
	return err == nil && bytes.Equal(text, seal)
}

// again makes the page anew of its data. same is true when that gives the same bytes;
// else lines are those that differ, nil where another version of this program may have
// written them differently.
func (c *checker) again() (same bool, lines []int) {
	book, err := words.New(c.p.lang)
	if err != nil {
		return false, nil
	}
	page, err := render(c.p.format, c.p.data, c.p.signature, book)
	if err != nil {
		return false, nil
	}
	if c.p.format == PDF && c.p.signature != nil {
		page = withoutSeal(page)
	}
	if bytes.Equal(page, c.p.page) {
		return true, nil
	}
	if c.p.format != HTML || !writtenHere(c.p.page, book) {
		return false, nil
	}
	want, got := bytes.Split(page, []byte("\n")), bytes.Split(c.p.page, []byte("\n"))
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || !bytes.Equal(want[i], got[i]) {
			lines = append(lines, i+1)
		}
		if len(lines) == linesNamed {
			break
		}
	}
	return false, lines
}

func (c *checker) lines(lines []int) {
	all := bytes.Split(c.p.page, []byte("\n"))
	for _, n := range lines {
		text := ""
		if n <= len(all) {
			text = strings.TrimSpace(string(all[n-1][:min(len(all[n-1]), 200)]))
		}
		c.v.add(updater.Fault, foundLine, n, shown(text))
	}
}
