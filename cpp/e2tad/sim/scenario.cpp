#include "e2tad/sim/scenario.hpp"

#include "e2tad/core/config.hpp"
#include "e2tad/core/error.hpp"

namespace e2tad::sim {

void Scenario::validate() const {
    const auto require = [](bool holds, const char *field, const char *expected) {
        if (!holds) throw ConfigError(std::string("/scenario/") + field + ": expected " + expected);
    };
    require(persons >= 2 && persons <= 64, "persons", "2 to 64");
    require(balls >= 1 && balls <= persons, "balls", "1 to the number of persons");
    require(frames >= 1 && frames <= 1000000, "frames", "1 to 1000000");
    require(radius_m > 0, "radius_m", "a positive number");
    require(catch_interval > 0, "catch_interval", "a positive number");
    require(focal > 0, "focal", "a positive number");
    require(distance_m > radius_m, "distance_m", "more than radius_m");
    require(pitch_deg >= 10 && pitch_deg <= 80, "pitch_deg", "10 to 80");
}

const std::vector<Scenario> &scenarios() {
    static const std::vector<Scenario> all = [] {
        std::vector<Scenario> list(5);
        Scenario &a = list[0];
        a.name = "4p1b";
        a.catch_interval = 62;
        a.catch_interval_sd = 14;
        a.first_catch = 130;
        Scenario &b = list[1];
        b.name = "5p2b";
        b.persons = 5;
        b.balls = 2;
        b.frames = 3621;
        b.radius_m = 2.4;
        b.walking = true;
        b.walk_speed_m_s = 1.0;
        b.first_catch = 37;
        b.catch_interval = 73;
        b.catch_interval_sd = 7;
        b.flight = 20.5;
        b.focal = 1.83;
        b.distance_m = 11.8;
        b.pitch_deg = 53.5;
        b.drift = 1;
        b.redraw_person = 0.002;
        b.loose_width = 1.18;
        b.loose_height = 1.03;
        Scenario &c = list[2];
        c.name = "5p4b";
        c.persons = 5;
        c.balls = 4;
        c.frames = 1803;
        c.first_catch = 105;
        c.catch_interval = 42;
        c.catch_interval_sd = 9;
        c.flight = 22;
        c.copies_ball_size = true;
        Scenario &d = list[3];
        d = c;
        d.name = "5p5b";
        d.balls = 5;
        d.frames = 1859;
        d.exchange = 1;
        d.radius_m = 3;
        d.distance_m = 10.8;
        d.drift = 0.3;
        d.catch_interval = 34;  // a ball is held as long as in 5p4b
        d.copies_ball_size = false;
        d.test_split = true;
        Scenario &e = list[4];
        e = b;
        e.name = "7p3b";
        e.persons = 7;
        e.balls = 3;
        e.frames = 7347;
        e.radius_m = 2.9;
        e.walk_speed_m_s = 1.7;
        e.drift = 1.5;
        e.distance_m = 13;
        e.catch_interval = 45;
        e.catch_interval_sd = 10;
        e.first_catch = 60;
        e.test_split = true;
        return list;
    }();
    return all;
}

Scenario scenario(const std::string &name) {
    std::vector<std::string> names;
    for (const Scenario &candidate : scenarios()) {
        if (candidate.name == name) return candidate;
        names.push_back(candidate.name);
    }
    std::string message = "preset '" + name + "': expected one of";
    for (const std::string &known : names) message += " " + known;
    throw InputError(message);
}

}  // namespace e2tad::sim
