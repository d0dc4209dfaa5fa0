#pragma once
#include <mutex>

namespace e2tad::python {

/// What several Python threads may call at once: the lock makes their calls take turns, since they run
/// without the GIL.
template <class T>
struct Shared : T {
    using T::T;
    std::mutex lock;
};

}  // namespace e2tad::python
