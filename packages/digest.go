package packages

// Algorithm names a digest the way sidecar files and manifests do.
type Algorithm string

// The digests computed for every file.
const (
	MD5    Algorithm = "md5"
	SHA1   Algorithm = "sha1"
	SHA256 Algorithm = "sha256"
	CRC32  Algorithm = "crc32"
)

// Digests maps an algorithm to its value in lower-case hex.
type Digests map[Algorithm]string

// Expected is a digest that somebody other than this program stated.
type Expected struct {
	Algorithm Algorithm
	// Hex is lower case.
	Hex string
	// Source is where it was read: the sidecar's or manifest's base name, or
	// SourceTyped.
	Source string
}

// SourceTyped is the Source of a digest that was entered by hand.
const SourceTyped = "typed"
