package atmodem

import (
	"maps"
	"slices"
	"strings"
)

// settings are what AT commands change for the whole module. Those that are not
// in volatile survive a restart.
type settings struct {
	volatile
	urcPort  string
	config   map[string][]string // AT+QCFG, by name
	indicate map[string]string   // AT+QINDCFG
	profiles map[string]profile  // AT&W, by port
	tls      map[string]string   // AT+QSSLCFG, by name and context
}

// volatile is lost in a restart.
type volatile struct {
	function int                 // AT+CFUN
	contexts map[int64][]string  // AT+QICSGP: type, APN
	active   map[int64]bool      // AT+QIACT
	report   map[string]int64    // AT+CREG=n and its like
	handles  map[int64]*openFile // AT+QFOPEN
}

func newSettings(f Family) settings {
	s := settings{
		urcPort: portAT, config: map[string][]string{"usbifc": {"0", "0"}, "fota/cid": {"1"}},
		indicate: map[string]string{"all": "1"}, profiles: map[string]profile{}, tls: map[string]string{},
	}
	if f.path {
		s.config["fota/path"] = []string{"UFS:"}
	}
	s.forget()
	return s
}

// forget is what a restart does.
func (s *settings) forget() {
	s.volatile = volatile{
		function: 1, contexts: map[int64][]string{1: {"1", "cmnet"}}, active: map[int64]bool{},
		report: map[string]int64{}, handles: map[int64]*openFile{},
	}
}

// kept is the profile with which a port starts.
func (m *Module) kept(port string) profile {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, found := m.settings.profiles[port]
	if !found {
		return factory()
	}
	p.registers = maps.Clone(p.registers)
	return p
}

// set runs under the lock.
func (c *Call) set(f func(s *settings)) Result {
	m := c.Module()
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.settings)
	return OK
}

// flag makes a basic command that takes 0 or 1.
func flag(set func(p *profile, on bool)) Handler {
	return func(c *Call) Result {
		if c.Number > 1 {
			return Error
		}
		set(&c.shell.profile, c.Number == 1)
		return OK
	}
}

// register is S0 to S255.
func register(c *Call) Result {
	p := &c.shell.profile
	old, known := p.registers[c.Name]
	switch {
	case !known || c.Form == Set && c.Number > 255:
		return Error
	case c.Form == Read:
		c.Say("%03d", old)
	case c.Form == Set:
		p.registers[c.Name] = c.Number
	}
	return OK
}

// save is AT&W.
func save(c *Call) Result {
	p := c.shell.profile
	p.registers = maps.Clone(p.registers)
	return c.set(func(s *settings) { s.profiles[c.shell.socket.name] = p })
}

// cmee is AT+CMEE.
func cmee(c *Call) Result {
	p := &c.shell.profile
	switch c.Form {
	case Test:
		c.Say("+CMEE: (0,1,2)")
	case Read:
		c.Say("+CMEE: %d", p.errors)
	case Set:
		n, ok := c.Int(0, 0, 0, 2)
		if !ok {
			return Error
		}
		p.errors = int(n)
	}
	return OK
}

// urcConfig is AT+QURCCFG: the port for what nobody asked for.
func urcConfig(c *Call) Result {
	ports := []string{portAT, portModem, portUART, "all"}
	switch {
	case c.Form == Test:
		c.Say(`+QURCCFG: "urcport",("%s")`, strings.Join(ports, `","`))
		return OK
	case c.Form != Set || !strings.EqualFold(c.Text(0, ""), "urcport"):
		return Error
	case len(c.Args) == 1:
		var port string
		c.set(func(s *settings) { port = s.urcPort })
		c.Say(`+QURCCFG: "urcport","%s"`, port)
		return OK
	}
	port := strings.ToLower(c.Text(1, ""))
	if !slices.Contains(ports, port) {
		return CME(cmeParameters)
	}
	return c.set(func(s *settings) { s.urcPort = port })
}

// indicate is AT+QINDCFG: which of the +QIND lines come.
func indicate(c *Call) Result {
	name := strings.ToLower(c.Text(0, ""))
	switch {
	case c.Form == Test:
		c.Say(`+QINDCFG: "all",(0,1)`)
		return OK
	case c.Form != Set || name == "":
		return Error
	case len(c.Args) == 1:
		value := "0"
		c.set(func(s *settings) {
			if v, found := s.indicate[name]; found {
				value = v
			}
		})
		c.Say(`+QINDCFG: "%s",%s`, name, value)
		return OK
	}
	if _, ok := c.Int(1, 0, 0, 1); !ok {
		return CME(cmeParameters)
	}
	return c.set(func(s *settings) { s.indicate[name] = c.Text(1, "0") })
}

// config is AT+QCFG: values by name, kept over restarts.
func config(c *Call) Result {
	name := strings.ToLower(c.Text(0, ""))
	m := c.Module()
	switch {
	case c.Form == Test:
		return OK
	case c.Form != Set || name == "":
		return Error
	case name == "fota/path" && !m.family.path:
		return CME(cmeParameters)
	case len(c.Args) == 1:
		var values []string
		c.set(func(s *settings) { values = s.config[name] })
		if values == nil {
			return CME(cmeParameters)
		}
		c.Say(`+QCFG: "%s",%s`, name, listed(values))
		return OK
	}
	values := make([]string, 0, len(c.Args)-1)
	for _, a := range c.Args[1:] {
		values = append(values, a.Text)
	}
	return c.set(func(s *settings) { s.config[name] = values })
}

// listed writes values as AT+QCFG tells them: texts in quotes.
func listed(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		if v == "" || strings.Trim(v, "0123456789") != "" {
			out[i] = `"` + v + `"`
		}
	}
	return strings.Join(out, ",")
}

// tlsConfig is AT+QSSLCFG: what a context of TLS asks for.
func tlsConfig(c *Call) Result {
	names := []string{"cacert", "clientcert", "clientkey", "seclevel", "sslversion", "ciphersuite", "ignorelocaltime", "sni"}
	name := strings.ToLower(c.Text(0, ""))
	context, ok := c.Int(1, -1, 0, 5)
	switch {
	case c.Form == Test:
		return OK
	case c.Form != Set || !ok || context < 0 || !slices.Contains(names, name):
		return Error
	}
	key := name + " " + c.Text(1, "")
	if len(c.Args) == 2 {
		var v string
		c.set(func(s *settings) { v = s.tls[key] })
		c.Say(`+QSSLCFG: "%s",%d,%s`, name, context, listed([]string{v}))
		return OK
	}
	return c.set(func(s *settings) { s.tls[key] = c.Text(2, "") })
}
