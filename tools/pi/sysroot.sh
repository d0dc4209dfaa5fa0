#!/usr/bin/env bash
# What a build for the Raspberry Pi (64-bit, bookworm) needs from outside: the cross compiler, Debian's libraries for
# arm64 and LibTorch for aarch64. A few minutes and 2 GB the first time; what is there is not fetched again.
# Usage: bash tools/pi/sysroot.sh      (folder: E2TAD_PI, by default build/pi-root)
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
pi=${E2TAD_PI:-$root/build/pi-root}
need_packages mmdebstrap crossbuild-essential-arm64 qemu-user unzip cmake ninja-build pkg-config
mkdir -p "$pi"

# LibTorch 2.8: the last release whose wheel for aarch64 holds no CUDA. It reads files of newer ones.
torch=2.8.0
libraries=libopencv-dev,libeigen3-dev,nlohmann-json3-dev,zlib1g-dev,libavcodec-dev,libavformat-dev,libavutil-dev,libswscale-dev

# The machine's own list of Debian's servers, where it is a bookworm; else Debian's.
sources=/etc/apt/sources.list.d/debian.sources
grep -qs 'bookworm' "$sources" || {
    sources=$pi/debian.sources
    printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\nComponents: main\n' >"$sources"
}
# Unpacked under another name and moved, so that an interruption leaves nothing that looks whole.
unpack() {
    local folder=$1 packages=$2
    [ -d "$pi/$folder" ] && return
    say "Debian for arm64: $folder"
    rm -rf "$pi/$folder.part"
    mmdebstrap --quiet --variant=extract --arch=arm64 --include="$packages" bookworm "$pi/$folder.part" - \
        <"$sources" 2>"$pi/$folder.log" || { tail -n 5 "$pi/$folder.log" >&2; stop "mmdebstrap failed"; }
    mv "$pi/$folder.part" "$pi/$folder"
}
unpack sysroot "$libraries"
# What a Raspberry Pi OS has without any package of ours: the tarball is tried in this.
unpack bare libc6,libstdc++6,libgcc-s1

if [ ! -d "$pi/torch" ]; then
    say "LibTorch $torch for aarch64"
    make_venv
    rm -rf "$pi/torch.part"
    pip download --quiet --no-deps --platform manylinux_2_28_aarch64 --python-version 311 --only-binary=:all: \
        "torch==$torch" -d "$pi/torch.part"
    unzip -q "$pi"/torch.part/torch-*.whl 'torch/include/*' 'torch/lib/*' 'torch/share/*' 'torch.libs/*' -d "$pi/torch.part"
    rm -rf "$pi/torch.libs"
    mv "$pi/torch.part/torch.libs" "$pi/torch.libs"
    mv "$pi/torch.part/torch" "$pi/torch"
    rm -rf "$pi/torch.part"
fi
