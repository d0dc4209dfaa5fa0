#!/usr/bin/env bash
# Writes python/e2tad/_core.pyi from the installed extension; --check compares instead and fails on a difference.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
python3 -m pybind11_stubgen e2tad._core --output-dir "$out" --exit-code >/dev/null
python3 -m ruff format --quiet --config "$root/pyproject.toml" --no-force-exclude "$out/e2tad/_core.pyi"
if [ "${1:-}" = --check ]; then
    diff -u "$root/python/e2tad/_core.pyi" "$out/e2tad/_core.pyi" ||
        { echo "stubs: _core.pyi is stale; run tools/stubs.sh" >&2; exit 1; }
    echo "stubs: up to date"
else
    mv "$out/e2tad/_core.pyi" "$root/python/e2tad/_core.pyi"
fi
