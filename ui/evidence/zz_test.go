package evidence
import ("os";"testing")
func TestLook(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} { for _, f := range Formats() {
		os.WriteFile("/tmp/wj/s-"+lang+"."+string(f), written(t, sample(), f, lang, key(1)).File, 0o600)
		os.WriteFile("/tmp/wj/h-"+lang+"."+string(f), written(t, hostile(), f, lang, nil).File, 0o600)
	}}
}
