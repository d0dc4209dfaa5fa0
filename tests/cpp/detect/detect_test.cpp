#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "e2tad/core/config.hpp"
#include "e2tad/detect/detector_config.hpp"
#include "e2tad/detect/head.hpp"
#include "e2tad/detect/replay.hpp"

namespace e2tad::detect {
namespace {

using Rows = std::vector<std::int32_t>;

HeadOutput one_cell(const std::vector<float> &logits) {
    return {logits.data(), 1, 1, 8, {{10, 20}}};
}

std::string error_of(const std::vector<HeadOutput> &heads, std::int32_t classes,
                     const DecodeOptions &options) {
    try {
        (void)decode_heads(heads, classes, options);
    } catch (const std::invalid_argument &error) {
        return error.what();
    }
    return "no error";
}

TEST(DecodeHeads, LogitsOfZeroAreTheAnchorInTheMiddleOfTheCell) {
    const std::vector<float> logits{0, 0, 0, 0, 0, -1, 0};
    const Detections found = decode_heads(std::vector{one_cell(logits)}, 2, {});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.boxes[0], (Box{-1, -6, 9, 14}));
    EXPECT_FLOAT_EQ(found.scores[0], 0.25f);
    EXPECT_EQ(found.classes[0], 1);
}

TEST(DecodeHeads, TheCircleClassIgnoresItsHeight) {
    const std::vector<float> logits{0, 0, 0, 3, 0, 0};
    DecodeOptions options;
    options.circle_class = 0;
    const Detections found = decode_heads(std::vector{one_cell(logits)}, 1, options);
    EXPECT_EQ(found.boxes[0], (Box{-1, -1, 9, 9}));
}

TEST(DecodeHeads, ScoresAtTheConfidenceAreDropped) {
    const std::vector<float> logits{0, 0, 0, 0, 0, 0};
    DecodeOptions options;
    options.confidence = 0.25f;
    EXPECT_EQ(decode_heads(std::vector{one_cell(logits)}, 1, options).size(), 0u);
    options.confidence = 0.249f;
    EXPECT_EQ(decode_heads(std::vector{one_cell(logits)}, 1, options).size(), 1u);
    EXPECT_EQ(decode_heads({}, 1, options).size(), 0u);
}

TEST(DecodeHeads, BadSizesAndLogitsAreNamed) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> logits{0, 0, 0, 0, 0, 0};
    HeadOutput head = one_cell(logits);
    EXPECT_EQ(error_of({head}, 0, {}), "classes: must be 1 or more, got 0");
    head.stride = 0;
    EXPECT_EQ(error_of({head}, 1, {}), "head 0: stride must be positive, got 0.000000");
    head.stride = 8;
    head.anchors[0].width = -1;
    EXPECT_EQ(error_of({head}, 1, {}), "head 0: anchors must be positive");
    for (std::size_t k = 0; k < logits.size(); ++k) {
        std::vector<float> broken = logits;
        broken[k] = nan;
        EXPECT_EQ(error_of({one_cell(broken)}, 1, {}), "heads: cell (0, 0): logits must be numbers") << k;
    }
    DecodeOptions options;
    options.confidence = nan;
    EXPECT_EQ(error_of({one_cell(logits)}, 1, options), "confidence: must be in [0, 1], got nan");
}

TEST(DetectionNms, BallsMeetAsCirclesAndPersonsAsBoxes) {
    // As squares the last two overlap by 1/7; as circles they don't.
    const std::vector<Box> boxes{{0, 0, 20, 20}, {15, 15, 35, 35}, {0, 0, 20, 20}, {15, 15, 35, 35}};
    const std::vector<float> scores{0.5f, 0.6f, 0.7f, 0.8f};
    const Rows classes{0, 0, 1, 1};
    EXPECT_EQ(nms(boxes, scores, classes, 0.01f), (Rows{3, 1}));
    EXPECT_EQ(nms(boxes, scores, classes, 0.01f, 1), (Rows{3, 2, 1}));
    EXPECT_EQ(nms(boxes, scores, classes, 0.01f, 1, 2), (Rows{3, 2}));
}

TEST(Filters, BallsTallerThanAShareOfTheMeanPersonAreDropped) {
    Detections found;
    found.add({0, 0, 10, 100}, 0.9f, 0);
    found.add({0, 0, 10, 60}, 0.9f, 0);
    found.add({0, 0, 48, 48}, 0.9f, 1);
    found.add({0, 0, 49, 49}, 0.9f, 1);
    EXPECT_EQ(without_tall_balls(found, 0.6f).classes, (Rows{0, 0, 1}));
    const Detections balls = found.rows(Rows{2, 3});
    EXPECT_EQ(without_tall_balls(balls, 0.6f).size(), 2u);
    // A person without height is one still.
    Detections flat = balls;
    flat.add({0, 5, 50, 5}, 0.9f, 0);
    EXPECT_EQ(without_tall_balls(flat, 0.6f).classes, Rows{0});
}

TEST(Filters, TheBestOfEachClassStayInTheirOrder) {
    Detections found;
    for (const auto &[score, cls] :
         {std::pair{0.1f, 0}, {0.9f, 1}, {0.5f, 0}, {0.5f, 0}, {0.7f, 1}, {1.0f, 2}}) {
        found.add({0, 0, score, 1}, score, cls);
    }
    const Detections kept = best_of_each(found, 1, 2);
    EXPECT_EQ(kept.classes, (Rows{1, 0, 1}));
    EXPECT_EQ(kept.boxes[1].right, 0.5f);
    EXPECT_EQ(best_of_each(found, 9, 9).size(), 5u);
    EXPECT_EQ(best_of_each({}, 1, 1).size(), 0u);
}

TEST(ReplayDetector, GivesAFramesRowsInTheirOrder) {
    Detections rows;
    for (const float x : {1.0f, 2.0f, 3.0f}) rows.add({0, 0, x, x}, x / 4, 1);
    ReplayDetector replay({7, 2, 7}, rows);
    const Detections found = replay.detect({7, {}});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found.boxes[0].right, 1.0f);
    EXPECT_EQ(found.boxes[1].right, 3.0f);
    EXPECT_EQ(replay.detect({3, {}}).size(), 0u);
    EXPECT_THROW(ReplayDetector({7, 2}, rows), std::invalid_argument);
    EXPECT_THROW(ReplayDetector({7, 2, -1}, rows), std::invalid_argument);
}

TEST(ReplayDetector, TracksLoseTheirIdentities) {
    Tracks tracks;
    tracks.add(4, ObjectClass::kBall, 9, {0, 0, 1, 1});
    tracks.add(4, ObjectClass::kPerson, 3, {2, 2, 3, 3});
    tracks.normalise("here");
    const Detections found = ReplayDetector(tracks).detect({4, {}});
    EXPECT_EQ(found.classes, (Rows{0, 1}));
    EXPECT_EQ(found.scores, (std::vector<float>{1, 1}));
}

TEST(ReplayDetector, SeesOnlyWhatIsFed) {
    Detections rows;
    for (const float x : {-20.0f, 100.0f, 199.0f, 200.0f, 410.0f}) rows.add({x - 5, 10, x + 5, 20}, 1, 0);
    ReplayDetector replay({0, 0, 0, 0, 0}, rows);
    const FrameView frame{0, {nullptr, 200, 100, 600}, 400, 200};  // the picture has half of the video's size
    const auto left_edges = [&](const geometry::PixelRect &region) {
        const Detections seen = replay.detect(frame, geometry::letterbox_region(region, 200, 100, 200));
        std::vector<float> edges;
        for (const Box &box : seen.boxes) edges.push_back(box.left);
        return edges;
    };
    EXPECT_EQ(left_edges({50, 0, 50, 100}), (std::vector<float>{95, 194}));
    EXPECT_EQ(left_edges({0, 0, 100, 100}), (std::vector<float>{-25, 95, 194}));
    EXPECT_EQ(left_edges({100, 0, 100, 100}), (std::vector<float>{195, 405}));
    EXPECT_EQ(left_edges({100, 50, 100, 50}), (std::vector<float>{}));
}

TEST(DetectorConfig, ErrorsNameTheRange) {
    EXPECT_THROW((void)config::from_json<DetectorConfig>(config::Json::parse(R"({"confidence": 2})")),
                 ConfigError);
    EXPECT_EQ(config::to_json(DetectorConfig{})["nms_iou"], 0.5);
}

}  // namespace
}  // namespace e2tad::detect
