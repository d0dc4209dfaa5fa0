// Tiny networks whose answers can be worked out by hand; tests/golden/nn/make.py writes them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "../core/scratch.hpp"
#include "e2tad/nn_torch/torch_detector.hpp"
#include "e2tad/nn_torch/torch_embedder.hpp"
#include "e2tad/nn_torch/torch_harmonizer.hpp"

namespace e2tad::nn_torch {
namespace {

std::string golden(const char *name) {
    return std::string(E2TAD_TEST_DIR) + "/golden/nn/" + name;
}

/// 128 x 64, black but for a red cell of 16 x 16: the second of the third row.
std::vector<std::uint8_t> one_red_cell() {
    std::vector<std::uint8_t> bgr(std::size_t{128} * 64 * 3);
    for (std::size_t y = 32; y < 48; ++y) {
        for (std::size_t x = 16; x < 32; ++x) bgr[3 * (y * 128 + x) + 2] = 255;
    }
    return bgr;
}

class Forms : public ::testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Nn, Forms, ::testing::Values(".ptl", ".torchscript"),
                         [](const auto &test) { return std::string(test.param + 1); });

TEST_P(Forms, ADetectorFindsThePersonOfTheRedCell) {
    detect::DetectorConfig config;
    config.model = golden("red_cells") + GetParam();
    config.input = 128;
    config.threads = 1;
    const auto detector = make_detector(config);
    const std::vector<std::uint8_t> pixels = one_red_cell();
    const FrameView frame{7, {pixels.data(), 128, 64, 384}, 1280, 640};
    const detect::Detections found = detector->detect(frame);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.classes[0], 0);
    EXPECT_NEAR(found.scores[0], 1 / (1 + std::exp(-10.0)) / (1 + std::exp(-5.0)), 1e-5);
    // Centre (24, 40) and the anchor's size in the picture, ten times that in the video.
    const Box expected{120, 200, 360, 600};
    EXPECT_NEAR(found.boxes[0].left, expected.left, 0.01f);
    EXPECT_NEAR(found.boxes[0].top, expected.top, 0.01f);
    EXPECT_NEAR(found.boxes[0].right, expected.right, 0.01f);
    EXPECT_NEAR(found.boxes[0].bottom, expected.bottom, 0.01f);

    const geometry::Letterbox part = geometry::letterbox_region({0, 32, 64, 32}, 128, 64, 128);
    const detect::Detections again = detector->detect(frame, part);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_NEAR(again.boxes[0].left, expected.left, 0.01f);
    EXPECT_NEAR(again.boxes[0].bottom, expected.bottom, 0.01f);
    EXPECT_EQ(detector->detect(frame, geometry::letterbox_region({64, 0, 64, 64}, 128, 64, 128)).size(), 0U);
}

TEST_P(Forms, AnEmbedderGivesTheMeanColourOfUnitLength) {
    reid::ReidConfig config;
    config.model = golden("mean_colour") + GetParam();
    config.batch = 2;
    config.threads = 1;
    const auto embedder = make_embedder(config);
    EXPECT_EQ(embedder->width(), 3U);
    const std::vector<std::uint8_t> pixels = one_red_cell();
    const FrameView frame{7, {pixels.data(), 128, 64, 384}};
    detect::Detections given;
    for (int i = 0; i < 3; ++i) given.add({16, 32, 32, 48}, 1, i == 1 ? 1 : 0);
    const Matrix features = embedder->embed(frame, given);
    ASSERT_EQ(features.rows, 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(features(i, 0), 1, 1e-6f);
        EXPECT_NEAR(features(i, 2), 0, 1e-6f);
    }
    EXPECT_EQ(embedder->embed(frame, {}).rows, 0U);
    EXPECT_THROW((void)embedder->embed(FrameView{}, given), std::invalid_argument);
}

TEST(TorchDetector, NeedsAPictureAndAViewOfIt) {
    detect::DetectorConfig config;
    config.model = golden("red_cells.ptl");
    const auto detector = make_detector(config);
    EXPECT_THROW((void)detector->detect(FrameView{}), std::invalid_argument);
    const std::vector<std::uint8_t> pixels = one_red_cell();
    const FrameView frame{0, {pixels.data(), 128, 64, 384}};
    EXPECT_THROW((void)detector->detect(frame, geometry::letterbox(256, 64, 128)), std::invalid_argument);
    EXPECT_THROW((void)detector->detect(frame, geometry::Letterbox{}), std::invalid_argument);
}

TEST(TorchDetector, CardAndNetworkMustAgree) {
    const testing::Scratch scratch;
    std::filesystem::copy_file(golden("red_cells.ptl"), scratch.path("a.ptl"));
    const std::string card = scratch.write(
        "a.json", R"({"kind": "detector", "classes": ["ball"], "strides": [16], "anchors": [[[24, 40]]]})");
    detect::DetectorConfig config;
    config.model = scratch.path("a.ptl");
    EXPECT_EQ(testing::input_error([&] { (void)make_detector(config); }),
              card +
                  ": the card disagrees with its network: its anchors, strides and classes make head 0 "
                  "(1, 1, 4, 4, 6) on an input of 64x64, but the network gives (1, 1, 4, 4, 7)");
    config.model = "";
    EXPECT_EQ(testing::input_error([&] { (void)make_detector(config); }),
              "/detector/model: expected a model file, .ptl or .torchscript");
    EXPECT_EQ(testing::input_error([&] { (void)make_embedder({}); }),
              "/reid/model: expected a model file, .ptl or .torchscript");
    EXPECT_EQ(testing::input_error([&] { (void)make_harmonizer(golden("red_cells.ptl")); }),
              golden("red_cells.json") + ": kind: expected harmonizer, got detector");
}

TEST(TorchDetector, SeveralRunAtTheSameTime) {
    const std::vector<std::uint8_t> pixels = one_red_cell();
    std::vector<std::thread> threads;
    std::vector<std::size_t> seen(4);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        threads.emplace_back([&, i] {
            detect::DetectorConfig config;
            config.model = golden(i % 2 == 0 ? "red_cells.ptl" : "red_cells.torchscript");
            config.input = 128;
            config.threads = 1;
            const auto detector = make_detector(config);
            for (int round = 0; round < 20; ++round) {
                seen[i] += detector->detect(FrameView{0, {pixels.data(), 128, 64, 384}}).size();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(seen, (std::vector<std::size_t>{20, 20, 20, 20}));
}

}  // namespace
}  // namespace e2tad::nn_torch
