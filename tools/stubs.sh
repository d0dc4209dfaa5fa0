#!/usr/bin/env bash
# Writes python/e2tad/_core.pyi and _nn.pyi from the installed extensions; --check compares instead and fails on a
# difference.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for module in _core _nn; do
    python3 -m pybind11_stubgen "e2tad.$module" --output-dir "$out" --exit-code >/dev/null
    stub=$out/e2tad/$module.pyi
    python3 -m ruff format --quiet --config "$root/pyproject.toml" --no-force-exclude "$stub"
    if [ "${1:-}" = --check ]; then
        diff -u "$root/python/e2tad/$module.pyi" "$stub" ||
            { echo "stubs: $module.pyi is stale; run tools/stubs.sh" >&2; exit 1; }
    else
        mv "$stub" "$root/python/e2tad/$module.pyi"
    fi
done
[ "${1:-}" != --check ] || echo "stubs: up to date"
