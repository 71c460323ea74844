//go:build !linux

package link

// holdPort is of use where the system tells who holds a port.
const holdPort = "FOTABENCH_TEST_HOLD"

func hold(string) {}
