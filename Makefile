# Needs Python 3.11 or 3.12 and make; everything else is installed into .venv.
#
#   make setup   the environment                     make test    every test: laws/ and tests/
#   make laws    the laws alone                      make check   all that has to pass before a commit
#   make site    README and docs as a static site, in build/site
#   make outsiders   catgrad against the laws, in an environment of its own (it holds NumPy to 1.26)
#
# PYTHON=... names the interpreter; ARGS=... goes to pytest: make laws ARGS="--engine torch"; docs/running.md has more

VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check
STAMP  := $(VENV)/.installed
EXTRAS := gpu,onnx,solvers,agda,balls,data,images,pictures,discopy,docs,dev
# Exact, so that nothing below can pull another build in. Where the index also offers CPU builds
# (2.13.0+cpu), pip prefers them to the plain one.
TORCH  := torch==2.13.0
PYTHON ?=
ARGS   ?=

.NOTPARALLEL:
.PHONY: setup laws test site outsiders check quality format lint types imports wheel clean

setup: $(STAMP)

# Candidates are run, not looked up: a name on the path may be a stub. The agda wheel stops at 3.12.
$(STAMP): pyproject.toml
	@set -e; found=; \
	if [ ! -x $(PY) ]; then \
	    for python in $(PYTHON) python3.12 python3.11 python3; do \
	        if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	            >/dev/null 2>&1; then found=$$python; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "make setup: needs Python 3.11 or 3.12 with venv (make setup PYTHON=/path/to/python)" >&2; exit 1; \
	    fi; \
	    echo "$$found -m venv $(VENV)"; "$$found" -m venv $(VENV); \
	fi
	$(PIP) '$(TORCH)'
	$(PIP) '$(TORCH)' -e '.[$(EXTRAS)]'
	@touch $@

laws: setup
	$(PY) -m pytest laws/ $(ARGS)

# A file of tests is run by one process: some of them make things once for all their tests.
test: setup
	$(PY) -m pytest -n auto --dist loadfile $(ARGS)

site: setup
	$(PY) -m tools.site --out build/site $(ARGS)

CATGRAD := .venv-catgrad

$(CATGRAD)/.installed: pyproject.toml | $(STAMP)
	$(PY) -m venv $(CATGRAD)
	$(CATGRAD)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(CATGRAD)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' -e '.[catgrad]'
	@touch $@

outsiders: $(CATGRAD)/.installed
	$(CATGRAD)/bin/python -m pytest tests/test_with_catgrad.py
	$(CATGRAD)/bin/python -m pytest laws/ --engine catgrad --profile smoke --xfails docs/outsiders/catgrad.xfails.toml

check: quality test wheel

quality: format lint types imports

format: setup
	$(PY) -m ruff format --check .

lint: setup
	$(PY) -m ruff check .

types: setup
	$(PY) -m mypy

imports: setup
	$(VENV)/bin/lint-imports --no-logo

# What a user gets: the wheel, built from the sdist, in an environment of its own, away from this folder
# (a checkout on the path would hide the wheel), and of the other Python, 3.11 or 3.12, where that is there.
# Built twice, it is the same to the byte.
wheel: setup
	@set -eu; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	echo "wheel: build"; \
	export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 1577836800); \
	for dist in dist again; do \
	    $(PY) -m build --outdir "$$tmp/$$dist" . >"$$tmp/log" 2>&1 || { cat "$$tmp/log" >&2; exit 1; }; \
	done; \
	cmp "$$tmp"/dist/*.whl "$$tmp"/again/*.whl; \
	$(PY) -m tools.wheel "$$tmp"/dist/*.whl; \
	ours=$$($(PY) -c 'import sys; print(sys.version_info[:2])'); python=$(PY); \
	for other in python3.11 python3.12; do \
	    if "$$other" -c "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] == $$ours)" >/dev/null 2>&1; \
	    then python=$$other; fi; \
	done; \
	echo "wheel: install into a fresh environment of $$("$$python" -V), what it needs from the lock"; \
	"$$python" -m venv "$$tmp/venv"; \
	"$$tmp/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/core.txt; \
	"$$tmp/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$$tmp"/dist/*.whl; \
	"$$tmp/venv/bin/python" -m pip check; \
	mkdir "$$tmp/elsewhere"; cd "$$tmp/elsewhere"; \
	echo "wheel: pytest --pyargs verified_cat.laws --engine sympy"; \
	"$$tmp/venv/bin/python" -m pytest --pyargs verified_cat.laws --engine sympy

clean:
	rm -rf $(VENV) $(CATGRAD) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage
