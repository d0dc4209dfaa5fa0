#pragma once
#include <cstddef>

// E2TAD_HOT marks the few kernels whose loops gain from wide registers: GCC then builds them once a
// micro-architecture level and the loader picks one, so that one wheel is fast everywhere and portable.
// Off under sanitizers (their run time isn't ready when the loader picks) and for other compilers.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(E2TAD_SANITIZED)
#define E2TAD_HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define E2TAD_HOT
#endif

namespace e2tad {

/// Width of the vectors in hand-written kernels: what every clone above has whole (NEON: 16 bytes). GCC
/// splits wider ones through memory, at a tenth of the speed, and it splits vectors in a helper for the
/// plainest CPU even where the helper is inlined into an E2TAD_HOT function: write them in that function's
/// own body.
#if defined(__x86_64__)
inline constexpr std::size_t kVectorBytes = 32;
#else
inline constexpr std::size_t kVectorBytes = 16;
#endif

}  // namespace e2tad
