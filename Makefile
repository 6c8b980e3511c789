# Tools are pinned here and run by their version, so that go.mod lists only
# what ships.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
CONFIG  ?= busbell.yaml
LDFLAGS := -s -w -X github.com/busbell/busbell/internal/app.version=$(VERSION)
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"

# The race detector needs a C compiler; Go turns cgo off where there is none.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/handler, which the host starts, and bin/busbell, the command line
	$(GOBUILD) -o bin/handler ./handler
	$(GOBUILD) -o bin/busbell ./cmd/busbell

.PHONY: demo
demo: build ## watch a small shop fail and recover, all on this machine
	bin/busbell demo

.PHONY: test
test: browser ## run every test, with the race detector where there is a C compiler
	@$(if $(RACE),,echo 'test: no C compiler found, so without the race detector')
	.ci/azurite go test $(RACE) ./...

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
package: ## put dist/ and dist.zip together, ready to publish (CONFIG=busbell.yaml)
	go run ./internal/pack -config '$(CONFIG)' -version '$(VERSION)'

.PHONY: clean
clean: ## remove what the other targets built
	rm -rf bin dist dist.zip
