#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "e2tad/sim/world.hpp"

namespace e2tad::sim {

/// Pixels of a world. A frame depends on nothing but the world, the frame's number, the view and the size,
/// so frames may be rendered in any order and on any number of threads.
class Renderer {
  public:
    /// @throws std::invalid_argument unless width and height are even and in [64, 8192].
    Renderer(std::shared_ptr<const World> world, int width, int height);

    [[nodiscard]] const World &world() const { return *world_; }

    /// @param image  becomes (height, width) BGR, 8 bits.
    void render(int frame, int view, cv::Mat &image) const;

    /// The persons' visible masks. Balls, posts and what else stands before a person hide it; motion blur
    /// and soft edges are left out: a pixel is whose solid holds its centre.
    /// @param labels  becomes (height, width) 32-bit integers: `person_id`, 0 elsewhere.
    void persons(int frame, int view, cv::Mat &labels) const;

  private:
    struct Light {
        Vec3 to_sun = Vec3::UnitZ();
        double sun = 0.6;     ///< Share of the light that comes from the sun, the rest from the sky.
        double shadow = 0.5;  ///< Darkness of a full shadow.
        double softness = 1;  ///< Pixels of a shadow's edge at a height of 540.
    };
    void post(int frame, int view, cv::Mat &image) const;

    std::shared_ptr<const World> world_;
    int width_;
    int height_;
    cv::Mat ground_;
    Light light_;
    std::array<std::array<std::array<std::uint8_t, 3>, 256>, World::kViews> grade_{};  ///< BGR curves a view.
    std::vector<std::int8_t> grain_;      ///< The sensor's noise, a tile.
    std::vector<std::uint8_t> vignette_;  ///< Brightness of a pixel, 255 is 1.
    std::vector<float> cloth_;            ///< Folds, a tile.
};

}  // namespace e2tad::sim
