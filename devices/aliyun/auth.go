package aliyun

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"regexp"
	"strings"
)

// credentials are what a device says when it connects (docs/protocols/aliyun.md,
// connecting).
type credentials struct {
	id, productKey, deviceName string
	sign, timestamp            string
	password                   string
}

// part is what keys and names are made of.
var part = regexp.MustCompile(`^[0-9A-Za-z_.:@-]{1,64}$`)

// signs are the methods by which a password is made. Which is used is the
// device's choice.
var signs = map[string]func() hash.Hash{"hmacmd5": md5.New, "hmacsha1": sha1.New, "hmacsha256": sha256.New}

// longest client id that makes sense, in bytes.
const maxClientID = 512

// read takes the parts of a CONNECT apart; false when they make no sense.
func read(clientID, user, password string) (credentials, bool) {
	name, key, ok := strings.Cut(user, "&")
	c := credentials{productKey: key, deviceName: name, password: password, sign: "hmacmd5"}
	if !ok || !part.MatchString(key) || !part.MatchString(name) || len(clientID) > maxClientID {
		return c, false
	}
	var pairs string
	c.id, pairs, _ = strings.Cut(clientID, "|")
	for pair := range strings.SplitSeq(strings.TrimSuffix(pairs, "|"), ",") {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "signmethod":
			c.sign = strings.ToLower(value)
		case "timestamp":
			c.timestamp = value
		}
	}
	return c, signs[c.sign] != nil
}

// password is what a device with this secret must say.
func (c credentials) sum(secret string) string {
	content := "clientId" + c.id + "deviceName" + c.deviceName + "productKey" + c.productKey
	if c.timestamp != "" {
		content += "timestamp" + c.timestamp
	}
	mac := hmac.New(signs[c.sign], []byte(secret))
	mac.Write([]byte(content))
	return hex.EncodeToString(mac.Sum(nil))
}

// holds tells whether the password was made with secret. Some devices write it in
// upper case.
func (c credentials) holds(secret string) bool {
	return hmac.Equal([]byte(c.sum(secret)), []byte(strings.ToLower(c.password)))
}
