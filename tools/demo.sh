#!/usr/bin/env bash
# From a bare Debian or Ubuntu to a first result: installs what is missing, then runs `e2tad demo`.
# Usage: bash tools/demo.sh [OPTION of e2tad demo...]      for example: bash tools/demo.sh --seed 3 -o out/demo
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
need_packages "${build_packages[@]}"
make_venv
install_project ""
exec e2tad demo "$@"
