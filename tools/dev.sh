#!/usr/bin/env bash
# Builds _core and _nn in a build folder and links them into python/e2tad, so that PYTHONPATH=python runs this checkout.
# Usage: tools/dev.sh [BUILD_DIR [CMAKE_OPTION...]]   (needs the packages of CONTRIBUTING.md)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath -m "${1:-$root/build/dev-python}")
[ $# -gt 0 ] && shift
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S "$root" -B "$build" -G Ninja -DPython_EXECUTABLE="$(command -v python3)" "${launcher[@]}" "$@" >/dev/null
cmake --build "$build" --target _core _nn
ln -sf "$build"/cpp/bindings/_core*.so "$build"/cpp/bindings/_nn*.so "$root/python/e2tad/"
echo "export PYTHONPATH=$root/python"
