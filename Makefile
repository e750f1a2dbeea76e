# Developer commands; `make` or `make help` lists them. Needs Python >= 3.11 and a C++20 compiler, nothing else:
# everything goes into .venv, from PyPI. Variables: PYTHON (interpreter), JOBS (parallel jobs), PYTEST_ARGS, BENCH_ARGS,
# FUZZ_SECONDS, STRICT (warnings of the compiler are errors, as in .ci/run).

PYTHON ?= python3
JOBS ?= 2
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_SECONDS ?= 60
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# An environment active in the caller's shell must not leak into this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export MPLBACKEND := Agg

PY := $(CURDIR)/.venv/bin/python
PIP := $(PY) -m pip install --quiet
EDITABLE := $(PIP) --no-build-isolation -Cbuild-dir='build/{wheel_tag}' $(if $(STRICT),-Ccmake.define.CMAKE_COMPILE_WARNING_AS_ERROR=ON)
BUILD_TOOLS := "pip>=24" "scikit-build-core>=0.11" "pybind11>=3.0" "cmeel-eigen==3.4.1" "cmake>=3.25" ninja
CXX_SOURCES := CMakeLists.txt $(shell find cpp/cmake cpp/include cpp/src python/bindings -type f 2>/dev/null)
CXX_FORMATTED := $(shell find cpp python/bindings -name '*.[chi]pp' -o -name '*.c' 2>/dev/null)
LIMIT_THREADS := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
say = @printf '==> %s\n'

.PHONY: help demo test lint docs bench bench-regression fuzz asan tsan format stub wheel cpp-test py-test doctest sdist clean
.DEFAULT_GOAL := help

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.demo ## Fit every family on real data (the channel is simulated), print a table beside the peers' scores
	$(say) 'demo: fitting on real data (the channel: simulated from a ray-traced street canyon)'
	@$(PY) -m demo

test: .venv/.dev ## Everything: lint, types, C++ tests, Python tests, doctests
	@$(MAKE) lint cpp-test doctest py-test
	$(say) 'make test: all passed (lint, types, C++ tests, doctests, Python tests)'

lint: .venv/.dev ## ruff, clang-format and mypy
	$(say) 'lint: ruff, clang-format, mypy'
	@ruff check --quiet .
	@ruff format --check --quiet . || { echo 'run: make format'; exit 1; }
	@clang-format --dry-run -Werror $(CXX_FORMATTED)
	@$(PY) python/bindings/make_stub.py --check
	@mypy

format: .venv/.dev ## Apply ruff's fixes, ruff format and clang-format
	@ruff check --fix . && ruff format . && clang-format -i $(CXX_FORMATTED)

cpp-test: build/dev/CMakeCache.txt ## C++ unit tests and a program that uses the installed C++ package
	$(say) 'C++: building and running the unit tests'
	@cmake --build build/dev -- --quiet
	@ctest --test-dir build/dev --output-on-failure --no-tests=error

py-test: .venv/.dev ## Python tests
	$(say) 'Python: tests'
	@$(LIMIT_THREADS) $(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS)

doctest: .venv/.dev ## The examples in docstrings, docs pages and README
	$(say) 'doctests: docstrings, docs pages, README'
	@$(LIMIT_THREADS) $(PY) -m pytest -q --doctest-modules --doctest-glob='*.rst' --doctest-glob='*.md' \
	  python/pauca docs README.md --ignore-glob='docs/*.py'

docs: .venv/.dev ## The documentation, warnings being errors, into docs/_build/html
	$(say) 'docs: building (the gallery runs its examples)'
	@rm -rf docs/api/generated docs/_build/html
	@$(LIMIT_THREADS) $(PY) -m sphinx -W --keep-going -q -b html -d build/doctrees docs docs/_build/html
	@$(PY) docs/check_links.py docs/_build/html
	$(say) 'docs: docs/_build/html/index.html'

# A quick run does without the peers of graphs, which bring some GB.
bench: benchmarks/.venv/.built $(if $(findstring --quick,$(BENCH_ARGS)),,benchmarks/.venv-dag/.built) ## Benchmarks against the peers, in environments of their own (BENCH_ARGS)
	$(say) 'bench: results go to benchmarks/report/'
	@benchmarks/.venv/bin/python benchmarks/run.py $(BENCH_ARGS)

bench-regression: .venv/.dev ## Instructions of two commits in the compiled core, by valgrind (BASE=main~1, HEAD)
	@$(PY) benchmarks/regression/compare.py $(or $(BASE),main~1) $(or $(HEAD),HEAD)

# A coverage-guided fuzzer where there is one (Linux, Python up to 3.13); tests/test_fuzz.py makes a fixed set of such calls.
fuzz: .venv-fuzz/.built ## Wrong arguments for the compiled core, for FUZZ_SECONDS (60)
	$(say) 'fuzz: $(FUZZ_SECONDS) s of calls with wrong arguments'
	@$(LIMIT_THREADS) .venv-fuzz/bin/python tests/fuzz/fuzz.py --seconds $(FUZZ_SECONDS) --atheris --log build/fuzz.log

sdist: .venv/.dev ## Source distribution and wheel, into dist/
	$(say) 'building dist/'
	@rm -rf dist && $(PY) -m build --outdir dist . > build/dist.log 2>&1 || { tail -30 build/dist.log; exit 1; }
	@ls dist

# ASan needs its runtime first in the process, and libstdc++ beside it so that exceptions are intercepted. Its shadow
# memory does not fit the limits that the tests of memory set.
asan: .venv-asan/.built ## C++ tests and the Python suite (baseline; but the tests of memory) under AddressSanitizer and UBSan
	$(say) 'asan: C++ tests'
	@cmake --preset asan -DCMAKE_PREFIX_PATH="$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" > build/asan.log
	@cmake --build build/asan -- --quiet
	@UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir build/asan --output-on-failure --no-tests=error
	$(say) 'asan: Python tests'
	@$(LIMIT_THREADS) ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PAUCA_DISPATCH=base \
	  LD_PRELOAD="$$($${CXX:-c++} -print-file-name=libasan.so) $$($${CXX:-c++} -print-file-name=libubsan.so) $$($${CXX:-c++} -print-file-name=libstdc++.so)" \
	  .venv-asan/bin/python -m pytest -n $(JOBS) --ignore=tests/test_out_of_core.py \
	  --deselect=tests/test_genotypes.py::test_a_fit_needs_no_memory_beyond_the_file $(PYTEST_ARGS)

tsan: .venv/.dev ## C++ tests under ThreadSanitizer
	@cmake --preset tsan -DCMAKE_PREFIX_PATH="$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" > build/tsan.log
	@cmake --build build/tsan -- --quiet
	@ctest --test-dir build/tsan --output-on-failure --no-tests=error

wheel: .venv/.dev ## A Linux wheel, repaired by auditwheel and tried in an empty environment
	$(say) 'wheel: building and repairing'
	@rm -rf build/wheel build/wheel-venv && mkdir -p dist
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation -Cbuild-dir='build/{wheel_tag}' --wheel-dir build/wheel .
	@auditwheel repair --wheel-dir build/wheel/repaired build/wheel/pauca-*.whl > build/auditwheel.log 2>&1 || { cat build/auditwheel.log; exit 1; }
	@test "$$(stat -c %s build/wheel/repaired/*.whl)" -lt 10485760 || { echo 'the wheel is larger than 10 MB'; exit 1; }
	@cp build/wheel/repaired/*.whl dist/
	$(say) 'wheel: trying it in an empty environment'
	@$(PYTHON) -m venv build/wheel-venv
	@build/wheel-venv/bin/python -m pip install --quiet build/wheel/repaired/*.whl
	@cd build/wheel && ../wheel-venv/bin/python -c 'import numpy, pauca; from pauca.linear_model import SparseRegressor; \
	  pauca.show_versions(); print(SparseRegressor(alpha=0.1).fit(numpy.eye(3), [1.0, 2.0, 3.0]).coef_)'
	@ls -l dist/*.whl

stub: .venv/.dev ## The type stub of the compiled core, after a change of its functions
	@$(PY) python/bindings/make_stub.py

clean: ## Remove environments, builds and everything generated
	rm -rf .venv .venv-* benchmarks/.venv* build dist docs/_build docs/auto_examples docs/api/generated docs/performance/report docs/_static/cards docs/sg_execution_times.rst demo/output
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# --- set-up: each stamp is remade when what it was made from changes ---------------------------------------------

.venv/.tools:
	$(say) 'set-up 1/2: environment .venv with the build tools (PyPI)'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: say make PYTHON=python3.12, for example"; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@$(PIP) --upgrade $(BUILD_TOOLS)
	@mkdir -p build && touch $@

.venv/.demo: pyproject.toml $(CXX_SOURCES) | .venv/.tools
	$(say) 'set-up 2/2: compiling pauca, installing what the demo needs (minutes at first, seconds later)'
	@$(EDITABLE) -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml $(CXX_SOURCES) | .venv/.tools
	$(say) 'set-up 2/2: compiling pauca, installing what development needs (minutes at first, seconds later)'
	@$(EDITABLE) -e '.[dev]'
	@touch $@ .venv/.demo

build/dev/CMakeCache.txt: CMakePresets.json CMakeLists.txt | .venv/.dev
	@cmake --preset dev -DCMAKE_PREFIX_PATH="$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" > build/configure.log \
	  || { cat build/configure.log; exit 1; }
	@touch $@

# Compiled once for both environments below, and from what .venv was compiled from.
build/bench/.wheel: pyproject.toml $(CXX_SOURCES) $(shell find python/pauca -name '*.py') | .venv/.tools
	$(say) 'bench: compiling pauca (minutes at first, seconds later)'
	@rm -rf build/bench
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation -Cbuild-dir='build/{wheel_tag}' --wheel-dir build/bench .
	@touch $@

# The peers of graphs (.venv-dag) and all others do not suit each other; benchmarks/run.py knows both environments.
benchmarks/.venv/.built: benchmarks/requirements.txt
benchmarks/.venv-dag/.built: benchmarks/dag/requirements.txt
benchmarks/.venv/.built benchmarks/.venv-dag/.built: build/bench/.wheel
	$(say) 'bench: peers and pauca into $(@D)'
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet 'pip>=24'
	@$(@D)/bin/python -m pip install --quiet -r $(filter %/requirements.txt,$^)
	@$(@D)/bin/python -m pip install --quiet --no-deps --force-reinstall build/bench/pauca-*.whl
	@$(@D)/bin/python -m pip install --quiet build/bench/pauca-*.whl
	@touch $@

# Shares .venv's packages, its editable pauca too.
.venv-fuzz/.built: .venv/.dev
	@test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	@echo "import site; site.addsitedir('$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')')" \
	  > "$$(.venv-fuzz/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/shared.pth"
	@.venv-fuzz/bin/python -m pip install --quiet atheris
	@touch $@

# Shares .venv's packages, but not its editable pauca.
.venv-asan/.built: .venv/.dev $(CXX_SOURCES) $(shell find python/pauca -name '*.py')
	$(say) 'asan: compiling pauca with sanitizers'
	@test -x .venv-asan/bin/python || $(PYTHON) -m venv .venv-asan
	@$(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$(.venv-asan/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/shared.pth"
	@.venv-asan/bin/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall \
	  -Cbuild-dir='build/asan-{wheel_tag}' -Ccmake.build-type=Debug \
	  -Ccmake.define.PAUCA_SANITIZE=address,undefined -Ccmake.define.PAUCA_MULTIARCH=OFF .
	@touch $@
