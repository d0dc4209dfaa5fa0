# Toolchain of the Raspberry Pi (64-bit, bookworm): Debian's cross compiler, a sysroot and LibTorch for aarch64 in the
# folder E2TAD_PI (tools/pi/sysroot.sh makes it).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
# CMake's own trial projects read this file too, without the cache.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES E2TAD_PI)
if(NOT IS_DIRECTORY "${E2TAD_PI}/sysroot")
  message(FATAL_ERROR "E2TAD_PI=${E2TAD_PI}: no sysroot there; make it with: bash tools/pi/sysroot.sh")
endif()
set(CMAKE_SYSROOT ${E2TAD_PI}/sysroot)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT} ${E2TAD_PI}/torch)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind PACKAGE LIBRARY INCLUDE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
# LibTorch 2.8, the last one whose wheel for aarch64 is for CPUs alone.
set(Torch_DIR ${E2TAD_PI}/torch/share/cmake/Torch CACHE PATH "LibTorch for aarch64")
# pkg-config's answers are prefixed by the sysroot through these alone.
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
# The Pi 3B+'s core: tuning only, so that the program also runs on newer ones.
set(CMAKE_CXX_FLAGS_INIT "-mtune=cortex-a53")
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-cpu;cortex-a53;-L;${CMAKE_SYSROOT}")
# The distribution's BLAS stands in folders that the loader of the real machine knows by its alternatives.
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-Wl,-rpath-link,${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/blas:${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/lapack:${E2TAD_PI}/torch.libs:${E2TAD_PI}/torch/lib")
