#!/usr/bin/env bash
# Tries the tarball as a Raspberry Pi would run it: an emulated Cortex-A53, nothing of Debian but the C and C++ run time.
# A short simulated clip must give the answer that this machine gives with the Pi's engine.
# Usage: bash tools/pi/test.sh      (builds first; E2TAD_PI as for sysroot.sh)
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
bash "$root/tools/pi/build.sh"
pi=${E2TAD_PI:-$root/build/pi-root}
make_venv
install_project "${1:-}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tarball=$(ls build/e2tad-pi-*-arm64.tar.gz)
mkdir "$work/opt"
tar -C "$work/opt" -xzf "$tarball"
program=$(echo "$work"/opt/*/bin/e2tad-pi)
# One thread: with more, QNNPACK's pool hangs under emulation.
on_pi() { qemu-aarch64 -cpu cortex-a53 -L "$pi/bare" -E OMP_NUM_THREADS=1 -E OPENBLAS_NUM_THREADS=1 "$program" "$@"; }

say "a clip, and what this machine says of it"
e2tad simulate "$work/clip" --preset 5p2b --frames 90 --size 640x360 --seed 3 >/dev/null
video=$(echo "$work"/clip/*.mp4)
init=$(echo "$work"/clip/*_init.csv)
say "the Pi's program on it"
for schedule in frame cached; do
    on_pi "$video" "$init" "$work/$schedule.csv" --threads 1 --schedule "$schedule" \
        --tracks "$work/$schedule.txt" --summary "$work/$schedule.json"
done
cmp "$work/frame.csv" "$work/cached.csv"
# Boxes are compared on whole frames: cropped ones pass on a pixel's difference from frame to frame.
echo '{"adaptive": {"crop_region": false}}' >"$work/whole.json"
on_pi "$video" "$init" "$work/whole.csv" --threads 1 --config "$work/whole.json" --tracks "$work/whole.txt"
models=$(echo "$work"/opt/*/models)
python tools/pi/compare.py "$video" "$init" "$models" "$models/config.json" "$work/cached.csv"
python tools/pi/compare.py "$video" "$init" "$models" "$work/whole.json" "$work/whole.csv" "$work/whole.txt"

say "its messages"
status=0
on_pi "$video" "$work/none.csv" "$work/x.csv" 2>"$work/message" || status=$?
[ $status -eq 2 ] && [ "$(wc -l <"$work/message")" -eq 1 ] && grep -q 'none.csv' "$work/message" ||
    stop "a missing init.csv: expected one line and exit code 2, got $status and: $(cat "$work/message")"
[ ! -e "$work/x.csv" ] || stop "a run that failed left an answer"
head -c 1000 "$work/opt"/*/models/detector.ptl >"$work/detector.ptl"
cp "$work/opt"/*/models/detector.json "$work/"
echo "{\"detector\": {\"model\": \"$work/detector.ptl\"}}" >"$work/config.json"
status=0
on_pi "$video" "$init" "$work/x.csv" --config "$work/config.json" 2>"$work/message" || status=$?
[ $status -eq 2 ] && [ "$(wc -l <"$work/message")" -eq 1 ] && grep -q 'detector.ptl' "$work/message" ||
    stop "a truncated model: expected one line and exit code 2, got $status and: $(cat "$work/message")"

python - "$work/cached.json" "$tarball" <<'EOF'
import json, os, sys
run = json.load(open(sys.argv[1]))
peak = run["memory"]["peak_bytes"] / 1e6
print(f"peak memory under emulation {peak:.0f} MB, tarball {os.path.getsize(sys.argv[2]) / 1e6:.0f} MB")
if not 0 < peak < 800:
    sys.exit("expected less than 800 MB: the Pi has 1 GB")
EOF
