//go:build !windows && !darwin

package words

// systemLanguage knows nothing beyond the environment here.
func systemLanguage() string { return "" }
