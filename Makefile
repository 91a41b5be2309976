# Every target sets up what it needs: a virtual environment with pinned, hashed packages.
PYTHON ?= python3
VENV ?= .venv
LAKE ?= ./lake
SECONDS ?= 60
EVERY ?= 10
# Each process of the tests would compile all of them anew.
unexport PYTHONDONTWRITEBYTECODE
BIN = $(VENV)/bin
# pytest gives neighbouring tests to one process, which makes once what they share; a process that is
# done takes tests from the others.
PYTEST = -m pytest -q -n auto --dist worksteal
PIP_INSTALL = pip install -q --disable-pip-version-check --require-hashes
PIP_INSTALL_CLONE = pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
# --no-strip-extras: pip before 23.3 does not take a pin of `coverage` for one of `coverage[toml]`.
PIN = uv pip compile -q --universal --generate-hashes --no-header --no-strip-extras
# What Glue runs begins at Python 3.9, the laptop at 3.11.
PIN_JOBS = $(PIN) --python-version 3.9
PIN_LAPTOP = $(PIN) --python-version 3.11
# What everybody's environment gets; `mcp` brings a web server along.
EXTRAS = --extra aws --extra trino --extra page --extra excel

.DEFAULT_GOAL := help
.PHONY: help demo run notebook check test test-jobs conformance conformance-trino coverage faults breakages fuzz \
    lint lint-template policy lint-policies audit install-check wheel-check page-check rehearse bench docs \
    requirements clean

help: ## print this list
	@echo 'make TARGET, where TARGET is one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables: PYTHON=$(PYTHON) VENV=$(VENV) LAKE=$(LAKE) SECONDS=$(SECONDS)'
	@echo '           EVERY=$(EVERY) CONTACT TESTS ONLY'

demo: $(VENV)/laptop ## run everything on a bundled excerpt: no network, no account
	$(BIN)/lake demo

run: $(VENV)/laptop ## land live data: make run CONTACT=you@example.com
	$(BIN)/lake run --lake $(LAKE) --contact "$(CONTACT)"

# The second run of the demo finds nothing new, and the notebook shows that. A demo lake that has
# two runs is taken as it is: a third would mend what somebody has changed in it.
notebook: $(VENV)-notebook/ready ## execute the notebooks over the demo's lakes, compare their outputs
	@while [ "$$(ls lake-demo/runs 2>/dev/null | wc -l)" -lt 2 ]; do \
	    $(VENV)-notebook/bin/lake demo --json > /dev/null || exit 1; done
	$(VENV)-notebook/bin/python -m tools.notebook quest
	$(VENV)-notebook/bin/lake demo --vintages --json > /dev/null
	$(VENV)-notebook/bin/python -m tools.notebook revisions

# The quick half of the tests: no S3, no process of its own, no fuzzing.
QUICK = tests/athena_sql tests/catalog tests/tables tests/simulator \
    $(addprefix tests/test_,answers.py checks.py docs.py settings.py sql.py summaries.py typos.py)

check: lint ## lint, types, contracts and the quick tests: what to run before a commit
	$(BIN)/python $(PYTEST) $(QUICK)

test: $(VENV)/dev ## run the tests, of the faults a sample: `make faults` plays them all
	$(BIN)/python $(PYTEST) -m "not every_operation" --every-nth-case 4,12 $(TESTS)

# What needs neither DuckDB nor the `lake` command, which the jobs' Python may not have.
JOBS_TESTS = tests/catalog tests/sources tests/tables tests/engines/test_athena.py \
    $(addprefix tests/storage/test_,storage.py local.py s3.py verified.py leases.py) \
    $(addprefix tests/test_,builds.py landing_rules.py settings.py) \
    $(addprefix tests/labels/test_,index.py joins.py labels.py titles.py) \
    tests/deployment/test_enter.py tests/faults/test_landing.py \
    --ignore=tests/catalog/test_rotten_past.py --ignore=tests/sources/test_new_source.py

test-jobs: $(VENV)-jobs/ready ## run the jobs' own tests, with what Glue runs: PYTHON=python3.9
	$(VENV)-jobs/bin/python $(PYTEST) $(JOBS_TESTS)

conformance: $(VENV)/dev ## compare the local engine with a real Trino's answers
	$(BIN)/python $(PYTEST) tests/conformance $(TESTS)

conformance-trino: $(VENV)/dev ## compare the local engine with a real Trino server; record its answers
	$(BIN)/python -m tests.trino.conformance

# What is made of bytes, and what they stand on: values in, values out.
PURE = glue_jobs/tables/*,glue_jobs/sources/bls/listing.py,glue_jobs/sources/population/answer.py,$\
glue_jobs/settings.py,glue_jobs/subjects.py,$\
glue_jobs/errors.py,glue_jobs/timestamps.py

coverage: $(VENV)/dev ## run the tests but the faults, and hold the bounds on coverage
	$(BIN)/python $(PYTEST) --ignore=tests/faults -m "not every_operation" --cov \
	    --cov-report=
	$(BIN)/coverage report --include="$(PURE)" --fail-under=100 --skip-covered --show-missing
	$(BIN)/coverage report --omit="$(PURE)" --fail-under=90 --skip-covered --show-missing

# Of that file the tests that have a turn for each operation, or order; all others have been in
# `make coverage`.
BACKFILLS = $(addprefix tests/test_backfill.py::test_,\
    copies_in_any_of_the_120_orders_give_the_same_revisions_to_the_byte \
    a_backfill_that_fails_at_any_operation_leaves_tables_and_history_in_step)

faults: $(VENV)/dev ## play every fault, at each EVERYth operation of a run
	$(BIN)/python $(PYTEST) tests/faults $(BACKFILLS) --every-fault \
	    --every-nth $(EVERY) $(TESTS)

breakages: $(VENV)/dev ## break the lake on purpose; a test must notice each time
	$(BIN)/python -m tests.breakages $(ONLY)

fuzz: ## look for bytes that break a parser, each for SECONDS
	@if $(MAKE) -s $(VENV)-fuzz/ready && $(VENV)-fuzz/bin/python -c 'import atheris' 2>/dev/null; \
	then for target in listing flatfile conversion population; do \
	        $(VENV)-fuzz/bin/python -m tests.fuzz.coverage_guided $$target \
	            --seconds $(SECONDS) || exit 1; done; \
	else echo 'atheris cannot be installed here, so hypothesis tries for longer instead.' \
	    && $(MAKE) -s $(VENV)/dev \
	    && $(BIN)/python $(PYTEST) tests/fuzz --hypothesis-profile=deep; fi

lint: $(VENV)/dev ## check lint, types, architecture, and docs against the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check

lint-template: $(VENV)/dev $(VENV)-checkov/ready ## check the CloudFormation template with cfn-lint and checkov
	mkdir -p .build
	$(BIN)/lake deploy --template > .build/template.json
	$(BIN)/cfn-lint .build/template.json
	BC_SKIP_MAPPING=TRUE $(VENV)-checkov/bin/checkov -f .build/template.json --quiet --compact \
	    --skip-download

policy: $(VENV)/dev ## make the deployer's policy of the rights that the stack's resources take
	$(BIN)/python -m tools.deployer_policy

lint-policies: $(VENV)/dev $(VENV)-policies/ready ## check the policies of the template and of the deployer
	$(BIN)/python -m tests.policies .build/policies
	$(VENV)-policies/bin/python -m tools.policy_lint .build/policies infra/policy-findings.yaml

audit: $(VENV)/laptop $(VENV)-audit/ready ## report what is publicly known against the pinned packages
	$(BIN)/python -m tools.audit $(VENV)-audit/bin/pip-audit requirements-pip.txt \
	    requirements-build.txt requirements-dev.txt requirements-jobs-tests.txt \
	    tools/requirements-checkov.txt tools/requirements-policies.txt \
	    tools/requirements-audit.txt tools/requirements-fuzz.txt tools/requirements-browser.txt \
	    tools/requirements-notebook.txt

wheel-check: $(VENV)/dev ## install the wheel alone into an empty environment; run the demo there
	$(BIN)/python -m tools.wheel_check

page-check: $(VENV)/laptop $(VENV)-browser/ready ## look at the demo's site in Chromium, which must be there
	rm -rf .build/page-lake .build/page
	mkdir -p .build
	$(BIN)/lake demo --vintages --lake .build/page-lake --json > .build/page-demo.json
	$(BIN)/lake page --lake .build/page-lake --output .build/page
	$(VENV)-browser/bin/python -m tools.page_check .build/page

rehearse: $(VENV)/dev ## run template, bundles and jobs on a simulated cloud, without AWS
	$(BIN)/python -m tests.rehearsal

bench: $(VENV)/dev ## measure conversion, history, many surveys, labels, finding series, translation
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.history
	$(BIN)/python -m bench.surveys
	$(BIN)/python -m bench.find
	$(BIN)/python -m bench.labels
	$(BIN)/python -m bench.translation

docs: $(VENV)/dev ## write the generated parts of the docs
	$(BIN)/python -m tools.docs

install-check: $(VENV)/dev ## check that every requirements file installs, also in a year
	$(BIN)/python -m tools.install_check

requirements: ## pin the newest versions that suit all Pythons; needs uv
	$(PIN_JOBS) --group pip --upgrade -o requirements-pip.txt
	$(PIN_JOBS) --group build --upgrade -o requirements-build.txt
	$(PIN_JOBS) --group jobs --upgrade -o requirements.txt
	$(PIN_JOBS) --group jobs-tests -c requirements.txt -o requirements-jobs-tests.txt
	$(PIN_LAPTOP) pyproject.toml $(EXTRAS) -c requirements.txt \
	    -o requirements-laptop.txt
	$(PIN_LAPTOP) pyproject.toml $(EXTRAS) --extra mcp --group dev \
	    -c requirements-laptop.txt -o requirements-dev.txt
	$(PIN_LAPTOP) --group checkov --upgrade -o tools/requirements-checkov.txt
	$(PIN_LAPTOP) --group policies --upgrade -o tools/requirements-policies.txt
	$(PIN_JOBS) --group audit -c requirements-pip.txt --upgrade -o tools/requirements-audit.txt
	$(PIN_LAPTOP) pyproject.toml --group fuzz -c requirements-dev.txt \
	    -o tools/requirements-fuzz.txt
	$(PIN_LAPTOP) pyproject.toml --extra aws --group notebook -c requirements-laptop.txt --upgrade \
	    -o tools/requirements-notebook.txt
	$(PIN_LAPTOP) --group browser --upgrade -o tools/requirements-browser.txt
	$(PIN_JOBS) --group glue -o tools/requirements-glue.txt

clean: ## remove the virtual environments and the demo's lake, not ./lake
	rm -rf $(VENV) $(VENV)-jobs $(VENV)-checkov $(VENV)-policies $(VENV)-audit $(VENV)-fuzz \
	    $(VENV)-notebook $(VENV)-browser \
	    lake-demo .build

# Each begins with the pinned pip: the one that a Python brings is as old as that Python.
$(VENV)/laptop: requirements-pip.txt requirements-build.txt requirements-laptop.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP_INSTALL) -r requirements-pip.txt
	$(BIN)/$(PIP_INSTALL) -r requirements-build.txt -r requirements-laptop.txt
	$(BIN)/$(PIP_INSTALL_CLONE)
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/laptop
	$(BIN)/$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)-jobs/ready: requirements-pip.txt requirements-jobs-tests.txt
	$(PYTHON) -m venv --clear $(VENV)-jobs
	$(VENV)-jobs/bin/$(PIP_INSTALL) -r requirements-pip.txt
	$(VENV)-jobs/bin/$(PIP_INSTALL) -r requirements-jobs-tests.txt
	@touch $@

# Compiling all packages would take longer than what is saved by it.
$(VENV)-notebook/ready: requirements-pip.txt requirements-build.txt \
    tools/requirements-notebook.txt pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)-notebook
	$(VENV)-notebook/bin/$(PIP_INSTALL) -r requirements-pip.txt
	$(VENV)-notebook/bin/$(PIP_INSTALL) --no-compile -r requirements-build.txt \
	    -r tools/requirements-notebook.txt
	$(VENV)-notebook/bin/$(PIP_INSTALL_CLONE)
	@touch $@

$(VENV)-checkov/ready $(VENV)-policies/ready $(VENV)-audit/ready $(VENV)-fuzz/ready \
$(VENV)-browser/ready: $(VENV)-%/ready: \
    tools/requirements-%.txt requirements-pip.txt
	$(PYTHON) -m venv --clear $(VENV)-$*
	$(VENV)-$*/bin/$(PIP_INSTALL) -r requirements-pip.txt
	$(VENV)-$*/bin/$(PIP_INSTALL) -r $<
	@touch $@
