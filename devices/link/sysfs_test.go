//go:build unix

package link

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/assets"
	"fotabench/devices"
)

// tree is a /sys and a /dev made of a description in testdata, laid out as the
// kernel does it.
type tree struct {
	tb     testing.TB
	fs     sysfs
	device string
	want   []devices.Sighting
}

func newTree(tb testing.TB) *tree {
	root := tb.TempDir()
	t := &tree{tb: tb, fs: sysfs{sys: filepath.Join(root, "sys"), dev: filepath.Join(root, "dev")}}
	require.NoError(tb, os.MkdirAll(filepath.Join(t.fs.sys, "class/tty"), 0o755))
	require.NoError(tb, os.MkdirAll(t.fs.dev, 0o755))
	return t
}

func (t *tree) write(path, text string) {
	t.tb.Helper()
	full := filepath.Join(t.fs.sys, path)
	require.NoError(t.tb, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t.tb, os.WriteFile(full, []byte(text+"\n"), 0o644))
}

// tty adds one, below dir, with the device that it belongs to if there is one.
func (t *tree) tty(name, dir, device string) {
	t.tb.Helper()
	path := filepath.Join(dir, "tty", name)
	t.write(path+"/dev", "188:0")
	if device != "" {
		require.NoError(t.tb, os.Symlink(device, filepath.Join(t.fs.sys, path, "device")))
	}
	require.NoError(t.tb, os.Symlink(filepath.Join("../..", path), filepath.Join(t.fs.sys, "class/tty", name)))
	require.NoError(t.tb, os.WriteFile(filepath.Join(t.fs.dev, name), nil, 0o600))
}

func (t *tree) usb(place, vid, pid, serial, manufacturer, product string) {
	t.device = "devices/pci0000:00/0000:00:14.0/usb1/" + place
	t.write("devices/pci0000:00/0000:00:14.0/usb1/idVendor", "1d6b") // the root hub
	t.write(t.device+"/idVendor", vid)
	t.write(t.device+"/idProduct", pid)
	for name, text := range map[string]string{"serial": serial, "manufacturer": manufacturer, "product": product} {
		if text != "-" {
			t.write(t.device+"/"+name, spaced(text))
		}
	}
}

func (t *tree) interfaced(number, class, description string) string {
	n, err := strconv.Atoi(number)
	require.NoError(t.tb, err)
	dir := fmt.Sprintf("%s/%s:1.%d", t.device, filepath.Base(t.device), n)
	t.write(dir+"/bInterfaceNumber", fmt.Sprintf("%02x", n))
	t.write(dir+"/bInterfaceClass", class[:2])
	t.write(dir+"/bInterfaceSubClass", class[2:4])
	t.write(dir+"/bInterfaceProtocol", class[4:])
	if description != "-" {
		t.write(dir+"/interface", spaced(description))
	}
	return dir
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// line does what one line of a description says.
func (t *tree) line(f []string) {
	t.tb.Helper()
	switch f[0] {
	case "device":
		t.usb(f[1], f[2], f[3], f[4], f[5], f[6])
	case "port": // of usb-serial: one folder between interface and tty
		t.tty(f[1], t.interfaced(f[2], f[3], f[4])+"/"+f[1], "../../../"+f[1])
	case "acm":
		dir := t.interfaced(f[2], f[3], f[4])
		t.tty(f[1], dir, "../../../"+filepath.Base(dir))
	case "uart":
		t.tty(f[1], "devices/platform/serial8250", "../../../serial8250")
		t.write("devices/platform/serial8250/tty/"+f[1]+"/type", f[2])
	case "virtual":
		t.tty(f[1], "devices/virtual", "")
	case "expect":
		vid, pid, _ := strings.Cut(f[2], ":")
		t.want = append(t.want, devices.Sighting{
			Key: f[1], VID: vid, PID: pid, Name: spaced(strings.TrimPrefix(f[3], "name=")), DownloadMode: len(f) > 4,
		})
	case "role":
		n, err := strconv.Atoi(f[3])
		require.NoError(t.tb, err)
		last := &t.want[len(t.want)-1]
		last.Ports = append(last.Ports, devices.Port{Address: devices.Address(f[1]), Role: devices.Role(strings.Trim(f[2], "-")), Interface: n})
	default:
		require.Fail(t.tb, "unknown word", "%q", f[0])
	}
}

func load(tb testing.TB, path string) *tree {
	tb.Helper()
	file, err := os.Open(path)
	require.NoError(tb, err)
	defer file.Close()
	t := newTree(tb)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			t.line(strings.Fields(line))
		}
	}
	return t
}

func usbTable(tb testing.TB) assets.USBTable {
	tb.Helper()
	table, err := assets.USB()
	require.NoError(tb, err)
	return table
}

func TestSysfs(t *testing.T) {
	paths, err := filepath.Glob("testdata/sysfs/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tree := load(t, path)
			plugs, err := tree.fs.list(t.Context())
			require.NoError(t, err)
			got := group(plugs, usbTable(t))
			for i := range got {
				got[i].Serial = ""
				for j := range got[i].Ports {
					got[i].Ports[j].Description = ""
				}
			}
			require.Equal(t, tree.want, got)
		})
	}
}

func TestControlIsTheREPL(t *testing.T) {
	for name, want := range map[string]devices.Address{
		"ec600n": "/dev/ttyUSB3", "ec600u": "/dev/ttyUSB2", "ec200a": "/dev/ttyUSB10", "bg95": "/dev/ttyUSB1", "ch342": "/dev/ttyACM1", "download-mode": "",
	} {
		plugs, err := load(t, "testdata/sysfs/"+name+".txt").fs.list(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, group(plugs, usbTable(t))[0].Control(), name)
	}
}

// A port that the kernel lists before its device file exists is not there yet.
func TestSysfsWaitsForTheDeviceFile(t *testing.T) {
	tree := load(t, "testdata/sysfs/ec600u.txt")
	require.NoError(t, os.Remove(filepath.Join(tree.fs.dev, "ttyUSB2")))
	plugs, err := tree.fs.list(t.Context())
	require.NoError(t, err)
	require.Len(t, plugs, 2)
}

func TestSysfsAbsent(t *testing.T) {
	_, err := sysfs{sys: t.TempDir()}.list(t.Context())
	require.Error(t, err)
}

// This machine's own ports can be listed, whatever they are.
func TestListHere(t *testing.T) {
	_, err := newLister()(t.Context())
	require.NoError(t, err)
}
