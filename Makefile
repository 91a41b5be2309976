# Every target sets up what it needs: a virtual environment with pinned, hashed packages.
PYTHON ?= python3
VENV ?= .venv
LAKE ?= ./lake
SECONDS ?= 60
BIN = $(VENV)/bin

.PHONY: demo run test coverage faults breakages fuzz lint lint-template audit glue-modules rehearse \
    bench docs requirements clean

demo: $(VENV)/laptop ## run everything on a bundled excerpt: no network, no account
	$(BIN)/lake demo

run: $(VENV)/laptop ## land live data: make run CONTACT=you@example.com
	$(BIN)/lake run --lake $(LAKE) --contact "$(CONTACT)"

test: $(VENV)/dev ## run the tests, but for those that fail each operation of a run
	$(BIN)/python -m pytest -q -n auto -m "not every_operation" $(TESTS)

# formats/ and tables/, and what they stand on: values in, values out.
PURE = glue_jobs/formats/*,glue_jobs/tables/*,glue_jobs/settings.py,glue_jobs/subjects.py,$\
glue_jobs/errors.py,glue_jobs/moments.py

coverage: $(VENV)/dev ## all tests but the faults; the bounds: pure code 100 % by branch, the rest 90 %
	$(BIN)/python -m pytest -q -n auto --ignore=tests/faults --cov --cov-report=
	$(BIN)/coverage report --include="$(PURE)" --fail-under=100 --skip-covered --show-missing
	$(BIN)/coverage report --omit="$(PURE)" --fail-under=90 --skip-covered --show-missing

faults: $(VENV)/dev ## every fault the lake survives, case by case (some minutes)
	$(BIN)/python -m pytest -q -n auto tests/faults --every-fault $(TESTS)

breakages: $(VENV)/dev ## break the lake on purpose, piece by piece; each must be noticed by a test
	$(BIN)/python -m tests.breakages $(ONLY)

fuzz: ## look for bytes that break a parser, guided by coverage: each for SECONDS, 60 unless told
	@if $(MAKE) -s $(VENV)-fuzz/ready && $(VENV)-fuzz/bin/python -c 'import atheris' 2>/dev/null; \
	then for target in listing flatfile conversion population; do \
	        $(VENV)-fuzz/bin/python -m tests.fuzz.coverage_guided $$target \
	            --seconds $(SECONDS) || exit 1; done; \
	else echo 'atheris cannot be installed here, so hypothesis tries for longer instead.' \
	    && $(MAKE) -s $(VENV)/dev \
	    && $(BIN)/python -m pytest -q -n auto tests/fuzz --hypothesis-profile=deep; fi

lint: $(VENV)/dev ## lint, types, architecture, docs in step with the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

lint-template: $(VENV)/dev $(VENV)-checkov/ready ## the CloudFormation template: cfn-lint, and checkov in a place of its own
	$(BIN)/cfn-lint infra/template.yaml
	BC_SKIP_MAPPING=TRUE $(VENV)-checkov/bin/checkov -f infra/template.yaml --quiet --compact \
	    --skip-download

audit: $(VENV)/laptop $(VENV)-audit/ready ## a report: what is publicly known against the pinned packages
	$(BIN)/python -m infra.audit $(VENV)-audit/bin/pip-audit requirements-dev.txt \
	    infra/requirements-checkov.txt infra/requirements-audit.txt infra/requirements-fuzz.txt

glue-modules: $(VENV)/dev ## can Glue's Python 3.9 install what the template gives each job?
	$(BIN)/python -m infra.modules

rehearse: $(VENV)/dev ## the lake on AWS, without AWS: template, wheel and jobs on a simulated cloud
	$(BIN)/python -m infra.rehearsal

bench: $(VENV)/dev ## measure the conversion against pandas, DuckDB and bare parsing (about 10 minutes)
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.history

docs: $(VENV)/dev ## write the generated parts of the docs
	$(BIN)/python -m docs.generate

requirements: ## pin the newest versions that suit Python 3.9 to current; needs uv
	uv pip compile -q pyproject.toml --universal --python-version 3.9 --generate-hashes \
	    --no-header --upgrade -o requirements.txt
	uv pip compile -q pyproject.toml --universal --python-version 3.9 --generate-hashes \
	    --no-header -c requirements.txt --extra laptop -o requirements-laptop.txt
	uv pip compile -q pyproject.toml --universal --python-version 3.9 --generate-hashes \
	    --no-header -c requirements-laptop.txt --extra laptop --extra dev -o requirements-dev.txt
	uv pip compile -q --group checkov --universal --python-version 3.9 --generate-hashes \
	    --no-header --upgrade -o infra/requirements-checkov.txt
	uv pip compile -q --group audit --universal --python-version 3.9 --generate-hashes \
	    --no-header --upgrade -o infra/requirements-audit.txt
	uv pip compile -q pyproject.toml --group fuzz --universal --python-version 3.9 \
	    --generate-hashes --no-header -c requirements-dev.txt -o infra/requirements-fuzz.txt

clean: ## remove the virtual environments and the demo's lake, not ./lake
	rm -rf $(VENV) $(VENV)-checkov $(VENV)-audit $(VENV)-fuzz lake-demo

$(VENV)/laptop: requirements-laptop.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-laptop.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/laptop
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)-checkov/ready $(VENV)-audit/ready $(VENV)-fuzz/ready: $(VENV)-%/ready: infra/requirements-%.txt
	$(PYTHON) -m venv --clear $(VENV)-$*
	$(VENV)-$*/bin/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@
