#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace e2tad::nn_torch {

/// The INT8 engines of this LibTorch on this machine, of `qnnpack`, `x86` and `onednn`.
std::vector<std::string> engines();

/// The engine that `auto` means here.
///
/// @param made_for  the engine that a model was quantised for; "" where that isn't known.
/// @return          onednn where the processor multiplies 8-bit numbers without saturating (VNNI): it gives
///                  the exact sums there, as x86 does, in 5 to 9 % less time on the packaged networks. Else
///                  `made_for` if it is at hand, else qnnpack.
std::string auto_engine(const std::string &made_for);

struct RunOptions {
    std::string engine = "qnnpack";  ///< One of `engines()`; of no account to an FP32 network.
    std::int32_t threads = 1;        ///< 0: LibTorch's own choice.
};

/// A borrowed picture or batch of them, of logical shape (N, C, H, W).
struct Input {
    const float *data = nullptr;
    std::vector<std::int64_t> shape;
    bool channels_last = false;  ///< The memory's order is N, H, W, C.
};

/// One tensor that a network gave: float, contiguous. `owner` keeps `data` alive.
struct Output {
    std::shared_ptr<const void> owner;
    const float *data = nullptr;
    std::vector<std::int64_t> shape;
};

/// "(1, 3, 26, 26, 7)", for messages.
std::string shape_text(std::span<const std::int64_t> shape);

/// A model file that runs: `.ptl` by the lite interpreter, `.torchscript` in full. The only place that sees
/// LibTorch, so that another runtime can take its place.
///
/// Engine and thread count are LibTorch's own, one for the process: each run sets its own, and networks that
/// run at the same time in several threads must share them.
class Network {
  public:
    /// @throws InputError if the suffix is another one, the engine isn't at hand, or the file isn't a model.
    /// @throws std::filesystem::filesystem_error if the file can't be opened.
    Network(const std::string &path, const RunOptions &options);
    ~Network();
    Network(Network &&) noexcept;
    Network &operator=(Network &&) noexcept;

    /// Inputs are read in place.
    /// @return  what the network gives, a list or a tuple flattened.
    /// @throws InputError naming the file if the network fails on these shapes or gives no tensors.
    std::vector<Output> run(std::span<const Input> inputs) const;

    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    class Module;
    std::string path_;
    RunOptions options_;
    std::unique_ptr<Module> module_;
};

}  // namespace e2tad::nn_torch
