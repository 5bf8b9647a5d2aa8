# Commands of daily work. On Windows, make.bat knows the same ones.
#
# Every path here is relative and nothing is started through a script that holds an absolute path,
# so the project works in a folder whose name has blanks or Vietnamese letters.

PYTHON ?= python3
PORT ?= 8501
WORKERS ?= 2
ARGS ?=

PY := .venv/bin/python
INSTALLED := .venv/requirements.txt
UV := uv==0.13.9
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint bench docs screenshots lock clean environment new-environment gates licences audit sbom lines mutants versions minimum pythons one-python

help:
	@echo "make run    mở ứng dụng với dữ liệu mẫu / start the app on demo data (PORT=$(PORT))"
	@echo "make test   kiểm tra toàn bộ / every check (ARGS='-k name' chooses tests)"
	@echo "make lint   kiểm tra mã nguồn / ruff and mypy only"
	@echo "make bench  đo tốc độ / measure speed"
	@echo "make gates  các cổng chất lượng sau kiểm tra / gates of quality after the tests: see docs/quality.md"
	@echo "make docs   trang tài liệu vào build/site / the site of the documentation"
	@echo "make screenshots  chụp lại hình của tài liệu / make its pictures anew"
	@echo "make lock   ghi lại requirements.txt / write requirements.txt anew (ARGS=--upgrade)"
	@echo "make clean  xóa môi trường và bộ nhớ đệm / remove environment and caches, no data"

run: $(INSTALLED) data/demo/project.toml
	$(PY) -m coverage app data/demo --port $(PORT)

data/demo/project.toml: | $(INSTALLED)
	$(PY) -m coverage demo data/demo

# With LINES=1 the lines of coverage/ that the tests run are counted; `make lines` judges them.
test: lint
ifdef LINES
	$(COUNTED) -n $(WORKERS) --dist loadgroup $(ARGS)
else
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)
endif

lint: $(INSTALLED)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(INSTALLED)
	$(PY) -m benchmarks $(ARGS)

docs: $(INSTALLED)
	$(PY) -m tools.site $(ARGS)

screenshots: $(INSTALLED)
	$(PY) -m tools.screenshots $(ARGS)

# The environment is made anew only where the lock's content differs from what was installed.
environment: $(INSTALLED)

$(INSTALLED): requirements.txt
	@if cmp -s $< $@; then touch $@; else $(MAKE) --no-print-directory new-environment; fi

# The project itself is put on the path by a relative line: see "Environment" in
# docs/architecture.md.
new-environment:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Cần Python 3.11 trở lên / Python 3.11 or newer is needed: make PYTHON=python3.12 …"; \
	  exit 1; }
	"$(PYTHON)" -m venv --clear .venv
	$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	@$(PY) -c "import os, pathlib, sysconfig; site = sysconfig.get_path('purelib'); pathlib.Path(site, 'phusong.pth').write_text(os.path.relpath('.', site))"
	@printf '%s\n' '#!/bin/sh' 'exec "$$(dirname "$$0")/python" -P -m coverage "$$@"' > .venv/bin/phusong
	@chmod +x .venv/bin/phusong
	@cp requirements.txt $(INSTALLED)

lock:
	"$(PYTHON)" -m venv build/lock
	build/lock/bin/python -m pip install --disable-pip-version-check --quiet $(UV)
	build/lock/bin/python -m uv pip compile pyproject.toml --extra dev --extra docs --universal --python-version 3.11 --generate-hashes --only-binary :all: --emit-build-options --no-header --no-annotate --quiet --output-file requirements.txt $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

include gates/gates.mk
