#include "e2tad/pipeline/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

#include "e2tad/adapt/collisions.hpp"
#include "e2tad/adapt/region.hpp"
#include "e2tad/associate/associator.hpp"
#include "e2tad/pipeline/frame_feed.hpp"
#include "e2tad/pipeline/records.hpp"

namespace e2tad::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// Energy counters wrap around within minutes; see energy::Source::tick.
constexpr std::chrono::seconds kTickEvery{20};

/// Adds the seconds of a scope to a stage.
class Timer {
  public:
    explicit Timer(StageCost &cost) : cost_(cost), started_(Clock::now()) {}
    ~Timer() { cost_.seconds += std::chrono::duration<double>(Clock::now() - started_).count(); }
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

  private:
    StageCost &cost_;
    Clock::time_point started_;
};

/// The video's size scaled to fit the queue's, its shape kept; never enlarged.
std::pair<std::int32_t, std::int32_t> picture_size(const video::VideoInfo &info, const QueueSize &queue) {
    const std::int32_t longer = std::max(queue.width, queue.height);
    const std::int32_t shorter = std::min(queue.width, queue.height);
    const bool upright = info.height > info.width;
    const double scale_x = static_cast<double>(upright ? shorter : longer) / info.width;
    const double scale_y = static_cast<double>(upright ? longer : shorter) / info.height;
    const double scale = std::min({scale_x, scale_y, 1.0});
    const auto scaled = [scale](std::int32_t pixels) {
        return std::max(static_cast<std::int32_t>(std::lround(pixels * scale)), 1);
    };
    return {scaled(info.width), scaled(info.height)};
}

/// The process's largest resident size, bytes.
std::size_t peak_resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

/// "persons 1, 4"
std::string names_of(const char *what, const std::vector<std::int32_t> &ids) {
    std::string text = ids.size() == 1 ? what : std::string(what) + "s";
    for (std::size_t i = 0; i < ids.size(); ++i) text += (i == 0 ? " " : ", ") + std::to_string(ids[i]);
    return text;
}

}  // namespace

struct Session::State {
    /// A frame whose crops wait in the records, or whose features wait for the last row of init.csv.
    struct Waiting {
        FrameResult frame;
        std::vector<std::int32_t> embedded;  ///< Rows of its detections, in the order of its crops.
        Matrix features;                     ///< A row for each of them, once they are embedded.
    };

    Config config;
    std::shared_ptr<detect::Detector> detector;
    std::shared_ptr<reid::Embedder> embedder;
    std::unique_ptr<energy::Source> energy;
    std::unique_ptr<video::VideoReader> reader;
    Tracks seeds;  ///< Boxes of init.csv, pixels of the video.
    bool has_init = false;
    std::int32_t persons = -1;  ///< Known number; -1: not known.
    std::int32_t balls = -1;
    std::unique_ptr<FrameFeed> feed;
    std::unique_ptr<adapt::RegionCropper> cropper;
    std::unique_ptr<associate::Associator> associator;
    std::unique_ptr<CropRecords> crops;
    std::unique_ptr<BoxRecords> boxes;

    const video::ImageQueue *queue = nullptr;
    std::size_t in_queue = 0;  ///< Next frame of the queue.
    bool ended = false;
    ImageView last_picture;
    std::vector<Waiting> waiting;    ///< To be embedded.
    std::vector<Waiting> unmatched;  ///< To be matched.
    adapt::FrameBoxes previous;      ///< What the last frame showed.
    bool learnt = false;             ///< Whether the seeds' features are in the galleries.
    std::array<StageCost, kStages> stages{};
    Counts counts;
    std::size_t most_crop_bytes = 0;
    std::int32_t last_frame = -1;
    std::set<std::pair<ObjectClass, std::int32_t>> met;  ///< Identities found by detection.
    Clock::time_point started;
    Clock::time_point ticked;

    StageCost &cost(Stage stage) { return stages[static_cast<std::size_t>(stage)]; }
    [[nodiscard]] bool cached() const { return config.pipeline.schedule == "cached"; }

    void open(const std::string &source, const std::vector<files::InitRow> *init,
              const video::ReaderOptions &given);
    bool advance(const Progress &progress, std::vector<FrameResult> &done);
    [[nodiscard]] Waiting seeded_frame(const FrameView &view);
    [[nodiscard]] Waiting detected_frame(const FrameView &view);
    [[nodiscard]] detect::Detections filtered(const detect::Detections &found);
    void cut(const FrameView &view, const Waiting &entry);
    [[nodiscard]] std::vector<std::int32_t> worth_embedding(const detect::Detections &seen,
                                                            std::int32_t number);
    void work_off(std::vector<FrameResult> &done);
    void embed();
    void match(std::vector<FrameResult> &done);
    void identify(Waiting &entry);
    void tick();
    [[nodiscard]] std::vector<std::string> warnings() const;
};

void Session::State::open(const std::string &source, const std::vector<files::InitRow> *init,
                          const video::ReaderOptions &given) {
    if (!detector || !embedder) throw std::invalid_argument("pipeline: expected a detector and an embedder");
    const PipelineConfig &settings = config.pipeline;
    has_init = init != nullptr && !init->empty();
    std::vector<std::int32_t> also;
    if (has_init) {
        for (const files::InitRow &row : *init) also.push_back(row.frame);
        std::sort(also.begin(), also.end());
        also.erase(std::unique(also.begin(), also.end()), also.end());
    } else {
        config.association.identities = "open";
    }
    if (config.detector.input == 0) config.detector.input = detector->input_px();
    video::ReaderOptions options = given;
    options.channels = video::ChannelOrder::kBgr;
    options.threads = std::max(1, settings.threads - 1);
    reader = std::make_unique<video::VideoReader>(
        source, video::FrameSelection(settings.every, std::move(also)), options);
    // The pictures' size follows from the video's, which only an open video tells; a stream opens once.
    const video::VideoInfo info = reader->info();
    const auto [width, height] = picture_size(info, settings.queue_size);
    reader->scale_to(width, height);
    if (has_init) {
        seeds = files::init_tracks(*init, info.width, info.height);
        seeds.normalise("init.csv");
        persons = static_cast<std::int32_t>(seeds.ids(ObjectClass::kPerson).size());
        balls = static_cast<std::int32_t>(seeds.ids(ObjectClass::kBall).size());
    }
    cropper = std::make_unique<adapt::RegionCropper>(config.adaptive, width, height, config.detector.input,
                                                     persons, balls);
    associator = std::make_unique<associate::Associator>(config.association);
    crops =
        std::make_unique<CropRecords>(cached() ? static_cast<std::size_t>(settings.records_mb) << 20U : 0);
    boxes = std::make_unique<BoxRecords>(seeds.ids(ObjectClass::kPerson), seeds.ids(ObjectClass::kBall));
    energy = energy::make_source(config.energy);
    energy->start();
    started = ticked = Clock::now();
    const std::size_t capacity = cached() ? static_cast<std::size_t>(settings.queue_frames) : 1;
    feed = std::make_unique<FrameFeed>(*reader, capacity, settings.threads > 1);
}

detect::Detections Session::State::filtered(const detect::Detections &found) {
    found.check();
    std::vector<std::int32_t> known;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const bool person = found.classes[i] == static_cast<std::int32_t>(ObjectClass::kPerson);
        const bool ball = found.classes[i] == static_cast<std::int32_t>(ObjectClass::kBall);
        if (ball || (person && found.scores[i] > config.detector.person_confidence)) {
            known.push_back(static_cast<std::int32_t>(i));
        }
    }
    detect::Detections kept = found.rows(known);
    if (config.detector.max_ball_height > 0) {
        kept = detect::without_tall_balls(kept, config.detector.max_ball_height);
    }
    if (config.detector.known_counts && has_init) {
        kept = detect::best_of_each(kept, static_cast<std::size_t>(persons), static_cast<std::size_t>(balls));
    }
    counts.dropped += static_cast<std::int64_t>(found.size() - kept.size());
    return kept;
}

namespace {

std::vector<ObjectClass> object_classes(const detect::Detections &detections) {
    std::vector<ObjectClass> classes;
    classes.reserve(detections.size());
    for (const std::int32_t cls : detections.classes) classes.push_back(static_cast<ObjectClass>(cls));
    return classes;
}

std::vector<Box> picture_boxes(const detect::Detections &detections, const FrameView &view) {
    const geometry::AxisTransform picture_from_video{1 / view.scale_x(), 1 / view.scale_y(), 0, 0};
    std::vector<Box> boxes;
    boxes.reserve(detections.size());
    for (const Box &box : detections.boxes) boxes.push_back(picture_from_video.apply(box));
    return boxes;
}

}  // namespace

Session::State::Waiting Session::State::seeded_frame(const FrameView &view) {
    Waiting entry;
    entry.frame.seeded = true;
    const auto first = std::lower_bound(seeds.frame.begin(), seeds.frame.end(), view.number);
    for (auto i = static_cast<std::size_t>(first - seeds.frame.begin());
         i < seeds.size() && seeds.frame[i] == view.number; ++i) {
        entry.frame.detections.add(seeds.box[i], 1.0f, static_cast<std::int32_t>(seeds.object_class[i]));
        entry.frame.ids.push_back(seeds.id[i]);
        entry.embedded.push_back(static_cast<std::int32_t>(entry.embedded.size()));
    }
    cropper->seed(picture_boxes(entry.frame.detections, view));
    previous = {view.number, entry.frame.detections.boxes, object_classes(entry.frame.detections)};
    ++counts.seeded;
    return entry;
}

Session::State::Waiting Session::State::detected_frame(const FrameView &view) {
    Waiting entry;
    StageCost &spent = cost(Stage::kDetect);
    const Timer timer(spent);
    const adapt::Region region = cropper->next();
    entry.frame.region = region.letterbox.region;
    entry.frame.reason = region.reason;
    detect::Detections &seen = entry.frame.detections;
    seen = filtered(detector->detect(view, region.letterbox));
    entry.frame.ids.assign(seen.size(), kNoId);
    const std::vector<ObjectClass> classes = object_classes(seen);
    cropper->update(picture_boxes(seen, view), classes);
    entry.embedded = worth_embedding(seen, view.number);
    ++spent.items;
    spent.bytes += static_cast<std::int64_t>(region.letterbox.width) * region.letterbox.height * 3;
    ++counts.detected;
    ++counts.regions[static_cast<std::size_t>(region.reason)];
    const auto ball_count = std::count(classes.begin(), classes.end(), ObjectClass::kBall);
    counts.balls += ball_count;
    counts.persons += static_cast<std::int64_t>(classes.size()) - ball_count;
    counts.embedded += static_cast<std::int64_t>(entry.embedded.size());
    counts.skipped += static_cast<std::int64_t>(seen.size() - entry.embedded.size());
    counts.idle_frames += entry.embedded.empty() ? 1 : 0;
    return entry;
}

void Session::State::cut(const FrameView &view, const Waiting &entry) {
    StageCost &spent = cost(Stage::kCrop);
    const Timer timer(spent);
    const std::size_t before = crops->bytes();
    for (const std::int32_t row : entry.embedded) {
        crops->add(view, entry.frame.detections.boxes[row],
                   static_cast<ObjectClass>(entry.frame.detections.classes[row]));
    }
    most_crop_bytes = std::max(most_crop_bytes, crops->bytes());
    spent.items += static_cast<std::int64_t>(entry.embedded.size());
    spent.bytes += static_cast<std::int64_t>(crops->bytes() - before);
}

/// Rows of a frame's detections; all of them without collision inspection.
std::vector<std::int32_t> Session::State::worth_embedding(const detect::Detections &seen,
                                                          std::int32_t number) {
    if (!config.adaptive.inspect_collisions) {
        return associate::all_rows(seen.size());
    }
    adapt::FrameBoxes now{number, seen.boxes, object_classes(seen)};
    std::vector<std::int32_t> rows = adapt::rows_in_collision(adapt::find_collisions(now.boxes, now.classes));
    counts.outside += static_cast<std::int64_t>(seen.size() - rows.size());
    if (config.adaptive.link) {
        const std::vector<std::int32_t> more =
            adapt::rows_without_place(previous, now, config.adaptive.place_ratio);
        std::vector<std::int32_t> both;
        std::set_union(rows.begin(), rows.end(), more.begin(), more.end(), std::back_inserter(both));
        rows = std::move(both);
    }
    previous = std::move(now);
    return rows;
}

void Session::State::work_off(std::vector<FrameResult> &done) {
    if (waiting.empty() && unmatched.empty()) return;
    embed();
    const bool all_known =
        ended || !config.association.look_ahead || seeds.frame.empty() || last_frame >= seeds.frame.back();
    if (all_known) match(done);
}

/// The crops' features; the crops are given up.
void Session::State::embed() {
    if (waiting.empty()) return;
    ++counts.windows;
    StageCost &spent = cost(Stage::kEmbed);
    const Timer timer(spent);
    Matrix features;
    if (crops->size() > 0) {
        features = embedder->embed(crops->views());
        spent.items += static_cast<std::int64_t>(crops->size());
        spent.bytes += static_cast<std::int64_t>(features.data.size() * sizeof(float));
    }
    crops->clear();
    std::size_t row = 0;
    for (Waiting &entry : waiting) {
        const std::size_t count = entry.embedded.size();
        entry.features = Matrix(count, features.cols);
        if (count > 0) std::copy_n(features.row(row), count * features.cols, entry.features.data.data());
        row += count;
        unmatched.push_back(std::move(entry));
    }
    waiting.clear();
}

void Session::State::match(std::vector<FrameResult> &done) {
    StageCost &spent = cost(Stage::kAssociate);
    const Timer timer(spent);
    const std::size_t bytes_before = boxes->bytes();
    if (!learnt && config.association.look_ahead) {
        for (const Waiting &entry : unmatched) {
            if (entry.frame.seeded) {
                associator->learn(entry.frame.detections.classes, entry.frame.ids, entry.features);
            }
        }
        learnt = true;
    }
    for (Waiting &entry : unmatched) {
        identify(entry);
        if (entry.frame.sampled) boxes->add(entry.frame.number, entry.frame.detections, entry.frame.ids);
        done.push_back(std::move(entry.frame));
    }
    unmatched.clear();
    spent.bytes += static_cast<std::int64_t>(boxes->bytes() - bytes_before);
}

void Session::State::identify(Waiting &entry) {
    FrameResult &frame = entry.frame;
    const detect::Detections &seen = frame.detections;
    if (frame.seeded) {
        associator->locate(frame.number, seen.classes, frame.ids, seen.boxes);
        if (!config.association.look_ahead) associator->learn(seen.classes, frame.ids, entry.features);
        return;
    }
    if (config.adaptive.link || entry.embedded.size() == seen.size()) {
        frame.ids =
            associator->step(frame.number, {seen.classes, seen.boxes, entry.embedded}, entry.features);
    } else {
        const detect::Detections some = seen.rows(entry.embedded);
        const std::vector<std::int32_t> all = associate::all_rows(some.size());
        const std::vector<std::int32_t> ids =
            associator->step(frame.number, {some.classes, some.boxes, all}, entry.features);
        for (std::size_t k = 0; k < ids.size(); ++k) frame.ids[entry.embedded[k]] = ids[k];
    }
    cost(Stage::kAssociate).items += static_cast<std::int64_t>(entry.embedded.size());
    std::size_t next = 0;
    for (std::int32_t row = 0; row < static_cast<std::int32_t>(frame.ids.size()); ++row) {
        const bool embedded = next < entry.embedded.size() && entry.embedded[next] == row;
        next += embedded ? 1 : 0;
        if (frame.ids[row] == kNoId) continue;
        ++(embedded ? counts.identified : counts.linked);
        met.emplace(static_cast<ObjectClass>(seen.classes[row]), frame.ids[row]);
    }
}

void Session::State::tick() {
    if (Clock::now() - ticked < kTickEvery) return;
    energy->tick();
    ticked = Clock::now();
}

/// Takes the next frame; false at the end.
bool Session::State::advance(const Progress &progress, std::vector<FrameResult> &done) {
    if (queue == nullptr || in_queue == queue->size()) {
        tick();
        queue = feed->next();
        in_queue = 0;
        if (queue == nullptr) {
            ended = true;
            work_off(done);
            return false;
        }
    }
    const video::VideoFrame &frame = queue->frame(in_queue);
    const video::VideoInfo &info = reader->info();
    const FrameView view{
        frame.number,
        {queue->image(in_queue), queue->width(), queue->height(), std::ptrdiff_t{3} * queue->width()},
        info.width,
        info.height};
    ++in_queue;
    const bool seeded = std::binary_search(seeds.frame.begin(), seeds.frame.end(), frame.number);
    Waiting entry = seeded ? seeded_frame(view) : detected_frame(view);
    entry.frame.number = frame.number;
    entry.frame.time_s = frame.time_s;
    entry.frame.sampled = frame.number % config.pipeline.every == 0;
    ++counts.frames;
    counts.sampled += entry.frame.sampled ? 1 : 0;
    last_frame = frame.number;
    last_picture = view.image;
    std::size_t bytes = 0;
    for (const std::int32_t i : entry.embedded) {
        bytes += CropRecords::bytes_of(static_cast<ObjectClass>(entry.frame.detections.classes[i]));
    }
    if (!crops->fits(bytes)) work_off(done);
    cut(view, entry);
    waiting.push_back(std::move(entry));
    if (progress) progress(frame.number, info.frames);
    if (!cached()) work_off(done);
    return true;
}

std::vector<std::string> Session::State::warnings() const {
    std::vector<std::string> lines = reader->warnings();
    if (counts.detected > 0 && counts.persons + counts.balls == 0) {
        lines.push_back("nothing was detected in " + std::to_string(counts.detected) + " frames");
    }
    const std::int32_t theta = config.action.theta;
    const std::int32_t step = config.pipeline.every;
    if (config.action.decoder == "morphological" && theta > 0 && theta < step) {
        lines.push_back("action.theta " + std::to_string(theta) + " joins no two contacts that are " +
                        std::to_string(step) + " frames apart (pipeline.every)");
    }
    if (!has_init) return lines;
    if (!seeds.frame.empty() && seeds.frame.back() > last_frame) {
        lines.push_back("init.csv names frame " + std::to_string(seeds.frame.back()) +
                        ", but the last frame worked on is " + std::to_string(last_frame));
    }
    if (counts.detected == 0) return lines;
    for (const ObjectClass cls : {ObjectClass::kPerson, ObjectClass::kBall}) {
        // Whoever touches no ball isn't embedded with collision inspection.
        if (cls == ObjectClass::kPerson && config.adaptive.inspect_collisions) continue;
        std::vector<std::int32_t> missing;
        for (const std::int32_t id : seeds.ids(cls)) {
            if (!met.contains({cls, id})) missing.push_back(id);
        }
        if (!missing.empty()) {
            lines.push_back(names_of(cls == ObjectClass::kPerson ? "person" : "ball", missing) +
                            " of init.csv never found again");
        }
    }
    return lines;
}

Session::Session(const std::string &source, const std::vector<files::InitRow> *init, const Config &config,
                 std::shared_ptr<detect::Detector> detector, std::shared_ptr<reid::Embedder> embedder,
                 const video::ReaderOptions &reader)
    : state_(std::make_unique<State>()) {
    state_->config = config;
    state_->detector = std::move(detector);
    state_->embedder = std::move(embedder);
    state_->open(source, init, reader);
}

Session::~Session() = default;

std::vector<FrameResult> Session::next(const Progress &progress) {
    std::vector<FrameResult> done;
    while (done.empty() && !state_->ended) (void)state_->advance(progress, done);
    return done;
}

ImageView Session::picture() const {
    if (state_->cached()) throw std::invalid_argument("picture: only the schedule `frame` keeps it");
    return state_->last_picture;
}

void Session::keep_last(std::size_t frames) {
    state_->boxes->keep_last(frames);
}

Tracks Session::tracks() const {
    return state_->boxes->tracks();
}

action::Decoded Session::actions() const {
    return action::decode(tracks(), state_->config.action, state_->has_init ? &state_->seeds : nullptr);
}

Result Session::finish() {
    State &s = *state_;
    s.feed->stop();
    s.ended = true;
    std::vector<FrameResult> rest;
    s.work_off(rest);
    Result result;
    StageCost &spent = s.cost(Stage::kAction);
    {
        const Timer timer(spent);
        result.tracks = s.boxes->tracks();
        result.actions = action::decode(result.tracks, s.config.action, s.has_init ? &s.seeds : nullptr);
        result.answer = result.actions.answer(s.config.action.in_flight, s.config.action.merge);
    }
    spent.items = static_cast<std::int64_t>(result.actions.frames.size());
    spent.bytes = static_cast<std::int64_t>(s.boxes->bytes());
    StageCost &decode = s.cost(Stage::kDecode);
    result.reader = s.reader->counts();
    decode.seconds = s.feed->seconds();
    decode.items = result.reader.decoded;
    decode.bytes = result.reader.converted * 3 * s.reader->image_width() * s.reader->image_height();
    result.energy = s.energy->stop(s.counts.frames);
    result.seconds = std::chrono::duration<double>(Clock::now() - s.started).count();
    result.video = s.reader->info();
    result.picture_width = s.reader->image_width();
    result.picture_height = s.reader->image_height();
    result.counts = s.counts;
    result.stages = s.stages;
    result.queue_bytes = s.feed->bytes();
    result.crop_record_bytes = s.most_crop_bytes;
    result.box_record_bytes = s.boxes->bytes();
    result.peak_bytes = peak_resident_bytes();
    result.warnings = s.warnings();
    return result;
}

const Config &Session::config() const {
    return state_->config;
}

const video::VideoInfo &Session::info() const {
    return state_->reader->info();
}

Result run(const std::string &source, const std::vector<files::InitRow> *init, const Config &config,
           std::shared_ptr<detect::Detector> detector, std::shared_ptr<reid::Embedder> embedder,
           const Progress &progress) {
    Session session(source, init, config, std::move(detector), std::move(embedder));
    while (!session.next(progress).empty()) {
    }
    return session.finish();
}

}  // namespace e2tad::pipeline
