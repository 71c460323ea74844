package library

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// shelfModel is a library as its guide describes it, and the one that is held against it.
type shelfModel struct {
	t           *testing.T
	d           *desk
	other       *Library // another program's
	random      *rand.Rand
	live, trash map[string]*modelEntry
	bad         map[string]string // by SHA-256: "altered" or "lost"
	folders     int
}

// TestAnyOrder: whatever is done with packages in whatever order, by two programs in turn, the
// library holds what its guide says: nothing is lost but by emptying the trash, nothing is
// there twice, no bytes stay that nothing has, and what a person said is kept.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := &shelfModel{
				t: t, d: newDesk(t, Options{}), random: rand.New(rand.NewPCG(seed, 0)),
				live: map[string]*modelEntry{}, trash: map[string]*modelEntry{}, bad: map[string]string{},
			}
			s.other = opened(t, s.d.Dir(), Options{})
			s.walk(150)
		})
	}
}

// walk does one thing after the other, and looks after each.
func (s *shelfModel) walk(steps int) {
	deeds := []func() string{
		s.imports, s.imports, s.imports, s.edits, s.edits, s.states, s.removes, s.removes, s.undoes, s.undoes,
		s.releases, s.withdraws, s.verifies, s.exports, s.empties, s.alters, s.reopens,
	}
	var story []string
	for range steps {
		story = append(story, deeds[s.random.IntN(len(deeds))]())
		require.NoError(s.t, s.d.Refresh(s.t.Context()))
		if wrong := s.wrong(); wrong != "" {
			s.t.Fatalf("%s, after\n%s", wrong, strings.Join(story[max(0, len(story)-30):], "\n"))
		}
	}
}

// wrong says how the library differs from the model, "" if it does not.
func (s *shelfModel) wrong() string {
	v := s.d.View()
	for name, c := range map[string]struct {
		entries []*Entry
		want    map[string]*modelEntry
	}{"live": {v.Entries, s.live}, "trash": {v.Trash, s.trash}} {
		if len(c.entries) != len(c.want) {
			return fmt.Sprintf("%s: %d entries, not %d", name, len(c.entries), len(c.want))
		}
		for _, e := range c.entries {
			m := c.want[e.ID]
			if m == nil {
				return name + ": " + e.Name() + " should not be there"
			}
			if wrong := m.wrong(e); wrong != "" {
				return name + ": " + e.Name() + ": " + wrong
			}
		}
	}
	var have []string
	for _, path := range s.objects() {
		have = append(have, filepath.Base(path))
	}
	want := map[string]bool{}
	for _, m := range slices.Concat(slices.Collect(maps.Values(s.live)), slices.Collect(maps.Values(s.trash))) {
		for _, sum := range m.sums {
			if s.bad[sum] != "lost" {
				want[sum] = true
			}
		}
	}
	slices.Sort(have)
	if all := slices.Sorted(maps.Keys(want)); !slices.Equal(have, all) {
		return fmt.Sprintf("objects %q, not %q", have, all)
	}
	return ""
}

func (s *shelfModel) objects() []string {
	all, err := filepath.Glob(filepath.Join(s.d.Dir(), objects, "*", "*"))
	require.NoError(s.t, err)
	return all
}

func (m *modelEntry) wrong(e *Entry) string {
	got := e.Manifest()
	got.Source = ""
	level := m.trust()
	if m.broken || m.disputed() {
		level = packages.Red
	}
	switch {
	case e.Unreadable != "":
		return string(e.Unreadable)
	case fmt.Sprint(Statements(got)) != fmt.Sprint(Statements(m.manifest())):
		return fmt.Sprintf("manifest %v, not %v", Statements(got), Statements(m.manifest()))
	case (e.Typed == nil) != (len(Statements(m.typed)) == 0):
		return fmt.Sprintf("typed %+v, not %+v", e.Typed, m.typed)
	case e.Level() != level:
		return fmt.Sprintf("level %s, not %s", e.Level(), level)
	case (len(e.Disputes()) > 0) != m.disputed():
		return fmt.Sprintf("disputes %+v", e.Disputes())
	case (e.Released != nil) != m.released:
		return fmt.Sprintf("released %v", e.Released)
	case e.Allowed() != (m.released && level != packages.Red && !m.lacking()):
		return fmt.Sprintf("allowed %v", e.Allowed())
	case (e.Checked != nil && !e.Checked.OK) != m.broken:
		return fmt.Sprintf("checked %+v, broken %v", e.Checked, m.broken)
	case len(e.Claims) != len(m.claims):
		return fmt.Sprintf("%d claims, not %d", len(e.Claims), len(m.claims))
	}
	return ""
}

// entering is the entry that an import of files with what is stated of them makes.
func entering(names, contents []string) *modelEntry {
	m := &modelEntry{names: names, hashes: map[string]string{}}
	for _, c := range contents {
		m.sums = append(m.sums, sum(c))
		m.stated = append(m.stated, map[string]bool{})
	}
	m.id = m.sums[0]
	if len(names) > 1 {
		list := ""
		for i, n := range names {
			list += n + "\n" + m.sums[i] + "\n"
		}
		m.id = sum(list)
	}
	if strings.HasSuffix(names[0], ".py") {
		m.claims = []modelClaim{{"", packages.Manifest{Component: packages.App}}}
	}
	return m
}

// takes in files: into what is there, or anew.
func (s *shelfModel) takes(m *modelEntry) (known bool) {
	before := s.live[m.id]
	for _, one := range s.live {
		if before == nil && strings.HasSuffix(m.names[0], ".py") && one.same(m) {
			before = one
		}
	}
	for _, sum := range m.sums {
		delete(s.bad, sum)
	}
	if before == nil {
		s.live[m.id] = m
		return false
	}
	before.learn(m)
	before.broken = false
	return true
}

func (s *shelfModel) imports() string {
	all := lots()
	o := all[s.random.IntN(len(all))]
	dir := s.folder()
	for i, name := range o.names {
		require.NoError(s.t, os.WriteFile(filepath.Join(dir, name), []byte(o.contents[i]), 0o600))
	}
	first := filepath.Join(dir, o.names[0])
	names, contents := slices.Clone(o.names), slices.Clone(o.contents)
	given := slices.Clone(names)
	if s.random.IntN(2) == 0 {
		slices.Reverse(given)
		if !strings.Contains(names[0], "mini") { // whose names say which is first
			slices.Reverse(names)
			slices.Reverse(contents)
		}
	}
	m := entering(names, contents)
	place := slices.Index(names, o.names[0])
	if o.manifest != "" {
		require.NoError(s.t, os.WriteFile(first+".json", []byte(o.manifest), 0o600))
		m.claims = []modelClaim{{o.names[0] + ".json", o.says}}
	}
	switch o.sidecar {
	case "right":
		require.NoError(s.t, os.WriteFile(first+".sha256", []byte(sum(o.contents[0])), 0o600))
		m.stated[place]["sha256 true"] = true
	case "wrong":
		require.NoError(s.t, os.WriteFile(first+".sha256", []byte(sum("?")), 0o600))
		m.stated[place]["sha256 false"] = true
	case "md5":
		require.NoError(s.t, os.WriteFile(first+".md5", []byte(md5Of(o.contents[0])), 0o600))
		m.stated[place]["md5 true"] = true
	}
	var paths []string
	for _, n := range given {
		paths = append(paths, filepath.Join(dir, n))
	}
	return s.brings(paths, m)
}

// brings imports into the library and the model.
func (s *shelfModel) brings(paths []string, m *modelEntry) string {
	got, err := s.program().Import(s.t.Context(), paths, ImportOptions{})
	require.NoError(s.t, err)
	if known := s.takes(m); known != got.Known {
		s.t.Fatalf("import of %s: known %v", m.names, got.Known)
	}
	return fmt.Sprintf("import %q %s, known %v", m.names, Statements(m.manifest()), got.Known)
}

// program is one of the two that use the library; it has just looked.
func (s *shelfModel) program() *Library {
	l := s.d.Library
	if s.random.IntN(3) == 0 {
		l = s.other
	}
	require.NoError(s.t, l.Refresh(s.t.Context()))
	return l
}

func (s *shelfModel) folder() string {
	s.folders++
	dir := filepath.Join(s.d.in, fmt.Sprint(s.folders))
	require.NoError(s.t, os.Mkdir(dir, 0o700))
	return dir
}

// any is one of the entries, nil if there is none.
func (s *shelfModel) any(of map[string]*modelEntry) *modelEntry {
	ids := slices.Sorted(maps.Keys(of))
	if len(ids) == 0 {
		return nil
	}
	return of[ids[s.random.IntN(len(ids))]]
}

// pick is one of the texts.
func (s *shelfModel) pick(texts ...string) string { return texts[s.random.IntN(len(texts))] }

func (s *shelfModel) edits() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	typed := packages.Manifest{
		Name: s.pick("", "", "n1"), Kind: packages.Kind(s.pick("", "", "delta", "full")),
		SourceVersion: s.pick("", "1", "2"), TargetVersion: s.pick("", "2", "3"),
	}
	if s.random.IntN(3) == 0 {
		typed = packages.Manifest{}
	}
	after := m.clone()
	after.typed = typed
	_, err := s.program().Edit(s.t.Context(), m.id, "ann", typed)
	if typed.Kind == packages.Delta && after.lacking() {
		requireCode(s.t, err, packages.BadTypedField)
		return "edit refused"
	}
	require.NoError(s.t, err)
	m.typed = typed
	return fmt.Sprintf("edit %s %s", m.names, Statements(typed))
}

func (s *shelfModel) states() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	hash := s.pick("", "right", "wrong")
	m.hashes[m.names[0]] = hash
	var typed []packages.Expected
	if hash != "" {
		x := packages.Expected{Algorithm: packages.SHA256, Hex: m.sums[0]}
		if hash == "wrong" {
			x.Hex = sum("?")
		}
		typed = append(typed, x)
	}
	_, err := s.program().State(s.t.Context(), m.id, 0, typed...)
	require.NoError(s.t, err)
	return fmt.Sprintf("state %s %s", m.names, hash)
}

func (s *shelfModel) removes() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	require.NoError(s.t, s.program().Remove(s.t.Context(), m.id))
	if before := s.trash[m.id]; before != nil {
		m.inherits(before)
	}
	delete(s.live, m.id)
	s.trash[m.id] = m
	return fmt.Sprintf("remove %s", m.names)
}

// inherits is learn with what a person said of the other, unless one said so of m since.
func (m *modelEntry) inherits(removed *modelEntry) {
	m.learn(removed)
	if len(Statements(m.typed)) == 0 {
		m.typed = removed.typed
	}
	for name, hash := range removed.hashes {
		if len(m.names) == 1 {
			name = m.names[0] // it may have been renamed
		}
		if now := m.hashes[name]; now != "" && hash != "" && now != hash {
			hash = "both"
		}
		m.hashes[name] = cmp.Or(hash, m.hashes[name])
	}
	m.released = m.released || removed.released
}

func (s *shelfModel) undoes() string {
	m := s.any(s.trash)
	if m == nil {
		return "-"
	}
	back, err := s.program().Undo(s.t.Context(), m.id)
	require.NoError(s.t, err)
	delete(s.trash, m.id)
	now := s.live[m.id]
	for _, one := range s.live {
		if now == nil && strings.HasSuffix(m.names[0], ".py") && one.same(m) {
			now = one
		}
	}
	if now == nil {
		s.live[m.id] = m
	} else {
		now.inherits(m)
		m = now
	}
	require.Equal(s.t, m.id, back.ID)
	return fmt.Sprintf("undo %s", m.names)
}

func (s *shelfModel) releases() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	_, err := s.program().Release(s.t.Context(), m.id, "ann", "tested")
	if m.broken || m.disputed() || m.trust() == packages.Red || m.lacking() {
		require.Error(s.t, err)
		return "release refused"
	}
	require.NoError(s.t, err)
	m.released = true
	return fmt.Sprintf("release %s", m.names)
}

func (s *shelfModel) withdraws() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	_, err := s.program().Withdraw(s.t.Context(), m.id)
	require.NoError(s.t, err)
	m.released = false
	return fmt.Sprintf("withdraw %s", m.names)
}

// reads is what a look at the bytes finds out.
func (s *shelfModel) reads(m *modelEntry) (right bool) {
	m.broken = false
	for _, sum := range m.sums {
		m.broken = m.broken || s.bad[sum] != ""
	}
	for _, sum := range m.sums {
		if s.bad[sum] == "altered" {
			s.bad[sum] = "lost" // set aside
		}
	}
	return !m.broken
}

func (s *shelfModel) verifies() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	check, err := s.program().Verify(s.t.Context(), m.id, nil)
	require.NoError(s.t, err)
	require.Equal(s.t, s.reads(m), check.OK, "%s", m.names)
	return fmt.Sprintf("verify %s %v", m.names, check.OK)
}

// exports a package, and imports what it wrote.
func (s *shelfModel) exports() string {
	m := s.any(s.live)
	if m == nil {
		return "-"
	}
	dir := s.folder()
	written, err := s.program().Export(s.t.Context(), m.id, dir)
	usable := !m.broken && !m.disputed()
	if usable {
		usable = s.reads(m)
	}
	if !usable || m.trust() == packages.Red {
		require.Error(s.t, err)
		return fmt.Sprintf("export of %s refused", m.names)
	}
	require.NoError(s.t, err)
	copied := m.clone()
	copied.claims = []modelClaim{{m.names[0] + ".json", m.manifest()}}
	if len(Statements(m.manifest())) == 0 {
		copied.claims = nil
	}
	copied.typed, copied.hashes, copied.released = packages.Manifest{}, map[string]string{}, false
	for name, hash := range m.hashes {
		if hash != "" { // it is right, else the package is not exported
			copied.stated[slices.Index(m.names, name)]["sha256 true"] = true
		}
	}
	require.NotEmpty(s.t, written)
	var paths []string
	for _, n := range m.names {
		paths = append(paths, filepath.Join(dir, n))
	}
	return "export and " + s.brings(paths, copied)
}

func (s *shelfModel) empties() string {
	if s.random.IntN(3) > 0 {
		return "-" // else there is never anything in the trash
	}
	m := s.any(s.trash)
	if m == nil || s.random.IntN(2) == 0 {
		require.NoError(s.t, s.program().Empty(s.t.Context()))
		clear(s.trash)
		s.forget()
		return "empty"
	}
	require.NoError(s.t, s.program().Empty(s.t.Context(), m.id))
	delete(s.trash, m.id)
	s.forget()
	return fmt.Sprintf("empty %s", m.names)
}

// forget forgets what is wrong with bytes that nothing has any more.
func (s *shelfModel) forget() {
	for sum := range s.bad {
		has := func(m *modelEntry) bool { return slices.Contains(m.sums, sum) }
		if !slices.ContainsFunc(slices.Collect(maps.Values(s.live)), has) && !slices.ContainsFunc(slices.Collect(maps.Values(s.trash)), has) {
			delete(s.bad, sum)
		}
	}
}

// alters bytes behind the program's back.
func (s *shelfModel) alters() string {
	all := s.objects()
	if len(all) == 0 || s.random.IntN(3) > 0 {
		return "-"
	}
	path := all[s.random.IntN(len(all))]
	require.NoError(s.t, os.Chmod(path, 0o600))
	require.NoError(s.t, os.WriteFile(path, []byte("?"), 0o600))
	soon := time.Now().Add(time.Duration(s.folders) * time.Second)
	require.NoError(s.t, os.Chtimes(path, soon, soon)) // never the date that it had
	s.bad[filepath.Base(path)] = "altered"
	return "alter " + filepath.Base(path)[:8]
}

// reopens the library, as a new start of the program does.
func (s *shelfModel) reopens() string {
	s.d.Library = opened(s.t, s.d.Dir(), Options{})
	return "reopen"
}
