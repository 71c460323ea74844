package luatmodule

import (
	"cmp"
	"net/url"
	"strings"
)

// custom is what tells one HTTP dialect from another (docs/protocols/luat.md,
// HTTP). Of updatehttp.lua and libfota2 the document gives no number of tries.
type custom struct {
	tries int
	// ranged asks for the bytes from the first missing one on, so that a try
	// goes on where the last one ended.
	ranged bool
	// lua is the http.lua of the older firmwares: header names have to be written
	// with their capitals, the status needs a reason, chunks are not understood.
	lua bool
	// strict takes nothing but an answer that begins with HTTP/1.1 200.
	strict bool
	// moves follows a redirect.
	moves bool
	// asksAgain asks again after code 43.
	asksAgain bool
}

func (d Dialect) custom() custom {
	switch d {
	case RDA8910, ASR1802:
		return custom{tries: 30, ranged: true, lua: true, moves: true, asksAgain: true}
	case LuaTask2G:
		return custom{tries: 3, lua: true, moves: true, asksAgain: true}
	case UpdateHTTP:
		return custom{tries: 3, lua: true, strict: true}
	}
	return custom{tries: 1, asksAgain: true}
}

// asItIs at the beginning of a path is LuatOS's mark for one without parameters.
const asItIs = "###"

// address is where the module asks, with what it says about itself.
func (m *Module) address() (*url.URL, error) {
	o := &m.options
	path := cmp.Or(o.Path, DefaultPath)
	if o.Dialect == Libfota2 && strings.HasPrefix(path, asItIs) {
		return url.Parse("http://" + o.Server + strings.TrimPrefix(path, asItIs))
	}
	mark := "?"
	if strings.Contains(path, mark) {
		mark = "&"
	}
	return url.Parse("http://" + o.Server + path + mark + m.query().String())
}

// query is a list of parameters in the order in which they are sent.
type query []string

func (q *query) add(name, value string) {
	*q = append(*q, name+"="+url.QueryEscape(value))
}

// String joins the parameters.
func (q query) String() string { return strings.Join(q, "&") }

func (m *Module) query() query {
	o := &m.options
	var q query
	q.add("project_key", o.ProjectKey)
	if o.Dialect == Libfota2 {
		m.addLuatOS(&q)
		return q
	}
	q.add("imei", o.IMEI)
	if o.Dialect == ASR1802 || o.Dialect == LuaTask2G {
		q.add("device_key", o.Serial)
	}
	q.add("firmware_name", m.firmware())
	if o.Dialect == RDA8910 {
		q.add("core_version", coreNumber(o.Core))
		q.add("dfota", "1")
	}
	q.add("version", m.Version())
	if o.NeedOSSURL {
		q.add("need_oss_url", "1")
	}
	return q
}

// addLuatOS adds what LuatOS says: the name of the board support package in the
// firmware's name, its number in place of the version's middle.
func (m *Module) addLuatOS(q *query) {
	o := &m.options
	number := coreNumber(o.Core)
	bsp := strings.TrimPrefix(strings.TrimPrefix(o.Core, "LuatOS-SoC_"), "V"+number+"_")
	parts := strings.Split(m.Version(), ".") // problem has counted them
	q.add("firmware_name", o.Project+"_LuatOS-SoC_"+bsp)
	q.add("version", number+"."+parts[0]+"."+parts[2])
	switch {
	case o.IMEI != "":
		q.add("imei", o.IMEI)
	case o.MAC != "":
		q.add("mac", o.MAC)
	default:
		q.add("uid", o.Serial)
	}
}

// coreNumber is the number in a core's name: 1103 in V1103_AIR780E, 0026 in
// Luat_V0026_RDA8910_TTS; without one it is the name itself.
func coreNumber(core string) string {
	for _, part := range strings.Split(core, "_") {
		if number, ok := strings.CutPrefix(part, "V"); ok && digits(number) {
			return number
		}
	}
	return core
}
