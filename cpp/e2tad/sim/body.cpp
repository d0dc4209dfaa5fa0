#include <algorithm>
#include <cmath>

#include "e2tad/sim/scene.hpp"

namespace e2tad::sim {

Camera Camera::look_at(const Vec3 &position, const Vec3 &target, double roll, double focal_px, int width,
                       int height) {
    Camera camera;
    camera.position = position;
    camera.forward = (target - position).normalized();
    const Vec3 level = camera.forward.cross(Vec3::UnitZ()).normalized();
    const Vec3 down = camera.forward.cross(level);
    camera.right = std::cos(roll) * level + std::sin(roll) * down;
    camera.down = -std::sin(roll) * level + std::cos(roll) * down;
    camera.focal_px = focal_px;
    camera.center_x_px = 0.5 * width;
    camera.center_y_px = 0.5 * height;
    return camera;
}

namespace {

// The elbow or knee between two joints: bent towards `side` so that both halves keep their length.
Vec3 bend(const Vec3 &from, const Vec3 &to, double length, const Vec3 &side) {
    const Vec3 middle = 0.5 * (from + to);
    const double half = 0.5 * (to - from).norm();
    const double out = std::sqrt(std::max(0.0, 0.25 * length * length - half * half));
    return middle + out * side;
}

}  // namespace

std::vector<Capsule> body(const Look &look, const Pose &pose) {
    const double h = look.height_m;
    const double w = look.build;
    const Vec3 forward(std::cos(pose.heading), std::sin(pose.heading), 0);
    const Vec3 left(-forward.y(), forward.x(), 0);
    const Vec3 up = Vec3::UnitZ();
    const Vec3 ground(pose.position.x(), pose.position.y(), 0);
    const double bob = 0.012 * pose.gait * std::cos(2 * pose.stride);
    const Vec3 hips = ground + (0.53 * h - pose.crouch + bob) * up;
    const Vec3 chest = hips + 0.245 * h * up + (0.02 + 0.25 * pose.crouch) * forward;
    const Vec3 neck = hips + 0.3 * h * up + (0.02 + 0.3 * pose.crouch) * forward;
    const Vec3 head = hips + 0.385 * h * up + (0.04 + 0.3 * pose.crouch) * forward;

    std::vector<Capsule> solids;
    solids.reserve(24);
    const auto add = [&](const Vec3 &a, const Vec3 &b, double ra, double rb, int part) {
        solids.push_back({a, b, ra, rb, part});
    };

    for (const double side : {1.0, -1.0}) {
        const double swing = pose.gait * std::sin(pose.stride) * side;
        const double lift = pose.gait * std::max(0.0, std::cos(pose.stride) * side);
        const Vec3 hip = hips + side * 0.085 * w * left;
        const Vec3 ankle =
            ground + side * 0.1 * w * left + 0.3 * swing * forward + (0.045 * h + 0.1 * lift) * up;
        const Vec3 knee = bend(hip, ankle, 0.49 * h, (forward + 0.1 * side * left).normalized());
        add(ankle - 0.03 * forward - 0.02 * up, ankle + 0.14 * forward - 0.045 * up, 0.045, 0.035, kShoe);
        add(knee, ankle, 0.058 * w, 0.042, kShin);
        add(hip, knee, 0.088 * w, 0.062 * w, kTrousers);
    }
    add(hips - 0.01 * h * up, hips + 0.07 * h * up, 0.135 * w, 0.13 * w, kTrousers);
    add(hips + 0.07 * h * up, chest, 0.13 * w, 0.155 * w, kShirt);
    add(chest + 0.11 * w * left + 0.02 * h * up, chest - 0.11 * w * left + 0.02 * h * up, 0.085, 0.085,
        kShirt);
    if (look.bag == 1) {
        add(chest - 0.19 * forward + 0.02 * h * up, hips - 0.19 * forward + 0.1 * h * up, 0.12, 0.13, kBag);
    }
    if (look.bag == 2) {
        add(hips + 0.2 * w * left + 0.04 * up, hips + 0.2 * w * left - 0.1 * up + 0.06 * forward, 0.1, 0.1,
            kBag);
    }
    add(neck, neck + 0.04 * h * up, 0.055, 0.055, kSkin);

    for (const double side : {1.0, -1.0}) {
        const Vec3 shoulder = chest + side * 0.175 * w * left + 0.025 * h * up;
        const double swing = -0.7 * pose.gait * std::sin(pose.stride) * side;
        const Vec3 hanging = shoulder - 0.31 * h * up + (0.3 * swing + 0.06) * forward + side * 0.09 * left;
        Vec3 hand = (1 - pose.reach) * hanging + pose.reach * (pose.hands + side * 0.1 * left);
        const double arm = 0.335 * h;
        const Vec3 span = hand - shoulder;
        if (span.norm() > arm) hand = shoulder + arm * span.normalized();
        const Vec3 elbow =
            bend(shoulder, hand, arm, (0.6 * side * left - 0.8 * up - 0.3 * forward).normalized());
        add(shoulder, elbow, 0.06 * w, 0.045, kSleeve);
        add(elbow, hand, 0.043, 0.034, look.short_sleeves ? kSkin : kSleeve);
        add(hand, hand + 0.05 * (hand - elbow).normalized(), 0.042, 0.036, kSkin);
    }

    add(head, head + 0.02 * h * up, 0.095, 0.09, kSkin);
    if (look.hat) {
        add(head + 0.035 * h * up - 0.01 * forward, head + 0.045 * h * up + 0.03 * forward, 0.1, 0.095, kHat);
        add(head + 0.03 * h * up + 0.06 * forward, head + 0.028 * h * up + 0.14 * forward, 0.05, 0.035, kHat);
    } else {
        add(head + 0.022 * h * up - 0.025 * forward, head + 0.034 * h * up + 0.005 * forward, 0.1, 0.095,
            kHair);
    }
    if (look.long_hair) add(head - 0.05 * forward, neck - 0.1 * forward - 0.03 * h * up, 0.085, 0.06, kHair);
    return solids;
}

}  // namespace e2tad::sim
