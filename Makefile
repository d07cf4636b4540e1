# Everything that CI does is a target here, and runs on a laptop the same way.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export TEMPORAL_CLI := $(CURDIR)/bin/temporal

help: ## Print this help.
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Run everything on this machine, with a simulated carrier and a demo.
	bin/ringdown dev

build: bin/ringdown bin/temporal ## Build the binary and the pinned Temporal server into bin/.

bin/ringdown: $(shell git ls-files '*.go' '*.sql' '*.json' '*.wav' '*.html' '*.css' '*.js' '*.svg' '*.xml' go.mod go.sum 2>/dev/null)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/ringdown

bin/temporal: tools/temporal/go.mod tools/temporal/go.sum
	@echo 'building the pinned Temporal server; this takes some minutes, once'
	cd tools/temporal && go build -ldflags '-s -w' -o ../../bin/temporal github.com/temporalio/cli/cmd/temporal
	@touch $@

bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	cd tools/lint && go build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bin/workflowcheck: tools/lint/go.mod tools/lint/go.sum
	cd tools/lint && go build -o ../../bin/workflowcheck go.temporal.io/sdk/contrib/tools/workflowcheck
	@touch $@

test: build ## Run the whole suite, and set up what it needs.
	tools/setup-tests
	go test ./... || status=$$?; tools/setup-tests --left-out; exit $${status:-0}

race: ## Run what happens at once under the race detector.
	go test -race ./models ./workflows ./activities/receivers ./activities/slack
	go test -race ./api -skip '^TestREST'
	go test -race ./api -run '^TestREST.*(AtOnce|Elsewhere|Stream|Live|Again|Tries)'

bench: build ## Measure the figures of docs/bench.md, as ratios to a bare workflow.
	go run ./bench

soak: build ## Make 2,000 calls at random while things go wrong; SEED=… repeats a run. See docs/soak.md.
	go test ./e2e -run '^TestSoak$$' -count=1 -v -timeout 45m -args -soak $(or $(CALLS),2000) \
	  $(if $(SEED),-soak.seed $(SEED)) $(if $(CALL),-soak.call $(CALL)) $(if $(AT_ONCE),-soak.at-once $(AT_ONCE))

golden: ## Rewrite the golden files; review them like code.
	go test ./api/twiml -update -run 'Golden'
	go test ./cmd/ringdown -update -run 'StoryOfRecorded'
	go test ./api -run OpenAPI -update

generate: ## Rewrite generated files.
	go generate ./...

lint: bin/golangci-lint bin/workflowcheck ## Format, vet, lint, and look for what a workflow must not do.
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt -w on these'; exit 1; }
	go vet ./...
	bin/golangci-lint run
	bin/workflowcheck ./workflows/...

tools/openapi/node_modules: tools/openapi/package.json tools/openapi/package-lock.json
	cd tools/openapi && npm ci --no-progress
	@touch $@

openapi: tools/openapi/node_modules ## Lint the OpenAPI document with redocly and spectral.
	cd tools/openapi && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx redocly lint ../../api/openapi.json
	cd tools/openapi && npx spectral lint --fail-severity=warn ../../api/openapi.json

fresh: generate golden ## Fail when a generated or golden file is not up to date.
	@test -z "$$(git status --porcelain)" || { git status --short; git diff --stat; echo "not up to date, or not committed"; exit 1; }

ci: lint test race openapi fresh ## What CI runs.

clean: ## Remove what was built.
	rm -rf bin

.PHONY: help run build test race bench soak golden generate lint openapi fresh ci clean
