#!/usr/bin/env bash
# Every check of the project, from a bare Debian or Ubuntu.
# Usage: bash tools/test.sh [--full]
#   quick: layers, formats, lint, types, stubs, C++ tests (Debug), the wheel with pytest, C++ tests under ASan+UBSan,
#          clang-tidy on what changed since origin/main
#   --full adds: clang-tidy on everything, the package from its sdist, pytest on a Debug build, slow tests, pages in
#          Chromium, 60 s of fuzzing, the paper's tables at the scale smoke, the Raspberry Pi's program under
#          emulation, and the notebooks
# E2TAD_DATA names the folder with real data; tests that need it are skipped by name without it.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
full=false
case "${1:-}" in
"") ;;
--full) full=true ;;
*) stop "unknown option $1; usage: bash tools/test.sh [--full]" ;;
esac

packages=("${build_packages[@]}" libgtest-dev libbenchmark-dev ffmpeg clang clang-tidy ccache)
$full && packages+=("libclang-rt-14-dev" chromium)
need_packages "${packages[@]}"
make_venv
export CMAKE_CXX_COMPILER_LAUNCHER=ccache
if $full; then
    # The wheel of the sdist is what is tested: one build shows both.
    install_project "test,lint,bench,ray" sdist
else
    install_project "test,lint,bench,ray"
fi
python -c 'import e2tad._core, e2tad._nn' || stop "the installed package lacks a module"

# The interpreter is the venv's, also where another one comes first on CMake's own search path.
python_option=-DPython_EXECUTABLE=$root/.venv/bin/python

say "layers, formats, lint, types, stubs"
python tools/check_layers.py
mapfile -t cpp_files < <(git ls-files 'cpp/*.cpp' 'cpp/*.hpp' 'tests/*.cpp' 'tests/*.hpp')
clang-format --dry-run --Werror "${cpp_files[@]}"
ruff check .
ruff format --check .
mypy
bash tools/stubs.sh --check

say "C++ tests, Debug, warnings are errors"
cmake --preset dev "$python_option" >/dev/null
cmake --build --preset dev
ctest --preset dev --progress | tail -n 15

say "clang-tidy"
if $full; then
    mapfile -t tidy_files < <(git ls-files 'cpp/e2tad/*.cpp' 'cpp/apps/*.cpp')
else
    base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-list --max-parents=0 HEAD | tail -n 1)
    mapfile -t tidy_files < <(git diff --name-only --diff-filter=d "$base" -- 'cpp/e2tad/*.cpp' 'cpp/apps/*.cpp')
fi
if [ ${#tidy_files[@]} -gt 0 ]; then
    printf '%s\0' "${tidy_files[@]}" | xargs -0 -n 2 -P "$(nproc)" clang-tidy -p build/dev --quiet 2>/dev/null ||
        stop "clang-tidy found the above"
fi

say "C++ tests, AddressSanitizer and UndefinedBehaviorSanitizer"
cmake --preset asan "$python_option" >/dev/null
cmake --build --preset asan
ctest --preset asan --progress | tail -n 15

marks="not slow and not gpu"
$full && marks="not gpu"

if $full; then
    say "pytest on a Debug build of the extension"
    stage=$(mktemp -d)
    cp -r python/e2tad "$stage/"
    cp build/dev/cpp/bindings/_core*.so build/dev/cpp/bindings/_nn*.so "$stage/e2tad/"
    # Tests of networks would spend their time in PyTorch, as they do on the wheel below.
    PYTHONPATH=$stage python -m pytest -q -m "not slow and not gpu and not networks" -p no:cacheprovider
    rm -rf "$stage"

    say "fuzzing the parsers, 60 s"
    bash tools/fuzz.sh 60

    say "the paper's five tables, and robustness of ReID, at the scale smoke"
    tables=$(mktemp -d)
    e2tad table all --scale smoke -o "$tables"
    e2tad sweep experiments/reid_robustness.json -o "$tables"
    e2tad report "$tables" --claims experiments/claims.json >/dev/null
    rm -rf "$tables"

    say "the Raspberry Pi's program, emulated"
    bash tools/pi/test.sh "test,lint,bench,ray"
fi

say "pytest on the installed wheel"
python -m pytest -m "$marks"
python -m pytest -q --doctest-modules --pyargs e2tad

if $full; then
    say "notebooks"
    python -m pytest -q --nbmake --nbmake-timeout=120 notebooks
fi
