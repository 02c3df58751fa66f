#!/bin/sh
# Creates .venv with everything in it. Needs Python 3.11 or newer; uses uv if it is there, else venv and pip.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'posbot: %s\n' "$1" >&2; exit 1; }

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "Python 3.11 or newer is needed: install it (on Debian: apt install python3 python3-venv) and try again."
}

python=$(find_python)
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --clear --python "$python" .venv
    install() { VIRTUAL_ENV="$PWD/.venv" uv pip install --quiet "$@"; }
else
    "$python" -m venv --clear .venv >/dev/null 2>&1 ||
        say "Python's venv module is missing: install it (on Debian: apt install python3-venv) and try again."
    install() { .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check "$@"; }
fi
install --require-hashes -r requirements.lock || say "the packages could not be installed: is the package index reachable?"
install --no-deps --no-build-isolation -e .
.venv/bin/python -c 'from intents.load import understand; understand()'
touch .venv/.ready
