#!/bin/sh
# Find a Python 3.11 or newer that really runs, then let tools/setup.py do the rest. Arguments go through to it.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    # A version manager's stub may exist and still refuse to run, so each candidate is asked.
    for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"; else return 1; fi
}

if ! python=$(find_python); then
    if command -v apt-get >/dev/null 2>&1; then
        echo "setup: no Python 3.11 or newer; asking apt-get for one" >&2
        { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3 python3-venv; } </dev/null >&2 || true
    fi
    python=$(find_python) || {
        echo "setup: collab_xl needs Python 3.11 or newer and none was found." >&2
        echo "       Install it (python.org, your package manager), or name it: make test PYTHON=/path/to/python3.11" >&2
        exit 1
    }
fi
exec "$python" tools/setup.py "$@"
