package awake

import "context"

// hold asks logind (systemd-inhibit(1)).
func hold(ctx context.Context) (func(), error) {
	return whileReading(ctx, "systemd-inhibit", "--what=sleep:idle:handle-lid-switch", "--who=Fotabench",
		"--why=A device is being upgraded", "--mode=block", "cat")
}
