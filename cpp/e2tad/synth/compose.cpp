#include "e2tad/synth/compose.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <stdexcept>

#include "e2tad/synth/image_file.hpp"

namespace e2tad::synth {

namespace {

constexpr int kTries = 50;

/// Purposes of the independent streams of a picture.
enum Stream : std::uint64_t { kLight = 1, kCount = 2, kBall = 16, kNoise = 1024 };

/// Hundredths of a pixel, so that labels written with two decimals are the labels drawn.
float to_hundredths(double value) {
    return static_cast<float>(std::round(value * 100) / 100);
}

bool touches(const Circle &circle, const Box &box) {
    const float dx = circle.cx - std::clamp(circle.cx, box.left, box.right);
    const float dy = circle.cy - std::clamp(circle.cy, box.top, box.bottom);
    return std::hypot(dx, dy) < circle.radius;
}

bool touches(const Circle &a, const Circle &b) {
    return std::hypot(a.cx - b.cx, a.cy - b.cy) < a.radius + b.radius;
}

/// The soft shadow of a ball on the ground: darkest where the ball touches it, drawn out away from the light.
void cast_shadow(const Circle &ball, const Light &light, const cv::Mat &hidden, cv::Point hidden_corner,
                 cv::Mat &image) {
    const float away = -light.direction[0];
    const float cx = ball.cx + 0.6f * away * ball.radius;
    const float cy = ball.cy + 0.92f * ball.radius;
    const float rx = (1.1f + 0.5f * std::abs(away)) * ball.radius;
    const float ry = 0.34f * ball.radius;
    const float depth = 0.65f * (1 - 0.6f * light.ambient);
    const cv::Rect area = cv::Rect(cv::Point(cvFloor(cx - 2 * rx), cvFloor(cy - 2 * ry)),
                                   cv::Point(cvCeil(cx + 2 * rx), cvCeil(cy + 2 * ry))) &
                          cv::Rect({}, image.size());
    for (int y = area.y; y < area.y + area.height; ++y) {
        auto *pixel = image.ptr<cv::Vec3b>(y);
        for (int x = area.x; x < area.x + area.width; ++x) {
            const float dx = (static_cast<float>(x) + 0.5f - cx) / rx;
            const float dy = (static_cast<float>(y) + 0.5f - cy) / ry;
            float dark = depth * std::exp(-1.5f * (dx * dx + dy * dy));
            const cv::Point at = cv::Point(x, y) - hidden_corner;
            if (!hidden.empty() && cv::Rect({}, hidden.size()).contains(at)) {
                dark *= 1 - hidden.at<float>(at);
            }
            for (int c = 0; c < 3; ++c) {
                pixel[x][c] = srgb_from_linear(linear_from_srgb(pixel[x][c]) * (1 - dark));
            }
        }
    }
}

class Composer {
  public:
    Composer(const Scene &scene, const ComposeConfig &config, Random random)
        : scene_(scene),
          config_(config),
          random_(random),
          sizer_(scene.persons, scene.image.rows, config.size) {
        out_.image = scene.image.clone();
        out_.mask = cv::Mat::zeros(scene.image.size(), CV_8UC1);
        Random light = random_.fork(kLight);
        out_.light = random_light(light);
    }

    Composite run(const Harmonizer &harmonizer) {
        Random count = random_.fork(kCount);
        const int balls = config_.balls_min + count.below(config_.balls_max - config_.balls_min + 1);
        for (int i = 0; i < balls; ++i) {
            Random random = random_.fork(kBall + static_cast<std::uint64_t>(i));
            for (int attempt = 0; attempt < kTries && !place(random); ++attempt) {
            }
        }
        if (!out_.balls.empty()) out_.image = harmonizer.harmonize(out_.image, out_.mask);
        for (std::size_t i = 0; i < sprites_.size(); ++i) {
            add_noise(sprites_[i].sprite, sprites_[i].hidden, out_.balls[i].noise, random_.fork(kNoise + i),
                      out_.image);
        }
        if (grey_ && !out_.balls.empty()) {  // Lab and back leaves traces of colour
            cv::Mat luma;
            cv::cvtColor(out_.image, luma, cv::COLOR_BGR2GRAY);
            cv::cvtColor(luma, out_.image, cv::COLOR_GRAY2BGR);
        }
        return std::move(out_);
    }

  private:
    struct Laid {
        Sprite sprite;
        cv::Mat hidden;
    };

    /// Draws one ball's place and look. True if it was laid on the picture.
    bool place(Random &random) {
        PlacedBall ball;
        const BallSizer::Size size = sizer_.draw(random);
        const double radius = size.radius_px;
        ball.person = size.person;
        const double where = random.uniform();
        double cx = random.uniform(0, scene_.image.cols);
        double cy = random.uniform(0, scene_.image.rows);
        ball.place = "air";
        if (ball.person >= 0) {
            const Box &person = scene_.persons[static_cast<std::size_t>(ball.person)];
            if (where < config_.near_share) {
                // Measured: across the box .12/.46/.89 of its width, down it .09/.39/.59 of its height; wider
                // here, so that hands beside the body are met too.
                ball.place = "near";
                cx = person.left + person.width() * random.normal(0.5, 0.45);
                cy = person.top + person.height() * random.normal(0.4, 0.17);
            } else if (where < config_.near_share + config_.ground_share) {
                ball.place = "ground";
                cx = person.center_x() + person.height() * random.normal(0, 0.8);
                cy = person.bottom - radius + person.height() * random.uniform(-0.08, 0.12);
            } else {
                // As far away as the person, it can't be lower than the ground there.
                cy *= std::clamp((person.bottom - radius) / scene_.image.rows, 0.0, 1.0);
            }
        }
        ball.circle = {to_hundredths(cx), to_hundredths(cy), to_hundredths(radius)};
        const bool inside = cx >= 0 && cy >= 0 && cx < scene_.image.cols && cy < scene_.image.rows;
        ball.behind = random.chance(config_.behind_share);
        const bool moves = random.chance(config_.moving_share) && ball.place != "ground";
        const double length = moves ? 2 * radius * random.uniform(0.2, 1) * config_.max_speed *
                                          random.uniform(0.1, 1) * config_.max_shutter
                                    : 0;
        const double heading = random.uniform(0, 2 * std::numbers::pi);
        ball.motion = {static_cast<float>(length * std::cos(heading)),
                       static_cast<float>(length * std::sin(heading))};
        ball.paint = random_paint(random);
        if (grey_) ball.paint = in_grey(ball.paint);
        ball.gloss = static_cast<float>(random.uniform(0, config_.gloss_max));
        ball.edge_px = static_cast<float>(random.uniform(config_.edge_min_px, config_.edge_max_px));
        ball.shadow = ball.place == "ground" && random.chance(config_.shadow_share);
        const Surface surface{ball.gloss, static_cast<float>(random.uniform(8, 50)), ball.edge_px};
        if (!inside || taken(ball.circle)) return false;

        Laid laid{render_ball(ball.circle, ball.paint, out_.light, surface, ball.motion), {}};
        laid.hidden = hidden_part(laid.sprite.area, ball);
        ball.visible = visible_fraction(laid.sprite, laid.hidden, scene_.image.size());
        if (ball.visible < config_.min_visible) return false;
        if (config_.noise) {
            const int margin = std::max(8, laid.sprite.area.width / 2);
            const cv::Rect around =
                laid.sprite.area - cv::Point(margin, margin) + cv::Size(2 * margin, 2 * margin);
            ball.noise = std::min(noise_deviation(scene_.image, around), picture_noise_);
        }
        if (ball.shadow) {
            cast_shadow(ball.circle, out_.light, laid.hidden, laid.sprite.area.tl(), out_.image);
        }
        lay(laid.sprite, laid.hidden, out_.image, out_.mask);
        out_.balls.push_back(std::move(ball));
        sprites_.push_back(std::move(laid));
        return true;
    }

    [[nodiscard]] bool taken(const Circle &circle) const {
        return std::any_of(scene_.balls.begin(), scene_.balls.end(),
                           [&](const Box &box) { return touches(circle, box); }) ||
               std::any_of(out_.balls.begin(), out_.balls.end(),
                           [&](const PlacedBall &ball) { return touches(circle, ball.circle); });
    }

    /// Who stands in front of the ball: persons whose feet are lower in the picture are nearer to the camera.
    /// @return  CV_32FC1 of the area's size, 1 where the ball is hidden; empty where nobody hides it.
    [[nodiscard]] cv::Mat hidden_part(const cv::Rect &area, const PlacedBall &ball) const {
        if (scene_.instances.empty() || ball.person < 0) return {};
        const float feet = scene_.persons[static_cast<std::size_t>(ball.person)].bottom;
        const cv::Rect inside = area & cv::Rect({}, scene_.image.size());
        if (inside.empty()) return {};
        cv::Mat front = cv::Mat::zeros(area.size(), CV_32FC1);
        bool any = false;
        for (int y = inside.y; y < inside.y + inside.height; ++y) {
            const auto *label = scene_.instances.ptr<std::int32_t>(y);
            auto *out = front.ptr<float>(y - area.y);
            for (int x = inside.x; x < inside.x + inside.width; ++x) {
                if (label[x] <= 0) continue;
                const int k = label[x] - 1;
                const bool nearer = k == ball.person
                                        ? ball.behind
                                        : scene_.persons[static_cast<std::size_t>(k)].bottom > feet;
                if (nearer) {
                    out[x - area.x] = 1;
                    any = true;
                }
            }
        }
        if (!any) return {};
        // A mask's edge is a staircase; a lens would show it as soft as the rest.
        cv::GaussianBlur(front, front, {3, 3}, 0.7, 0.7, cv::BORDER_REPLICATE);
        return front;
    }

    const Scene &scene_;
    const ComposeConfig &config_;
    Random random_;
    bool grey_ = is_grey(scene_.image);
    float picture_noise_ = picture_noise_deviation(scene_.image);
    BallSizer sizer_;
    std::vector<Laid> sprites_;
    Composite out_;
};

}  // namespace

void ComposeConfig::validate() const {
    if (balls_max < balls_min) {
        throw ConfigError("/balls_max: expected at least balls_min (" + std::to_string(balls_min) +
                          "), got " + std::to_string(balls_max));
    }
    if (edge_max_px < edge_min_px) {
        throw ConfigError("/edge_max_px: expected at least edge_min_px");
    }
    if (near_share + ground_share > 1) {
        throw ConfigError("/ground_share: expected near_share + ground_share of at most 1");
    }
}

void Scene::validate() const {
    if (image.type() != CV_8UC3 || image.empty()) {
        throw std::invalid_argument("image: expected 8-bit BGR pixels");
    }
    if (instances.empty()) return;
    if (instances.type() != CV_32SC1 || instances.size() != image.size()) {
        throw std::invalid_argument("instances: expected int32 of the image's size");
    }
    double low = 0;
    double high = 0;
    cv::minMaxLoc(instances, &low, &high);
    if (low < 0 || high > static_cast<double>(persons.size())) {
        throw std::invalid_argument("instances: expected numbers from 0 to the number of persons, " +
                                    std::to_string(persons.size()));
    }
}

Composite compose(const Scene &scene, const ComposeConfig &config, const Harmonizer &harmonizer,
                  Random random) {
    scene.validate();
    config.validate();
    return Composer(scene, config, random).run(harmonizer);
}

}  // namespace e2tad::synth
