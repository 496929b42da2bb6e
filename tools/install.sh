#!/usr/bin/env bash
# Install into .venv what is locked in requirements/: `tools/install.sh runtime` or `tools/install.sh dev`.
# A stamp holds the hash of what was installed, so that a second call has nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

layer=${1:?usage: tools/install.sh runtime|dev}
python=${PYTHON:-python3}
stamp=.venv/installed-$layer
wanted=$(cat requirements/build.txt "requirements/$layer.txt" pyproject.toml | sha256sum)

if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

fail() {
    echo "$1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Tallystick needs Python 3.11 or newer: install it, or name one with 'make PYTHON=/path/to/python3.11'."

# Debian ships Python without ensurepip; its package python3-venv brings it.
if [ ! -x .venv/bin/pip ] && ! "$python" -c 'import ensurepip; ensurepip.version()' 2>/dev/null; then
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; then
        echo "Installing python3-venv, which $python needs to make a virtual environment."
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    fi
    "$python" -c 'import ensurepip; ensurepip.version()' 2>/dev/null ||
        fail "$python cannot make a virtual environment: ask an administrator to install python3-venv, then try again."
fi

if [ ! -x .venv/bin/pip ]; then
    "$python" -m venv --clear .venv
fi

echo "Installing the $layer packages into .venv (a few minutes the first time)."
pip=(.venv/bin/pip --quiet --no-input --disable-pip-version-check)
"${pip[@]}" install --require-hashes -r requirements/build.txt -r "requirements/$layer.txt"
"${pip[@]}" install --no-deps --no-build-isolation -e .
echo "$wanted" >"$stamp"
