package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// plansPage shows upgrade plans and what becomes of each device.
type plansPage struct{ root *fyne.Container }

func newPlansPage(*window) *plansPage { return &plansPage{root: container.NewStack()} }

func (p *plansPage) object() fyne.CanvasObject { return p.root }

func (p *plansPage) render() {}
