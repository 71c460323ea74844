package updater

import (
	"context"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater/origin"
)

// repeatWindow is how soon the same package for the same device is a loop that
// a person should look at.
const repeatWindow = time.Hour

// inquiry is what the rules look at.
type inquiry struct {
	plan     Plan
	identity devices.Identity
	caps     devices.Capabilities
	// before are earlier upgrades, newest first.
	before []Record
	unread error // why before cannot be known
	now    time.Time
	reach  func(string) origin.Reach
	// signed judges who signed the package, once; nil where nobody asks.
	signed func() signature.Result
}

// rule answers one question. It moves no bytes. An answer without a state is none.
type rule struct {
	name string
	ask  func(inquiry) CheckResult
}

// rules are all questions that are asked before a byte moves, in the order in
// which they are shown. The last, "url", is answered by proving the URLs.
func rules() []rule {
	return []rule{
		{"identity", askIdentity},
		{"model", askModel},
		{"method", askMethod},
		{"version", askVersion},
		{"source", askSource},
		{"files", askFiles},
		{"size", askSize},
		{"space", askSpace},
		{"hashes", askHashes},
		{"signature", askSignature},
		{"battery", func(q inquiry) CheckResult { return askBattery(q.plan, q.identity) }},
		{"signal", func(q inquiry) CheckResult { return askSignal(q.plan, q.identity) }},
		{"reach", askReach},
		{"repeat", askRepeat},
	}
}

// lastRules are asked again right before the device is told to install.
func lastRules(p Plan, identity devices.Identity) []CheckResult {
	return []CheckResult{
		named("battery", askBattery(p, identity)),
		named("signal", askSignal(p, identity)),
	}
}

func named(name string, r CheckResult) CheckResult {
	r.Name = name
	return r
}

// Check asks every rule about the plan for the device that answered. It moves
// no bytes: a URL is proved only when the upgrade has been started.
func (e *Engine) Check(ctx context.Context, p Plan, identity devices.Identity) []CheckResult {
	driver, err := e.driver(p)
	if err != nil || p.Package == nil || ended(ctx) != nil {
		return nil
	}
	return e.checks(ctx, p, identity, driver.Capabilities(identity), "")
}

// checks asks all rules but the proof of URLs; self is the asking job.
func (e *Engine) checks(ctx context.Context, p Plan, identity devices.Identity, caps devices.Capabilities, self string) []CheckResult {
	before, unread := e.Records(200)
	before = slices.DeleteFunc(slices.Clone(before), func(r Record) bool { return r.Job == self })
	q := inquiry{plan: p, identity: identity, caps: caps, before: before, unread: unread, now: time.Now(), reach: e.tools.reach}
	if judge := e.cfg.Signatures; judge != nil {
		q.signed = sync.OnceValue(func() signature.Result { return judge(ctx, p.Package) })
	}
	var results []CheckResult
	for _, r := range rules() {
		if answer := r.ask(q); answer.State != "" {
			results = append(results, named(r.name, answer))
		}
	}
	results = append(results, named("url", urlLater(p)))
	return accept(results, p.Accept)
}

// accept applies what the person accepted: it turns a refusal that may be
// overridden into a warning, and is recorded in the result.
func accept(results []CheckResult, accepted map[string]string) []CheckResult {
	for i, r := range results {
		reason, yes := accepted[r.Name]
		if !yes || !r.Override {
			continue
		}
		results[i].Accepted, results[i].Reason = true, reason
		if r.State == CheckFailed {
			results[i].State = CheckWarn
		}
	}
	return results
}

// check asks all rules and then proves the URLs; what refuses ends the job.
func (j *job) check(ctx context.Context) (Stage, error) {
	results := j.e.checks(ctx, j.plan, j.before, j.caps, j.id)
	if err := ended(ctx); err != nil {
		return "", err // what was asked meanwhile is no answer
	}
	if !slices.ContainsFunc(results, CheckResult.Blocks) {
		last := &results[len(results)-1]
		proved, err := j.proveURLs(ctx)
		if err != nil {
			return "", err
		}
		if proved.State != "" {
			*last = named("url", proved)
		}
	}
	j.box.put(Event{Checks: results})
	i := slices.IndexFunc(results, CheckResult.Blocks)
	if i < 0 {
		return "", nil
	}
	f := &Failure{Kind: devices.Refused, Note: results[i].Fact, Text: "check refused: " + results[i].Name}
	f.Note.Level = Fault
	scrub(f, j.secrets())
	return "", &conclusion{outcome: RefusedBefore, failure: f}
}

// proveURLs fetches what others serve, to this computer only. The error is that
// of a person who cancelled; anything else is a result.
func (j *job) proveURLs(ctx context.Context) (CheckResult, error) {
	o := j.plan.Origin
	if !j.plan.Method.Fetched() || o == nil || len(o.URLs) == 0 {
		return CheckResult{}, nil
	}
	files := j.plan.Package.Files
	if len(o.URLs) != len(files) {
		return failed(CheckURLCount, []any{len(files), len(o.URLs)}, CheckURLCountRemedy), nil
	}
	total, before := j.plan.Package.Size(), int64(0)
	for i, u := range o.URLs {
		err := j.e.tools.prove(ctx, *o, u, files[i], func(done, _ int64) {
			report{j.box}.Progress(min(before+done, total), total)
		})
		if err != nil && stopped(err) {
			return CheckResult{}, err
		}
		if err != nil {
			f := describe(err, string(j.address), j.secrets())
			return CheckResult{
				State: CheckFailed, Fact: f.Note,
				Remedy: &Note{Level: Fault, Code: CheckURLRemedy, Args: []any{PublicURL(u)}},
			}, nil
		}
		before += files[i].Size
	}
	return fine(CheckURLProved, len(o.URLs)), nil
}

func fine(code devices.Code, args ...any) CheckResult {
	return CheckResult{State: CheckOK, Fact: Note{Level: Info, Code: code, Args: args}}
}

func skipped(code devices.Code, args ...any) CheckResult {
	return CheckResult{State: CheckSkipped, Fact: Note{Level: Info, Code: code, Args: args}}
}

func warned(code devices.Code, args []any, remedy devices.Code, remedyArgs ...any) CheckResult {
	return CheckResult{
		State: CheckWarn, Fact: Note{Level: Warn, Code: code, Args: args},
		Remedy: &Note{Level: Warn, Code: remedy, Args: remedyArgs},
	}
}

func failed(code devices.Code, args []any, remedy devices.Code, remedyArgs ...any) CheckResult {
	return CheckResult{
		State: CheckFailed, Fact: Note{Level: Fault, Code: code, Args: args},
		Remedy: &Note{Level: Fault, Code: remedy, Args: remedyArgs},
	}
}

// needsYes is r, which a person may let pass.
func needsYes(r CheckResult) CheckResult {
	r.Override = true
	return r
}

// component is what the package replaces; nobody said means module firmware.
func (p Plan) component() packages.Component {
	if c := p.Package.Manifest.Component; c != "" {
		return c
	}
	return packages.FOTA
}
