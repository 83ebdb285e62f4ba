# The front door. `make demo` and `make test` install what they need on a bare Debian 12.
# CMake does the building; its presets (release, debug, asan, tsan, clang) are in CMakePresets.json.
.DEFAULT_GOAL := help
.PHONY: help demo test build install package bench mutants screenshots format tidy clean

JOBS ?= 2
PREFIX ?= /usr/local

help:
	@echo 'make demo         build and open the console on a simulated AWS endpoint and a real PostgreSQL'
	@echo 'make test         build and run every test (gcc with sanitizers, clang, gates)'
	@echo 'make build        release build in build/release'
	@echo 'make install      install the release build below PREFIX (default $(PREFIX)); DESTDIR is honoured'
	@echo 'make package      Debian package and archive of the release build, in build/release'
	@echo 'make bench        measure against the targets (tests/bench)'
	@echo 'make mutants      plant known faults and see the tests fail (tests/mutants)'
	@echo 'make screenshots  render screenshots/*.png'
	@echo 'make format tidy  clang-format in place; clang-tidy report'

demo: build
	@exec build/release/src/auroratop demo

test:
	@scripts/test.sh

build:
	@scripts/deps.sh demo
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS)

install: build
	@cmake --install build/release --prefix $(PREFIX)

package:
	@scripts/deps.sh package
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS)
	@cd build/release && cpack

bench: build
	@scripts/deps.sh bench
	@python3 tests/bench/run.py $(BENCH)

mutants:
	@scripts/deps.sh test
	@python3 tests/mutants/run.py --jobs $(JOBS)

screenshots:
	@scripts/deps.sh test
	@scripts/screenshots.sh

format:
	@scripts/deps.sh test
	@find src tests -name '*.[ch]' -print0 | xargs -0 clang-format-14 -i

tidy:
	@scripts/deps.sh test
	@cmake --preset clang
	@cmake --build --preset clang -j $(JOBS)
	@run-clang-tidy-14 -quiet -j $(JOBS) -p build/clang '/src/.*\.c$$'

clean:
	@rm -rf build
