package origin

import (
	"fmt"
	"os"
)

// maxPEM bounds a certificate or key file, in bytes.
const maxPEM = 1 << 20

// ReadPEM reads a certificate or key file of at most 1 MiB; no path gives no
// text. It does not look into it: whoever uses the text does.
func ReadPEM(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxPEM {
		return "", fmt.Errorf("%q is too large for a certificate: %d bytes", path, info.Size())
	}
	text, err := os.ReadFile(path)
	return string(text), err
}
