package lab

import "fotabench/updater/rollout"

// NewPlan is what a new draft says until somebody says otherwise: one device at once, and
// an end at the first failure.
func NewPlan() rollout.Plan {
	return rollout.Plan{Zone: Zone(), Confirm: rollout.Silent, Parallel: 1, StopAfter: 1}
}
