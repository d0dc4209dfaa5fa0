#include <algorithm>
#include <cmath>

#include "e2tad/sim/world.hpp"

namespace e2tad::sim {
namespace {

// A capsule as the picture shows it: a rounded cone in pixels, and its depth.
struct Outline {
    Vec2 a;
    Vec2 b;
    double radius_a;
    double radius_b;
    double depth;

    [[nodiscard]] bool covers(double x, double y) const {
        const Vec2 axis = b - a;
        const Vec2 d(x - a.x(), y - a.y());
        const double length2 = axis.squaredNorm();
        const double t = length2 > 0 ? std::clamp(d.dot(axis) / length2, 0.0, 1.0) : 0.0;
        const double radius = radius_a + t * (radius_b - radius_a);
        return (d - t * axis).squaredNorm() <= radius * radius;
    }
};

struct Solid {
    std::vector<Outline> parts;
    Box box{1e9f, 1e9f, -1e9f, -1e9f};
    double depth = 0;  // of the middle
};

constexpr double kNear = 0.3;  // metres; nothing nearer to the lens is drawn

Solid outline(const Camera &camera, const std::vector<Capsule> &capsules) {
    Solid solid;
    for (const Capsule &capsule : capsules) {
        const Vec3 a = camera.project(capsule.a);
        const Vec3 b = camera.project(capsule.b);
        if (a.z() < kNear || b.z() < kNear) continue;
        const Outline part{Vec2(a.x(), a.y()), Vec2(b.x(), b.y()),
                           capsule.radius_a * camera.pixels_per_metre(a.z()),
                           capsule.radius_b * camera.pixels_per_metre(b.z()), 0.5 * (a.z() + b.z())};
        const auto grow = [&](const Vec2 &center, double radius) {
            solid.box.left = std::min(solid.box.left, static_cast<float>(center.x() - radius));
            solid.box.top = std::min(solid.box.top, static_cast<float>(center.y() - radius));
            solid.box.right = std::max(solid.box.right, static_cast<float>(center.x() + radius));
            solid.box.bottom = std::max(solid.box.bottom, static_cast<float>(center.y() + radius));
        };
        grow(part.a, part.radius_a);
        grow(part.b, part.radius_b);
        solid.depth += part.depth;
        solid.parts.push_back(part);
    }
    if (!solid.parts.empty()) solid.depth /= static_cast<double>(solid.parts.size());
    return solid;
}

bool meet(const Box &a, const Box &b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

}  // namespace

FrameTruth World::truth(int frame, int view, int width, int height) const {
    const Camera eye = camera(frame, view, width, height);
    const Box picture{0, 0, static_cast<float>(width), static_cast<float>(height)};
    std::vector<Solid> bodies;
    for (int p = 0; p < scenario_.persons; ++p)
        bodies.push_back(outline(eye, body(looks_[p], pose(frame, p))));
    std::vector<Solid> things;
    for (const Prop &prop : props_) things.push_back(outline(eye, prop.solids));

    // Is a point of something at `depth` hidden by what stands nearer? `self` is the player it belongs to.
    const auto hidden = [&](double x, double y, double depth, int self) {
        for (int p = 0; p < scenario_.persons; ++p) {
            if (p == self || !bodies[p].box.contains(static_cast<float>(x), static_cast<float>(y))) continue;
            for (const Outline &part : bodies[p].parts) {
                if (part.depth < depth && part.covers(x, y)) return true;
            }
        }
        for (const Solid &thing : things) {
            if (!thing.box.contains(static_cast<float>(x), static_cast<float>(y))) continue;
            for (const Outline &part : thing.parts) {
                if (part.depth < depth && part.covers(x, y)) return true;
            }
        }
        return false;
    };

    FrameTruth truth;
    for (int p = 0; p < scenario_.persons; ++p) {
        PersonTruth person;
        const Solid &own = bodies[p];
        if (!own.parts.empty() && meet(own.box, picture)) {
            person.present = true;
            person.box = {std::max(own.box.left, picture.left), std::max(own.box.top, picture.top),
                          std::min(own.box.right, picture.right), std::min(own.box.bottom, picture.bottom)};
            // Points across every limb, weighted by the area that the limb shows.
            double seen = 0;
            double all = 0;
            for (const Outline &part : own.parts) {
                const Vec2 axis = part.b - part.a;
                const Vec2 across =
                    axis.norm() > 0 ? Vec2(Vec2(-axis.y(), axis.x()) / axis.norm()) : Vec2(1, 0);
                const double mean_radius = 0.5 * (part.radius_a + part.radius_b);
                const double weight = mean_radius * (axis.norm() + 2 * mean_radius);
                for (const double t : {0.1, 0.5, 0.9}) {
                    for (const double s : {-0.6, 0.0, 0.6}) {
                        const double radius = part.radius_a + t * (part.radius_b - part.radius_a);
                        const Vec2 at = part.a + t * axis + s * radius * across;
                        all += weight;
                        const bool in =
                            picture.contains(static_cast<float>(at.x()), static_cast<float>(at.y()));
                        if (in && !hidden(at.x(), at.y(), own.depth, p)) seen += weight;
                    }
                }
            }
            person.visible = static_cast<float>(seen / all);
        }
        truth.persons.push_back(person);
    }
    for (int b = 0; b < scenario_.balls; ++b) {
        BallTruth ball_truth;
        ball_truth.holder = holder(frame, b);
        const Vec3 center = eye.project(ball(frame, b));
        if (center.z() > kNear) {
            const double radius = ball_radius_[b] * eye.pixels_per_metre(center.z());
            ball_truth.circle = {static_cast<float>(center.x()), static_cast<float>(center.y()),
                                 static_cast<float>(radius)};
            ball_truth.present = picture.contains(ball_truth.circle.cx, ball_truth.circle.cy);
            // 61 points of a sunflower cover the disc evenly.
            constexpr int kPoints = 61;
            int seen = 0;
            for (int k = 0; k < kPoints; ++k) {
                const double r = radius * std::sqrt((k + 0.5) / kPoints);
                const double angle = 2.399963229728653 * k;
                const double x = center.x() + r * std::cos(angle);
                const double y = center.y() + r * std::sin(angle);
                if (!picture.contains(static_cast<float>(x), static_cast<float>(y))) continue;
                bool covered = hidden(x, y, center.z(), -1);
                for (int other = 0; other < scenario_.balls && !covered; ++other) {
                    if (other == b) continue;
                    const Vec3 at = eye.project(ball(frame, other));
                    if (at.z() < kNear || at.z() >= center.z()) continue;
                    covered = std::hypot(x - at.x(), y - at.y()) <=
                              ball_radius_[other] * eye.pixels_per_metre(at.z());
                }
                seen += covered ? 0 : 1;
            }
            ball_truth.visible = static_cast<float>(seen) / kPoints;
        }
        truth.balls.push_back(ball_truth);
    }
    return truth;
}

}  // namespace e2tad::sim
