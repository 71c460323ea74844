package cli

import (
	"context"
	"path/filepath"

	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/ui/bench"
)

// judged looks anew at who signed what is handed out, after the keys or the policy of this
// installation changed: what is refused now is given to nobody any more, and its URLs end;
// a plan file that was not taken up may be now.
func (o *stand) judged(ctx context.Context) {
	if o.amiss {
		if o.again(ctx); !o.amiss {
			return // with that, all was judged
		}
	}
	o.unshared(ctx, filepath.Base(o.source()), o.decide(ctx, o.held, nil))
}

// unshared tells why not all packages of the plan file can be fetched by hand.
func (o *stand) unshared(ctx context.Context, file string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	text := o.book.Say(ServeURLs, file, o.why(err))
	o.say(note{Event: "trouble", Plan: file, Text: text}, o.now(text))
}

// vouch tells of the packages that rules hand out what the policy for signatures does not
// simply pass, and what became of that since.
func (o *stand) vouch(ctx context.Context, r *checkin.Rules) {
	told := map[string]string{}
	for _, v := range bench.Judge(o.desk.Judge).Vouched(ctx, r) {
		before, known := o.vouched[v.Package]
		if v.Level == packages.Green && !known {
			continue
		}
		text := o.book.Signature(v.Result)
		if told[v.Package] = text; text != before {
			o.say(note{Event: "signature", Package: v.Package, Text: text}, o.now(v.Package+": "+text))
		}
	}
	o.vouched = told
}
