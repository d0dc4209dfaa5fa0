#pragma once

// E2TAD_HOT marks the few kernels whose loops gain from wide registers: GCC then builds them once a
// micro-architecture level and the loader picks one, so that one wheel is fast everywhere and portable.
// Off under sanitizers (their run time isn't ready when the loader picks) and for other compilers.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(E2TAD_SANITIZED)
#define E2TAD_HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define E2TAD_HOT
#endif
