package alinkdevice

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// The keep-alive that devices ask for; the platform takes 30 s to 1200 s.
const (
	keepAlive     = 60 * time.Second
	keepAliveLoad = 600 * time.Second
)

// leastAway keeps a device with a high pace from hammering a broker that refuses.
const leastAway = 10 * time.Millisecond

// The bounds of what waits to be worked on; a device has little memory.
const (
	pushesWaiting = 16
	blocksWaiting = 4
)

// link is a device's connection to the platform during one boot. It is lost and
// made again without the work noticing more than a wait.
type link struct {
	*Device
	topics topics
	// upgraded is true in the boot that follows an upgrade.
	upgraded bool
	pushes   chan []byte
	blocks   chan []byte

	mu sync.Mutex
	// now is the session that can publish, nil while there is none; up is closed
	// while there is one.
	now *session
	up  chan struct{}
	// conn is the socket of the session that is made or is up.
	conn *radio
	// away is how long to stay away before the next session.
	away time.Duration
	ids  uint64
}

// session is one MQTT session; its context ends with the connection, and gone is
// closed when the link has noticed.
type session struct {
	ctx    context.Context
	client mqtt.Client
	gone   chan struct{}
}

func newLink(d *Device, upgraded bool) *link {
	return &link{
		Device: d, upgraded: upgraded, topics: topicsOf(d.o.ProductKey, d.o.DeviceName),
		pushes: make(chan []byte, pushesWaiting), blocks: make(chan []byte, blocksWaiting),
		up: make(chan struct{}),
	}
}

// keep makes a session after another until ctx ends.
func (l *link) keep(ctx context.Context) {
	wait := reconnectFirst
	for ctx.Err() == nil {
		lived, err := l.session(ctx)
		if ctx.Err() != nil {
			return
		}
		l.wrong(err)
		if lived {
			wait = reconnectFirst
		} else {
			l.note(func(s *State) { s.Refusals++ })
		}
		away := l.takeAway()
		if away == 0 { // devices that were thrown out together do not return together
			away = l.paced(wait/2 + rand.N(wait))
		}
		if pause(ctx, max(away, leastAway)) != nil {
			return
		}
		wait = min(2*wait, reconnectMost)
	}
}

// session logs in and stays until the connection is lost or ctx ends, and then
// tells whether the login had succeeded.
func (l *link) session(ctx context.Context) (lived bool, err error) {
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	client := mqtt.NewClient(l.options(ctx, lost))
	patient := context.AfterFunc(ctx, l.cut)
	connect := client.Connect()
	<-connect.Done() // dialling obeys ctx, and then the socket is cut
	patient()
	defer l.hangUp(client)
	if err := connect.Error(); err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	s := &session{ctx: ctx, client: client, gone: make(chan struct{})}
	if err := l.subscribe(s); err != nil {
		return false, err
	}
	l.online(s)
	defer l.offline()
	if err := l.greet(ctx); err != nil {
		return true, err
	}
	<-ctx.Done()
	return true, context.Cause(ctx)
}

// options are those of the MQTT client: one session, of which the device itself
// notices the end.
func (l *link) options(ctx context.Context, lost context.CancelCauseFunc) *mqtt.ClientOptions {
	alive := keepAlive
	if l.t.quiet {
		alive = keepAliveLoad
	}
	o := mqtt.NewClientOptions().AddBroker(l.o.Server).SetProtocolVersion(4).
		SetClientID(l.login.clientID).SetUsername(l.login.user).SetPassword(l.login.password).
		SetCleanSession(true).SetKeepAlive(alive).SetConnectTimeout(l.timeout(readTimeout)).
		SetAutoReconnect(false).SetConnectRetry(false).SetDefaultPublishHandler(l.receive)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost(fmt.Errorf("connection lost: %w", err)) })
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		dialing, cancel := context.WithTimeout(ctx, l.timeout(readTimeout))
		defer cancel()
		conn, err := l.server.dial(dialing)
		if err != nil {
			return nil, err
		}
		heard := &radio{Conn: conn}
		l.mu.Lock()
		l.conn = heard
		l.mu.Unlock()
		if ctx.Err() != nil { // it may have ended before there was a socket to cut
			l.cut()
		}
		return heard, nil
	})
	return o
}

// hangUp says goodbye as far as the connection still stands.
func (l *link) hangUp(client mqtt.Client) {
	client.Disconnect(uint(leastTimeout / time.Millisecond))
	l.cut()
}

// cut closes the socket without a goodbye, as lost radio does.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.conn.lose()
	}
}

// leave cuts the connection and stays away for a while.
func (l *link) leave(away time.Duration) {
	l.mu.Lock()
	l.away = max(away, 1)
	l.mu.Unlock()
	l.cut()
}

func (l *link) takeAway() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	away := l.away
	l.away = 0
	return away
}

func (l *link) online(s *session) {
	l.mu.Lock()
	l.now = s
	close(l.up)
	l.mu.Unlock()
	l.note(func(s *State) { s.Connected, s.Connects = true, s.Connects+1 })
}

func (l *link) offline() {
	l.mu.Lock()
	close(l.now.gone)
	l.now, l.up = nil, make(chan struct{})
	l.mu.Unlock()
	l.note(func(s *State) { s.Connected = false })
}

// current gives the session that is up, or nil and what to wait for.
func (l *link) current() (*session, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now, l.up
}

// ready waits for a session.
func (l *link) ready(ctx context.Context) (*session, error) {
	for {
		s, up := l.current()
		if s != nil {
			return s, nil
		}
		select {
		case <-up:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// subscribe asks for what the platform sends.
func (l *link) subscribe(s *session) error {
	filters := map[string]byte{l.topics.upgrade: 1}
	if !l.t.quiet {
		filters[l.topics.getReply], filters[l.topics.downloadReply] = 1, 1
	}
	token := s.client.SubscribeMultiple(filters, nil)
	if err := settled(s.ctx, s, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for topic, qos := range token.(*mqtt.SubscribeToken).Result() {
		if qos > 2 {
			return fmt.Errorf("subscribe: %s refused", topic)
		}
	}
	return nil
}

// receive takes a message from the platform; it never blocks.
func (l *link) receive(_ mqtt.Client, m mqtt.Message) {
	queue := l.pushes
	switch m.Topic() {
	case l.topics.upgrade:
		if l.o.OnPush != nil {
			l.o.OnPush(time.Now(), m.Payload())
		}
	case l.topics.downloadReply:
		queue = l.blocks
	}
	select {
	case queue <- m.Payload():
	default:
		l.note(func(s *State) { s.Ignored++ })
	}
}

// publish sends one message, waiting for a session if there is none. A session
// that ends before the message is confirmed makes it go out again in the next.
func (l *link) publish(ctx context.Context, topic string, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout(sendTimeout))
	defer cancel()
	for {
		s, err := l.ready(ctx)
		if err != nil {
			return err
		}
		err = settled(ctx, s, s.client.Publish(topic, l.t.qos, false, payload))
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-s.gone:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// settled waits for what a token stands for, as long as there is a session.
func settled(ctx context.Context, s *session, token mqtt.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
