#include "e2tad/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <thread>

#include "../core/scratch.hpp"
#include "e2tad/detect/replay.hpp"
#include "e2tad/video/h264_writer.hpp"

namespace e2tad::pipeline {
namespace {

constexpr std::int32_t kWidth = 640;
constexpr std::int32_t kHeight = 360;
constexpr std::int32_t kFrames = 240;

/// A game by hand: persons 1 and 2 stand left and right, person 3 walks; ball 7 is thrown from 1 to 2.
struct Game {
    static Box person(std::int32_t id, std::int32_t frame) {
        const float x = id == 1 ? 80.0f : id == 2 ? 480.0f : 200.0f + 0.5f * static_cast<float>(frame);
        return {x, 100, x + 50, 220};
    }
    static Box ball(std::int32_t frame) {
        const float x = frame < 80    ? 105.0f
                        : frame < 120 ? 105.0f + 10.0f * static_cast<float>(frame - 80)
                                      : 505.0f;
        return {x - 10, 140, x + 10, 160};
    }
    static const std::vector<cv::Scalar> &colors() {
        static const std::vector<cv::Scalar> kColors = {{40, 40, 220}, {40, 200, 40}, {220, 60, 40}};
        return kColors;
    }
    static Tracks tracks() {
        Tracks tracks;
        for (std::int32_t frame = 0; frame < kFrames; ++frame) {
            for (const std::int32_t id : {1, 2, 3}) {
                tracks.add(frame, ObjectClass::kPerson, id, person(id, frame));
            }
            tracks.add(frame, ObjectClass::kBall, 7, ball(frame));
        }
        tracks.normalise("game");
        return tracks;
    }
    static std::vector<files::InitRow> init(std::vector<std::int32_t> frames = {0, 1, 2, 3, 4, 5}) {
        Tracks tracks;
        for (const std::int32_t frame : frames) {
            for (const std::int32_t id : {1, 2, 3}) {
                tracks.add(frame, ObjectClass::kPerson, id, person(id, frame));
            }
            tracks.add(frame, ObjectClass::kBall, 7, ball(frame));
        }
        tracks.normalise("init");
        return files::init_rows(tracks, kWidth, kHeight);
    }
    static void film(const std::string &path, std::int32_t frames = kFrames) {
        video::H264Writer writer(path, kWidth, kHeight, {.crf = 10});
        for (std::int32_t frame = 0; frame < frames; ++frame) {
            cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar(90, 90, 90));
            const auto rect = [](const Box &b) {
                return cv::Rect(cv::Point(static_cast<int>(b.left), static_cast<int>(b.top)),
                                cv::Point(static_cast<int>(b.right), static_cast<int>(b.bottom)));
            };
            for (const std::int32_t id : {1, 2, 3}) {
                cv::rectangle(picture, rect(person(id, frame)), colors()[static_cast<std::size_t>(id - 1)],
                              cv::FILLED);
            }
            cv::rectangle(picture, rect(ball(frame)), cv::Scalar(0, 230, 230), cv::FILLED);
            writer.write(picture);
        }
        writer.close();
    }
};

/// The mean colour of a crop's middle, less grey: tells the players apart by their pixels.
class ColorEmbedder : public reid::Embedder {
  public:
    [[nodiscard]] std::size_t width() const override { return 3; }
    Matrix embed(const FrameView &, const detect::Detections &) override {
        throw std::logic_error("the pipeline embeds crops");
    }
    Matrix embed(std::span<const reid::CropView> crops) override {
        most_crops = std::max(most_crops, crops.size());
        Matrix features(crops.size(), 3);
        for (std::size_t i = 0; i < crops.size(); ++i) {
            const ImageView &v = crops[i].image;
            const cv::Mat crop(v.height, v.width, CV_8UC3, const_cast<std::uint8_t *>(v.data),
                               static_cast<std::size_t>(v.stride));
            const cv::Scalar mean = cv::mean(crop(cv::Rect(8, v.height * 3 / 4, 48, v.height / 8)));
            for (int c = 0; c < 3; ++c) {
                features(i, static_cast<std::size_t>(c)) = static_cast<float>(mean[c]) - 100.0f;
            }
        }
        return features;
    }
    std::size_t most_crops = 0;
};

Config config_of(const std::string &delta) {
    return parse_config(delta, "test");
}

Result play(const std::string &video, const std::vector<files::InitRow> *init, const std::string &delta,
            std::shared_ptr<detect::Detector> detector = nullptr) {
    if (!detector) detector = std::make_shared<detect::ReplayDetector>(Game::tracks());
    return run(video, init, config_of(delta), std::move(detector), std::make_shared<ColorEmbedder>());
}

std::vector<std::int32_t> row_of(const Tracks &tracks, ObjectClass cls, std::int32_t id) {
    std::vector<std::int32_t> frames;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (tracks.object_class[i] == cls && tracks.id[i] == id) frames.push_back(tracks.frame[i]);
    }
    return frames;
}

std::vector<std::int32_t> every(std::int32_t step, std::int32_t end, std::int32_t from = 0) {
    std::vector<std::int32_t> frames;
    for (std::int32_t frame = from; frame < end; frame += step) frames.push_back(frame);
    return frames;
}

class PipelineRun : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = ::testing::TempDir() + "e2tad_pipeline";
        std::filesystem::create_directories(folder_);
        Game::film(folder_ + "/game.mp4");
    }
    static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }
    static std::string video() { return folder_ + "/game.mp4"; }
    static std::string folder_;
};
std::string PipelineRun::folder_;

TEST_F(PipelineRun, FindsWhoCaughtTheBall) {
    const auto init = Game::init();
    const Result result = play(video(), &init, "{}");
    EXPECT_EQ(result.tracks.observed, every(10, kFrames));
    EXPECT_EQ(result.actions.balls, (std::vector<std::int32_t>{7}));
    ASSERT_EQ(result.actions.catches.size(), 1u);
    EXPECT_EQ(result.actions.catches[0].to, 2);
    EXPECT_NEAR(result.actions.catches[0].frame, 120, 10);
    EXPECT_EQ(result.answer.holders, (std::vector<std::int32_t>{1, 2}));
    EXPECT_EQ(result.counts.frames, 29);  // 24 sampled, and five of init's six
    EXPECT_EQ(result.counts.sampled, 24);
    EXPECT_EQ(result.counts.seeded, 6);
    EXPECT_EQ(result.counts.detected, 23);
    EXPECT_EQ(result.reader.converted, 29);
    EXPECT_TRUE(result.warnings.empty()) << result.warnings.front();
}

TEST_F(PipelineRun, SchedulesWindowsAndThreadsGiveOneAnswer) {
    const auto init = Game::init();
    for (const bool seeded : {true, false}) {
        for (const char *adaptive : {"true", "false"}) {
            const std::string base = std::string(R"("adaptive": {"inspect_collisions": )") + adaptive + "}";
            const auto *rows = seeded ? &init : nullptr;
            const Result reference =
                play(video(), rows, "{" + base + R"(, "pipeline": {"schedule": "frame", "every": 3}})");
            ASSERT_GT(reference.tracks.size(), 50u);
            for (const char *settings :
                 {R"("schedule": "frame", "threads": 2)", R"("queue_frames": 1)",
                  R"("queue_frames": 7, "records_mb": 1)", R"("queue_frames": 7, "threads": 2)",
                  R"("queue_frames": 500, "records_mb": 500)", R"("threads": 3, "records_mb": 1)"}) {
                const Result other =
                    play(video(), rows, "{" + base + R"(, "pipeline": {"every": 3, )" + settings + "}}");
                EXPECT_EQ(other.tracks.observed, reference.tracks.observed) << settings;
                EXPECT_EQ(other.tracks.frame, reference.tracks.frame) << settings;
                EXPECT_EQ(other.tracks.id, reference.tracks.id) << settings;
                EXPECT_EQ(other.tracks.box, reference.tracks.box) << settings;
                EXPECT_EQ(other.answer.frames, reference.answer.frames) << settings;
                EXPECT_EQ(other.answer.holders, reference.answer.holders) << settings;
                EXPECT_EQ(other.counts.embedded, reference.counts.embedded) << settings;
                EXPECT_EQ(other.counts.regions, reference.counts.regions) << settings;
            }
        }
    }
}

TEST_F(PipelineRun, RecordsStayWithinTheirLimit) {
    const auto init = Game::init();
    const std::string all = R"("adaptive": {"inspect_collisions": false})";
    const Result small = play(video(), &init, "{" + all + R"(, "pipeline": {"every": 1, "records_mb": 1}})");
    EXPECT_LE(small.crop_record_bytes, std::size_t{1} << 20U);
    EXPECT_GT(small.crop_record_bytes, std::size_t{900} << 10U);
    EXPECT_GT(small.counts.windows, 10);
    EXPECT_EQ(play(video(), &init, R"({"pipeline": {"every": 1, "records_mb": 100}})").counts.windows, 1);
}

TEST_F(PipelineRun, OnlyCollisionsAreEmbeddedAndFramesWithoutAnySkipped) {
    const auto init = Game::init({0});
    const Result all = play(video(), &init, R"({"adaptive": {"inspect_collisions": false}})");
    const Result some = play(video(), &init, "{}");
    EXPECT_EQ(all.counts.embedded, 23 * 4);
    EXPECT_EQ(all.counts.skipped, 0);
    // In flight at the frames 90, 100 and 110; else the ball and its holder collide.
    EXPECT_EQ(some.counts.idle_frames, 3);
    EXPECT_EQ(some.counts.embedded, 20 * 2);
    EXPECT_EQ(some.counts.skipped, 23 * 4 - 20 * 2);
    EXPECT_EQ(some.answer.holders, all.answer.holders);
    // The walker, who never touches the ball, and the ball in flight are known by their place.
    EXPECT_EQ(row_of(some.tracks, ObjectClass::kPerson, 3), every(10, kFrames));
    EXPECT_EQ(row_of(some.tracks, ObjectClass::kBall, 7), every(10, kFrames));
    EXPECT_EQ(some.counts.linked, some.counts.skipped);
    const Result plain = play(video(), &init, R"({"adaptive": {"link": false}})");
    EXPECT_EQ(row_of(plain.tracks, ObjectClass::kPerson, 3), (std::vector<std::int32_t>{0}));
    EXPECT_EQ(plain.counts.linked, 0);
}

TEST_F(PipelineRun, AFrameThatInitNamesSeedsAgainAndIsNotDetected) {
    const auto init = Game::init({0, 100, 105});
    const auto nothing = std::make_shared<detect::ReplayDetector>(Tracks{});
    const Result result = play(video(), &init, "{}", nothing);
    EXPECT_EQ(row_of(result.tracks, ObjectClass::kPerson, 3), (std::vector<std::int32_t>{0, 100}));
    EXPECT_EQ(result.counts.seeded, 3);
    EXPECT_EQ(result.counts.detected, 22);
    EXPECT_EQ(result.tracks.observed.size(), 24u);
    // Detections may look otherwise than at the start; the second seed is what knows them then.
    std::vector<files::InitRow> wrong = Game::init({0});
    for (files::InitRow &row : wrong) {
        if (row.object_class == ObjectClass::kPerson) row.id = row.id % 3 + 1;
    }
    const auto later = Game::init({100});
    wrong.insert(wrong.end(), later.begin(), later.end());
    Config config =
        config_of(R"({"association": {"gallery_size": 1, "place_weight": 0, "look_ahead": false}})");
    const Result renamed =
        run(video(), &wrong, config, std::make_shared<detect::ReplayDetector>(Game::tracks()),
            std::make_shared<ColorEmbedder>());
    const auto box_at = [&](std::int32_t frame) {
        for (std::size_t i = 0; i < renamed.tracks.size(); ++i) {
            if (renamed.tracks.frame[i] == frame && renamed.tracks.id[i] == 2) return renamed.tracks.box[i];
        }
        return Box{};
    };
    EXPECT_EQ(box_at(70), Game::person(1, 70));
    EXPECT_EQ(box_at(130), Game::person(2, 130));
}

TEST_F(PipelineRun, WhoIsGivenLaterIsKnownFromTheStart) {
    // Person 2 is in init.csv only from frame 100 on.
    std::vector<files::InitRow> init = Game::init({0});
    std::erase_if(init, [](const files::InitRow &row) {
        return row.object_class == ObjectClass::kPerson && row.id == 2;
    });
    const auto later = Game::init({100});
    init.insert(init.end(), later.begin(), later.end());
    const Result ahead = play(video(), &init, "{}");
    // At frame 10 only the region of the others is looked at.
    EXPECT_EQ(row_of(ahead.tracks, ObjectClass::kPerson, 2), every(10, kFrames, 20));
    const Result as_it_comes = play(video(), &init, R"({"association": {"look_ahead": false}})");
    EXPECT_EQ(row_of(as_it_comes.tracks, ObjectClass::kPerson, 2), every(10, kFrames, 100));
    for (const char *schedule : {"frame", "cached"}) {
        const std::string delta =
            std::string(R"({"pipeline": {"records_mb": 1, "schedule": ")") + schedule + "\"}}";
        EXPECT_EQ(play(video(), &init, delta).tracks.id, ahead.tracks.id);
    }
}

TEST_F(PipelineRun, WhoLeavesTheRegionIsFoundAgain) {
    // Person 2 is hidden for a while, in which the region shrinks to the others; and it is far from them.
    Tracks seen;
    const Tracks truth = Game::tracks();
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const bool hidden = truth.id[i] == 2 && truth.frame[i] > 10 && truth.frame[i] < 100;
        if (!hidden && truth.object_class[i] == ObjectClass::kPerson) {
            seen.add(truth.frame[i], truth.object_class[i], truth.id[i], truth.box[i]);
        }
    }
    seen.normalise("seen");
    const auto init = Game::init({0});
    const std::string whole = R"({"adaptive": {"inspect_collisions": false, "crop_region": true}})";
    const Result result = play(video(), &init, whole, std::make_shared<detect::ReplayDetector>(seen));
    const auto frames = row_of(result.tracks, ObjectClass::kPerson, 2);
    ASSERT_GE(frames.size(), 2u);
    EXPECT_EQ(frames[0], 0);
    EXPECT_EQ(frames[1], 10);
    ASSERT_GT(frames.size(), 2u);
    EXPECT_GE(frames[2], 100);
    EXPECT_LE(frames[2], 100 + 10 * adapt::AdaptiveConfig{}.search_every);
    EXPECT_GT(result.counts.regions[static_cast<std::size_t>(adapt::RegionReason::kCropped)], 5);
    EXPECT_GT(result.counts.regions[static_cast<std::size_t>(adapt::RegionReason::kLost)], 0);
    EXPECT_GT(result.counts.regions[static_cast<std::size_t>(adapt::RegionReason::kSearch)], 0);
}

TEST_F(PipelineRun, FiltersTakeOutTallBallsOtherClassesAndTheWorstBeyondTheKnownNumbers) {
    detect::Detections rows;
    std::vector<std::int32_t> frames;
    const auto add = [&](const Box &box, float score, std::int32_t cls) {
        frames.push_back(10);
        rows.add(box, score, cls);
    };
    for (const std::int32_t id : {1, 2, 3}) add(Game::person(id, 10), 0.9f, 0);
    add({300, 100, 350, 220}, 0.5f, 0);
    add(Game::ball(10), 0.8f, 1);
    add({85, 130, 105, 150}, 0.4f, 1);
    add({80, 100, 180, 200}, 0.9f, 1);
    add({300, 150, 310, 160}, 0.9f, 5);
    const auto detector = std::make_shared<detect::ReplayDetector>(frames, rows);
    const auto init = Game::init({0});
    const auto counts = [&](const char *delta) { return play(video(), &init, delta, detector).counts; };
    EXPECT_EQ(counts("{}").persons, 4);
    EXPECT_EQ(counts("{}").balls, 2);
    EXPECT_EQ(counts("{}").dropped, 2);
    EXPECT_EQ(counts(R"({"detector": {"max_ball_height": 0}})").balls, 3);
    // Persons' own threshold leaves balls alone.
    EXPECT_EQ(counts(R"({"detector": {"person_confidence": 0.49}})").persons, 4);
    EXPECT_EQ(counts(R"({"detector": {"person_confidence": 0.5}})").persons, 3);
    EXPECT_EQ(counts(R"({"detector": {"person_confidence": 0.5}})").balls, 2);
    EXPECT_EQ(counts(R"({"detector": {"known_counts": true}})").persons, 3);
    EXPECT_EQ(counts(R"({"detector": {"known_counts": true}})").balls, 1);
}

TEST_F(PipelineRun, WithoutInitIdentitiesOpenFreely) {
    const Result result = play(video(), nullptr, R"({"adaptive": {"inspect_collisions": false}})");
    EXPECT_EQ(result.tracks.ids(ObjectClass::kPerson).size(), 3u);
    EXPECT_EQ(result.tracks.ids(ObjectClass::kBall).size(), 1u);
    ASSERT_EQ(result.actions.catches.size(), 1u);
    Session session(video(), nullptr, Config{}, std::make_shared<detect::ReplayDetector>(Game::tracks()),
                    std::make_shared<ColorEmbedder>());
    EXPECT_EQ(session.config().association.identities, "open");
}

TEST_F(PipelineRun, NothingDetectedIsAnAnswerWithWarnings) {
    const auto nothing = std::make_shared<detect::ReplayDetector>(Tracks{});
    const auto init = Game::init();
    const Result result = play(video(), &init, R"({"adaptive": {"inspect_collisions": false}})", nothing);
    EXPECT_EQ(result.answer.frames, (std::vector<std::int32_t>{0}));
    EXPECT_EQ(result.answer.holders, (std::vector<std::int32_t>{1}));
    ASSERT_EQ(result.warnings.size(), 3u);
    EXPECT_EQ(result.warnings[0], "nothing was detected in 23 frames");
    EXPECT_EQ(result.warnings[1], "persons 1, 2, 3 of init.csv never found again");
    EXPECT_EQ(result.warnings[2], "ball 7 of init.csv never found again");
    // A person who meets no ball isn't embedded, so that nobody knows is no news then.
    EXPECT_EQ(play(video(), &init, "{}", nothing).warnings.size(), 2u);
    EXPECT_EQ(play(video(), nullptr, "{}", nothing).tracks.size(), 0u);
}

TEST_F(PipelineRun, FramesOfInitBeyondTheEndAreTold) {
    Game::film(folder_ + "/short.mp4", 50);
    const auto init = Game::init({0, 100});
    const Result result = play(folder_ + "/short.mp4", &init, "{}");
    ASSERT_EQ(result.warnings.size(), 1u);
    EXPECT_EQ(result.warnings[0], "init.csv names frame 100, but the last frame worked on is 40");
}

TEST_F(PipelineRun, AThetaThatJoinsNoTwoContactsIsTold) {
    const auto init = Game::init();
    const auto lines = [&](const char *action) {
        return play(video(), &init, std::string(R"({"action": {)") + action + "}}").warnings;
    };
    EXPECT_EQ(lines(R"("decoder": "morphological", "theta": 5)"),
              std::vector<std::string>{"action.theta 5 joins no two contacts that are 10 frames apart "
                                       "(pipeline.every)"});
    EXPECT_TRUE(lines(R"("decoder": "morphological", "theta": 10)").empty());
    EXPECT_TRUE(lines(R"("decoder": "morphological", "theta": 0)").empty());
    EXPECT_TRUE(lines(R"("theta": 5)").empty());
}

TEST_F(PipelineRun, FaultsOfDetectorsEmbeddersAndVideosReachTheCaller) {
    class Faulty : public detect::Detector {
        detect::Detections detect(const FrameView &) override { return {}; }
        detect::Detections detect(const FrameView &frame, const geometry::Letterbox &) override {
            if (frame.number >= 100) throw InputError("detector: broken");
            return {};
        }
    };
    for (const char *threads : {R"({"pipeline": {"threads": 1}})", R"({"pipeline": {"threads": 2}})"}) {
        EXPECT_EQ(
            testing::input_error([&] { (void)play(video(), nullptr, threads, std::make_shared<Faulty>()); }),
            "detector: broken");
        EXPECT_EQ(testing::system_error([&] { (void)play(folder_ + "/none.mp4", nullptr, threads); }),
                  ENOENT);
    }
    EXPECT_THROW((void)run(video(), nullptr, Config{}, nullptr, nullptr), std::invalid_argument);
}

TEST_F(PipelineRun, AWalkCanEndBeforeTheVideoDoes) {
    for (const char *delta : {R"({"pipeline": {"schedule": "frame", "threads": 2}})",
                              R"({"pipeline": {"threads": 2, "queue_frames": 2, "records_mb": 1}})"}) {
        const auto init = Game::init({0});
        Session session(video(), &init, config_of(delta),
                        std::make_shared<detect::ReplayDetector>(Game::tracks()),
                        std::make_shared<ColorEmbedder>());
        std::size_t frames = session.next().size();
        const Result result = session.finish();
        EXPECT_GE(result.tracks.observed.size(), frames);
        EXPECT_TRUE(session.next().empty());
    }
}

TEST_F(PipelineRun, FrameByFrameGivesTheSameAndKeepsTheLastOnly) {
    const auto init = Game::init();
    const std::string delta = R"({"pipeline": {"schedule": "frame"}, "association": {"look_ahead": false}})";
    const Result whole = play(video(), &init, delta);
    Session session(video(), &init, config_of(delta),
                    std::make_shared<detect::ReplayDetector>(Game::tracks()),
                    std::make_shared<ColorEmbedder>());
    std::int32_t last = -1;
    std::size_t rows = 0;
    for (auto frames = session.next(); !frames.empty(); frames = session.next()) {
        ASSERT_EQ(frames.size(), 1u);
        EXPECT_GT(frames[0].number, last);
        last = frames[0].number;
        EXPECT_EQ(session.picture().width, kWidth);
        for (const std::int32_t id : frames[0].ids) rows += frames[0].sampled && id != kNoId ? 1 : 0;
        session.keep_last(5);
        EXPECT_LE(session.tracks().observed.size(), 5u);
    }
    EXPECT_EQ(rows, whole.tracks.size());
    EXPECT_EQ(session.tracks().observed, every(10, kFrames, 190));
}

TEST_F(PipelineRun, PicturesFitTheQueueAndKeepTheirShape) {
    const auto size = [&](const char *queue) {
        const Result result =
            play(video(), nullptr, std::string(R"({"pipeline": {"queue_size": )") + queue + "}}");
        return std::pair(result.picture_width, result.picture_height);
    };
    EXPECT_EQ(size(R"({"width": 960, "height": 540})"), std::pair(640, 360));
    EXPECT_EQ(size(R"({"width": 320, "height": 180})"), std::pair(320, 180));
    EXPECT_EQ(size(R"({"width": 320, "height": 320})"), std::pair(320, 180));
    EXPECT_EQ(size(R"({"width": 640, "height": 90})"), std::pair(160, 90));
}

TEST_F(PipelineRun, TellsItsProgress) {
    std::vector<std::int32_t> frames;
    (void)run(video(), nullptr, Config{}, std::make_shared<detect::ReplayDetector>(Game::tracks()),
              std::make_shared<ColorEmbedder>(), [&](std::int32_t frame, std::int64_t total) {
                  frames.push_back(frame);
                  EXPECT_EQ(total, kFrames);
              });
    EXPECT_EQ(frames, every(10, kFrames));
}

TEST_F(PipelineRun, CountsTimesAndBytesOfEveryStage) {
    const auto init = Game::init();
    const Result result = play(video(), &init, "{}");
    for (std::size_t i = 0; i < kStages; ++i) {
        const char *name = stage_name(static_cast<Stage>(i));
        EXPECT_GT(result.stages[i].seconds, 0) << name;
        EXPECT_GT(result.stages[i].items, 0) << name;
        EXPECT_GT(result.stages[i].bytes, 0) << name;
    }
    const StageCost &decode = result.stages[static_cast<std::size_t>(Stage::kDecode)];
    EXPECT_EQ(decode.bytes, std::int64_t{29} * kWidth * kHeight * 3);
    EXPECT_TRUE(result.energy.joules.has_value());
    EXPECT_GT(result.peak_bytes, result.queue_bytes);
}

TEST(Switches, ChangeTheSettingsOfTheTableUnlessTheyAreNamedToo) {
    const Config off = config_of(R"({"ablation": {"AdpInf": false, "Pipeline": false, "Action": false}})");
    EXPECT_FALSE(off.adaptive.crop_region);
    EXPECT_FALSE(off.adaptive.inspect_collisions);
    EXPECT_EQ(off.pipeline.schedule, "frame");
    EXPECT_EQ(off.action.decoder, "morphological");
    EXPECT_EQ(off.action.theta, 0);
    EXPECT_FALSE(off.action.vote);
    EXPECT_FALSE(off.ablation.AdpInf);
    EXPECT_TRUE(config_of(R"({"ablation": {"CircAnchor": true}})").reid.mask_balls);
    EXPECT_FALSE(config_of(R"({"ablation": {"CircAnchor": false}})").reid.mask_balls);
    const Config on = config_of(R"({"ablation": {"Action": true}})");
    EXPECT_EQ(on.action.decoder, "morphological");
    EXPECT_EQ(on.action.theta, 10);
    const Config both = config_of(R"({"ablation": {"AdpInf": false}, "adaptive": {"crop_region": true}})");
    EXPECT_TRUE(both.adaptive.crop_region);
    EXPECT_FALSE(both.adaptive.inspect_collisions);
    EXPECT_EQ(config_of("{}").action.decoder, action::ActionConfig{}.decoder);
    // A resolved document reads back as it is.
    EXPECT_EQ(config::to_json(parse_config(config::to_json(both).dump(), "again")), config::to_json(both));
    EXPECT_THROW((void)config_of(R"({"ablation": {"AdpInf": 1}})"), ConfigError);
    EXPECT_THROW((void)config_of(R"({"ablation": {"Adpinf": true}})"), ConfigError);
}

}  // namespace
}  // namespace e2tad::pipeline
