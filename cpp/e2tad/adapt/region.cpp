#include "e2tad/adapt/region.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string>

#include "e2tad/adapt/collisions.hpp"
#include "e2tad/geometry/boxes.hpp"

namespace e2tad::adapt {
namespace {

constexpr std::int32_t kMultiple = 32;  // the detectors' largest stride

Box around_all(std::span<const Box> boxes) {
    Box all = boxes.front();
    for (const Box &box : boxes) {
        all.left = std::min(all.left, box.left);
        all.top = std::min(all.top, box.top);
        all.right = std::max(all.right, box.right);
        all.bottom = std::max(all.bottom, box.bottom);
    }
    return all;
}

/// One axis of filled_region: where the longer region begins, and its length.
std::pair<std::int32_t, std::int32_t> filled(std::int32_t begin, std::int32_t length, std::int32_t frame,
                                             double scale) {
    const auto scaled = [scale](std::int32_t pixels) {
        return std::max(static_cast<std::int32_t>(std::lround(pixels * scale)), 1);
    };
    const std::int32_t padded = (scaled(length) + kMultiple - 1) / kMultiple * kMultiple;
    std::int32_t longer = std::min(static_cast<std::int32_t>(padded / scale), frame);
    while (longer > length && scaled(longer) > padded) --longer;
    if (longer <= length) return {begin, length};
    const std::int32_t from = std::clamp(begin - (longer - length) / 2, 0, frame - longer);
    return {from, longer};
}

}  // namespace

Box activity_region(std::span<const Box> boxes, double residual) {
    if (boxes.empty()) throw std::invalid_argument("boxes: a region needs at least one");
    return geometry::enlarged(around_all(boxes), static_cast<float>(1.0 + 2.0 * residual));
}

geometry::PixelRect filled_region(const geometry::PixelRect &region, std::int32_t frame_width,
                                  std::int32_t frame_height, std::int32_t input) {
    const double scale = static_cast<double>(input) / std::max(frame_width, frame_height);
    const auto [left, width] = filled(region.left, region.width, frame_width, scale);
    const auto [top, height] = filled(region.top, region.height, frame_height, scale);
    return {left, top, width, height};
}

RegionCropper::RegionCropper(const AdaptiveConfig &config, std::int32_t frame_width,
                             std::int32_t frame_height, std::int32_t input, std::int32_t persons,
                             std::int32_t balls)
    : config_(config),
      width_(frame_width),
      height_(frame_height),
      input_(input),
      persons_(persons),
      balls_(balls) {
    if (frame_width < 1 || frame_height < 1 || input < 1) {
        throw std::invalid_argument("frame_width, frame_height, input: must be 1 or more");
    }
    if (persons < -1 || balls < -1) throw std::invalid_argument("persons, balls: must be -1 or more");
}

void RegionCropper::seed(std::span<const Box> boxes) {
    geometry::check_boxes(boxes, "boxes");
    has_boxes_ = !boxes.empty();
    around_.clear();
    if (has_boxes_) around_.push_back(around_all(boxes));
}

RegionReason RegionCropper::reason() const {
    if (!config_.crop_region) return RegionReason::kOff;
    if (!has_boxes_) return RegionReason::kStart;
    if (lost_) return RegionReason::kLost;
    const bool missing = seen_persons_ < persons_ || seen_balls_ < balls_;
    // `since_whole_` counts the frames that were cropped; this one would be one more.
    if (!first_ && missing && since_whole_ + 1 >= config_.search_every) return RegionReason::kSearch;
    if (since_whole_ + 1 >= config_.refresh_every) return RegionReason::kRefresh;
    return RegionReason::kCropped;
}

Region RegionCropper::next() const {
    Region region;
    region.reason = reason();
    if (region.reason != RegionReason::kCropped) {
        region.letterbox = geometry::letterbox(width_, height_, input_, kMultiple);
        return region;
    }
    const double residual = first_ ? config_.first_residual : config_.residual;
    const Box latest = around_all(std::vector<Box>(around_.begin(), around_.end()));
    const Box wanted = activity_region({&latest, 1}, residual);
    geometry::PixelRect rect = geometry::pixel_rect(wanted, width_, height_);
    if (config_.fill_padding && !config_.zoom) rect = filled_region(rect, width_, height_, input_);
    region.letterbox = geometry::letterbox_region(rect, width_, height_, input_, kMultiple, config_.zoom);
    return region;
}

void RegionCropper::update(std::span<const Box> boxes, std::span<const ObjectClass> classes) {
    geometry::check_boxes(boxes, "boxes");
    if (boxes.size() != classes.size()) {
        throw std::invalid_argument("classes: expected " + std::to_string(boxes.size()) +
                                    " as there are boxes, got " + std::to_string(classes.size()));
    }
    const bool whole = reason() != RegionReason::kCropped;
    since_whole_ = whole ? 0 : since_whole_ + 1;
    const auto balls =
        static_cast<std::int32_t>(std::count(classes.begin(), classes.end(), ObjectClass::kBall));
    const auto persons = static_cast<std::int32_t>(classes.size()) - balls;
    // What a whole frame doesn't show isn't hidden by the crop, so looking again at once wouldn't help.
    // Before the first sampled frame the known numbers stand for what was seen.
    const std::int32_t before_persons = first_ ? persons_ : seen_persons_;
    const std::int32_t before_balls = first_ ? balls_ : seen_balls_;
    lost_ = !whole && (persons < before_persons || balls < before_balls - held_balls_);
    seen_persons_ = persons;
    seen_balls_ = balls;
    std::set<std::int32_t> held;
    for (const Collision &collision : find_collisions(boxes, classes)) held.insert(collision.ball);
    held_balls_ = static_cast<std::int32_t>(held.size());
    has_boxes_ = !boxes.empty();
    if (has_boxes_) around_.push_back(around_all(boxes));
    while (around_.size() > static_cast<std::size_t>(config_.memory)) around_.pop_front();
    first_ = false;
}

}  // namespace e2tad::adapt
