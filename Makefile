# make run | test | quick | lint | bench | space | kernels: each does its own set-up, and works offline once that is done.
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
.PHONY: help run test quick lint bench space kernels app-packages dev-packages

help:
	@sed -n '1,5p' Makefile

run: app-packages
	@$(BIN)/python app.py $(ARGS)

test: dev-packages
	@$(BIN)/python -m pytest --durations=15 -n 2 --dist loadfile $(ARGS)

# No browser, nothing slow: three minutes on two cores.
quick: dev-packages
	@$(BIN)/python -m pytest --durations=15 -n 2 --dist loadfile -m "not slow and not e2e" $(ARGS)

lint: dev-packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright

bench: app-packages
	@$(BIN)/python -m lit.bench $(ARGS)

# A folder to push to a Hugging Face Space: make space OUT=../my-space, and HARDWARE=zerogpu for one with a lent GPU
space:
	@test -n "$(OUT)" || { echo "space: say where to: make space OUT=../my-space" >&2; exit 2; }
	@sh spaces/assemble.sh "$(OUT)" $(HARDWARE)

# A folder to push to a kernel repository of the Hugging Face Hub: make kernels OUT=../lit-kernels
kernels:
	@test -n "$(OUT)" || { echo "kernels: say where to: make kernels OUT=../lit-kernels" >&2; exit 2; }
	@$(PYTHON) kernels/assemble.py "$(OUT)"

# Only where there is no environment yet: to look for a Python takes a second.
$(BIN)/pip:
	@python="$(PYTHON)"; \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "LiT Studio needs Python 3.11 or newer; '$$python' is $$($$python --version 2>&1 || true)." >&2; \
		echo "Name another one: make run PYTHON=/path/to/python3.12" >&2; exit 2; }; \
	echo "Making $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
		echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }

# The lists are copied into .venv once they have been installed: pip runs only when one has changed since.
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS) -c constraints.txt

app-packages: | $(BIN)/pip
	@cat requirements.txt constraints.txt | cmp -s - $(VENV)/app-packages.txt || { \
		echo "Installing what requirements.txt lists (once; a few minutes)" && \
		$(PIP_INSTALL) -r requirements.txt && \
		cat requirements.txt constraints.txt >$(VENV)/app-packages.txt; }

dev-packages: app-packages
	@cat requirements-train.txt requirements-video.txt requirements-sweeps.txt requirements-postgres.txt requirements-dev.txt constraints.txt | cmp -s - $(VENV)/dev-packages.txt || { \
		$(PIP_INSTALL) -r requirements-dev.txt && \
		cat requirements-train.txt requirements-video.txt requirements-sweeps.txt requirements-postgres.txt requirements-dev.txt constraints.txt >$(VENV)/dev-packages.txt; }
