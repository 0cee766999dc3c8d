# podprof: build, test and measure. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

# The static musl binary: what is shipped, what the tests drive (as PODPROF_BIN), what is measured.
BIN := target/podprof
# The most bytes the stripped binary may have; `make size` and `make check` fail above it.
SIZE_BUDGET := 2000000
# The same without https (cargo feature `tls` off), and the most bytes of that; `make size` alone builds it.
BIN_PLAIN := target/podprof-plain
SIZE_BUDGET_PLAIN := 1490000
# Where `make install` puts it: $(DESTDIR)$(PREFIX)/bin/podprof.
PREFIX ?= /usr/local
share = $(DESTDIR)$(PREFIX)/share
DEMO := tests/data/demo/leak/goroutine.pb.gz

sources := $(shell find src proto -type f 2>/dev/null) Cargo.toml Cargo.lock $(wildcard .cargo/*)
# The shell scripts of the project.
scripts := $(shell grep -lrE '^\#!/(bin/(ba)?sh|usr/bin/env bash)' .cargo .ci docs tests --include='[a-z]*' 2>/dev/null)
# Runs its command with GOROOT and PPROF naming the pinned Go and its pprof, fetched on first use.
with_pprof = pinned=$$(tests/oracle/fetch); export $$pinned;

.PHONY: demo-servers build plain run test test-arm64 check size bench dist reproducible docs oracle oracle-live coverage mutants fuzz install clean help

build: $(BIN) ## the static musl binary, target/podprof

$(BIN): $(sources)
	@.cargo/build-musl

plain: $(BIN_PLAIN) ## the smallest binary, target/podprof-plain: without https

$(BIN_PLAIN): $(sources)
	@.cargo/build-musl podprof-plain --no-default-features

run: $(BIN) ## open the prompt on the demo profile (a short tour where stdin is no terminal)
	@if [ -t 0 ]; then exec $(BIN) $(DEMO); else exec tests/data/demo/tour $(BIN) $(DEMO); fi

demo-servers: ## start prometheus, node-exporter and etcd on the loopback (STOP=1 stops them)
	@tests/data/demo/servers $(if $(STOP),stop,start)

test: $(BIN) ## all tests, those that drive the musl binary included
	@tests/build/need strace dash busybox=busybox-static ps=procps
	@tests/data/demo/servers programs >/dev/null
	PODPROF_BIN=$(BIN) cargo test --locked
	tests/build/static $(BIN)

test-arm64: ## the tests that drive the binary, on the aarch64 one under qemu-user
	PODPROF_ARCH=aarch64 .cargo/build-musl podprof-arm64
	tests/build/emulate target/podprof-arm64

docs: $(BIN) ## write into README.md and docs/ what their commands print now, and the man page and completions of the shells
	PODPROF_DOCS=write cargo test --locked --quiet --bin podprof manual::
	PODPROF_BIN=$(BIN) PODPROF_DOCS=write cargo test --locked docs::

check: $(BIN) ## format, lints, arrows between folders, shell scripts, licences, pages and man page up to date, size, instructions of three works
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features -- -D warnings
	tests/build/arrows
	@tests/build/need shellcheck
	shellcheck $(scripts)
	@echo "check: 0 shellcheck findings in $(words $(scripts)) scripts"
	.cargo/third-party >target/THIRD-PARTY
	@echo "check: 0 licences missing of $$(grep -c '^====' target/THIRD-PARTY) parts that are linked"
	PODPROF_BIN=$(BIN) cargo test --locked --quiet -- manual:: docs::
	@echo "check: 0 stale docs: $$(ls README.md docs/*.md docs/runbooks/*.md | wc -l) pages, the man page, the completions"
	tests/build/size $(BIN) $(SIZE_BUDGET)
	@tests/build/need valgrind
	tests/build/instructions $(BIN)

size: $(BIN) $(BIN_PLAIN) ## bytes of the binary, with https and without, and what each crate adds, the largest functions; fails above the budgets
	@tests/build/size $(BIN) $(SIZE_BUDGET)
	@tests/build/size $(BIN_PLAIN) $(SIZE_BUDGET_PLAIN)

bench: $(BIN) ## time and memory beside the pinned pprof (FULL=1 runs pprof on the big profile too)
	@$(with_pprof) tests/bench/run $(BIN)

oracle: ## rewrite the goldens with the pinned pprof
	@$(with_pprof) tests/oracle/rewrite

oracle-live: $(BIN) ## compare with the pinned pprof over a generated grid (DIR=folder of profiles)
	@$(with_pprof) tests/oracle/live $(DIR)

coverage: ## the matrix report x option x kind of profile that the case lines fill
	@tests/oracle/coverage

mutants: ## seeded one-line mutants of the reports, and which of them the tests kill
	@tests/oracle/mutants

fuzz: ## fuzz each decoder (needs cargo-fuzz; FUZZ_SECONDS=600 each)
	@tests/fuzz/run

dist: test-arm64 ## everything of a release in dist/: binaries for amd64 and arm64, kubectl plugin, sums, licences, SBOM, man page, completions
	.cargo/dist

reproducible: ## build what is committed twice, in two folders, and compare the binaries (takes minutes)
	tests/build/reproducible

install: $(BIN) ## copy the binary to $(DESTDIR)$(PREFIX)/bin, man page and completions to share
	install -Dm755 $(BIN) $(DESTDIR)$(PREFIX)/bin/podprof
	install -Dm644 docs/podprof.1 $(share)/man/man1/podprof.1
	install -Dm644 docs/completions/podprof.bash $(share)/bash-completion/completions/podprof
	install -Dm644 docs/completions/_podprof $(share)/zsh/site-functions/_podprof
	install -Dm644 docs/completions/podprof.fish $(share)/fish/vendor_completions.d/podprof.fish

clean: ## remove everything that was built
	rm -rf target dist tests/fuzz/target

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'
