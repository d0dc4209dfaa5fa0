#!/usr/bin/env bash
# Sourced by demo.sh and test.sh: what the project needs from a bare Debian or Ubuntu, and its .venv.
#   need_packages PACKAGE...   installs the missing ones by apt, as root or by sudo; else says which and stops
#   make_venv                  creates .venv with a Python of at least 3.11 and activates it
#   install_project EXTRAS [sdist]
#                              pip install '.[EXTRAS]', or that of the wheel that the sdist makes; skipped while nothing
#                              that it is built from has changed
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

build_packages=(g++ cmake ninja-build git pkg-config libopencv-dev libeigen3-dev nlohmann-json3-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev)

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
stop() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

need_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
            stop "these packages are missing and neither root nor sudo is at hand; install them, then run again: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    command -v apt-get >/dev/null || stop "no apt-get here; install these by your system's means: ${missing[*]}"
    say "installing ${missing[*]}"
    local log
    log=$(mktemp)
    "${as_root[@]}" apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; stop "apt-get update failed"; }
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >"$log" 2>&1 || { tail -n 20 "$log" >&2; stop "apt-get install ${missing[*]} failed"; }
    rm -f "$log"
}

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "no Python of at least 3.11 found: apt-get install python3 python3-venv python3-dev"
}

make_venv() {
    if [ ! -x .venv/bin/pip ]; then
        command -v python3 >/dev/null || need_packages python3 python3-venv python3-dev
        local python
        python=$(find_python)
        # Debian's own interpreter keeps venv and the headers in packages of their own.
        if [ "$(readlink -f "$python" | cut -d/ -f1-3)" = /usr/bin ]; then need_packages python3-venv python3-dev; fi
        say "making .venv with $("$python" --version)"
        "$python" -m venv .venv
    fi
    # shellcheck disable=SC1091
    . .venv/bin/activate
}

# What the installed package is built from, as one hash; editing a test or a page doesn't rebuild.
source_hash() {
    find CMakeLists.txt pyproject.toml cmake cpp python -type f -not -name '*.so' -not -path '*/__pycache__/*' \
        -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | cat - <(echo "$1") | sha256sum | cut -c1-16
}

install_project() {
    local stamp=.venv/.e2tad-installed hash installed=
    hash=$(source_hash "$1")
    [ -f "$stamp" ] && installed=$(cat "$stamp")
    # What came from the sdist also serves where that isn't asked for.
    [ "$installed" = "$hash sdist" ] || [ "$installed" = "$hash ${2:-}" ] && return
    # Older pips refuse empty brackets.
    local extras=${1:+[$1]} source=.
    if [ "${2:-}" = sdist ]; then
        say "the sdist, and the wheel that it makes (a few minutes)"
        rm -rf build/sdist
        pip install --quiet --disable-pip-version-check build
        python -m build --quiet --outdir build/sdist . >/dev/null || stop "the sdist or its wheel failed; the reason stands above"
        source=$(echo build/sdist/*.whl)
        # The version is the same as before, so pip would keep what is installed.
        pip uninstall --quiet --yes e2tad 2>/dev/null || true
    fi
    say "pip install $source$extras (a few minutes the first time)"
    pip install --quiet --disable-pip-version-check "$source$extras" || stop "pip install failed; the reason stands above"
    echo "$hash ${2:-}" >"$stamp"
}
