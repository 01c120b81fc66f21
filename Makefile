# make run | test | lint | bench | space | kernels: each does its own set-up, and works offline once that is done.
#
#   PYTHON=python3.12   the interpreter that makes .venv (3.11 or newer)
#   ARGS="--port 8000"  arguments for app.py, pytest or the bench
#   PIP_ARGS="..."      arguments for pip install, such as another package index

ifeq ($(OS),Windows_NT)
$(error On Windows use the plain commands in README.md, or make inside WSL)
endif

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))) python3)
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint bench space kernels venv app-packages dev-packages

help:
	@sed -n '1,5p' Makefile

run: app-packages
	@$(BIN)/python app.py $(ARGS)

test: dev-packages
	@$(BIN)/python -m pytest $(ARGS)

lint: dev-packages
	@$(BIN)/ruff check .

bench: app-packages
	@$(BIN)/python -m lit.bench $(ARGS)

# A folder to push to a Hugging Face Space: make space OUT=../my-space
space:
	@test -n "$(OUT)" || { echo "space: say where to: make space OUT=../my-space" >&2; exit 2; }
	@sh spaces/assemble.sh "$(OUT)"

# A folder to push to a kernel repository of the Hugging Face Hub: make kernels OUT=../lit-kernels
kernels:
	@test -n "$(OUT)" || { echo "kernels: say where to: make kernels OUT=../lit-kernels" >&2; exit 2; }
	@$(PYTHON) kernels/assemble.py "$(OUT)"

venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "LiT Studio needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo "Name another one: make run PYTHON=/path/to/python3.12" >&2; exit 2; }
	@test -x $(BIN)/pip || { \
		echo "Making $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
			echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }; }

# A copy of the list lies in .venv once it has been installed: pip runs only when the two differ.
app-packages: venv
	@cmp -s requirements.txt $(VENV)/requirements.txt || { \
		echo "Installing what requirements.txt lists (once; a few minutes)" && \
		$(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS) -r requirements.txt && \
		cp requirements.txt $(VENV)/requirements.txt; }

dev-packages: app-packages
	@cmp -s requirements-dev.txt $(VENV)/requirements-dev.txt || { \
		$(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS) -r requirements-dev.txt && \
		cp requirements-dev.txt $(VENV)/requirements-dev.txt; }
