# `make verify` and `make test` set up what they need in .venv; `make help` shows the rest.
# Needs Python 3.11 to 3.13. Another one than is found: make test PYTHON=/path/to/python3.12
# Tests run in as many processes as there are cores; in one with WORKERS=0.

PYTHON ?= python3
ARGS ?=
WORKERS ?= auto

# Newer names are tried only where nobody chose. Each is run: the name alone may be a shim that leads nowhere.
candidates := $(PYTHON) $(if $(filter file,$(origin PYTHON)),python3.13 python3.12 python3.11)
fits := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
bin := .venv/bin

.PHONY: help verify matrix test tests lint types docs docs-check clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

verify: .venv/.installed ## judge the bundled server (ARGS: what `sessionproof verify` takes)
	$(bin)/sessionproof verify $(ARGS)

matrix: .venv/.installed ## judge four implementations and write docs/implementations.md (ARGS: as for verify)
	$(bin)/python examples/matrix.py docs/implementations.md $(ARGS)

test: lint types tests ## everything: lint, format, types, tests

tests: .venv/.installed-dev ## the tests alone (ARGS: what pytest takes)
	$(bin)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --timeout=300 $(ARGS)

lint: .venv/.installed-dev ## lint and format check
	$(bin)/ruff check .
	$(bin)/ruff format --check .

types: .venv/.installed-dev ## strict types
	$(bin)/mypy

docs: .venv/.installed ## write docs/documents.md from its data and from the checks that there are
	$(bin)/python -m sessionproof.documents

docs-check: .venv/.installed-dev ## links and commands in the documentation
	$(bin)/python -m pytest tests/packaging/test_docs.py

clean: ## remove everything that was made here
	rm -rf .venv .tox build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml | .venv
	$(bin)/python -m pip install --quiet --editable .
	@touch $@

# Dependency groups are newer than the pip that comes with Python 3.11.
.venv/.installed-dev: .venv/.installed
	$(bin)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(bin)/python -m pip install --quiet --editable . --group dev
	@touch $@

.venv:
	@found=; \
	for python in $(candidates); do \
	    if "$$python" -c '$(fits)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Python 3.11, 3.12 or 3.13 is needed, and is none of: $(strip $(candidates)); name one with PYTHON=..." >&2; \
	    exit 1; \
	fi; \
	echo "using $$("$$found" --version), which is $$found"; \
	if ! "$$found" -m venv .venv; then \
	    rm -rf .venv; \
	    echo "$$found can't make virtual environments; on Debian, install python3-venv" >&2; \
	    exit 1; \
	fi
