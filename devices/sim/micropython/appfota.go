package micropython

import (
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"path"
	"strconv"
	"strings"

	"fotabench/devices/sim/fetch"
)

// Where app_fota keeps what it downloaded until the next start
// (QuecPython, app_fota).
const (
	stagedDir   = "/usr/.updater"
	stagedFlag  = "/usr/.updater/update.flag"
	stagedStat  = "/usr/.updater/download.stat"
	checksums   = "/usr/checksum.json"
	stagedLimit = 16384
)

// fetch is what app_fota.download does on the network: the file at address goes
// to a path, continued if part of it is there. 0 or -1.
func (s *session) fetch(address, to string) any {
	ctx, cancel := context.WithCancel(s.power.ctx)
	defer cancel()
	done := make(chan struct{})
	verdict := -1
	s.host.modem.work.Go(func() {
		defer close(done)
		if err := s.host.stage(ctx, address, to); err == nil {
			verdict = 0
		}
	})
	for {
		s.wait(done, 0)
		select {
		case <-done:
			return verdict
		default:
			cancel() // Ctrl-C
		}
	}
}

// stage downloads one user file.
func (m *Module) stage(ctx context.Context, address, to string) error {
	m.makeFolders(path.Dir(to))
	have, _ := m.disk.get(to)
	body, size, err := fetch.Open(ctx, address, fetch.Settings{Agent: agent, From: int64(len(have))})
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, m.options.Flash+1))
	if err != nil || int64(len(data)) != size {
		return failed(codeRead, errors.Join(err, errors.New("the file came short")))
	}
	// A server that answers a request for the rest with everything makes the
	// module append it all the same.
	if m.disk.put(to, append(have, data...)) != ok {
		return failed(codeInternal, errors.New("no space"))
	}
	return nil
}

func (m *Module) makeFolders(dir string) {
	if dir != "/" {
		m.makeFolders(path.Dir(dir))
		m.disk.mkdir(dir)
	}
}

// unpack is what the firmware does at power-on when app_fota's flag is set: it
// moves the staged files to their places.
func (m *Module) unpack() {
	if _, found := m.disk.get(stagedFlag); !found {
		return
	}
	raw, _ := m.disk.get(stagedStat)
	var list []struct {
		Name string `json:"name"`
	}
	sums := map[string]string{}
	if old, found := m.disk.get(checksums); found {
		_ = json.Unmarshal(old, &sums) // a broken list is begun anew
	}
	if len(raw) <= stagedLimit && json.Unmarshal(raw, &list) == nil {
		for _, entry := range list {
			target := path.Clean("/" + entry.Name)
			data, found := m.disk.get(stagedDir + target)
			if !found || !strings.HasPrefix(target, "/usr/") {
				continue
			}
			m.makeFolders(path.Dir(target))
			m.disk.remove(stagedDir+target, false)
			if m.disk.put(target, data) == ok {
				sums[target] = strconv.FormatUint(uint64(crc32.ChecksumIEEE(data)), 16)
			}
		}
	}
	if text, err := json.Marshal(sums); err == nil {
		m.disk.put(checksums, text)
	}
	m.disk.remove(stagedFlag, false)
	m.disk.remove(stagedStat, false)
}
