package aliyun

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"fotabench/devices"
)

// ServiceClient is Guest.Service of devices that are connected to somebody else's
// broker.
const ServiceClient = "mqtt-client"

// Remarks of the client.
const (
	// NoteBroker: the broker {0} cannot be reached.
	NoteBroker devices.Code = "aliyun.broker"
	// NoteBrokerLogin: the broker {0} refuses user and password.
	NoteBrokerLogin devices.Code = "aliyun.broker.login"
)

// ClientConfig says which broker, and as whom.
type ClientConfig struct {
	// URL is tcp://host:port or ssl://host:port.
	URL string
	// ID is the MQTT client id; two clients of one id would throw each other out.
	ID string
	// User and Password never reach a log.
	User, Password string
	// TLS is for ssl; nil trusts what the system trusts.
	TLS *tls.Config
}

// Bounds of the client.
const (
	reach = 10 * time.Second // to connect
	// settleTime is how long Close waits for messages that are on their way.
	settleTime = 250 * time.Millisecond
)

// Client serves the devices of a broker that somebody else runs: any MQTT cluster.
// Who may connect there, and to which topics, is that broker's business.
type Client struct {
	platform *Platform
	cfg      ClientConfig
	client   mqtt.Client
	lost     atomic.Pointer[string]
	ctx      context.Context
	stop     context.CancelFunc
	hearers  *hearers
	running  sync.WaitGroup
	ready    chan struct{} // closed when the first subscription stands
	once     sync.Once
}

// Connect connects, and stays connected until Close. Errors: Absent, Denied.
func Connect(ctx context.Context, cfg ClientConfig, platform *Platform) (*Client, error) {
	c := &Client{platform: platform, cfg: cfg, ready: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.hearers = hearFor(c.ctx, platform, c)
	o := mqtt.NewClientOptions().AddBroker(cfg.URL).SetClientID(cfg.ID).SetUsername(cfg.User).SetPassword(cfg.Password).
		SetTLSConfig(cfg.TLS).SetConnectTimeout(reach).SetAutoReconnect(true).SetMaxReconnectInterval(reach).
		SetCleanSession(true).SetOrderMatters(true).SetOnConnectHandler(c.subscribe).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) {
			text := err.Error()
			c.lost.Store(&text)
		})
	c.client = mqtt.NewClient(o)
	token := c.client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		c.end(0)
		return nil, context.Cause(ctx)
	}
	if err := token.Error(); err != nil {
		c.end(0)
		kind, note := devices.Absent, NoteBroker
		if turnedAway(err) {
			kind, note = devices.Denied, NoteBrokerLogin
		}
		return nil, &devices.Error{Op: "aliyun: connect", At: cfg.URL, Kind: kind, Note: note, Args: []any{cfg.URL}, Err: err}
	}
	// Only now does it hear what devices say.
	select {
	case <-c.ready:
	case <-time.After(reach):
		c.end(0)
		return nil, &devices.Error{Op: "aliyun: subscribe", At: cfg.URL, Kind: devices.Timeout, Note: NoteBrokerLogin, Args: []any{cfg.URL}}
	case <-ctx.Done():
		c.end(0)
		return nil, context.Cause(ctx)
	}
	platform.join(c)
	return c, nil
}

// turnedAway tells whether the broker turned the login away.
func turnedAway(err error) bool {
	return errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword)
}

// subscribe asks for what devices say; it is done anew after each reconnection.
func (c *Client) subscribe(client mqtt.Client) {
	c.lost.Store(nil)
	token := client.SubscribeMultiple(map[string]byte{
		topicInform + "+/+": 1, topicProgress + "+/+": 1,
		topicSys + "+/+" + afterGet: 1, topicSys + "+/+" + afterPieces: 1,
	}, c.take)
	c.running.Go(func() {
		select {
		case <-token.Done():
			if err := token.Error(); err != nil {
				text := err.Error()
				c.lost.Store(&text)
				return
			}
			c.once.Do(func() { close(c.ready) })
		case <-c.ctx.Done():
		}
	})
}

// take queues a message; those of one device stay in order.
func (c *Client) take(_ mqtt.Client, m mqtt.Message) {
	if m.Retained() {
		c.platform.dropped.Add(1) // it is from before: not what the device says now
		return
	}
	c.hearers.take(message{c.cfg.URL, m.Topic(), m.Payload()})
}

// Trouble is why it is not connected now, "" if it is.
func (c *Client) Trouble() string {
	if text := c.lost.Load(); text != nil {
		return *text
	}
	return ""
}

// Close disconnects and waits for what is under way.
func (c *Client) Close() error {
	c.platform.leave(c)
	c.end(settleTime)
	return nil
}

// end disconnects and waits for everybody.
func (c *Client) end(settle time.Duration) {
	c.stop()
	c.client.Disconnect(uint(settle / time.Millisecond))
	c.running.Wait()
	c.hearers.running.Wait()
}

func (c *Client) name() string { return ServiceClient }

// reaches: who is connected to somebody else's broker only that broker knows.
func (c *Client) reaches(string, string) bool { return true }

// connection: likewise. Such a device's words count when it reports again.
func (c *Client) connection(string, string) any { return nil }

func (c *Client) after(pause time.Duration, do func()) { c.hearers.after(pause, do) }

func (c *Client) publish(topic string, payload []byte) error {
	if !c.client.IsConnectionOpen() {
		return devices.Lost
	}
	// Waiting for the acknowledgement here would keep the one who brings it from
	// being heard. A message that is lost is made good by the device's next report.
	token := c.client.Publish(topic, 1, false, payload)
	select {
	case <-token.Done():
		return token.Error()
	default:
		return nil
	}
}
