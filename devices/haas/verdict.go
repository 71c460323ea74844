package haas

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// spoken waits until a callback has a number.
func (s *session) spoken(ctx context.Context, callback string, budget time.Duration) (int, error) {
	for deadline := time.Now().Add(budget); time.Now().Before(deadline); {
		a, err := s.status(ctx)
		if err != nil {
			return 0, err
		}
		if n, ok := a.Number(callback); ok {
			return n, nil
		}
		if a["gone"] != "" {
			return 0, fail(callback, devices.Lost, NoteGone)
		}
		if !pause(ctx, s.driver.budgets.poll) {
			return 0, ended(ctx, callback)
		}
	}
	return 0, fail(callback, devices.Timeout, NoteSilent, int(budget.Seconds()))
}

// verify asks for the board's own verdict. It compares texts, so that the digest
// is spelt as the board spells it.
func (s *session) verify(ctx context.Context, job *devices.Job) (devices.Verdict, error) {
	f := job.Package.Files[0]
	algorithm := packages.SHA256
	if f.Digests[algorithm] == "" {
		algorithm = packages.MD5
	}
	order := arguments{
		"length": f.Size, "store_path": storePath, "hash_type": hashType(algorithm), "hash": strings.ToUpper(f.Digests[algorithm]),
	}
	a, err := s.ask(ctx, "verify", "verify.py", arguments{"order": order})
	if err == nil {
		err = accepted("verify", "ota.verify", a)
	}
	if err != nil {
		return devices.Verdict{}, err
	}
	n, err := s.spoken(ctx, "verify", s.driver.budgets.verify)
	if err != nil {
		return devices.Verdict{}, err
	}
	verdict := devices.Verdict{Algorithm: algorithm, Answer: "ota.verify " + string(algorithm) + ": " + strconv.Itoa(n)}
	if n < 0 {
		s.held = heldNothing
		s.drop(ctx)
		return verdict, numbered("verify", n)
	}
	return verdict, nil
}

// hashType is the firmware's name of an algorithm; anything else it refuses.
func hashType(a packages.Algorithm) string {
	if a == packages.MD5 {
		return "md5"
	}
	return "sha256"
}
