#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cstdint>
#include <vector>

#include "e2tad/core/types.hpp"

namespace e2tad::sim {

using Vec3 = Eigen::Vector3d;
using Vec2 = Eigen::Vector2d;

/// A rounded cone between two spheres, in the world (metres; z up, ground at 0): all solids are made of it.
struct Capsule {
    Vec3 a;
    Vec3 b;
    double radius_a = 0;
    double radius_b = 0;
    int part = 0;  ///< What it shows; see `Part`.
};

enum Part : int {
    kSkin,
    kHair,
    kHat,
    kShirt,
    kSleeve,
    kTrousers,
    kShin,
    kShoe,
    kBag,
    kBall,
    kCone,
    kConeBand,
    kPost,
    kSign,
    kLeaves,
    kThing
};

/// A pinhole camera. `right`, `down`, `forward` are orthonormal and in world coordinates.
struct Camera {
    Vec3 position = Vec3::Zero();
    Vec3 right = Vec3::UnitX();
    Vec3 down = -Vec3::UnitZ();
    Vec3 forward = Vec3::UnitY();
    double focal_px = 1000;
    double center_x_px = 0;
    double center_y_px = 0;

    /// Looks from `position` at `target`; `roll` in radians.
    static Camera look_at(const Vec3 &position, const Vec3 &target, double roll, double focal_px, int width,
                          int height);
    /// Pixel and depth (metres along the axis; <= 0 lies behind).
    [[nodiscard]] Vec3 project(const Vec3 &world) const {
        const Vec3 d = world - position;
        const double depth = forward.dot(d);
        return {center_x_px + focal_px * right.dot(d) / depth, center_y_px + focal_px * down.dot(d) / depth,
                depth};
    }
    [[nodiscard]] double pixels_per_metre(double depth) const { return focal_px / depth; }
};

/// How a player looks, fixed over a clip.
struct Look {
    double height_m = 1.75;
    double build = 1;  ///< Width over the average width.
    bool long_hair = false;
    bool hat = false;
    int bag = 0;  ///< 0 none, 1 backpack, 2 shoulder bag.
    bool short_sleeves = true;
    bool shorts = false;
    int pattern = 0;  ///< Of the shirt: 0 plain, 1 stripes, 2 two halves, 3 a print on the chest, 4 sash.
    float color[9][3] = {};      ///< RGB of the parts kSkin..kBag.
    float second_color[3] = {};  ///< Of the shirt's pattern.
};

/// A player in one frame.
struct Pose {
    Vec2 position = Vec2::Zero();
    double heading = 0;         ///< Radians, direction faced.
    double stride = 0;          ///< Phase of the walk, radians.
    double gait = 0;            ///< 0 stands, 1 walks at 1.2 m/s.
    double reach = 0;           ///< 0 arms swing freely, 1 both hands at `hands`.
    Vec3 hands = Vec3::Zero();  ///< World position between the hands.
    double crouch = 0;          ///< Metres by which the hips are lowered.
};

/// The solids of a player, from the feet up.
std::vector<Capsule> body(const Look &look, const Pose &pose);

}  // namespace e2tad::sim
