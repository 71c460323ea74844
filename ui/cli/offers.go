package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/quecthing/rule"
	"fotabench/updater"
)

// What offers tells.
const (
	OfferNone    devices.Code = "cli.offer.none"
	OfferOne     devices.Code = "cli.offer.one"
	OfferFrom    devices.Code = "cli.offer.from"
	OfferTo      devices.Code = "cli.offer.to"
	OfferBattery devices.Code = "cli.offer.battery"
	OfferSignal  devices.Code = "cli.offer.signal"
	OfferSpace   devices.Code = "cli.offer.space"
	OfferRaw     devices.Code = "cli.offer.raw"
	OfferRefused devices.Code = "cli.offer.refused"
	OfferByRule  devices.Code = "cli.offer.rule"
	OfferNot     devices.Code = "cli.offer.not"
)

// question is what offers was called with.
type question struct {
	target
	giver
	key, server, apn     string
	point                string
	mcu, handover, words string
	byRule               bool
	rule                 rule.Rule
	accept, refuse       int
	agreed               []string
	yes                  bool
}

func (a *app) offersCommand() *cobra.Command {
	q := question{}
	c := &cobra.Command{
		Use:   "offers --port PORT --product-key KEY",
		Short: "ask a QuecThing device what its platform has planned for it; accept or refuse",
		Long: "Sets product key, secret, server and access point on the device, lets it connect and asks for its plans.\n" +
			"The product secret is taken from " + productSecretEnv + "; where that is not set, it is the one that is kept for this product key.\n" +
			"With --accept the upgrade is carried out and watched to its end.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q.byRule, q.named = c.Flags().Changed("rule"), c.Flags().Changed("product-secret-env")
			return a.offers(c.Context(), &q)
		},
	}
	q.target.flags(c)
	q.giver.flags(c)
	c.AddCommand(a.offersKeptCommand(), a.offersForgetCommand())
	f := c.Flags()
	f.StringVar(&q.key, "product-key", "", "product key at the platform")
	f.StringVar(&q.server, "server", "", "the platform, such as mqtts://host:8883 (default: the device's own)")
	f.StringVar(&q.apn, "apn", "", "access point that the device is to use")
	f.StringVar(&q.point, "point", "", "access point of the settings that the device is to use, with its user and password")
	completedPoint(c, a)
	f.StringVar(&q.mcu, "mcu", "", "part beside the module whose firmware the platform may have, such as MCU1")
	f.StringVar(&q.handover, "handover", "", "function on the device that installs it there, module:function")
	f.StringVar(&q.words, "rule", "", "accept the first plan that a rule allows: fota, sota, app, older, unknown between commas; empty: the strict one")
	f.IntVar(&q.accept, "accept", 0, "accept the plan with this number and upgrade")
	f.IntVar(&q.refuse, "refuse", 0, "refuse the plan with this number")
	f.StringArrayVar(&q.agreed, "accept-check", nil, "accept a check's objection: name or name=reason (repeatable)")
	f.BoolVar(&q.yes, "yes", false, "begin without asking")
	return c
}

// sound tells whether the flags fit each other.
func (q *question) sound(a *app) (err error) {
	if q.rule, err = rule.Parse(q.words); err != nil {
		return usageError{err}
	}
	decisions := 0
	for _, made := range []bool{q.accept != 0, q.refuse != 0, q.byRule} {
		if made {
			decisions++
		}
	}
	switch {
	case q.key == "":
		return misuse("--product-key is missing: it stands on the platform's page of the product")
	case q.point != "" && q.apn != "":
		return misuse("choose one: --point of the settings, or --apn")
	case q.accept < 0 || q.refuse < 0 || decisions > 1:
		return misuse("say --accept N, --refuse N with the number of a plan, or --rule")
	case (q.accept > 0 || q.byRule) && !q.yes && !a.askable():
		return misuse("nobody can be asked here: repeat with --yes")
	}
	return nil
}

// platform is how the device reaches its platform.
func (q *question) platform(ctx context.Context, a *app) (*devices.Platform, error) {
	secret, err := q.secret(ctx, a, q.key)
	if err != nil {
		return nil, err
	}
	p := &devices.Platform{ProductKey: q.key, ProductSecret: secret, Server: q.server}
	if p.APN, err = (&order{apn: q.apn, point: q.point}).accessPoint(ctx, a); err != nil {
		return nil, err
	}
	if q.mcu != "" {
		p.MCU = []devices.MCU{{Component: q.mcu, Handover: q.handover}}
	}
	return p, nil
}

// complete makes the plan of the flags, without the package.
func (q *question) complete(ctx context.Context, a *app) (plan updater.Plan, err error) {
	if err := q.sound(a); err != nil {
		return plan, err
	}
	if plan, err = q.plan(ctx, a); err != nil {
		return plan, err
	}
	if plan.Access.Platform, err = q.platform(ctx, a); err != nil {
		return plan, err
	}
	if plan.Family == "" {
		plan.Family = a.Platform
	}
	plan.Role = plan.Sighting.RoleFor(plan.Family, a.Ways)
	plan.Method, plan.Accept = devices.Plan, (&order{accept: q.agreed}).accepted()
	return plan, nil
}

func (a *app) offers(ctx context.Context, q *question) error {
	plan, err := q.complete(ctx, a)
	if err != nil {
		return err
	}
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	asking, stop := a.interruptible(ctx)
	identity, offers, err := engine.Offers(asking, plan)
	stop()
	if err != nil {
		return err
	}
	a.tellOffers(identity, offers)
	number := max(q.accept, q.refuse)
	if q.byRule {
		number = a.decide(q.rule, identity, offers)
	}
	if number == 0 {
		return nil
	}
	if number > len(offers) {
		return misuse("there is no plan number %d: %d offered", number, len(offers))
	}
	offer := offers[number-1]
	if q.refuse > 0 {
		if err := engine.Refuse(ctx, plan, offer); err != nil {
			return err
		}
		fmt.Fprintln(a.Err, a.book.Say(OfferRefused))
		return nil
	}
	plan.Package, plan.ID = offer.Package, identity.ID()
	return a.run(ctx, engine, plan, &order{yes: q.yes})
}

// decide gives the number of the first plan that the rule accepts, 0 if there is none,
// and says why not.
func (a *app) decide(r rule.Rule, id devices.Identity, offers []devices.Offer) int {
	for i, o := range offers {
		v := r.Judge(o, id)
		if v.Accept {
			fmt.Fprintln(a.Err, a.book.Say(OfferByRule, i+1))
			return i + 1
		}
		fmt.Fprintln(a.Err, a.book.Say(OfferNot, i+1, a.book.Say(v.Why, v.Args...)))
	}
	return 0
}

// offered is a plan as --json prints it.
type offered struct {
	Number     int    `json:"number"`
	Name       string `json:"name"`
	Component  string `json:"component"`
	From       string `json:"sourceVersion,omitempty"`
	To         string `json:"targetVersion"`
	MinBattery int    `json:"minBattery,omitempty"`
	SignalDBm  int    `json:"minSignalDBm,omitempty"`
	Space      int64  `json:"space,omitempty"`
	Raw        string `json:"raw"`
}

// tellOffers shows each plan beside what the device has.
func (a *app) tellOffers(id devices.Identity, offers []devices.Offer) {
	if len(offers) == 0 && !a.json {
		fmt.Fprintln(a.Out, a.book.Say(OfferNone))
	}
	for i, o := range offers {
		m, p := o.Package.Manifest, o.Package.Offer
		if a.json {
			a.object(offered{i + 1, o.Package.Name, p.Component, m.SourceVersion, m.TargetVersion, m.MinBattery, p.SignalDBm, p.Space, o.Raw})
			continue
		}
		known := func(text string) string {
			if text == "" {
				return a.book.Say(Unknown)
			}
			return text
		}
		fmt.Fprintln(a.Out, a.book.Say(OfferOne, i+1, o.Package.Name, p.Component))
		for _, line := range []string{
			a.book.Say(OfferFrom, known(m.SourceVersion), known(id.Firmware)),
			a.book.Say(OfferTo, known(m.TargetVersion)),
			a.book.Say(OfferBattery, m.MinBattery, known(quantity(a, Percent, id.BatteryPercent))),
			a.book.Say(OfferSignal, p.SignalDBm, known(quantity(a, Signal, id.SignalCSQ))),
			a.book.Say(OfferSpace, p.Space, known(quantity(a, FreeSpace, id.FreeBytes))),
			a.book.Say(OfferRaw, o.Raw),
		} {
			fmt.Fprintln(a.Out, "    "+line)
		}
	}
}
