package updater

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// TestCredentialsInURL: who types them into the URL gets them taken out of it,
// before anybody shows, keeps or sends that URL.
func TestCredentialsInURL(t *testing.T) {
	plan := Plan{Method: devices.FTP, Origin: &OriginPlan{URLs: []string{"ftp://joe:s3cret@files.example.com/fw.bin"}}}
	require.Contains(t, plan.secrets(), "s3cret")
	j := &job{plan: plan, work: new(devices.Job)}
	_, err := j.sources(t.Context())
	require.NoError(t, err)
	require.Equal(t, []devices.Source{{URL: "ftp://files.example.com/fw.bin", User: "joe", Password: "s3cret"}}, j.work.Sources)

	plan.Origin.User, plan.Origin.Password = "ann", "0ther"
	j = &job{plan: plan, work: new(devices.Job)}
	_, err = j.sources(t.Context())
	require.NoError(t, err)
	require.Equal(t, []devices.Source{{URL: "ftp://files.example.com/fw.bin", User: "ann", Password: "0ther"}}, j.work.Sources)
}
