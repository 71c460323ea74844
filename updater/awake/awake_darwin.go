package awake

import "context"

// hold asks the power management (caffeinate(8)); -s holds on mains power only.
func hold(ctx context.Context) (func(), error) {
	return whileReading(ctx, "caffeinate", "-i", "-s", "cat")
}
