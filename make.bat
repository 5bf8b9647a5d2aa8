@echo off
rem The commands of the Makefile for Windows: .\make run, test, lint, bench, docs, lock, clean.
rem Paths are relative and the file is plain ASCII: it works in folders with Vietnamese names.
setlocal
cd /d "%~dp0"
set "PYTHONUTF8=1"
set "PY=.venv\Scripts\python.exe"
set "UV=uv==0.13.9"
if not defined PORT set "PORT=8501"
if not defined WORKERS set "WORKERS=2"
if not defined PYTHON (
  where py >nul 2>nul && set "PYTHON=py -3" || set "PYTHON=python"
)
for %%T in (run test lint bench docs screenshots lock clean environment) do if /i "%~1"=="%%T" goto %%T
echo Usage: .\make run ^| test ^| lint ^| bench ^| docs ^| screenshots ^| lock ^| clean
echo   set PORT=8502 before ".\make run" for another port
echo   set ARGS=-k name before ".\make test" to choose tests
exit /b 1

:run
call :ready || exit /b 1
if not exist data\demo\project.toml (
  "%PY%" -m coverage demo data/demo || exit /b 1
)
"%PY%" -m coverage app data/demo --port %PORT%
exit /b %errorlevel%

:test
call :check || exit /b 1
"%PY%" -m pytest -n %WORKERS% --dist loadgroup %ARGS%
exit /b %errorlevel%

:lint
call :check
exit /b %errorlevel%

:bench
call :ready || exit /b 1
"%PY%" -m benchmarks %ARGS%
exit /b %errorlevel%

:docs
call :ready || exit /b 1
"%PY%" -m tools.site %ARGS%
exit /b %errorlevel%

:screenshots
call :ready || exit /b 1
"%PY%" -m tools.screenshots %ARGS%
exit /b %errorlevel%

:environment
call :ready
exit /b %errorlevel%

:lock
%PYTHON% -m venv build\lock || exit /b 1
build\lock\Scripts\python.exe -m pip install --disable-pip-version-check --quiet %UV% || exit /b 1
build\lock\Scripts\python.exe -m uv pip compile pyproject.toml --extra dev --extra docs --universal --python-version 3.11 --generate-hashes --only-binary :all: --emit-build-options --no-header --no-annotate --quiet --output-file requirements.txt %ARGS%
exit /b %errorlevel%

:clean
for %%D in (.venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis) do if exist %%D rmdir /s /q %%D
for /d /r . %%D in (__pycache__) do if exist "%%D" rmdir /s /q "%%D"
exit /b 0

:check
call :ready || exit /b 1
"%PY%" -m ruff check . || exit /b 1
"%PY%" -m ruff format --check . || exit /b 1
"%PY%" -m mypy || exit /b 1
exit /b 0

:ready
fc /b requirements.txt .venv\requirements.txt >nul 2>nul && exit /b 0
%PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || (
  echo Python 3.11 or newer is needed: install it, or set PYTHON=C:\path\to\python.exe
  exit /b 1
)
%PYTHON% -m venv --clear .venv || exit /b 1
"%PY%" -m pip install --disable-pip-version-check --require-hashes -r requirements.txt || exit /b 1
"%PY%" -c "import os, pathlib, sysconfig; site = sysconfig.get_path('purelib'); pathlib.Path(site, 'phusong.pth').write_text(os.path.relpath('.', site))" || exit /b 1
>.venv\Scripts\phusong.cmd echo @"%%~dp0python.exe" -P -m coverage %%*
copy /y requirements.txt .venv\requirements.txt >nul || exit /b 1
exit /b 0
