# WebPlug. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOLS   := $(CURDIR)/.tools
LINT    := $(TOOLS)/golangci-lint-v2.15.0
JS      := clients/js/node_modules/.package-lock.json
CFNLINT := $(TOOLS)/cfn-lint-1.51.0/bin/cfn-lint

need = @command -v $(1) >/dev/null 2>&1 || { echo "make: $(1) is missing: $(2)" >&2; exit 1; }

.PHONY: help
help: ## this list
	@grep -hE '^[a-z/-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: go
go:
	$(call need,go,install Go 1.26 or newer)

# The UI is built into ui/dist, which the binary embeds; only when what it is made of has changed.
UI_SOURCES := handlers/rest/openapi.yaml ui/index.html ui/package.json ui/vite.config.ts \
	$(shell find ui/src ui/public -type f ! -name '*.test.ts' ! -name schema.d.ts 2>/dev/null)

ui/node_modules/.package-lock.json: ui/package-lock.json
	$(call need,node,install Node.js 20 or newer: the management UI is built with it)
	@echo "installing what the UI is built with"
	@cd ui && npm ci --no-progress --loglevel=error
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	$(call need,node,install Node.js 20 or newer: the management UI is built with it)
	@echo "building the UI"
	@cd ui && npm run --silent build -- --logLevel warn
	@touch $@

.PHONY: build
build: go ui/dist/index.html ## bin/webplug, from source, with the UI in it
	@echo "building bin/webplug"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/webplug ./cmd/webplug

# What is deployed into an AWS account: the functions' program for arm64 in a zip, and the stack's template. The CDK runs in
# Node.js; its Go module is one of its own, since it is larger than all the rest.
LAMBDA ?= ./cmd/lambda
RELEASE := infra/release/files

.PHONY: package
package: go ui/dist/index.html ## bin/lambda.zip, what the functions run
	@echo "building the functions' package"
	@CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags "-s -w -X main.version=$(VERSION)" \
		-o bin/lambda/bootstrap $(LAMBDA)
	@go run ./cmd/pack bin/lambda/bootstrap bin/lambda.zip

.PHONY: bin/cdk
bin/cdk: go
	$(call need,node,install Node.js 20 or newer: the AWS CDK runs in it)
	@echo "building the stack (the first time takes some minutes)"
	@cd infra/cdk && go build -trimpath -o $(CURDIR)/bin/cdk .

.PHONY: cdk-app
cdk-app: bin/cdk package

$(RELEASE)/template.json: bin/cdk
	@echo "synthesizing the template"
	@mkdir -p $(RELEASE) && rm -rf cdk.out/release
	@# Node.js and the CDK say much on stderr that is no fault; the exit code tells.
	@mkdir -p cdk.out && { CDK_OUTDIR=cdk.out/release bin/cdk -release 2>cdk.out/log || { cat cdk.out/log >&2; exit 1; }; }
	@cp cdk.out/release/WebPlug.template.json $@

.PHONY: release
release: package $(RELEASE)/template.json ## bin/webplug that deploys itself: the template and the functions in it
	@cp bin/lambda.zip $(RELEASE)/lambda.zip
	@go test -tags release ./infra/release
	@echo "building bin/webplug"
	@CGO_ENABLED=0 go build -trimpath -tags release -ldflags "-s -w -X main.version=$(VERSION)" -o bin/webplug ./cmd/webplug

.PHONY: run
run: build ## WebPlug on 127.0.0.1:8080, its data in ./data
	@exec bin/webplug dev --allow-private-endpoints

.PHONY: test
test: go ui/dist/index.html ## every test, with the race detector
	$(call need,node,install Node.js 20 or newer: a test checks our signatures with JavaScript's library)
	$(call need,cc,install a C compiler such as gcc: Go's race detector needs one)
	$(call need,java,install a Java 17 runtime: tests run AWS's own DynamoDB Local)
	@echo "testing (the first run also builds everything, and fetches DynamoDB Local and moto)"
	@$(MAKE) --no-print-directory moto
	@go test -race -timeout 20m ./...
	@$(MAKE) --no-print-directory cdk-test js-test ui-test

.PHONY: test/dynamodb
test/dynamodb: go ## the HTTP suite with --store dynamodb, in both formats
	@go test -race -timeout 20m ./cmd/webplug/e2e -store dynamodb -format standard-webhooks
	@go test -race -timeout 20m ./cmd/webplug/e2e -store dynamodb -format sns

.PHONY: cdk-test
cdk-test: cfn-lint ## the stack: its template by assertions, and by cfn-lint
	@echo "testing the stack"
	@# Not from Go's cache: it does not see what lies outside the module, as the calls that the functions were seen to make.
	@cd infra/cdk && go test -count=1 -timeout 10m ./...

# It reads the template as AWS describes its resources. Without it the template is still tested by all else.
.PHONY: cfn-lint
cfn-lint: $(RELEASE)/template.json
	@mkdir -p $(TOOLS); test -x $(CFNLINT) || { \
	  echo "installing cfn-lint (once)"; rm -rf $(TOOLS)/cfn-lint-1.51.0; \
	  python3 -m venv $(TOOLS)/cfn-lint-1.51.0 >$(TOOLS)/cfn-lint.log 2>&1 && \
	  $(TOOLS)/cfn-lint-1.51.0/bin/pip install --quiet --disable-pip-version-check cfn-lint==1.51.0 >>$(TOOLS)/cfn-lint.log 2>&1 || \
	  echo "left out: cfn-lint cannot be installed (it needs Python 3 with venv); $(TOOLS)/cfn-lint.log says why"; }
	@test ! -x $(CFNLINT) || $(CFNLINT) --non-zero-exit-code warning $(RELEASE)/template.json

.PHONY: js-test
js-test: go $(JS) ## the npm client's tests
	@echo "testing the npm client"
	@cd clients/js && npm test --silent

.PHONY: ui-test
ui-test: build ## the UI's tests; those in a browser need Chromium
	@echo "testing the UI"
	@cd ui && npm run --silent types && npm test --silent
	@ui/e2e/chromium.sh
	@cd ui && npm run --silent e2e

.PHONY: sim
SEEDS ?= 200
sim: go ## the simulation, SEEDS=n random worlds
	@WEBPLUG_SIM_SEEDS=$(SEEDS) go test -run '^TestSimulation$$' -count=1 -timeout 60m ./cmd/webplug

.PHONY: bench
bench: build ## speed and cost beside a plain relay, as ratios
	@go build -o bin/bench ./cmd/bench
	@bin/bench --webplug bin/webplug $(BENCH)

.PHONY: cost
cost: go ## what a million delivered webhooks cost in AWS, from a measured run
	$(call need,java,install a Java 17 runtime: it runs AWS's own DynamoDB Local)
	@go run ./cmd/cost $(COST)

.PHONY: bench/lambda
bench/lambda: package ## cold start and size of what runs in AWS Lambda
	@CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w" -o bin/lambda/host ./cmd/lambda
	@go build -o bin/bench ./cmd/bench
	@bin/bench lambda

.PHONY: check
check: go $(LINT) ## formatting, vet and linters
	@echo "checking"
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@go vet ./...
	@$(LINT) run ./...
	@cd infra/cdk && go vet ./... && $(LINT) run -c $(CURDIR)/.golangci.yml ./...
	@$(MAKE) --no-print-directory js-check ui-check

.PHONY: js-check
js-check: $(JS)
	@cd clients/js && npm run --silent check

.PHONY: ui-check
ui-check: ui/node_modules/.package-lock.json
	@cd ui && npm run --silent check

# An emulator of AWS for tests. Without it they are skipped, and say so.
MOTO := $(TOOLS)/moto/version-5.2.1
.PHONY: moto
moto:
	@mkdir -p $(TOOLS); test -e $(MOTO) || { \
	  command -v python3 >/dev/null 2>&1 || { echo "python3 is missing: install Python 3 with venv and pip"; exit 0; }; \
	  rm -rf $(TOOLS)/moto; \
	  python3 -m venv $(TOOLS)/moto >$(TOOLS)/moto.log 2>&1 || { echo "python3 has no venv: install python3-venv"; exit 0; }; \
	  $(TOOLS)/moto/bin/pip install --quiet --disable-pip-version-check 'moto[server]==5.2.1' >$(TOOLS)/moto.log 2>&1 \
	    && touch $(MOTO) || echo "pip could not install moto; $(TOOLS)/moto.log says why"; }

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

.PHONY: docs
docs: go ## docs/cli.md, from the commands' help
	@go test -run '^TestDocs$$' ./cmd/webplug -update >/dev/null && echo "wrote docs/cli.md"

.PHONY: clean
clean: ## takes away what was built (never data)
	@rm -rf bin cdk.out $(RELEASE) ui/dist/assets ui/dist/index.html clients/js/dist clients/js/.test
