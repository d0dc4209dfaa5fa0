#include "e2tad/nn_torch/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "../core/scratch.hpp"

namespace e2tad::nn_torch {
namespace {

TEST(Network, NamesTheEnginesOfThisMachine) {
    const std::vector<std::string> here = engines();
    EXPECT_NE(std::find(here.begin(), here.end(), auto_engine("")), here.end());
    EXPECT_NE(std::find(here.begin(), here.end(), auto_engine("x86")), here.end());
    EXPECT_NE(auto_engine("no such engine"), "no such engine");
}

TEST(Network, AFileThatIsNoModelIsOneClearError) {
    const testing::Scratch scratch;
    const std::string text = scratch.write("a.ptl", "not a model");
    EXPECT_EQ(testing::input_error([&] {
                  const Network network(text, {});
              }).find(text + ": not a model file that LibTorch reads ("),
              0u);
    const std::string other = scratch.write("a.onnx", "");
    EXPECT_EQ(testing::input_error([&] { const Network network(other, {}); }),
              other + ": expected a model file, .ptl or .torchscript");
    EXPECT_EQ(testing::input_error([&] {
                  const Network network(text, {"abacus", 1});
              }).find("engine: expected one of qnnpack"),
              0u);
    EXPECT_EQ(testing::system_error([&] { const Network network(scratch.path("none.ptl"), {}); }), ENOENT);
    std::filesystem::create_directories(scratch.path("folder.ptl"));
    EXPECT_EQ(testing::system_error([&] { const Network network(scratch.path("folder.ptl"), {}); }), EISDIR);
}

}  // namespace
}  // namespace e2tad::nn_torch
