# WebPlug. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOLS   := $(CURDIR)/.tools
LINT    := $(TOOLS)/golangci-lint-v2.15.0
JS      := clients/js/node_modules/.package-lock.json

need = @command -v $(1) >/dev/null 2>&1 || { echo "make: $(1) is missing: $(2)" >&2; exit 1; }

.PHONY: help
help: ## this list
	@grep -hE '^[a-z/-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: go
go:
	$(call need,go,install Go 1.26 or newer)

.PHONY: build
build: go ## bin/webplug, from source
	@echo "building bin/webplug"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/webplug ./cmd/webplug

.PHONY: run
run: build ## WebPlug on 127.0.0.1:8080, its data in ./data
	@exec bin/webplug dev --allow-private-endpoints

.PHONY: test
test: go $(JS) ## every test, with the race detector
	$(call need,node,install Node.js 20 or newer: a test checks our signatures with JavaScript's library)
	$(call need,cc,install a C compiler such as gcc: Go's race detector needs one)
	$(call need,java,install a Java 17 runtime: tests run AWS's own DynamoDB Local)
	@echo "testing (the first run also builds everything and fetches DynamoDB Local)"
	@go test -race -timeout 20m ./...
	@echo "testing the npm client"
	@cd clients/js && npm test --silent

.PHONY: sim
SEEDS ?= 200
sim: go ## the simulation, SEEDS=n random worlds
	@WEBPLUG_SIM_SEEDS=$(SEEDS) go test -run '^TestSimulation$$' -count=1 -timeout 60m ./cmd/webplug

.PHONY: bench
bench: build ## speed and cost beside a plain relay, as ratios
	@go build -o bin/bench ./cmd/bench
	@bin/bench --webplug bin/webplug $(BENCH)

.PHONY: check
check: go $(LINT) $(JS) ## formatting, vet and linters
	@echo "checking"
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@go vet ./...
	@$(LINT) run ./...
	@cd clients/js && npm run --silent check

$(LINT):
	@echo "installing golangci-lint (once, a few minutes)"
	@mkdir -p $(TOOLS)
	@GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	@mv $(TOOLS)/golangci-lint $(LINT)

$(JS): clients/js/package.json clients/js/package-lock.json
	$(call need,node,install Node.js 20 or newer)
	$(call need,npm,install npm: it comes with Node.js)
	@echo "installing what the npm client is built and tested with (once, half a minute)"
	@cd clients/js && npm ci --loglevel=error
	@touch $@

.PHONY: fmt
fmt: go ## formats all Go files
	@gofmt -w $$(git ls-files '*.go')

.PHONY: clean
clean: ## takes away what was built (never data)
	@rm -rf bin clients/js/dist clients/js/.test
