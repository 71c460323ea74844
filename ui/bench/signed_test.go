package bench

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/ui/demo"
)

// TestPlanSigned: what the policy refuses, or lets pass only by a person's word, is refused
// with its place; what it warns of is handed out, and told.
func TestPlanSigned(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	p, err := parsePlan("plan.json", []byte(`{"packages":[{"name":"good","files":["sub/c.bin"]},{"name":"p","files":["a.bin"],"version":"2"}],
		"rules":[{"package":"p"},{"package":"good"},{"package":"p","family":"luat"}]}`))
	require.NoError(t, err)
	for _, c := range []struct {
		r       signature.Result
		refused bool
	}{
		{signature.Result{Level: packages.Green}, false},
		{signature.Result{Level: packages.Amber, Code: signature.CodeUnsigned}, false},
		{signature.Result{Level: packages.Amber, MustAccept: true, Code: signature.CodeRevoked}, true},
		{signature.Result{Level: packages.Red, MustAccept: true, Code: signature.CodeBad}, true},
		{signature.Result{Level: packages.Red, Code: signature.CodeRequired, Args: []any{"a.bin"}}, true},
	} {
		judge := Judge(func(_ context.Context, pkg *packages.Package) signature.Result {
			if pkg.Name == "good" {
				return signature.Result{Level: packages.Green}
			}
			return c.r
		})
		rules, err := p.Open(t.Context(), "plan.json", folder, nil, judge)
		if !c.refused {
			require.NoError(t, err)
			assert.Equal(t, []Vouched{{"p", c.r}, {"good", signature.Result{Level: packages.Green}}}, judge.Vouched(t.Context(), rules))
			continue
		}
		require.ErrorIs(t, err, ErrSignature)
		require.ErrorContains(t, err, "plan plan.json: packages[1]")
		var why *devices.Error
		require.ErrorAs(t, err, &why)
		assert.Equal(t, devices.Code(c.r.Code), why.Note)
		assert.Equal(t, c.r.Args, why.Args)
	}
}

// TestPolicyWhenAsked: the policy that counts is that of the moment in which a device asks;
// who was told of the package already goes on.
func TestPolicyWhenAsked(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), fleetPackage(t, demo.LuatUDP)
	on(t, b, HTTP)
	var strict atomic.Bool
	judge := Judge(func(context.Context, *packages.Package) signature.Result {
		if strict.Load() {
			return signature.Result{Level: packages.Red, Code: signature.CodeRequired, Args: []any{"fw.bin"}}
		}
		return signature.Result{Level: packages.Green}
	})
	p, err := parsePlan("plan.json", []byte(`{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw"}]}`))
	require.NoError(t, err)
	rules, err := b.apply(t.Context(), p, folder, judge)
	require.NoError(t, err)
	all, err := b.ShareAll(t.Context(), rules)
	require.NoError(t, err)
	asks := func(imei string) (*checkin.Order, checkin.Reason) {
		return b.Desk().Arrive(t.Context(), checkin.Arrival{
			Address: devices.Address("luat:imei:" + imei), Usual: devices.Answer,
			Identity: devices.Identity{Family: "luat", IMEI: imei, Firmware: "0.0.1"},
		})
	}
	first, _ := asks("860000000000001")
	require.NotNil(t, first)
	first.Begin()

	strict.Store(true)
	none, why := asks("860000000000002")
	assert.Nil(t, none)
	assert.Equal(t, checkin.Reason{Code: devices.Code(signature.CodeRequired), Args: []any{"fw.bin"}}, why)
	g, _ := b.Desk().Guest("luat:imei:860000000000002")
	assert.Equal(t, checkin.Refused, g.Phase)
	again, _ := asks("860000000000001")
	assert.Same(t, first, again)
	none2, err := b.ShareAll(t.Context(), rules)
	require.NoError(t, err)
	assert.Empty(t, none2)
	_, err = fetched(t, all[0].URLs[0])
	require.Error(t, err)

	strict.Store(false)
	late, _ := asks("860000000000002")
	assert.NotNil(t, late)
}
