# Tools are pinned here and run by their version, so that go.mod lists only
# what ships.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
ACTIONLINT    := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
SBOM          := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
CONFIG  ?= busbell.yaml
LDFLAGS := -s -w -X github.com/busbell/busbell/internal/app.version=$(VERSION)
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

# The race detector needs a C compiler; Go turns cgo off where there is none.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/handler, which the host starts, and bin/busbell, the command line
	$(GOBUILD) -o bin/handler ./handler
	$(GOBUILD) -o bin/busbell ./cmd/busbell

.PHONY: demo
demo: build ## watch a small shop fail and recover, all on this machine
	bin/busbell demo --dir .

.PHONY: test
test: browser ## run every test, with the race detector where there is a C compiler
	@$(if $(RACE),,echo 'test: no C compiler found, so without the race detector')
	.ci/azurite go test $(RACE) ./...
	.ci/clients javascript
	BUSBELL_CRASH=2000 $(CRASH)

.PHONY: clients
clients: ## run the JavaScript, Python and Java clients of Service Bus against the emulator
	.ci/clients javascript python java

# What is said while everything around it crashes; its outcomes are printed.
CRASH = .ci/azurite go test $(RACE) -count=1 -timeout 0 -v -run 'Crashes|SkewedClocks|SimplerProtocols|LagsTooLong' ./internal/notify/outbox

# The crashes, thirty times over. One run with thirty times the notices would
# take hours: every sender that begins reads all that wait.
CRASHES = .ci/azurite go test $(RACE) -count=30 -timeout 0 -v -run TestCrashes ./internal/notify/outbox

# The same of real handlers that are killed, and whose clocks differ.
KILL = .ci/azurite go test $(RACE) -count=1 -timeout 0 -v -run KilledHandlers ./internal/e2e

# The handlers are killed once with short waits, and as they are published with
# one clock far ahead and far behind.
.PHONY: soak
soak: ## crash and be killed for about an hour, with the outcomes printed
	BUSBELL_CRASH=2000 $(CRASHES)
	BUSBELL_KILL=5000 $(KILL)
	BUSBELL_KILL=1000 BUSBELL_HURRY=1 BUSBELL_SKEW=110s $(KILL)
	BUSBELL_KILL=1000 BUSBELL_HURRY=1 BUSBELL_SKEW=-110s $(KILL)
	BUSBELL_BUS_SOAK=5m go test $(RACE) -count=1 -timeout 0 -v -run AccountedFor ./internal/emulator/servicebus
	go test -count=1 -timeout 0 -run TwoHours ./internal/errorqueue -args -days 2000

# The page is also tried in a real browser, where one can be had.
.PHONY: browser
browser:
	@.ci/browser

.PHONY: lint
lint: ## check the format and run the linters of .golangci.yml
	@test -z "$$(gofmt -l .)" || { echo 'lint: gofmt would change these files:'; gofmt -l .; exit 1; }
	go vet ./...
	go run $(GOLANGCI_LINT) run ./...

.PHONY: vuln
vuln: ## look for known vulnerabilities in what we call
	@.ci/vuln $(GOVULNCHECK)

.PHONY: bench
bench: ## measure, each figure beside its baseline
	go run ./bench

.PHONY: package
package: ## put dist/ and dist.zip together, ready to publish (CONFIG=production.yaml)
	go run ./internal/pack -config '$(CONFIG)' -version '$(VERSION)'

.PHONY: deploy
deploy: ## package and publish to a function app (APP=its name CONFIG=production.yaml)
	@test -n '$(APP)' || { echo 'deploy: to which app? make deploy APP=name CONFIG=path/to/busbell.yaml'; exit 1; }
	@command -v func >/dev/null || { echo 'deploy: Azure Functions Core Tools are missing: npm install -g azure-functions-core-tools@4'; exit 1; }
	@$(MAKE) --no-print-directory package
	cd dist && func azure functionapp publish '$(APP)' --custom

# Beside func, all that it needs: storage, and stand-ins for the rest. They end with it.
.PHONY: func
func: build ## run under the real Functions host on this machine (needs func and azurite)
	@for tool in func azurite; do command -v $$tool >/dev/null || { echo "func: $$tool is missing, see docs/local.md"; exit 1; }; done
	@azurite --silent --inMemoryPersistence --skipApiVersionCheck --disableTelemetry & storage=$$!; bin/busbell emulator & cloud=$$!; \
	trap 'kill $$storage $$cloud 2>/dev/null' EXIT; func start

.PHONY: workflows
workflows: ## check .github/workflows
	go run $(ACTIONLINT)

.PHONY: templates
templates: ## check infra/, where a checker is at hand
	@.ci/bicep

.PHONY: release
release: ## build what is released, with checksums and lists of contents (VERSION=v1.2.3)
	@.ci/release '$(VERSION)' $(SBOM)

.PHONY: clean
clean: ## remove what the other targets built
	rm -rf bin dist dist.zip release
