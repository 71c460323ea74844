package settings

import (
	"context"
	"errors"
	"testing"

	"fotabench/updater/origin"
)

// TestProxyEarlier: the password that an earlier version kept holds until there is another
// one, goes with its proxy as any other, and is not sent to the next one even if it cannot
// be removed.
func TestProxyEarlier(t *testing.T) {
	at, password := Proxy{Mode: Own, Address: "http://a", User: "joe"}, "s3cret"
	earlier := func(t *testing.T) proxyKeeper {
		keeper, store := keeper(t)
		if err := store.Set(t.Context(), earlierSecret, "earlier"); err != nil {
			t.Fatal(err)
		}
		k := proxyKeeper{keeper, t, store}
		if _, err := k.Change(t.Context(), func(s *Settings) { s.Proxy = at }); err != nil {
			t.Fatal(err)
		}
		return k
	}
	other := Proxy{Mode: Own, Address: "http://b", User: "joe"}
	for what, c := range map[string]struct {
		to       Proxy
		password *string
		forgot   bool
		want     string
		left     []string
	}{
		"the same":        {at, nil, false, "http://joe:earlier@a", []string{earlierSecret}},
		"a new password":  {at, &password, false, "http://joe:s3cret@a", []string{at.Secret()}},
		"no password":     {at, new(string), false, "http://joe@a", nil},
		"another":         {other, nil, true, "http://joe@b", nil},
		"another with it": {other, &password, false, "http://joe:s3cret@b", []string{other.Secret()}},
		"none":            {Proxy{Mode: Direct}, nil, false, origin.ProxyNone, nil},
	} {
		t.Run(what, func(t *testing.T) {
			k := earlier(t)
			if got := k.whole(); got != "http://joe:earlier@a" {
				t.Error(got)
			}
			k.put(c.to, c.password, c.forgot)
			if got := k.whole(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			k.only(c.left...)
			if what == "the same" {
				return
			}
			k = earlier(t)
			store := k.store
			k.Open = func(context.Context) (Safe, error) { return poor{Safe: store, del: true}, nil }
			if kept, err := k.PutProxy(t.Context(), c.to, c.password); err != nil || !errors.Is(kept.Left, errFails) {
				t.Error(kept, err)
			}
			if got := k.whole(); got != c.want {
				t.Errorf("it is stuck: %s, want %s", got, c.want)
			}
		})
	}
}
