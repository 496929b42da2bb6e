#!/usr/bin/env bash
# Install the parts that tests need and pip cannot bring, as Debian packages: PostgreSQL, Chromium, a Chinese font,
# SoftHSM (a hardware security module in software).
# Where that cannot be done this says so and succeeds: the tests skip with the reason, or fail under CI=true.
set -uo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[ -x /usr/bin/chromium ] || missing+=(chromium)
compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK-*' >/dev/null || missing+=(fonts-noto-cjk)
command -v softhsm2-util >/dev/null || missing+=(softhsm2)

if [ ${#missing[@]} = 0 ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "Not installed: ${missing[*]}. This machine has no apt-get; the tests that need them cannot run." >&2
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
else
    echo "Not installed: ${missing[*]}. Only root can install them; the tests that need them cannot run." >&2
    exit 0
fi

echo "Installing ${missing[*]} for the tests."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    echo "Could not install ${missing[*]}; the tests that need them cannot run." >&2
exit 0
