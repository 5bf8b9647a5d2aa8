# Gates of quality after the tests (docs/quality.md). For the build server, on Linux and macOS only.

# Tools of the gates live in environments of their own under build/, so the lock does not hold them.
GATE_TOOLS := pip-audit==2.10.1 cyclonedx-bom==7.5.0 $(UV)
TEST_TOOLS := pytest==9.2.0 pytest-xdist==3.8.0 hypothesis==6.170.15
# Tests of every stage without browser, for other interpreters and other versions.
QUICK := tests/stages tests/io tests/planning tests/test_costs.py tests/test_tables.py -m "not browser and not slow"

# slipcover has its own part in pytest, loaded before pytest would.
COUNTED = @mkdir -p build && $(PY) -m slipcover --source coverage --omit "coverage/propagation/*" --json --out build/lines.json -m pytest -W ignore::pytest.PytestAssertRewriteWarning

gates: licences audit sbom $(if $(wildcard build/lines.json),lines) mutants

# Other versions and other Pythons: ten minutes more, before a release and when a floor moves.
versions: minimum pythons

licences lines mutants: $(INSTALLED)
	$(PY) -m gates $@

audit sbom: $(INSTALLED) build/gates/bin/pip-audit
	$(PY) -m gates $@

build/gates/bin/pip-audit: gates/gates.mk
	"$(PYTHON)" -m venv --clear build/gates
	build/gates/bin/python -m pip install --disable-pip-version-check --quiet $(GATE_TOOLS)
	@touch $@

# The oldest versions that pyproject.toml allows of what it names.
minimum: build/gates/bin/pip-audit
	build/gates/bin/uv pip compile pyproject.toml --resolution lowest-direct --python-version 3.11 --only-binary :all: --no-header --no-annotate --quiet --output-file build/minimum.txt
	$(call in_environment,"$(PYTHON)",build/minimum,-r build/minimum.txt $(TEST_TOOLS),-W default)

# Every Python from 3.11 that is here; one that is not is named loudly.
pythons: build/gates/bin/pip-audit
	@for version in 3.12 3.13; do \
	  found=$$(build/gates/bin/uv python find --no-python-downloads --offline $$version 2>/dev/null) || { \
	    echo "!! Python $$version KHÔNG CÓ Ở ĐÂY, BỎ QUA / IS NOT HERE, NOT TRIED"; continue; }; \
	  $(MAKE) --no-print-directory one-python FOUND=$$found VERSION=$$version || exit 1; \
	done

one-python:
	$(call in_environment,"$(FOUND)",build/python$(VERSION),-r requirements.txt)

# Quick tests with an interpreter and a list of versions, in an environment of their own.
define in_environment
	@echo "== $(2)"
	$(1) -m venv --clear $(2)
	build/gates/bin/uv pip install --quiet --python $(2)/bin/python --only-binary :all: $(3)
	PYTHONPATH=. $(2)/bin/python -m pytest -q $(4) -n $(WORKERS) --dist loadgroup -p no:cacheprovider $(QUICK)
endef
