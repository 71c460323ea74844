package atmodem

import "time"

func manufacturer(c *Call) Result {
	if c.Form != Test {
		c.Say("Quectel")
	}
	return OK
}

func model(c *Call) Result {
	if c.Form != Test {
		c.Say("%s", c.Module().State().Model)
	}
	return OK
}

func revision(c *Call) Result {
	if c.Form != Test {
		c.Say("%s", c.Module().State().Firmware)
	}
	return OK
}

func fullRevision(c *Call) Result {
	if c.Form != Test {
		c.Say("%s", c.Module().State().Version())
	}
	return OK
}

func edition(c *Call) Result {
	if c.Form != Test {
		c.Say("SubEdition: %s", c.Module().State().Edition)
	}
	return OK
}

// information is ATI.
func information(c *Call) Result {
	s := c.Module().State()
	c.Say("Quectel\r\n%s\r\nRevision: %s", s.Model, s.Firmware)
	return OK
}

func imei(c *Call) Result {
	s := c.Module()
	kind, ok := c.Int(0, 1, 0, 3)
	switch {
	case c.Form == Test:
		c.Say("+CGSN: (0-3)")
	case !ok:
		return CME(cmeParameters)
	case c.Form == Set && kind == 0:
		c.Say("%s", s.options.Serial)
	case c.Form == Set:
		c.Say(`+CGSN: "%s"`, s.State().IMEI)
	default:
		c.Say("%s", s.State().IMEI)
	}
	return OK
}

// withCard makes a command fail as it does without a SIM.
func withCard(h Handler) Handler {
	return func(c *Call) Result {
		if c.Form != Test && c.Module().options.Faults.Has(faultNoSIM) {
			return CME(cmeNoSIM)
		}
		return h(c)
	}
}

func imsi(c *Call) Result {
	if c.Form != Test {
		c.Say("460010000000018")
	}
	return OK
}

func iccid(c *Call) Result {
	if c.Form != Test {
		c.Say("%s: %s", c.Name, c.Module().options.ICCID)
	}
	return OK
}

func pin(c *Call) Result {
	switch c.Form {
	case Read:
		c.Say("+CPIN: READY")
	case Execute:
		return Error
	}
	return OK
}

func signal(c *Call) Result {
	if c.Form == Test {
		c.Say("+CSQ: (0-31,99),(0-7,99)")
		return OK
	}
	n := c.Module().fallen(faultSignalFalls, faultSignal, c.Module().options.SignalCSQ)
	c.Say("+CSQ: %d,99", n)
	return OK
}

func battery(c *Call) Result {
	if c.Form == Test {
		c.Say("+CBC: (0,1,2),(1-100),<voltage>")
		return OK
	}
	mv := c.Module().fallen(faultBatteryFalls, faultBattery, c.Module().options.BatteryMV)
	c.Say("+CBC: 0,%d,%d", min(100, max(1, (mv-3300)/9)), mv)
	return OK
}

// fallen gives a figure that was ordered, from the start or once firmware has
// begun to arrive.
func (m *Module) fallen(later, always string, otherwise int) int {
	faults := m.options.Faults
	m.mu.Lock()
	weak := m.weak
	m.mu.Unlock()
	if weak && faults.Has(later) {
		return int(faults.Int(later, int64(otherwise)))
	}
	return int(faults.Int(always, int64(otherwise)))
}

// weaken is what arriving firmware does.
func (m *Module) weaken() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.weak = true
}

func clock(c *Call) Result {
	if c.Form == Read {
		c.Say(`+CCLK: "%s+00"`, time.Now().UTC().Format("06/01/02,15:04:05"))
	}
	return OK
}

// reset is ATZ and AT&F.
func reset(c *Call) Result {
	if c.Name == "Z" {
		c.shell.profile = c.Module().kept(c.shell.socket.name)
	} else {
		c.shell.profile = factory()
	}
	return OK
}
