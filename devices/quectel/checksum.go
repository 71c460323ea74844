package quectel

// checksum is what AT+QFUPL and AT+QFDWL answer: the exclusive or of all 16-bit words,
// high byte first; a last odd byte is the high half of a word (FILE AT commands
// manuals). It does not see two words that change places.
type checksum struct {
	sum uint16
	odd bool
}

// Write implements io.Writer; it never fails.
func (c *checksum) Write(p []byte) (int, error) {
	for _, b := range p {
		if c.odd {
			c.sum ^= uint16(b)
		} else {
			c.sum ^= uint16(b) << 8
		}
		c.odd = !c.odd
	}
	return len(p), nil
}

// Sum is the checksum of what was written so far.
func (c *checksum) Sum() uint16 { return c.sum }
