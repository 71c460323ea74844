# The two commands to know: make run, make test.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
# sudo drops PATH; Go's own installer puts it here.
export PATH := $(PATH):/usr/local/go/bin
GO ?= go
# Tests run the same interpreter under Node too.
export FOTABENCH_MICROPYTHON := $(CURDIR)/.cache/micropython
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
ROOMS := ./packages/... ./devices/... ./updater/... ./assets/... ./ui/words/... ./ui/cli/... ./ui/bench/... ./ui/demo/...
EXE := bin/fotabench$(shell $(GO) env GOEXE 2>/dev/null)

.PHONY: run build test lint cross race e2e bench figures faults fuzz shape screenshots packaging release smoke setup setup-test clean

run: build ## open the program with a simulated module and a demo package
	$(EXE) --demo

build: setup
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(EXE) .

setup:
	@.ci/setup build
setup-test:
	@.ci/setup test

test: setup-test lint packaging cross race e2e ## every check

lint:
	@test -z "$$($(GO) tool gofumpt -l . | tee /dev/stderr)" || { echo 'lint: run go tool gofumpt -w on these files' >&2; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck -checks 'inherit,ST1000,ST1020,ST1021,ST1022' ./...
	@test -z "$$($(GO) tool gocyclo -over 15 . | grep -v _test.go | tee /dev/stderr)" || { echo 'lint: cyclomatic complexity above 15' >&2; exit 1; }
	$(GO) run .ci/shape/main.go -gate

cross: ## all but the window builds without cgo everywhere
	for os in linux windows darwin; do CGO_ENABLED=0 GOOS=$$os $(GO) vet $(ROOMS); done

race:
	FOTABENCH_PEERS=required $(GO) test -race -timeout 20m ./...

e2e: build ## the built program, a real window, a real pty
	FOTABENCH_PEERS=required FOTABENCH_EXE="$(CURDIR)/$(EXE)" $(GO) test -count=1 -timeout 25m -tags e2e ./ui/e2e/...

bench: build ## speeds as ratios against a peer in the same run, then the figures
	@.ci/setup bench
	@mkdir -p .cache
	FOTABENCH_PEERS=required $(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -timeout 40m ./devices/repl/... ./devices/luat/... ./devices/aliyun/... ./packages/... ./devices/sim/... ./devices/quectel/... ./updater/... ./ui/evidence/... ./ui | tee .cache/bench.txt
	$(GO) run ./.ci/figures $(EXE) .cache/bench.txt

figures: setup-test build ## what was asked of speed and idle cost, against what is: docs/figures.md
	@mkdir -p .cache
	FOTABENCH_PEERS=required $(GO) test -p 1 -run '^$$' -bench '^Benchmark(Import|History|HistoryPage|Look|Recall)$$' -benchtime 1x -timeout 10m ./packages/library ./updater ./ui | tee .cache/bench.txt
	$(GO) run ./.ci/figures $(EXE) .cache/bench.txt

faults: setup-test ## docs/faults.md: what people are told in every fault, against the truth
	@rm -rf .cache/faults && mkdir -p .cache/faults
	FOTABENCH_PEERS=required FOTABENCH_FAULTS="$(CURDIR)/.cache/faults" $(GO) test -count=1 -timeout 20m -run Promises ./devices/...
	$(GO) run ./.ci/faults .cache/faults docs/faults.md

fuzz: ## each fuzz target for 30 s
	.ci/fuzz 30s

shape: ## the figures of the house style
	@$(GO) run .ci/shape/main.go

screenshots: setup-test build ## the pictures of the guide
	.ci/screenshots

packaging: ## what a release is made from
	.ci/packaging

release: ## what people install, for Linux and Windows, in dist/, and tried
	@.ci/setup release
	.ci/release linux windows sums
	.ci/smoke

smoke: ## what is in dist/ is installed, upgrades a simulated module, opens its window
	.ci/smoke

clean:
	rm -rf bin dist .cache
