# make app · make test · make bench · make assets, each with all the set-up it needs, on Linux and on a Mac.
#
#   make app                          the app on this machine, on a free port
#   make app HOST=0.0.0.0 PORT=8501   the app for a classroom; prints the address to write on the board
#   make app CERT=c.pem KEY=k.pem     the same over HTTPS (webcam and clipboard need it away from localhost)
#   make test                         set-up, a browser if there is none, checks, unit and browser tests
#   make test PYTHON=python3.12       with a Python of your choice, 3.11 or later
#   make bench [NAME=web]             speed, side by side with what a user would pick instead
#   make assets                       what ships and is made by a script

PYTHON =
HOST = 127.0.0.1
PORT =
CERT =
KEY =
NAME =

BIN = .venv/bin
SETUP = PYTHON='$(PYTHON)' sh scripts/with_python.sh scripts/setup_env.py

# Without compiled files each of the dozens of processes that tests start would compile app and library anew.
export PYTHONDONTWRITEBYTECODE =

# The targets share .venv and the cores: one after the other, whatever -j says.
.NOTPARALLEL:
.PHONY: help app test lint unit browser bench assets setup setup-dev get-browser clean

help:
	@sed -n 's/^#   //p' Makefile

app: setup
	@$(BIN)/python -m scripts.serve --host '$(HOST)' --port '$(PORT)' --cert '$(CERT)' --key '$(KEY)'

test: setup-dev get-browser lint unit browser

lint: setup-dev
	@echo "Checks: ruff, mypy, import-linter."
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports

unit: setup-dev
	@echo "Unit tests (one to three minutes)."
	@$(BIN)/python -m pytest tests -m "not browser" --ignore=tests/browser -n 2 --dist worksteal -q

browser: setup-dev get-browser
	@echo "Browser tests, two at a time, each with an app of its own (three to six minutes)."
	@$(BIN)/python -m pytest tests/browser -n 2 --dist worksteal -q

bench: setup-dev get-browser
	@$(BIN)/python -m benchmarks $(NAME)

assets: setup-dev
	@$(BIN)/python -m scripts.make_assets

setup:
	@$(SETUP) app

setup-dev:
	@$(SETUP) dev

get-browser: setup-dev
	@$(BIN)/python -m scripts.browser

clean:
	rm -rf .venv *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find app benchmarks cnnviz scripts tests -name __pycache__ -prune -exec rm -rf {} +
