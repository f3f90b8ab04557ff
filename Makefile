# `make report` and `make test` are all a fresh machine needs: Python >= 3.11 and this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= scenarios/base.toml
# Tests find the real logs here; without them the tests that need them are skipped and say so.
export CXLAB_DATA

.PHONY: report test lint types unit validate long promised kernels theory spark bench gallery check-gallery lessons picture lab clean help

help:
	@echo "make report   set up, run scenarios/base.toml, print the path of the page"
	@echo "make test     set up, then ruff, mypy and the tests (some minutes)"
	@echo "make validate everything asked of everything, and reports/validation.html: make long (tests),"
	@echo "              make kernels (notebooks), make theory (the page)"
	@echo "make spark    the tests on a local Spark (installs pyspark; needs Java 17)"
	@echo "make gallery  a page of every notebook and lesson in reports/, with an index"
	@echo "make check-gallery  opens each of these pages in Chromium: charts, network, width, axe"
	@echo "make lessons  the lessons as pages, with an index"
	@echo "make bench    the benchmarks (prints ratios)"
	@echo "make lab      JupyterLab, with notebooks/start.ipynb open"

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cxlab needs Python 3.11 or newer; try make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

report: $(VENV)/.installed
	$(BIN)/cxlab report $(SCENARIO)

test: lint types unit

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed
	$(BIN)/mypy

# One notebook runs in a kernel here; the others do so with `make validate`, and are made in the
# tests' own process, of small scenarios, by tests/report, and in full by `make gallery`.
NOTEBOOKS := notebooks/start.ipynb
OTHERS := $(filter-out $(NOTEBOOKS),$(wildcard notebooks/*.ipynb))
PYTEST := $(BIN)/python -m pytest -n 2

# Each file to one worker, the longest first.
unit: $(VENV)/.installed
	$(PYTEST) --dist loadfile --nbval-lax tests cxlab $(NOTEBOOKS)

spark: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[spark]'
	$(BIN)/python -m pytest -m spark tests/metrics/test_spark.py

validate: long kernels theory

long: $(VENV)/.installed
	$(PYTEST) --dist load -m "long or promised"

# What README promises and the fast suite leaves out: .ci/run.
promised: $(VENV)/.installed
	$(PYTEST) --dist load -m promised
	$(PYTEST) --dist loadfile --nbval-lax $(addprefix notebooks/,customers.ipynb periodic.ipynb scenario.ipynb)

kernels: $(VENV)/.installed
	$(PYTEST) --dist loadfile --nbval-lax notebooks/lessons $(OTHERS)

theory: $(VENV)/.installed
	$(BIN)/cxlab validate

bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/desk.py
	$(BIN)/python benchmarks/desk.py --large
	$(BIN)/python benchmarks/lifecycle.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/reports.py
	$(BIN)/python benchmarks/reports.py --large
	$(BIN)/python benchmarks/measure_groups.py
	$(BIN)/python benchmarks/business_hours.py
	$(BIN)/python benchmarks/fifteen_metrics.py
	$(BIN)/python benchmarks/full_catalogue.py
	$(BIN)/python benchmarks/staff.py

gallery: $(VENV)/.installed
	$(BIN)/cxlab gallery --out reports

check-gallery: $(VENV)/.installed
	CXLAB_GALLERY=reports $(PYTEST) --dist load tests/gallery tests/lessons/test_lessons.py

lessons: $(VENV)/.installed
	$(BIN)/cxlab lesson --all

# README's pictures, of the pages that make gallery made.
picture: $(VENV)/.installed
	$(BIN)/python docs/make_picture.py reports

# Kernels talk by sockets in a folder of one's own: ipykernel warns of TCP, which others can listen to.
lab: $(VENV)/.installed
	JUPYTER_RUNTIME_DIR=$$(mktemp -d) $(BIN)/jupyter lab --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/start.ipynb --KernelManager.transport=ipc \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
