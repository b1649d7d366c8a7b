# What one does with this repository. `make` alone tells what there is.

SWIFT ?= swift
PREFIX ?= /usr/local
SOAK ?= 60
FUZZ ?= 1

# The knobs of the benchmarks, with the names that the reference gives them.
FSYNC ?= none
THREADS ?= 1
WALRUS_DURATION ?= 10
WALRUS_BATCH_SIZE ?= 1000
BACKEND ?= fd
SIZE ?= 1024
TOPICS ?=
CONSISTENCY ?= strict
# Every run adds its results here, and bench-report draws them.
RESULTS ?= Benchmarks/results.jsonl
BENCH = .build/release/walrus bench
BENCH_OPTIONS = --floor --duration "$(WALRUS_DURATION)" --size "$(SIZE)" --backend "$(BACKEND)" \
	$(if $(TOPICS),--topics "$(TOPICS)") --save "$(RESULTS)"

SOURCES = Package.swift Sources Tests

.DEFAULT_GOAL := help
.PHONY: help build run test soak bench-checksum fuzz asan tsan lint format install deb check-deb \
	screenshots clean bench-writes bench-reads bench-batch bench-scaling bench-recovery bench-table \
	bench-report bench-peers

help: ## tell what there is
	@echo 'make run [DIR=directory]   open the console; on a demonstration log where there is none'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / && $$1 != "run" { printf "make %-21s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

build: ## build the program: .build/release/walrus
	@scripts/require swift ncurses uring
	@SWIFT="$(SWIFT)" scripts/build

run: build ## open the console
	@exec scripts/run .build/release/walrus "$(DIR)"

test: lint ## check the style, build and run every test
	@scripts/require swift ncurses uring tmux screen xz zsh fish
	@SWIFT="$(SWIFT)" scripts/test

soak: ## run the random tests, new seeds each round, for SOAK minutes (60)
	@scripts/require swift ncurses uring xz
	@SWIFT="$(SWIFT)" scripts/soak "$(SOAK)"

bench-checksum: ## time the checksum kernels against the plain loop
	@scripts/require swift
	@mkdir -p .build
	clang -O2 -Wall -Wextra -ISources/CChecksum/include Sources/CChecksum/*.c \
		Benchmarks/checksum/main.c -o .build/bench-checksum
	.build/bench-checksum

fuzz: ## feed every decoder, and whole directories, with bytes for FUZZ minutes each (1)
	@scripts/require swift uring
	@SWIFT="$(SWIFT)" scripts/fuzz "$(FUZZ)"

asan: ## run the tests of format, I/O, engine and Inspect under Address Sanitizer
	@scripts/require swift ncurses uring xz
	@SWIFT="$(SWIFT)" scripts/sanitize address

tsan: ## run the tests of concurrency under Thread Sanitizer
	@scripts/require swift ncurses uring xz
	@SWIFT="$(SWIFT)" scripts/sanitize thread

lint: ## check the style of the code
	@scripts/require swift
	$(SWIFT) format lint --strict --parallel --recursive --configuration .swift-format $(SOURCES)
	@for script in scripts/* .ci/run; do bash -n "$$script" || exit 1; done

format: ## bring the code into style
	@scripts/require swift
	$(SWIFT) format --in-place --parallel --recursive --configuration .swift-format $(SOURCES)

install: build ## put program, completions and manual below PREFIX (/usr/local; DESTDIR)
	@DESTDIR="$(DESTDIR)" scripts/install .build/release/walrus "$(PREFIX)"

deb: build ## make a Debian package of the program: .build/walrus_VERSION_ARCHITECTURE.deb
	@scripts/require dpkg binutils
	@scripts/deb .build/release/walrus .build

check-deb: deb ## install the package in a new, bare Debian, use it there and remove it (as root)
	@scripts/require mmdebstrap
	@scripts/check-deb .build/walrus_*.deb

screenshots: build ## draw every screen into screenshots/, the same each time
	@scripts/require rsvg cjk-font
	@scripts/screenshots .build/release/walrus screenshots

bench-writes: build ## measure appends beside their floor (FSYNC, THREADS, SIZE, BACKEND, TOPICS)
	$(BENCH) append $(BENCH_OPTIONS) --fsync "$(FSYNC)" --threads "$(THREADS)"

bench-reads: build ## measure reads, one by one and in batches (CONSISTENCY, THREADS, ...)
	$(BENCH) read $(BENCH_OPTIONS) --consistency "$(CONSISTENCY)" --threads "$(THREADS)"
	$(BENCH) read-batch $(BENCH_OPTIONS) --consistency "$(CONSISTENCY)" --threads "$(THREADS)"

bench-batch: build ## measure batches (WALRUS_BATCH_SIZE, FSYNC, THREADS, ...)
	$(BENCH) batch $(BENCH_OPTIONS) --fsync "$(FSYNC)" --threads "$(THREADS)" \
		--batch "$(WALRUS_BATCH_SIZE)"

bench-scaling: build ## measure appends with more and more threads (THREADS=1-8, ...)
	$(BENCH) append $(BENCH_OPTIONS) --fsync "$(FSYNC)" \
		--threads "$(if $(filter command line environment,$(origin THREADS)),$(THREADS),1-8)"

bench-recovery: build ## measure opening a log after a crash, and after a clean close
	$(BENCH) recover $(BENCH_OPTIONS)
	$(BENCH) open $(BENCH_OPTIONS)

bench-table: build ## measure the table of docs/performance.md, and print it as Markdown and JSON
	@results=$$(mktemp) && trap 'rm -f "$$results"' EXIT \
		&& $(BENCH) table --duration "$(WALRUS_DURATION)" --save "$$results" -o json \
		&& $(BENCH) report "$$results" && cat "$$results" >>"$(RESULTS)"

bench-report: build ## draw charts of all results so far into Benchmarks/charts
	$(BENCH) report "$(RESULTS)" --to Benchmarks/charts

bench-peers: ## do the same with RocksDB's log and with SQLite, where these are installed
	@$(MAKE) --no-print-directory -C Benchmarks/peers run SIZE="$(SIZE)" FSYNC="$(FSYNC)" \
		THREADS="$(THREADS)" WALRUS_DURATION="$(WALRUS_DURATION)" \
		WALRUS_BATCH_SIZE="$(WALRUS_BATCH_SIZE)"

clean: ## remove what was built
	rm -rf .build
