# From a fresh clone: `make demo` and `make test` need Python >= 3.11 with pip and venv, g++ and make; the rest they fetch.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_OPTIONS := --quiet --disable-pip-version-check
PIP := $(BIN)/python -m pip install $(PIP_OPTIONS)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)

CPP_SOURCES := $(shell find csrc -name '*.cpp' -o -name '*.h' -o -name '*.def')
CPP_FORMATTED = $(shell find csrc tests/native bench/native -name '*.cpp' -o -name '*.h' -o -name '*.cu' 2>/dev/null)
BUILD_FILES := pyproject.toml CMakeLists.txt $(wildcard cmake/*.cmake)
ARGS ?=

# what pyproject.toml says is needed, one a line: $(call listed,"build-system"]["requires") | $(INSTALL)
listed = $(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))[$(1)], sep="\n")'
INSTALL := xargs -d '\n' $(PIP)

.PHONY: help demo test native asan tsan bench check format fuzz fuzz-asan wheel clean
help:            ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: $(VENV)/demo $(VENV)/package    ## fit a curve, read digits, draw both pictures
	@$(BIN)/python examples/regression.py build/demo/regression.png
	@$(BIN)/python examples/digits.py build/demo/digits.png

test: $(VENV)/test $(VENV)/package    ## the Python tests; ARGS="-k softmax" chooses
	$(BIN)/python -m pytest $(ARGS)

native: $(VENV)/tools    ## build and run the C++ tests; ARGS="--gtest_filter=Plan*" chooses
	@mkdir -p build
	cmake --preset dev > build/dev.log 2>&1 || { cat build/dev.log; exit 1; }
	cmake --build --preset dev
	build/dev/rushlight_tests --gtest_brief=1 $(ARGS)
	cd build/dev && ctest --output-on-failure -E '^rushlight_tests$$'

asan tsan: $(VENV)/tools    ## the C++ tests under a sanitizer (one instruction set)
	@mkdir -p build
	cmake --preset $@ > build/$@.log 2>&1 || { cat build/$@.log; exit 1; }
	cmake --build --preset $@
	build/$@/rushlight_tests --gtest_brief=1 $(ARGS)

bench: $(VENV)/package wheel    ## rushlight beside PyTorch, where it is installed; ARGS="matmul --threads 1,2" chooses
	$(BIN)/python bench/compare.py $(ARGS)

check: $(VENV)/dev $(VENV)/package    ## formatters, linter, type checker
	clang-format --dry-run -Werror $(CPP_FORMATTED)
	ruff check
	ruff format --check
	mypy
	$(BIN)/python -m rushlight._stubs build/stubs
	MYPYPATH=build/stubs mypy --strict examples tests/typing

format: $(VENV)/dev    ## let the formatters decide
	clang-format -i $(CPP_FORMATTED)
	ruff check --fix-only --quiet
	ruff format

fuzz: $(VENV)/test $(VENV)/package    ## every op, arbitrary arguments, one minute
	$(BIN)/python tests/fuzz.py --seconds 60 $(ARGS)

# The extension under the sanitizers, in an environment of its own beside the usual one. Leaks are CPython's: not asked for.
SANITIZED := build/asan-python
FUZZ_SECONDS ?= 600
fuzz-asan: $(VENV)/tools    ## the same under AddressSanitizer and UBSan, ten minutes; FUZZ_SECONDS=3600 an hour
	test -x $(SANITIZED)/bin/python || $(PYTHON) -m venv $(SANITIZED)
	$(call listed,"build-system"]["requires") | xargs -d '\n' $(SANITIZED)/bin/python -m pip install $(PIP_OPTIONS) numpy
	$(SANITIZED)/bin/python -m pip install $(PIP_OPTIONS) --no-build-isolation --force-reinstall --no-deps . \
	  -Cbuild-dir=build/asan-extension -Cinstall.strip=false -Ccmake.build-type=None \
	  -Ccmake.define.RUSHLIGHT_SANITIZE=address,undefined -Ccmake.define.RUSHLIGHT_ISAS=v3
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" ASAN_OPTIONS=detect_leaks=0 \
	  $(SANITIZED)/bin/python tests/fuzz.py --seconds $(FUZZ_SECONDS) $(ARGS)

wheel: $(VENV)/tools    ## build/wheels/*.whl
	@$(BIN)/python -m pip wheel $(PIP_OPTIONS) --no-build-isolation --no-deps . -w build/wheels

clean:           ## everything that was built; the environment too
	rm -rf build $(VENV)

# ---- what the commands above stand on -------------------------------------------------------------------------------
# Files in $(VENV) whose time says when a step was last done.

$(VENV)/tools: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("rushlight needs Python >= 3.11, and $(PYTHON) is " + sys.version.split()[0] \
	  + "; try make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@command -v g++ > /dev/null || { echo "rushlight needs a C++20 compiler: apt-get install g++"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p build
	@$(call listed,"build-system"]["requires") | $(INSTALL)
	@cmake --version 2> /dev/null | awk 'NR == 1 { split($$3, v, "."); good = v[1] * 1000 + v[2] >= 3025 } END { exit !good }' \
	  || $(PIP) 'cmake>=3.25'
	@command -v ninja > /dev/null || $(PIP) ninja
	@touch $@

$(VENV)/demo $(VENV)/test $(VENV)/dev: $(VENV)/tools
	@$(call listed,"project"]["optional-dependencies"]["$(notdir $@)") | $(INSTALL)
	@touch $@

# Editable, so that a Python line is seen at once; without isolation, so that the objects of the last build still fit.
$(VENV)/package: $(VENV)/tools $(BUILD_FILES) $(CPP_SOURCES) $(VENV)/python-files
	$(PIP) --no-build-isolation -e .
	@touch $@

# An editable install knows the Python files that were there: a new or removed one asks for another.
$(VENV)/python-files: FORCE
	@mkdir -p $(VENV); find python -name '*.py' | sort > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
FORCE:
