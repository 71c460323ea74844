package record

import "slices"

// matcher finds many byte strings in one pass (Aho and Corasick, 1975). It never
// changes once it is made.
type matcher struct {
	nodes []node
	first [256]int32 // the edges of the first node, where nearly all bytes lead nowhere
}

// node is what is known after some bytes: they end in a beginning of a form.
type node struct {
	edges []edge
	fail  int32
	// depth is how long that beginning is, found how long the longest form is that
	// ends here, held how many of the last bytes may be the beginning of a form.
	depth, found, held int32
}

type edge struct {
	b  byte
	to int32
}

func (n *node) next(b byte) int32 {
	for _, e := range n.edges {
		if e.b == b {
			return e.to
		}
	}
	return 0
}

// newMatcher makes a matcher of forms; without any it finds nothing.
func newMatcher(forms [][]byte) *matcher {
	m := &matcher{nodes: []node{{}}}
	for _, f := range forms {
		at := int32(0)
		for _, b := range f {
			to := m.nodes[at].next(b)
			if to == 0 {
				to = int32(len(m.nodes))
				m.nodes = append(m.nodes, node{depth: m.nodes[at].depth + 1})
				m.nodes[at].edges = append(m.nodes[at].edges, edge{b, to})
			}
			at = to
		}
		m.nodes[at].found = int32(len(f))
	}
	for _, e := range m.nodes[0].edges {
		m.first[e.b] = e.to
	}
	m.link()
	return m
}

// link sets where to go on after a byte that no edge has, level by level.
func (m *matcher) link() {
	row := []int32{0}
	for len(row) > 0 {
		at := row[0]
		row = row[1:]
		n := &m.nodes[at]
		if at != 0 {
			before := m.nodes[n.fail]
			n.found, n.held = max(n.found, before.found), before.held
			if len(n.edges) > 0 {
				n.held = n.depth
			}
		}
		for _, e := range n.edges {
			if at != 0 {
				m.nodes[e.to].fail = m.step(n.fail, e.b)
			}
			row = append(row, e.to)
		}
	}
}

// step is where b leads.
func (m *matcher) step(at int32, b byte) int32 {
	for at != 0 {
		if to := m.nodes[at].next(b); to != 0 {
			return to
		}
		at = m.nodes[at].fail
	}
	return m.first[b]
}

// piece are bytes of one line that are on their way to the file.
type piece struct {
	line   Line // without bytes
	data   []byte
	masked []bool
}

// masker hides forms in one direction of one link. It keeps back what may be the
// beginning of one.
type masker struct {
	m     *matcher
	at    int32
	wait  []piece // in order
	bytes int     // of wait
}

// feed takes the bytes of a line and gives the pieces that are certain now.
func (k *masker) feed(line Line, p []byte) []piece {
	return k.take(piece{line, slices.Clone(p), make([]bool, len(p))})
}

func (k *masker) take(p piece) []piece {
	k.wait = append(k.wait, p)
	k.bytes += len(p.data)
	for i, b := range p.data {
		k.at = k.m.step(k.at, b)
		if found := int(k.m.nodes[k.at].found); found > 0 {
			k.hide(len(p.data)-i-1, found)
		}
	}
	return k.release(int(k.m.nodes[k.at].held))
}

// hide masks n bytes that end so far before the end of all that waits.
func (k *masker) hide(behind, n int) {
	for i := len(k.wait) - 1; i >= 0 && n > 0; i-- {
		size := len(k.wait[i].data)
		for at := size - 1 - behind; at >= 0 && n > 0; at-- {
			k.wait[i].masked[at] = true
			n--
		}
		behind = max(0, behind-size)
	}
}

// release gives all but the last keep bytes.
func (k *masker) release(keep int) []piece {
	var out []piece
	for len(k.wait) > 0 && k.bytes > keep {
		first := &k.wait[0]
		n := min(len(first.data), k.bytes-keep)
		out = append(out, piece{first.line, first.data[:n], first.masked[:n]})
		k.bytes -= n
		if n < len(first.data) {
			first.data, first.masked = first.data[n:], first.masked[n:]
			break
		}
		k.wait = k.wait[1:]
	}
	return out
}

// end gives what waits: no more will come. A beginning of a form that is long
// enough to tell something is masked.
func (k *masker) end() []piece {
	if held := int(k.m.nodes[k.at].held); held >= shortest {
		k.hide(0, held)
	}
	k.at = 0
	return k.release(0)
}

// learn goes on with another matcher, which also looks at what waits.
func (k *masker) learn(m *matcher) []piece {
	wait := k.wait
	k.m, k.at, k.wait, k.bytes = m, 0, nil, 0
	var out []piece
	for _, p := range wait {
		out = append(out, k.take(p)...)
	}
	return out
}

// stars overwrites what is masked and tells where that was.
func (p *piece) stars() []Span {
	var spans []Span
	for i, m := range p.masked {
		if !m {
			continue
		}
		p.data[i] = '*'
		if n := len(spans); n > 0 && spans[n-1].To == i {
			spans[n-1].To++
			continue
		}
		spans = append(spans, Span{i, i + 1})
	}
	return spans
}
