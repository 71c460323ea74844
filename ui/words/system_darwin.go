package words

import "os/exec"

// systemLanguage is the user's locale; programs started from the Finder have
// no LANG.
func systemLanguage() string {
	out, err := exec.Command("/usr/bin/defaults", "read", "-g", "AppleLocale").Output()
	if err != nil {
		return ""
	}
	return string(out)
}
