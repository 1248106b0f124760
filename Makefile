# The README's commands, and what CI adds to them.

SOURCES := Package.swift Sources Tests Fuzz Examples Benchmarks \
  Bare/Package.swift Bare/Sources

.PHONY: lint format build test docs bench boot sdk linux dist install nightly \
  clean

PREFIX ?= /usr/local

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

format:
	swift format --in-place --recursive --parallel $(SOURCES)

build:
	swift build -c release

test:
	swift test

docs:
	Scripts/docs.sh

bench:
	Scripts/bench.sh

boot:
	Scripts/boot.sh
	Scripts/boot-c.sh

sdk:
	Scripts/sdk.sh

linux:
	Scripts/linux.sh

dist:
	Scripts/dist.sh

install:
	Scripts/install.sh "$(DESTDIR)" "$(PREFIX)"

# What takes too long for every change.
nightly: dist linux
	Scripts/check-dist.sh
	python3 Scripts/check-mutations.py .build/release/fallow 10000
	Scripts/check-replays.sh .build/release/fallow 64
	Scripts/check-shards.sh .build/release/fallow --install
	.build/release/fallow check map-unmap --cpus 4 --slots 2 --frames 3 \
	  --threads 2 --liveness-limit 0 --memory 4096
	python3 Scripts/check-image.py
	Scripts/fuzz.sh 300
	FALLOW_LIBRARY_ONLY=1 swift test --traits Small --filter FallowTests \
	  --scratch-path .build-small
	for format in x86_5 x86_5-own-roots sv48 sv57 arm64-own-roots; do \
	  for optimize in speed size; do \
	    Scripts/c-library.sh --format $$format --optimize $$optimize \
	      --output .build-c/$$format-$$optimize || exit; \
	  done; \
	done
	FALLOW_BINDS=1000000 Scripts/thread-sanitizer.sh
	FALLOW_RANDOM_PROTOCOLS=10000 Scripts/release-tests.sh MergedStepsTests
	FALLOW_GENERATED_C=5000 Scripts/release-tests.sh GeneratedCTests
	FALLOW_RANDOM_ENDINGS=5000 FALLOW_GENERATED_ENDINGS=2000 \
	  Scripts/release-tests.sh EndingsTests
	FALLOW_DAMAGED_OBJECTS=100000 \
	  Scripts/release-tests.sh DamagedDebugInfoTests

clean:
	rm -rf .build .build-*/ Bare/.build-*/ site dist *.artifactbundle
