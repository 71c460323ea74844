// Package bench runs the services of a bench, to which devices come by themselves:
// hosts for packages that are fetched, Luat over HTTP and UDP, Aliyun over MQTT.
// Each is off until it is switched on at a chosen address. The window and the
// command line share it; it knows neither.
package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices"
	"fotabench/devices/aliyun"
	"fotabench/devices/checkin"
	"fotabench/devices/luat"
	"fotabench/packages"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// Service names one of the services.
type Service string

// The services, in the order in which they are shown.
const (
	LuatHTTP   Service = "luat-http"
	LuatUDP    Service = "luat-udp"
	MQTT       Service = "mqtt"
	MQTTClient Service = "mqtt-client"
	HTTP       Service = "http"
	HTTPS      Service = "https"
	FTP        Service = "ftp"
)

// Services lists all services.
func Services() []Service { return []Service{LuatHTTP, LuatUDP, MQTT, HTTP, HTTPS, FTP, MQTTClient} }

// usualPorts are offered: 2234 is the published Luat server's, the others are the
// protocols' own, above 1024 so that no rights are needed.
var usualPorts = map[Service]string{
	LuatHTTP: "8082", LuatUDP: "2234", MQTT: "1883", HTTP: "8080", HTTPS: "8443", FTP: "2121",
}

// Usual is the address that is offered for a service: the one with the widest reach
// that is not the Internet, since these protocols prove little or nothing.
func Usual(s Service) string {
	if s == MQTTClient {
		return "tcp://127.0.0.1:1883"
	}
	ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	for _, a := range origin.Addresses() {
		if a.Reach == origin.ReachPrivate && a.IP.Is4() { // many modules have no IPv6
			ip = a.IP
			break
		}
	}
	return net.JoinHostPort(ip.String(), usualPorts[s])
}

// Remarks about a service.
const (
	// NoteLoopback: only this computer reaches {0}.
	NoteLoopback devices.Code = "bench.loopback"
	// NoteEverywhere: it listens on all addresses of this computer.
	NoteEverywhere devices.Code = "bench.everywhere"
	// NotePublic: {0} can be reached from the Internet.
	NotePublic devices.Code = "bench.public"
	// NoteQuiet: nothing came for {0:seconds}; a firewall may stand before port {1}.
	NoteQuiet devices.Code = "bench.quiet"
	// NoteNoNetwork: this computer has no network but itself.
	NoteNoNetwork devices.Code = "bench.nonetwork"
	// NoteBrokerLost: the broker is not connected: {0}.
	NoteBrokerLost devices.Code = "bench.brokerlost"
	// NoteOff: the HTTP host is off.
	NoteOff devices.Code = "bench.hostoff"
	// NoteUnkept: of {0} upgrades that rules gave the journal does not say how they ended.
	NoteUnkept devices.Code = "bench.unkept"
)

// quiet is how long a service may hear nothing before a firewall is suspected.
const quiet = time.Minute

// Hooks hear of what happens on a bench; each may be nil. They are called from many
// goroutines and return at once.
type Hooks struct {
	// Device hears of what happened to a device, Service of what a service did.
	Device  func(checkin.Event)
	Service func(Entry)
	// Journal hears that what rules give is not, or is again, in the journal:
	// updater.NoteJournalLater, updater.NoteJournalAgain, or NoteUnkept.
	Journal func(updater.Note)
}

// Entry is one line of the log; exactly one field but Service is set.
type Entry struct {
	Service Service
	Luat    *luat.Answered
	Aliyun  *aliyun.Heard
	Access  *origin.Access
}

// Options are what a service needs beside its address.
type Options struct {
	// Listen is "address:port"; for MQTTClient the broker's URL.
	Listen string
	// User and Password are for MQTTClient.
	User, Password string
	// CA is a PEM text that MQTTClient trusts for ssl://.
	CA string
	// TLS is for HTTPS, and makes MQTT one over TLS.
	TLS *origin.TLSHost
	// Everywhere allows Listen to be all addresses of this computer: never silently.
	Everywhere bool
}

// Bench is safe for concurrent use.
type Bench struct {
	desk      *checkin.Desk
	contents  *packages.Contents
	platform  *aliyun.Platform
	hooks     atomic.Pointer[Hooks]
	recorders recorders

	mu      sync.Mutex
	on      map[Service]*running
	secrets map[string]string // by "productKey/deviceName"
	planned map[string]string // those of the plan
	closed  bool
	shared  []sharing          // of the plan's packages
	offer   context.CancelFunc // ends the round in which connected devices are told
	rounds  sync.WaitGroup
}

// running is a service that is on.
type running struct {
	options Options
	since   time.Time
	address string // what a device is to be given
	port    string
	close   func() error
	counts  func() []Counter
	trouble func() string // of a connection to somebody else
	share   func(context.Context, []packages.File) (*origin.Share, error)
	secure  func(origin.TLSHost) error // of an HTTPS host
}

// Counter is one number that is shown of a service; Code has its name.
type Counter struct {
	Code  devices.Code
	Value int64
	// Bytes is true when Value is bytes.
	Bytes bool
}

// The counters.
const (
	CountOpen     devices.Code = "bench.count.open"
	CountRequests devices.Code = "bench.count.requests"
	CountAnswered devices.Code = "bench.count.answered"
	CountRefused  devices.Code = "bench.count.refused"
	CountGarbage  devices.Code = "bench.count.garbage"
	CountBytes    devices.Code = "bench.count.bytes"
	CountInforms  devices.Code = "bench.count.informs"
	CountPushes   devices.Code = "bench.count.pushes"
	CountStranger devices.Code = "bench.count.strangers"
)

// New makes a bench on which everything is off.
func New() *Bench {
	b := &Bench{contents: &packages.Contents{}, on: map[Service]*running{}, secrets: map[string]string{}, offer: func() {}}
	b.desk = checkin.New(checkin.Config{Contents: b.contents, Leave: updater.DefaultBudgets().Leave, Gift: b.gift, See: func(e checkin.Event) {
		if h := b.hooks.Load(); h != nil && h.Device != nil {
			h.Device(e)
		}
	}})
	b.platform = aliyun.NewPlatform(b.desk, func(h aliyun.Heard) {
		b.log(Entry{Service: Service(h.Service), Aliyun: &h})
	})
	return b
}

// Hear sets who hears of what happens from now on.
func (b *Bench) Hear(h Hooks) { b.hooks.Store(&h) }

func (b *Bench) log(e Entry) {
	if h := b.hooks.Load(); h != nil && h.Service != nil {
		h.Service(e)
	}
}

// Drivers are those of the devices that come to the bench.
func (b *Bench) Drivers() []devices.Driver {
	return []devices.Driver{luat.New(b.desk), aliyun.New(b.desk, b.platform)}
}

// Desk is where the devices report.
func (b *Bench) Desk() *checkin.Desk { return b.desk }

// Register lets an Aliyun device in, whatever the plan says.
func (b *Bench) Register(productKey, deviceName, secret string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.secrets[productKey+"/"+deviceName] = secret
}

func (b *Bench) secret(productKey, deviceName string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.planned[productKey+"/"+deviceName]; ok {
		return s, ok
	}
	s, ok := b.secrets[productKey+"/"+deviceName]
	return s, ok
}

// On switches a service on; one that is on is switched off first. Errors say what
// stands in the way, with its Note.
func (b *Bench) On(ctx context.Context, s Service, o Options) error {
	if err := b.Off(s); err != nil {
		return err
	}
	if err := allowed(s, o); err != nil {
		return err
	}
	r, err := b.open(ctx, s, o)
	if err != nil {
		return err
	}
	r.options, r.since = o, time.Now()
	b.mu.Lock()
	late, before := b.closed, b.on[s]
	if !late {
		b.on[s] = r
	}
	b.mu.Unlock()
	switch {
	case late:
		return errors.Join(r.close(), &devices.Error{Op: "bench: on", Kind: devices.Lost})
	case before != nil: // somebody else switched it on at the same time
		return before.close()
	}
	return nil
}

// allowed refuses to listen everywhere unasked.
func allowed(s Service, o Options) error {
	if s == MQTTClient || o.Everywhere {
		return nil
	}
	host, _, err := net.SplitHostPort(o.Listen)
	ip, perr := netip.ParseAddr(host)
	if err == nil && (host == "" || perr == nil && ip.IsUnspecified()) {
		return &devices.Error{Op: "bench: on", At: o.Listen, Kind: devices.Refused, Note: NoteEverywhere}
	}
	return nil
}

// open opens a service.
func (b *Bench) open(ctx context.Context, s Service, o Options) (*running, error) {
	switch s {
	case LuatHTTP:
		return b.openLuatHTTP(ctx, o)
	case LuatUDP:
		return b.openLuatUDP(ctx, o)
	case MQTT:
		return b.openBroker(ctx, o)
	case MQTTClient:
		return b.openClient(ctx, o)
	case FTP:
		return b.openFTP(ctx, o)
	}
	return b.openHost(ctx, s, o)
}

func (b *Bench) luatLog(s Service) func(luat.Answered) {
	return func(a luat.Answered) { b.log(Entry{Service: s, Luat: &a}) }
}

func luatCounts(c luat.Counts) []Counter {
	return []Counter{
		{CountOpen, c.Open, false},
		{CountRequests, c.Requests, false},
		{CountAnswered, c.Answered, false},
		{CountRefused, c.Refused, false},
		{CountGarbage, c.Garbage + c.Dropped, false},
		{CountBytes, c.Bytes, true},
	}
}

func (b *Bench) openLuatHTTP(ctx context.Context, o Options) (*running, error) {
	l, err := origin.Listen(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	s := luat.ServeHTTP(l, b.desk, b.luatLog(LuatHTTP))
	return at(l.Addr(), "http://", "/", s.Close, func() []Counter { return luatCounts(s.Counts()) }), nil
}

func (b *Bench) openLuatUDP(ctx context.Context, o Options) (*running, error) {
	c, err := origin.ListenUDP(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	s := luat.ServeUDP(c, b.desk, b.luatLog(LuatUDP))
	return at(c.LocalAddr(), "udp://", "", s.Close, func() []Counter { return luatCounts(s.Counts()) }), nil
}

// at describes a service that listens.
func at(addr net.Addr, scheme, path string, shut func() error, counts func() []Counter) *running {
	shown := origin.Shown(addr)
	_, port, _ := net.SplitHostPort(shown)
	return &running{address: scheme + shown + path, port: port, close: shut, counts: counts}
}

func (b *Bench) mqttCounts() []Counter {
	c := b.platform.Counts()
	return []Counter{
		{CountOpen, c.Devices, false},
		{CountInforms, c.Informs, false},
		{CountPushes, c.Pushes, false},
		{CountRefused, c.Refused + c.Denied, false},
		{CountGarbage, c.Garbage + c.Dropped, false},
		{CountBytes, c.Bytes, true},
	}
}

func (b *Bench) openBroker(ctx context.Context, o Options) (*running, error) {
	l, err := origin.Listen(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	scheme, addr := "tcp://", l.Addr()
	if o.TLS != nil {
		config, err := o.TLS.Config(addr)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l, scheme = tls.NewListener(l, config), "ssl://"
	}
	s, err := aliyun.ServeBroker(l, b.platform, b.secret)
	if err != nil {
		return nil, err
	}
	return at(addr, scheme, "", s.Close, b.mqttCounts), nil
}

func (b *Bench) openClient(ctx context.Context, o Options) (*running, error) {
	config, err := trust(o.CA)
	if err != nil {
		return nil, err
	}
	c, err := aliyun.Connect(ctx, aliyun.ClientConfig{
		URL: o.Listen, ID: clientID(), User: o.User, Password: o.Password, TLS: config,
	}, b.platform)
	if err != nil {
		return nil, err
	}
	return &running{address: o.Listen, close: c.Close, counts: b.mqttCounts, trouble: c.Trouble}, nil
}

func (b *Bench) accessLog(s Service) func(origin.Access) {
	return func(a origin.Access) { b.log(Entry{Service: s, Access: &a}) }
}

func hostCounts(s origin.Stats) []Counter {
	return []Counter{
		{CountOpen, int64(s.Connections), false},
		{CountRequests, s.Requests, false},
		{CountStranger, s.Strangers, false},
		{CountBytes, s.Bytes, true},
	}
}

func (b *Bench) openHost(ctx context.Context, s Service, o Options) (*running, error) {
	c := origin.HostConfig{Listen: o.Listen, Contents: b.contents, Access: b.accessLog(s)}
	scheme := "http://"
	if s == HTTPS {
		scheme, c.TLS = "https://", o.TLS
		if c.TLS == nil {
			c.TLS = &origin.TLSHost{}
		}
	}
	h, err := origin.OpenHost(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, err
	}
	r := &running{address: scheme + h.Address() + "/", close: h.Close, counts: func() []Counter { return hostCounts(h.Stats()) }, share: h.Share, secure: h.Secure}
	_, r.port, _ = net.SplitHostPort(h.Address())
	return r, nil
}

func (b *Bench) openFTP(ctx context.Context, o Options) (*running, error) {
	h, err := origin.OpenFTPHost(context.WithoutCancel(ctx), origin.FTPConfig{Listen: o.Listen, Contents: b.contents, Access: b.accessLog(FTP)})
	if err != nil {
		return nil, err
	}
	r := &running{address: "ftp://" + h.Address() + "/", close: h.Close, counts: func() []Counter { return hostCounts(h.Stats()) }, share: h.Share}
	_, r.port, _ = net.SplitHostPort(h.Address())
	return r, nil
}

// Off switches a service off; whatever it hands out is cut off.
func (b *Bench) Off(s Service) error {
	b.mu.Lock()
	r := b.on[s]
	delete(b.on, s)
	b.mu.Unlock()
	if r == nil {
		return nil
	}
	return r.close()
}

// SetRules replaces what decides; devices that are connected over MQTT and would not
// ask again are told. nil gives nobody anything unasked.
func (b *Bench) SetRules(r *checkin.Rules) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.desk.SetRules(r)
	b.offer()
	ctx, stop := context.WithCancel(context.Background())
	b.offer = stop
	if r != nil {
		b.rounds.Go(func() { _, _ = b.platform.Offer(ctx) }) // who could not be told is logged there
	}
}

// Close switches everything off.
func (b *Bench) Close() error {
	b.mu.Lock()
	b.closed = true
	b.offer()
	b.unshare()
	b.mu.Unlock()
	b.rounds.Wait()
	var all []error
	for _, s := range Services() {
		all = append(all, b.Off(s))
	}
	return errors.Join(all...)
}

// Status is how a service stands.
type Status struct {
	Service Service
	On      bool
	// Address is what a device must be given, Listen what was chosen.
	Address, Listen string
	Since           time.Time
	Counters        []Counter
	// Remarks are what a person should know: who reaches it, and what may stand in
	// the way.
	Remarks []Remark
}

// Remark is a code of package words with its arguments.
type Remark struct {
	Code devices.Code
	Args []any
}

// Status is how each service stands.
func (b *Bench) Status() []Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Status, 0, len(Services()))
	for _, s := range Services() {
		st := Status{Service: s, Listen: Usual(s)}
		if r := b.on[s]; r != nil {
			st.On, st.Address, st.Listen, st.Since = true, r.address, r.options.Listen, r.since
			st.Counters = r.counts()
			st.Remarks = remarks(s, r, st)
		}
		all = append(all, st)
	}
	return all
}

// remarks says who reaches a service, and what may stand in the way.
func remarks(s Service, r *running, st Status) []Remark {
	if s == MQTTClient {
		if why := r.trouble(); why != "" {
			return []Remark{{NoteBrokerLost, []any{why}}}
		}
		return nil
	}
	var list []Remark
	host, _, _ := net.SplitHostPort(r.options.Listen)
	ip, err := netip.ParseAddr(host)
	alone := !slices.ContainsFunc(origin.Addresses(), func(a origin.Address) bool { return a.Reach != origin.ReachLoopback })
	switch {
	case alone:
		list = append(list, Remark{Code: NoteNoNetwork})
	case err == nil && ip.IsLoopback():
		list = append(list, Remark{NoteLoopback, []any{host}})
	case origin.Classify(strings.Replace(r.address, "udp://", "http://", 1)) == origin.ReachPublic:
		list = append(list, Remark{NotePublic, []any{host}})
	}
	if t := r.options.TLS; t != nil {
		if lapsed, args := t.Lapsed(time.Now()); lapsed != "" {
			list = append(list, Remark{lapsed, args})
		}
	}
	heard := slices.ContainsFunc(st.Counters, func(c Counter) bool { return c.Value > 0 })
	if age := time.Since(r.since); !heard && age > quiet && !(err == nil && ip.IsLoopback()) {
		list = append(list, Remark{NoteQuiet, []any{age.Seconds(), r.port}})
	}
	return list
}

// Share opens a place for one device on our own HTTP host, else HTTPS, that is on.
func (b *Bench) Share(ctx context.Context, files []packages.File) (sources []devices.Source, shut func(), err error) {
	b.mu.Lock()
	r := b.on[HTTP]
	if r == nil {
		r = b.on[HTTPS]
	}
	b.mu.Unlock()
	if r == nil {
		return nil, nil, &devices.Error{Op: "bench: share", Kind: devices.Absent, Note: NoteOff}
	}
	share, err := r.share(context.WithoutCancel(ctx), files)
	if err != nil {
		return nil, nil, err
	}
	for i, u := range share.URLs() {
		sources = append(sources, devices.Source{
			URL: u, Served: func() int64 { return share.Served(i) }, Received: func() bool { return share.Received(i) },
			Cut: func() { _ = share.Close() },
		})
	}
	return sources, func() { _ = share.Close() }, nil
}

// Host gives a place on the host that listens at listen, if it is on; nil if none
// does.
func (b *Bench) Host(ctx context.Context, method devices.Method, listen string, files []packages.File) (*origin.Share, error) {
	b.mu.Lock()
	var found *running
	for _, s := range map[devices.Method][]Service{devices.HTTP: {HTTP, HTTPS}, devices.FTP: {FTP}}[method] {
		if r := b.on[s]; r != nil && r.options.Listen == listen {
			found = r
		}
	}
	b.mu.Unlock()
	if found == nil {
		return nil, nil
	}
	return found.share(ctx, files)
}
