# Everything that CI does is a target here, and runs on a laptop the same way.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export TEMPORAL_CLI := $(CURDIR)/bin/temporal

help: ## Print this help.
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Run everything on this machine, with a simulated carrier and a demo.
	bin/ringdown dev

cluster: cluster-tools ## Run the production topology as processes of this machine; see docs/production.md.
	bin/ringdown cluster

cluster-tools: bin/ringdown bin/temporal-server bin/temporal-sql-tool bin/temporal-ui ## Build what a cluster needs.
	tools/setup-postgres

image: ## Build the container image ringdown:VERSION.
	CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/image/ringdown ./cmd/ringdown
	docker/build-image bin/image/ringdown $(VERSION)

up: ## Start everything in containers here, or bring it to this version; see docs/docker.md.
	docker/up $(VERSION)

down: ## Stop the containers; their volumes stay.
	docker/down

build: bin/ringdown bin/temporal ## Build the binary and the pinned Temporal server into bin/.

bin/ringdown: $(shell git ls-files '*.go' '*.sql' '*.json' '*.wav' '*.html' '*.css' '*.js' '*.svg' '*.xml' '*.yaml' '*.txt' go.mod go.sum 2>/dev/null)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/ringdown

bin/temporal: tools/temporal/go.mod tools/temporal/go.sum
	@echo 'building the pinned Temporal server; this takes some minutes, once'
	cd tools/temporal && go build -ldflags '-s -w' -o ../../bin/temporal github.com/temporalio/cli/cmd/temporal
	@touch $@

bin/temporal-server: tools/temporal/go.mod tools/temporal/go.sum
	@echo 'building the pinned Temporal server for a cluster; this takes some minutes, once'
	cd tools/temporal && go build -ldflags '-s -w' -o ../../bin/temporal-server go.temporal.io/server/cmd/server
	@touch $@

bin/temporal-sql-tool: tools/temporal/go.mod tools/temporal/go.sum
	cd tools/temporal && go build -ldflags '-s -w' -o ../../bin/temporal-sql-tool go.temporal.io/server/cmd/tools/sql
	@touch $@

bin/temporal-ui: tools/temporal/go.mod tools/temporal/go.sum
	cd tools/temporal && go build -ldflags '-s -w' -o ../../bin/temporal-ui github.com/temporalio/ui-server/v2/cmd/server
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
	go test -race ./models ./workflows ./activities/receivers ./activities/slack ./cluster ./drill
	go test -race ./api -skip '^TestREST'
	go test -race ./api -run '^TestREST.*(AtOnce|Elsewhere|Stream|Live|Again|Tries)'

bench: build cluster-tools ## Measure the figures of docs/bench.md, as ratios to a bare workflow.
	go run ./bench

soak: cluster-tools ## Make 10,000 calls on a cluster while things go wrong; SEED=… repeats a run. See docs/drill.md.
	tools/soak --calls $(or $(CALLS),10000) --at-once $(or $(AT_ONCE),140) $(if $(SEED),--seed $(SEED)) $(if $(CALL),--call $(CALL)) $(if $(REPORT),--report $(REPORT))

cluster-check: cluster-tools ## Deploy, and lose workers, on clusters under live calls; OLD=BINARY deploys from an older release.
	go test ./cluster -run Real -count=1 -timeout 10m -args -real -program $(CURDIR)/bin/ringdown
	go test ./e2e/cluster -count=1 -v -timeout 20m -args -cluster $(if $(OLD),-cluster.old $(abspath $(OLD)))

fuzz: ## Fuzz what comes from outside, each target for FUZZTIME (30s); new inputs stay in testdata/fuzz.
	for at in api:FuzzSignature api:FuzzForm api:FuzzRequestForm api:FuzzCursor simulator:FuzzTwiML simulator:FuzzDocument; do \
	  go test ./$${at%%:*} -run '^$$' -fuzz "^$${at##*:}\$$" -fuzztime $(or $(FUZZTIME),30s) -parallel 2; done

golden: ## Rewrite the golden files; review them like code.
	go test ./api/twiml -update -run 'Golden'
	go test ./cmd/ringdown -update -run 'StoryOfRecorded'
	go test ./api -run OpenAPI -update

generate: ## Rewrite generated files.
	go generate ./...
	cd tools/licences && go run .

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

check-docker: bin/ringdown bin/temporal-server ## Build the image and check docker/, without a registry.
	tools/setup-tests
	tools/check-docker

licences: ## Hold that the list of dependencies' licences is whole, and that each fits ours.
	cd tools/licences && go test . && go run . --check

proxy: ## Try docker/caddy/Caddyfile with the Caddy that compose runs.
	cd tools/caddy && go test -count=1 ./...

fresh: generate golden ## Fail when a generated or golden file is not up to date.
	@test -z "$$(git status --porcelain)" || { git status --short; git diff --stat; echo "not up to date, or not committed"; exit 1; }

ci: lint build ## What CI runs.
	tools/setup-tests
	$(MAKE) -j2 --output-sync=line test race-beside
	$(MAKE) openapi licences check-docker fresh

# Most of the suite waits for calls, in real time. The race detector gets what they leave of the machine.
race-beside:
	nice -n 19 $(MAKE) race

clean: ## Remove what was built.
	rm -rf bin

.PHONY: help run cluster cluster-tools image up down build test race bench soak cluster-check fuzz golden generate lint openapi licences check-docker proxy fresh ci race-beside clean
