#!/usr/bin/env bash
# Fuzzes everything that reads a user's files: labels and answers, the scorer, init.csv, tracks, MOTChallenge text,
# configurations. Usage: tools/fuzz.sh [SECONDS]   (in all, shared by the targets; 60 where none are given)
# Needs Clang and its libFuzzer (Debian: clang libclang-rt-14-dev). What is found stays in build/fuzz/findings.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: expected a number of seconds, got $seconds" >&2; exit 2; }
build=${E2TAD_FUZZ_BUILD:-$root/build/fuzz}
command -v clang++ >/dev/null || { echo "fuzz: clang++ is missing (Debian: clang libclang-rt-14-dev)" >&2; exit 2; }
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
(cd "$root" && cmake --preset fuzz -B "$build" "${launcher[@]}" >/dev/null && cmake --build "$build" --target fuzzers)

seeds=$build/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{actions,score,init,tracks,mot,config} "$build/findings"
seed() { printf '%b' "$2" >"$seeds/$1/$RANDOM$RANDOM"; }
seed actions 'frame,5_blue\r\n0,3\r\n137,1'
seed actions '\xef\xbb\xbfFrame, 6_Red ,05,note,7\n 1 ,4,+2,"a, ""b""",\n\n-36,1\n'
seed score 'frame,5,6\n0,3,1\n140,2,1\n\x01frame,5_blue,6\n0,3,1\n137,1,01\n'
seed score 'frame\n\x01frame,5\n1,\n'
seed init 'Frame,Class,ID,X,Y,Width,Height\n0,1,5,0.644703,0.318819,0.023547,0.041861\n0,0,2,.4,3e-1,.04,.2\n'
seed tracks '[{"class": "ball", "occlusion": 0, "id": 5, "bounding box (ltrb)": [1626, 772, 1742.5, 881]}]'
seed tracks '1=2,2=1\x01[{"class": "person", "id": 1, "bounding box (ltwh)": [-1e3, 0, 7, 8]}, {"class": "person", "id": 2, "bounding box (ltwh)": [1, 2, 0, 0]}]'
seed mot '1,3,10,20.5,5,6,1,1,1\n2,4,-1e3,0,5,6,.5,-1,-1,-1\n3,5,1,1,2,2,1,2,1\n'
seed config '{"decoder": "morphological", "hmm": {}, "theta": 5}'
for file in "$root"/configs/*.json; do [ -f "$file" ] && cp "$file" "$seeds/config/"; done

targets=("$seeds"/*)
each=$((seconds / ${#targets[@]}))
[ "$each" -ge 1 ] || each=1
failed=0
for target in "${targets[@]}"; do
    name=$(basename "$target")
    corpus=$build/corpus/$name
    mkdir -p "$corpus"
    echo "fuzz: $name, $each s"
    "$build/tests/fuzz/fuzz_$name" -max_total_time="$each" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$name-" "$corpus" "$target" >"$build/$name.log" 2>&1 ||
        { failed=1; tail -n 40 "$build/$name.log" >&2; }
    grep -E 'stat::number_of_executed_units|stat::peak_rss_mb|cov:' "$build/$name.log" | tail -n 3
done
[ "$failed" -eq 0 ] || { echo "fuzz: found something, see $build/findings" >&2; exit 1; }
echo "fuzz: nothing found"
