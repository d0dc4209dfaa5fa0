#pragma once
#include <string>
#include <vector>

namespace e2tad::sim {

/// Everything that tells one kind of clip from another. Times are frames at 30 a second, lengths metres;
/// the values of the presets were fitted to the tracks of the contest's sample videos.
struct Scenario {
    std::string name;
    int persons = 4;
    int balls = 1;
    int frames = 1811;
    bool test_split = false;  ///< Other clothes, grounds and light than the training split.

    // Players.
    double radius_m = 2.2;  ///< Of the ring (standing) or of the area walked in.
    bool walking = false;   ///< Players walk between throws; otherwise they stand on the ring.
    double walk_speed_m_s = 0.8;
    double spacing_m = 1.6;  ///< Walking players keep this far from each other if they can.

    // Game: one conductor decides who throws next.
    double first_catch = 100;
    double catch_interval = 60;  ///< Mean frames from one catch to the next of any ball.
    double catch_interval_sd = 10;
    double flight = 20;   ///< Mean frames in the air at a distance of 4 m.
    double exchange = 0;  ///< Share of events in which two players swap their balls.

    // Drone.
    double focal = 1.78;  ///< Focal length over picture height.
    double distance_m = 9.3;
    double pitch_deg = 40;  ///< Below the horizon.
    double drift = 0;       ///< 0 hovers, 1 moves, turns and zooms as the liveliest real video.

    // The annotator of the contest's tracks.
    double redraw_person =
        0.003;  ///< A box is moved when the object has left it by this share of the height.
    double redraw_ball = 0.001;
    double loose_width = 1.08;  ///< Drawn box of a person over the tight one.
    double loose_height = 1.04;
    double loose_ball = 1.05;
    bool copies_ball_size = false;  ///< The annotator pastes one box size along a ball's track.

    /// @throws ConfigError naming the field that is out of range.
    void validate() const;
};

/// The five clips of the contest, by name: 4p1b 5p2b 5p4b 5p5b 7p3b.
const std::vector<Scenario> &scenarios();
/// @throws InputError naming the nearest preset.
Scenario scenario(const std::string &name);

}  // namespace e2tad::sim
