#!/usr/bin/env bash
# Builds e2tad-pi for the Raspberry Pi and packs it with its libraries, models, unit and README.
# Usage: bash tools/pi/build.sh      gives build/e2tad-pi-VERSION-arm64.tar.gz; E2TAD_PI as for sysroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
bash "$root/tools/pi/sysroot.sh"
export E2TAD_PI=${E2TAD_PI:-$root/build/pi-root}
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

say "e2tad-pi for aarch64"
cmake --preset pi "${launcher[@]}" >/dev/null
cmake --build --preset pi --target e2tad-pi

version=$(sed -n 's/.*project(e2tad VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=e2tad-pi-$version-arm64
stage=build/$name
rm -rf "$stage" "$stage.tar.gz"
mkdir -p "$stage"/{bin,lib,models,systemd}
aarch64-linux-gnu-strip -o "$stage/bin/e2tad-pi" build/pi/cpp/apps/e2tad-pi
cp python/e2tad/weights/{detector,reid}.{ptl,json} tools/pi/config.json "$stage/models/"
cp tools/pi/README.md "$stage/"
cp tools/pi/e2tad@.service "$stage/systemd/"
cp LICENSE "$stage/"

# Every library that the program needs, directly or not, less what each Debian has. BLAS and LAPACK: the plain ones.
folders=("$E2TAD_PI/torch/lib" "$E2TAD_PI/torch.libs" "$E2TAD_PI"/sysroot/usr/lib/aarch64-linux-gnu{,/blas,/lapack}
    "$E2TAD_PI"/sysroot/lib/aarch64-linux-gnu)
needed() { aarch64-linux-gnu-objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'; }
declare -A taken
queue=("$stage/bin/e2tad-pi")
while [ ${#queue[@]} -gt 0 ]; do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    for library in $(needed "$file"); do
        [ -n "${taken[$library]:-}" ] && continue
        taken[$library]=1
        # The C library and the compiler's run time belong to the system, and so must match its loader.
        case $library in libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|ld-linux-*|libresolv.so.*|libstdc++.so.*|libgcc_s.so.*) continue ;; esac
        found=
        for folder in "${folders[@]}"; do
            if [ -e "$folder/$library" ]; then found=$folder/$library; break; fi
        done
        [ -n "$found" ] || stop "$library, needed by $(basename "$file"), is in none of the folders"
        cp -L "$found" "$stage/lib/$library"
        chmod u+w "$stage/lib/$library"
        aarch64-linux-gnu-strip --strip-unneeded "$stage/lib/$library" 2>/dev/null || true
        queue+=("$stage/lib/$library")
    done
done
tar -C build -czf "$stage.tar.gz.part" --owner=0 --group=0 "$name"
mv "$stage.tar.gz.part" "$stage.tar.gz"
say "$stage.tar.gz: $(du -h "$stage.tar.gz" | cut -f1) packed, $(du -sh "$stage" | cut -f1) unpacked, ${#taken[@]} libraries"
