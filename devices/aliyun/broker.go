package aliyun

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"golang.org/x/time/rate"
)

// ServiceBroker is Guest.Service of devices that are connected to our own broker.
const ServiceBroker = "mqtt"

// Bounds of the broker.
const (
	maxClients = 50_000
	maxPacket  = 64 << 10 // bytes
	// pending is how many messages wait for one slow device before more of them are
	// dropped; the largest is a piece of a file.
	pending = 16
	// often and burst are what one device may publish: a device that fetches over
	// MQTT asks for pieces of 5 kB one after the other.
	often = 400 // messages a second
	burst = 800
	// subscriptions of one device; a C SDK makes nine.
	subscriptions = 32
)

// Secrets gives the secret of a registered device.
type Secrets func(productKey, deviceName string) (secret string, ok bool)

// Broker is an MQTT broker to which registered devices connect, and only they:
// each proves that it has its secret, and reaches its own topics alone.
type Broker struct {
	platform *Platform
	secrets  Secrets
	server   *mqtt.Server
	addr     net.Addr
	ctx      context.Context
	stop     context.CancelFunc
	hearers  *hearers
	closing  sync.Once
	closeErr error

	sessions atomic.Int64

	mu      sync.Mutex
	clients map[string]*member // by "productKey/deviceName"
}

// member is a device that is connected.
type member struct {
	client *mqtt.Client
	budget *rate.Limiter
	topics int
}

// ServeBroker serves on listener (TLS or not), which it then owns, until Close.
func ServeBroker(listener net.Listener, platform *Platform, secrets Secrets) (*Broker, error) {
	limits := mqtt.NewDefaultServerCapabilities()
	limits.MaximumClients, limits.MaximumPacketSize, limits.MaximumClientWritesPending = maxClients, maxPacket, pending
	limits.RetainAvailable, limits.SharedSubAvailable, limits.MaximumQos = 0, 0, 1
	limits.MaximumInflight, limits.ReceiveMaximum = pending, pending
	limits.MaximumSessionExpiryInterval = 0
	b := &Broker{platform: platform, secrets: secrets, addr: listener.Addr(), clients: map[string]*member{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.hearers = hearFor(b.ctx, platform, b)
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: limits, InlineClient: true, Logger: slog.New(slog.DiscardHandler),
		ClientNetReadBufferSize: 2048, ClientNetWriteBufferSize: 2048,
	})
	err := errors.Join(
		b.server.AddHook(&gate{b: b}, nil),
		b.server.AddListener(newDoor(listener)),
	)
	if err == nil {
		err = b.server.Serve()
	}
	if err != nil {
		b.stop()
		b.hearers.running.Wait()
		return nil, errors.Join(err, listener.Close())
	}
	platform.join(b)
	return b, nil
}

// Addr is where it listens.
func (b *Broker) Addr() net.Addr { return b.addr }

// Close ends all connections and waits for them. It may be called more than once.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.platform.leave(b)
		b.stop()
		b.closeErr = b.server.Close()
		b.hearers.running.Wait()
	})
	return b.closeErr
}

func (b *Broker) name() string { return ServiceBroker }

func (b *Broker) reaches(productKey, deviceName string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clients[productKey+"/"+deviceName] != nil
}

func (b *Broker) connection(productKey, deviceName string) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.clients[productKey+"/"+deviceName]; m != nil {
		return m
	}
	return nil
}

func (b *Broker) after(pause time.Duration, do func()) { b.hearers.after(pause, do) }

func (b *Broker) publish(topic string, payload []byte) error {
	return b.server.Publish(topic, payload, false, 1)
}

// gate lets registered devices in, to their own topics.
type gate struct {
	mqtt.HookBase
	b *Broker
}

// ID implements mqtt.Hook.
func (*gate) ID() string { return "devices" }

// Provides implements mqtt.Hook.
func (*gate) Provides(event byte) bool {
	return bytes.IndexByte([]byte{
		mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnPublished,
		mqtt.OnSessionEstablished, mqtt.OnDisconnect, mqtt.OnConnect, mqtt.OnSubscribe,
	}, event) >= 0
}

// The platform's bounds of a keep-alive, in seconds.
const (
	leastAlive = 30
	mostAlive  = 1200
)

// OnConnect implements mqtt.Hook: it holds the device to a keep-alive that finds
// dead connections, and leaves no last will that others would get.
func (*gate) OnConnect(cl *mqtt.Client, _ packets.Packet) error {
	if cl.State.Keepalive < leastAlive || cl.State.Keepalive > mostAlive {
		return packets.ErrProtocolViolation
	}
	cl.Properties.Will = mqtt.Will{}
	return nil
}

// OnConnectAuthenticate implements mqtt.Hook.
func (g *gate) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	c, ok := read(cl.ID, string(pk.Connect.Username), string(pk.Connect.Password))
	if ok {
		secret, known := g.b.secrets(c.productKey, c.deviceName)
		ok = known && c.holds(secret)
	}
	if !ok {
		g.b.platform.refused.Add(1)
		return false
	}
	// Client ids are the devices' own business, and many SDKs send the same one: a
	// session belongs to a device and to this connection alone.
	cl.ID = who(cl) + "#" + strconv.FormatInt(g.b.sessions.Add(1), 10)
	cl.Properties.Clean, cl.Properties.Props.SessionExpiryInterval = true, 0
	return true
}

// who is the device of a connection.
func who(cl *mqtt.Client) (key string) {
	name, product, _ := strings.Cut(string(cl.Properties.Username), "&")
	return product + "/" + name
}

// OnSessionEstablished implements mqtt.Hook: a device that connects again replaces
// itself.
func (g *gate) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) {
	g.b.mu.Lock()
	before := g.b.clients[who(cl)]
	g.b.clients[who(cl)] = &member{client: cl, budget: rate.NewLimiter(often, burst)}
	g.b.platform.devices.Store(int64(len(g.b.clients)))
	g.b.mu.Unlock()
	if before != nil && before.client != cl {
		before.client.Stop(packets.ErrSessionTakenOver)
	}
}

// OnDisconnect implements mqtt.Hook.
func (g *gate) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	if m := g.b.clients[who(cl)]; m != nil && m.client == cl {
		delete(g.b.clients, who(cl))
	}
	g.b.platform.devices.Store(int64(len(g.b.clients)))
}

// OnACLCheck implements mqtt.Hook: a device reaches the topics that carry its own
// name, without wildcards.
func (g *gate) OnACLCheck(cl *mqtt.Client, topic string, _ bool) bool {
	own := !strings.ContainsAny(topic, "+#") && slices.Contains(topicsOf(topic), who(cl))
	if !own {
		g.b.platform.denied.Add(1)
	}
	return own
}

// topicsOf is whose a topic is, in each of the two forms.
func topicsOf(topic string) []string {
	var whose []string
	for _, prefix := range []string{topicSys, "/ota/device/", "/ext/"} {
		rest, ok := strings.CutPrefix(topic, prefix)
		if !ok {
			continue
		}
		parts := strings.Split(rest, "/")
		if prefix != topicSys && len(parts) > 0 {
			parts = parts[1:]
		}
		if len(parts) >= 2 {
			whose = append(whose, parts[0]+"/"+parts[1])
		}
	}
	return whose
}

// OnSubscribe implements mqtt.Hook: a device has a few topics, not a million.
func (g *gate) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	m := g.b.clients[who(cl)]
	if m == nil {
		return pk
	}
	if m.topics += len(pk.Filters); m.topics > subscriptions {
		pk.Filters = nil
		g.b.platform.dropped.Add(1)
	}
	return pk
}

// OnPublish implements mqtt.Hook: what is too much or too large ends here.
func (g *gate) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	g.b.mu.Lock()
	m := g.b.clients[who(cl)]
	g.b.mu.Unlock()
	if len(pk.Payload) > maxMessage || pk.FixedHeader.Retain || m == nil || !m.budget.Allow() {
		g.b.platform.dropped.Add(1)
		return pk, packets.CodeSuccessIgnore
	}
	return pk, nil
}

// OnPublished implements mqtt.Hook: here a device's message is heard, in the order
// in which it sent them.
func (g *gate) OnPublished(cl *mqtt.Client, pk packets.Packet) {
	if !cl.Net.Inline {
		g.b.hearers.take(message{cl.Net.Remote, pk.TopicName, pk.Payload})
	}
}
