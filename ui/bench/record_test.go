package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/updater"
)

// TestGifts: what rules give is told to who keeps it, in the engine's words and without the
// secret path of our own host, until it is not kept any more; what a person gives is not.
func TestGifts(t *testing.T) {
	t.Parallel()
	var giver updater.Giver = newBench(t)
	b := giver.(*Bench)
	on(t, b, HTTP)
	folder := folderOf(t)
	apply(t, b, folder, `{"unknown":"register","simulated":["860000000000001"],
		"packages":[{"name":"p","files":["a.bin"],"version":"2.0.0"},
			{"name":"hosted","files":["a.bin"],"version":"2.0.0","redirect":true},
			{"name":"far","files":["a.bin"],"version":"2.0.0","redirect":true,"urls":["http://me:secret@127.0.0.1:9/a.bin"]}],
		"devices":[{"imei":"860000000000001","package":"p"},{"imei":"860000000000002","package":"hosted"}],
		"rules":[{"package":"far","allow":["860000000000003"]},{"package":"p"}]}`)
	var taken, twice []updater.Gift
	stop := giver.Gifts(func(g updater.Gift) { taken = append(taken, g) })
	stopOther := giver.Gifts(func(g updater.Gift) { twice = append(twice, g) })
	stopOther()
	stopOther()
	ask := func(imei, version string) *checkin.Order {
		o, _ := b.Desk().Arrive(t.Context(), checkin.Arrival{
			Address: devices.Address("luat:imei:" + imei), Usual: devices.Answer, From: "127.0.0.1:2000",
			Identity:   devices.Identity{Family: "luat", IMEI: imei, Firmware: version},
			Attributes: map[string]string{"imei": imei},
		})
		return o
	}
	for _, imei := range []string{"860000000000001", "860000000000002", "860000000000003"} {
		o := ask(imei, "1.0.0")
		require.NotNil(t, o)
		o.Begin()
		o.Handed(0, 0, o.Package.Size())
		o.Delivered()
		ask(imei, "2.0.0")
	}
	require.Len(t, taken, 9)
	assert.Empty(t, twice)
	for i, g := range taken {
		assert.Equal(t, []updater.GiftStep{updater.GiftBegun, updater.GiftWhole, updater.GiftVerified}[i%3], g.Step)
		assert.Equal(t, taken[i/3*3].Key, g.Key)
	}
	end := taken[2]
	assert.Equal(t, updater.RulePart{File: "plan.json", Place: "devices[0]"}, end.Rule)
	assert.Equal(t, []string{"1.0.0", "2.0.0", "2.0.0"}, []string{end.Before.Firmware, end.Device.Firmware, end.Target})
	assert.Equal(t, []any{devices.Address("luat:imei:860000000000001"), devices.Answer, "p", true, true}, []any{end.Address, end.Method, end.Package.Name, end.Simulated, end.Within})
	assert.Equal(t, []int64{9, 9}, []int64{end.Done, end.Total})
	assert.Equal(t, []string{digest("package a")}, end.Sent)
	assert.Nil(t, end.URLs)
	hosted, far := taken[5], taken[8]
	assert.Equal(t, []any{devices.HTTP, []string(nil), []string(nil)}, []any{hosted.Method, hosted.URLs, hosted.Sent})
	assert.Equal(t, []string{"http://me:secret@127.0.0.1:9/a.bin"}, far.URLs)
	assert.Equal(t, updater.RulePart{File: "plan.json", Place: "rules[0]"}, far.Rule)

	rules, err := opened(t, folder, `{`+one+`,"unknown":"register","rules":[{"package":"p"}]}`, nil)
	require.NoError(t, err)
	rules.Name = "" // as "to everybody" has it
	b.SetRules(rules)
	ask("860000000000004", "1.0.0").Fail(assert.AnError, checkin.Reason{Code: checkin.WhySaid, Args: []any{-1, "no"}})
	require.Len(t, taken, 11)
	assert.Zero(t, taken[10].Rule)
	assert.Equal(t, updater.GiftFailed, taken[10].Step)
	assert.Equal(t, -1, taken[10].Said.Code)

	o := ask("860000000000005", "1.0.0")
	o.Begin()
	stop()
	b.Desk().Forget("luat:imei:860000000000005")
	assert.Len(t, taken, 12, "nobody is called after stop has returned")
}

// TestTrouble: what keeps records from being written is told, and shown until it is over.
func TestTrouble(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Trouble(updater.Note{Code: updater.NoteJournalLater}) // to nobody yet
	var told []devices.Code
	b.Hear(Hooks{Journal: func(n updater.Note) { told = append(told, n.Code) }})
	assert.Equal(t, updater.NoteJournalLater, b.Unwritten().Code)
	b.Trouble(updater.Note{Code: updater.NoteJournalAgain})
	assert.Empty(t, b.Unwritten().Code)
	b.Trouble(updater.Note{Code: updater.NoteJournalUnkept, Args: []any{2}})
	b.Trouble(updater.Note{Code: updater.NoteJournalAgain})
	assert.Equal(t, updater.Note{Code: NoteUnkept, Args: []any{2}}, b.Unwritten(), "what is lost stays lost")
	assert.Equal(t, []devices.Code{updater.NoteJournalAgain, NoteUnkept, updater.NoteJournalAgain}, told)
}
