#!/bin/sh
# Style, formatting, types, then the tests. One failing does not hide the others; pytest's summary comes last.
set -u
cd "$(dirname "$0")/.."
python=.venv/bin/python
failed=""
# Compiled modules are kept: otherwise every process that a test starts, and pytest for its own files, compiles everything again.
unset PYTHONDONTWRITEBYTECODE
"$python" -m ruff check --quiet . || failed="$failed ruff-check"
"$python" -m ruff format --check --quiet . || failed="$failed ruff-format"
"$python" -m mypy --no-error-summary || failed="$failed mypy"
[ -z "$failed" ] || echo "Not clean:$failed (details above; the tests run all the same)"
# Three: LibreOffice and the workers of a verb are waited for; on two cores a tenth quicker than two.
# worksteal: a process has the tests of a file one after another, so that what they share is made once.
"$python" -m pytest -q -n 3 --dist worksteal -m "not slow" "$@" || failed="$failed pytest"
[ -z "$failed" ] || { echo "Failed:$failed" >&2; exit 1; }
