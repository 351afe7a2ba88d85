# make demo: the main job on a simulated bank. make test: every check. Both set up what they need.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys; print("$(p)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)) python3)
RUN := .venv/bin/python
DEMO := demo
CORES := --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: setup demo test test-long lint bench clean

setup:
	@$(PYTHON) scripts/setup.py

demo: setup
	@mkdir -p $(DEMO)
	@$(RUN) -m tocsin simulate --accounts 2000 --days 180 --out $(DEMO)/facts.parquet
	@$(RUN) -m tocsin policy check policies/card.yaml
	@$(RUN) -m tocsin backtest $(DEMO)/facts.parquet --policy policies/card.yaml --label confirmed_fraud --out $(DEMO)/report
	@$(RUN) scripts/show.py $(DEMO)/report/report.html

lint: setup
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy
	@.venv/bin/lint-imports --config pyproject.toml > .lint-imports.log 2>&1 || (cat .lint-imports.log; rm -f .lint-imports.log; exit 1)
	@rm -f .lint-imports.log

test: setup lint
	@$(PYTHON) scripts/setup.py --tests
	@$(RUN) -m tocsin policy test policies/card.yaml
	@$(RUN) -m tocsin policy test policies/paylater.yaml
	@$(RUN) -m pytest -m "not long" $(CORES)

test-long: setup lint
	@$(PYTHON) scripts/setup.py --tests
	@$(RUN) -m pytest $(CORES)

bench: setup
	@$(RUN) -m bench

clean:
	rm -rf .venv .cache $(DEMO) out
