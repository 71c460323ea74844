package atmodem

import (
	"maps"
	"slices"
	"strings"
)

// function is AT+CFUN; 1,1 restarts.
func function(c *Call) Result {
	m := c.Module()
	switch c.Form {
	case Test:
		c.Say("+CFUN: (0,1,4),(0,1)")
	case Read:
		var n int
		c.set(func(s *settings) { n = s.function })
		c.Say("+CFUN: %d", n)
	case Set:
		n, fine := c.Int(0, 1, 0, 4)
		restart, ok := c.Int(1, 0, 0, 1)
		if !fine || !ok || n == 2 || n == 3 {
			return CME(cmeParameters)
		}
		c.set(func(s *settings) { s.function = int(n) })
		if restart == 1 {
			c.After(m.Restart)
		}
	}
	return OK
}

// powerDown is AT+QPOWD: 1 in order, 0 at once.
func powerDown(c *Call) Result {
	if c.Form == Test {
		c.Say("+QPOWD: (0,1)")
		return OK
	}
	if _, ok := c.Int(0, 1, 0, 1); !ok {
		return Error
	}
	m, p := c.Module(), c.shell.power
	c.After(func() {
		m.URC("POWERED DOWN")
		p.end(endOff)
	})
	return OK
}

// downloadMode is AT+QDOWNLOAD=1: only the maker's flasher helps from there on.
func downloadMode(c *Call) Result {
	if n, ok := c.Int(0, 0, 1, 1); c.Form != Set || !ok || n != 1 {
		return Error
	}
	p := c.shell.power
	c.After(func() { p.end(endDownload) })
	return OK
}

// connected tells whether the module is in the network.
func (m *Module) connected() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.settings.function == 1 && !m.options.Faults.Has(faultNoSIM)
}

// registration is AT+CREG, AT+CGREG and AT+CEREG.
func registration(c *Call) Result {
	name := strings.TrimPrefix(c.Name, "+")
	switch c.Form {
	case Test:
		c.Say("+%s: (0-2)", name)
	case Read:
		var report int64
		c.set(func(s *settings) { report = s.report[name] })
		state := 0
		if c.Module().connected() {
			state = 1
		}
		c.Say("+%s: %d,%d", name, report, state)
	case Set:
		n, ok := c.Int(0, 0, 0, 2)
		if !ok {
			return CME(cmeParameters)
		}
		c.set(func(s *settings) { s.report[name] = n })
	default:
		return Error
	}
	return OK
}

func attached(c *Call) Result {
	if c.Form == Read {
		n := 0
		if c.Module().connected() {
			n = 1
		}
		c.Say("+CGATT: %d", n)
	}
	return OK
}

func operator(c *Call) Result {
	if c.Form == Read && c.Module().connected() {
		c.Say(`+COPS: 0,0,"CHN-UNICOM",7`)
	} else if c.Form == Read {
		c.Say("+COPS: 0")
	}
	return OK
}

// maxContexts of the packet network.
const maxContexts = 7

// packetContext is AT+QICSGP: a context of the packet network.
func packetContext(c *Call) Result {
	n, ok := c.Int(0, 0, 1, maxContexts)
	switch {
	case c.Form == Test:
		c.Say("+QICSGP: (1-%d),(1-3),<APN>,<username>,<password>,(0-3)", maxContexts)
		return OK
	case c.Form != Set || !ok:
		return CME(cmeParameters)
	case len(c.Args) == 1:
		var known []string
		c.set(func(s *settings) { known = s.contexts[n] })
		if known == nil {
			known = []string{"1", ""}
		}
		c.Say(`+QICSGP: %s,"%s","","",0`, known[0], known[1])
		return OK
	}
	if _, ok := c.Int(1, 1, 1, 3); !ok {
		return CME(cmeParameters)
	}
	return c.set(func(s *settings) { s.contexts[n] = []string{c.Text(1, "1"), c.Text(2, "")} })
}

// activate is AT+QIACT.
func activate(c *Call) Result {
	switch c.Form {
	case Test:
		c.Say("+QIACT: (1-%d)", maxContexts)
		return OK
	case Read:
		var active []int64
		kinds := map[int64]string{}
		c.set(func(s *settings) {
			active = slices.Sorted(maps.Keys(s.active))
			for _, n := range active {
				kinds[n] = s.contexts[n][0]
			}
		})
		for _, n := range active {
			c.Say(`+QIACT: %d,1,%s,"10.7.0.%d"`, n, kinds[n], n)
		}
		return OK
	}
	n, ok := c.Int(0, 0, 1, maxContexts)
	if c.Form != Set || !ok || !c.Module().connected() {
		return Error
	}
	result := OK
	c.set(func(s *settings) {
		if s.contexts[n] == nil || s.active[n] {
			result = Error
			return
		}
		s.active[n] = true
	})
	return result
}

// deactivate is AT+QIDEACT.
func deactivate(c *Call) Result {
	n, ok := c.Int(0, 0, 1, maxContexts)
	if c.Form == Test {
		return OK
	}
	if c.Form != Set || !ok {
		return Error
	}
	return c.set(func(s *settings) { delete(s.active, n) })
}

// rate is AT+IPR. The line keeps the speed that it has: USB has none.
func rate(c *Call) Result {
	switch c.Form {
	case Test:
		c.Say("+IPR: (),(9600,19200,38400,57600,115200,230400,460800,921600)")
	case Read:
		c.Say("+IPR: %d", max(c.Module().options.Baud, 115200))
	case Set:
		if _, ok := c.Int(0, 115200, 9600, 921600); !ok {
			return CME(cmeParameters)
		}
	}
	return OK
}

// flow is AT+IFC: flow control of the UART.
func flow(c *Call) Result {
	switch c.Form {
	case Test:
		c.Say("+IFC: (0,2),(0,2)")
	case Read:
		c.Say("+IFC: 0,0")
	case Set:
		a, first := c.Int(0, 2, 0, 2)
		b, second := c.Int(1, 2, 0, 2)
		if !first || !second || a == 1 || b == 1 {
			return CME(cmeParameters)
		}
	}
	return OK
}
