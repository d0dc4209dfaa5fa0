#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "e2tad/core/random.hpp"
#include "e2tad/sim/scenario.hpp"
#include "e2tad/sim/scene.hpp"

namespace e2tad::sim {

/// The colours of the contest's balls.
inline constexpr std::array<const char *, 6> kBallColorNames = {"red",   "blue",   "yellow",
                                                                "green", "orange", "purple"};

/// A throw: the ball leaves `from`'s hands at `release` and reaches `to`'s hands at `caught`.
struct Throw {
    int ball = 0;
    int from = 0;
    int to = 0;
    int release = 0;
    int caught = 0;
};

/// A thing that stands on the ground and is neither player nor ball.
struct Prop {
    std::vector<Capsule> solids;
    float color[3] = {};
    float band[3] = {};
    bool occluder = false;
};

struct PersonTruth {
    Box box;            ///< Tight, clipped to the picture.
    float visible = 1;  ///< Share of the body that is in the picture and not hidden.
    bool present = false;
};
struct BallTruth {
    Circle circle;  ///< Whole, even where hidden or cut.
    float visible = 1;
    bool present = false;  ///< The centre is in the picture.
    int holder = -1;       ///< Index of the player whose hands hold it, -1 in flight.
};
struct FrameTruth {
    std::vector<PersonTruth> persons;
    std::vector<BallTruth> balls;
};

/// Players who throw and catch, seen by a drone: everything but pixels. All frames are laid out by the
/// constructor, so that any frame can be asked for in any order and from any thread.
class World {
  public:
    /// @throws ConfigError as Scenario::validate.
    World(Scenario scenario, std::uint64_t seed);

    [[nodiscard]] const Scenario &scenario() const { return scenario_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    [[nodiscard]] const std::vector<Throw> &throws() const { return throws_; }
    [[nodiscard]] const std::vector<Look> &looks() const { return looks_; }
    [[nodiscard]] const std::vector<Prop> &props() const { return props_; }
    [[nodiscard]] double ball_radius_m(int ball) const { return ball_radius_[ball]; }
    /// Index into kBallColorNames.
    [[nodiscard]] int ball_color(int ball) const { return ball_color_[ball]; }
    [[nodiscard]] const Pose &pose(int frame, int person) const {
        return poses_[frame * scenario_.persons + person];
    }
    [[nodiscard]] const Vec3 &ball(int frame, int ball) const {
        return ball_paths_[frame * scenario_.balls + ball];
    }
    /// Index of the first holder of a ball.
    [[nodiscard]] int first_holder(int ball) const { return first_holder_[ball]; }
    /// Who holds the ball, -1 in flight.
    [[nodiscard]] int holder(int frame, int ball) const { return holders_[frame * scenario_.balls + ball]; }

    /// The drone (view 0) or one of the fixed cameras round the place (views 1 to kViews - 1).
    static constexpr int kViews = 4;
    [[nodiscard]] Camera camera(int frame, int view, int width, int height) const;
    [[nodiscard]] FrameTruth truth(int frame, int view, int width, int height) const;

  private:
    void walk(Random random);
    void plan_throws(Random random);
    void turn(Random random);
    void move_hands(Random random);
    void fly_drone(Random random);
    void dress(Random random);
    void place_props(Random random);
    struct Drone {
        Vec3 position;
        Vec3 target;
        double roll = 0;
        double focal = 1;
    };

    Scenario scenario_;
    std::uint64_t seed_;
    std::vector<Pose> poses_;
    std::vector<Vec3> ball_paths_;
    std::vector<int> holders_;
    std::vector<int> first_holder_;
    std::vector<Throw> throws_;
    std::vector<Look> looks_;
    std::vector<Prop> props_;
    std::vector<double> ball_radius_;
    std::vector<int> ball_color_;
    std::vector<Drone> drone_;
    double azimuth_ = 0;
};

}  // namespace e2tad::sim
