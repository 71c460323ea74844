package alinkdevice

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// The signing methods of a login (docs/protocols/aliyun.md, Connect). The
// platform takes hmacmd5 where a client id names none.
const (
	signMD5    = "hmacmd5"
	signSHA1   = "hmacsha1"
	signSHA256 = "hmacsha256"
)

// credentials are what a device shows in CONNECT.
type credentials struct {
	clientID, user, password string
}

// login works out the credentials of these options; secure is true over TLS.
func login(o Options, t traits, secure bool) (credentials, error) {
	id := o.ID
	if o.EmptyID {
		id = ""
	}
	sign, named := o.Sign, o.Sign
	if sign == "" {
		sign, named = t.sign, t.sign
	}
	if sign == "" {
		sign = signMD5
	}
	password, err := hmacHex(sign, o.DeviceSecret, content(id, o.DeviceName, o.ProductKey, o.Timestamp))
	if err != nil {
		return credentials{}, err
	}
	if o.UpperHex {
		password = strings.ToUpper(password)
	}
	return credentials{
		clientID: id + "|" + pairs(named, o.Timestamp, secure, t.clientTail) + "|",
		user:     o.DeviceName + "&" + o.ProductKey,
		password: password,
	}, nil
}

// pairs are what stands between the bars of a client id.
func pairs(sign, timestamp string, secure bool, tail string) string {
	mode := "securemode=3"
	if secure {
		mode = "securemode=2"
	}
	text := mode
	if sign != "" {
		text += ",signmethod=" + sign
	}
	if timestamp != "" {
		text += ",timestamp=" + timestamp
	}
	return text + tail
}

// content is what a device signs: the sorted keys and their values, glued.
func content(id, device, product, timestamp string) string {
	text := "clientId" + id + "deviceName" + device + "productKey" + product
	if timestamp != "" {
		text += "timestamp" + timestamp
	}
	return text
}

// hmacHex is the HMAC of text as lower-case hex.
func hmacHex(method, secret, text string) (string, error) {
	var sum func() hash.Hash
	switch method {
	case signMD5:
		sum = md5.New
	case signSHA1:
		sum = sha1.New
	case signSHA256:
		sum = sha256.New
	default:
		return "", fmt.Errorf("no sign method %q", method)
	}
	mac := hmac.New(sum, []byte(secret))
	mac.Write([]byte(text)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil)), nil
}
