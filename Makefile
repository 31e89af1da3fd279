# Two commands for a newcomer: `make demo` and `make test`. Each prepares what it needs (tools/setup.py) and is quick afterwards.
# On Windows: py -m venv .venv, then .venv\Scripts\pip install -e .[dev], then the commands after $(PY) below.
PY := .venv/bin/python
ROWS ?= 40000

.PHONY: help setup test test-days prove demo bench door samples reading look docs templates format clean

help:
	@echo "make demo       a whole week with six departments, into demo-out/ (DEMO_LANG=zh or en)"
	@echo "make test       style, types and every quick test"
	@echo "make test-days  the tests with the clock on other days: a Sunday, 2027, week 53, 29 February (about an hour)"
	@echo "make prove      the longer proofs (kill points, big books, random merges)"
	@echo "make bench      speed against the floor and against plain stacking; a large organisation with every form"
	@echo "make door       every case of foreign input by its command, where the cases lie beside the checkout: state, message, memory, time"
	@echo "make samples    what is read of the sample trackers, against truths read by hand"
	@echo "make reading    which tables, headings and columns are read of 120 generated sheets, with headings nobody listed"
	@echo "make look       every sheet of demo, packs, returns, Gantt chart and an empty master as printed: small, cut, pale or moved texts"
	@echo "make docs       the documentation as a site, in build/site/index.html; loads nothing from a network"
	@echo "make templates  build workbook_templates/*.xlsx from the schema"
	@echo "make format     let ruff put the code in form"
	@echo "make clean      remove what these commands made"

setup:
	@sh tools/setup.sh --for test

test:
	@sh tools/setup.sh --for test
	@sh tools/test.sh

test-days:
	@sh tools/setup.sh --for days
	@$(PY) tools/other_days.py $(DAYS)

prove:
	@sh tools/setup.sh --for test
	@$(PY) -m pytest -q -n 2 -m slow

demo:
	@sh tools/setup.sh --for demo
	@$(PY) -m collab_xl demo --out demo-out $(if $(DEMO_LANG),--lang $(DEMO_LANG))

bench:
	@sh tools/setup.sh --for demo
	@$(PY) -m benchmarks.consolidate --rows $(ROWS); first=$$?; $(PY) -m benchmarks.verbs && $(PY) -m benchmarks.portfolio && $(PY) -m benchmarks.organisation && exit $$first

door:
	@sh tools/setup.sh --for demo
	@$(PY) -m benchmarks.door

samples:
	@sh tools/setup.sh --for demo
	@$(PY) -m benchmarks.samples

docs:
	@sh tools/setup.sh --for test
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "build/site/index.html"

reading:
	@$(PY) -m benchmarks.reading

look:
	@sh tools/setup.sh --for demo
	@$(PY) -m benchmarks.look

templates:
	@sh tools/setup.sh --for demo
	@$(PY) -m collab_xl templates build

format:
	@sh tools/setup.sh --for demo
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

clean:
	rm -rf .venv node_modules build dist demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
