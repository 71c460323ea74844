//go:build !unix

package record

import "testing"

func places(*testing.T) map[string]Place { return map[string]Place{"tcp": {TCP: "127.0.0.1:0"}} }
