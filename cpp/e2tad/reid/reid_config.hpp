#pragma once
#include <cstdint>
#include <string>

namespace e2tad::reid {

/// Section "reid".
struct ReidConfig {
    std::string model;
    std::string engine = "auto";
    std::int32_t threads = 1;
    std::int32_t batch = 8;  ///< QNNPACK keeps a megabyte a crop for good; no slower than 32.
    bool mask_balls = false;

    template <class Self, class Visitor>
    static void describe(Self &self, Visitor &v) {
        v.text("model", self.model,
               "Model file, .ptl or .torchscript, with its card beside it; empty: none.");
        v.choice("engine", self.engine, {"auto", "qnnpack", "x86", "onednn"},
                 "What runs an INT8 network; auto: the exact and fastest one here.");
        v.number("threads", self.threads, 0, 1024, "Threads of the network; 0: LibTorch's own choice.");
        v.number("batch", self.batch, 1, 65536, "Most crops a forward pass.");
        v.flag("mask_balls", self.mask_balls,
               "Blank the crop of a ball outside its circle, for embedders trained so (CircAnchor).");
    }
};

}  // namespace e2tad::reid
