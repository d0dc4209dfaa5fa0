#include "e2tad/video/reader.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <queue>
#include <stdexcept>

#include "e2tad/core/error.hpp"
#include "e2tad/video/converter.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
}

namespace e2tad::video {
namespace {

using Clock = std::chrono::steady_clock;

/// How far ahead of the decoder the container is read, to learn whether a frame is needed.
constexpr std::size_t kMostAhead = 64;
constexpr std::int64_t kMostAheadBytes = 8 << 20;
/// Longest reordering that H.264 and HEVC allow, in frames; time stamps further apart than that are final.
constexpr std::size_t kMostReordered = 16;

struct FreePacket {
    void operator()(AVPacket *p) const { av_packet_free(&p); }
};
struct FreeFrame {
    void operator()(AVFrame *f) const { av_frame_free(&f); }
};
struct FreeDecoder {
    void operator()(AVCodecContext *c) const { avcodec_free_context(&c); }
};
struct FreeInput {
    void operator()(AVFormatContext *f) const { avformat_close_input(&f); }
};
struct FreeDictionary {
    void operator()(AVDictionary *d) const { av_dict_free(&d); }
};
using Packet = std::unique_ptr<AVPacket, FreePacket>;

std::string error_text(int code) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return text;
}

[[noreturn]] void throw_input(const std::string &source, const std::string &what) {
    throw InputError(source + ": " + what);
}

/// Cameras and other devices live in a library of their own that pulls in two hundred more, so it is loaded
/// only where one is asked for.
void register_devices(const std::string &source) {
    static std::once_flag once;
    static bool loaded = false;
    const std::string name = "libavdevice.so." + std::to_string(LIBAVFORMAT_VERSION_MAJOR);
    std::call_once(once, [&] {
        void *library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return;
        if (void *function = dlsym(library, "avdevice_register_all")) {
            reinterpret_cast<void (*)()>(function)();
            loaded = true;
        }
    });
    if (!loaded) throw_input(source, "cameras and devices need FFmpeg's " + name + ", which isn't installed");
}

bool is_camera_index(const std::string &source) {
    return !source.empty() && source.size() <= 4 &&
           std::all_of(source.begin(), source.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::int32_t clockwise_degrees(const AVStream &stream) {
    const std::uint8_t *matrix = nullptr;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData *side = av_packet_side_data_get(
        stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    if (side != nullptr && side->size >= 9 * sizeof(std::int32_t)) matrix = side->data;
#else
    std::size_t size = 0;
    matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (size < 9 * sizeof(std::int32_t)) matrix = nullptr;
#endif
    if (matrix == nullptr) return 0;
    const double counter = av_display_rotation_get(reinterpret_cast<const std::int32_t *>(matrix));
    if (!std::isfinite(counter)) return 0;
    // Only quarter turns keep pixels on their grid; a camera writes no other.
    const auto turns = static_cast<std::int32_t>(std::lround(-counter / 90.0)) % 4;
    return 90 * (turns < 0 ? turns + 4 : turns);
}

}  // namespace

FrameSelection::FrameSelection(std::int32_t every, std::vector<std::int32_t> also, std::int32_t end)
    : every_(every), also_(std::move(also)), end_(end) {
    std::sort(also_.begin(), also_.end());
    if (every < 0) throw std::invalid_argument("every: must be 0 or more, got " + std::to_string(every));
    if (end < 0) throw std::invalid_argument("end: must be 0 or more, got " + std::to_string(end));
    if (!also_.empty() && also_.front() < 0) {
        throw std::invalid_argument("frames: must be 0 or more, got " + std::to_string(also_.front()));
    }
}

bool FrameSelection::contains(std::int32_t frame) const {
    if (frame >= end_) return false;
    return (every_ > 0 && frame % every_ == 0) || std::binary_search(also_.begin(), also_.end(), frame);
}

bool FrameSelection::any_from(std::int32_t frame) const {
    const auto further = std::lower_bound(also_.begin(), also_.end(), frame);
    if (further != also_.end() && *further < end_) return true;
    if (every_ == 0) return false;
    const std::int64_t up = (static_cast<std::int64_t>(frame) + every_ - 1) / every_ * every_;
    return up < end_;
}

struct VideoReader::State {
    /// A packet that was read and not yet sent. `order` counts packets in decoding order and travels through
    /// the decoder in place of the time stamp, so that each picture is known again when it comes out.
    struct Ahead {
        Packet packet;
        std::int64_t order = 0;
        std::int64_t stamp = 0;    ///< Presentation time, in the stream's units.
        std::int32_t number = -1;  ///< In order of presentation; -1: not known yet.
        bool key = false;
        bool shown = true;  ///< False: only for others to refer to, before the start of an edit list.
    };
    struct Unnumbered {
        std::int64_t stamp;
        std::int64_t order;
        bool operator>(const Unnumbered &o) const {
            return stamp != o.stamp ? stamp > o.stamp : order > o.order;
        }
    };

    VideoInfo info;
    ReaderOptions options;
    FrameSelection wanted;
    ReaderCounts counts;
    std::vector<std::string> warnings;
    std::int32_t image_width = 0;
    std::int32_t image_height = 0;

    std::unique_ptr<AVFormatContext, FreeInput> input;
    std::unique_ptr<AVCodecContext, FreeDecoder> decoder;
    std::unique_ptr<AVFrame, FreeFrame> picture{av_frame_alloc()};
    std::unique_ptr<FrameConverter> converter;
    int stream_index = -1;
    double seconds_per_unit = 0;
    double declared_s = 0;  ///< Length by the file's header; 0: it has none.
    Clock::time_point deadline = Clock::time_point::max();

    std::deque<Ahead> ahead;
    std::int64_t ahead_bytes = 0;
    std::priority_queue<Unnumbered, std::vector<Unnumbered>, std::greater<>> unnumbered;
    std::int64_t next_order = 0;
    std::int32_t next_number = 0;
    std::int64_t last_decode_stamp = std::numeric_limits<std::int64_t>::min();
    std::int64_t last_stamp = 0;
    std::optional<std::int64_t> first_stamp;
    bool stamped = true;  ///< False: the container has no usable time stamps; frames count as they come out.
    /// True until the first picture comes out. Packets shown before it never become one (they stand before
    /// the first key frame, or lean on what was cut off before it), so numbers begin there.
    bool starting = true;
    std::map<std::int64_t, std::int64_t> sent_stamps;  ///< While starting: stamps of packets sent, by order.
    bool input_ended = false;
    bool draining = false;  ///< The decoder was told that nothing follows.
    bool finished = false;

    std::int64_t decided_until = 0;  ///< The decision below holds for packets before this one.
    bool decided_drop = false;
    bool restart = false;  ///< Packets were dropped: the decoder starts anew at the next one.
    std::int64_t leading_stamp = std::numeric_limits<std::int64_t>::min();
    std::map<std::int64_t, VideoFrame> in_flight;  ///< Wanted frames inside the decoder, by order.

    std::int64_t bad_packets = 0;
    std::int64_t missing_frames = 0;
    std::int32_t first_missing = -1;
    std::int32_t last_number_out = -1;
    int coded_width = 0;
    int coded_height = 0;
    bool size_changed = false;

    State(const std::string &source, FrameSelection selection, const ReaderOptions &reader_options)
        : options(reader_options), wanted(std::move(selection)) {
        info.source = source;
        open();
    }

    void open();
    void scale_to(std::int32_t width, std::int32_t height);
    std::string find_input(const AVInputFormat **format, AVDictionary **settings);
    void arm() {
        // A clock counts no more than some centuries.
        constexpr double kForEver = 1e9;
        deadline = options.timeout_s > 0 && options.timeout_s < kForEver
                       ? Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                            std::chrono::duration<double>(options.timeout_s))
                       : Clock::time_point::max();
    }
    bool read_packet();
    void number_up_to(std::int64_t stamp);
    void start_at(std::int64_t order);
    Ahead *packet_at(std::size_t i);
    bool packet_is_numbered(std::size_t i);
    void decide();
    bool feed();
    bool receive();
    std::optional<VideoFrame> next(std::uint8_t *image);
    void finish();
    [[nodiscard]] double time_of(std::int64_t stamp, std::int32_t number) const {
        const double rate = info.frames_per_second > 0 ? info.frames_per_second : 30.0;
        return stamped ? static_cast<double>(stamp - first_stamp.value_or(stamp)) * seconds_per_unit
                       : number / rate;
    }
};

std::string VideoReader::State::find_input(const AVInputFormat **format, AVDictionary **settings) {
    std::string url = info.source;
    std::string format_name = options.format;
    if (format_name.empty() && is_camera_index(info.source)) {
        url = "/dev/video" + info.source;
        format_name = "video4linux2";
    }
    if (format_name == "v4l2") format_name = "video4linux2";
    if (!format_name.empty()) {
        *format = av_find_input_format(format_name.c_str());
        if (*format == nullptr) {
            register_devices(info.source);
            *format = av_find_input_format(format_name.c_str());
        }
        if (*format == nullptr) throw_input(info.source, "FFmpeg knows no input format " + format_name);
    }
    const bool is_url = url.find("://") != std::string::npos;
    if (!is_url && (options.format.empty() || format_name == "video4linux2")) {
        std::error_code code;
        if (!std::filesystem::exists(url, code)) {
            throw std::filesystem::filesystem_error(
                "open", url, std::make_error_code(std::errc::no_such_file_or_directory));
        }
        if (std::filesystem::is_directory(url, code)) throw_input(info.source, "is a folder, not a video");
        if (std::filesystem::is_regular_file(url, code) && std::filesystem::file_size(url, code) == 0) {
            throw_input(info.source, "is empty");
        }
    }
    // A path with a colon would otherwise be read as a protocol.
    if (!is_url && *format == nullptr) url = "file:" + url;
    if (info.source.starts_with("rtsp://")) av_dict_set(settings, "rtsp_transport", "tcp", 0);
    return url;
}

void VideoReader::State::open() {
    // What is wrong with a video is told once, by this class; FFmpeg would add a line for every packet.
    static std::once_flag quiet;
    std::call_once(quiet, [] { av_log_set_level(AV_LOG_QUIET); });

    const bool sized = options.width != 0 || options.height != 0;
    if (sized && (options.width < 1 || options.height < 1)) {
        throw std::invalid_argument("width, height: must both be 1 or more, or both 0");
    }
    if (options.threads < 0) throw std::invalid_argument("threads: must be 0 or more");
    if (!(options.timeout_s >= 0)) throw std::invalid_argument("timeout_s: must be 0 or more");

    const AVInputFormat *format = nullptr;
    AVDictionary *raw_settings = nullptr;
    std::string url;
    try {
        url = find_input(&format, &raw_settings);
    } catch (...) {
        av_dict_free(&raw_settings);
        throw;
    }
    AVFormatContext *raw = avformat_alloc_context();
    raw->interrupt_callback.callback = [](void *state) {
        return Clock::now() > static_cast<State *>(state)->deadline ? 1 : 0;
    };
    raw->interrupt_callback.opaque = this;
    arm();
    const int opened = avformat_open_input(&raw, url.c_str(), format, &raw_settings);
    const std::unique_ptr<AVDictionary, FreeDictionary> settings(raw_settings);
    if (opened == AVERROR_INVALIDDATA) {
        throw_input(info.source, "not a video, or cut off before its index was written");
    }
    if (opened < 0) throw_input(info.source, "not a readable video: " + error_text(opened));
    input.reset(raw);
    const int probed = avformat_find_stream_info(raw, nullptr);
    if (probed < 0) throw_input(info.source, "not a readable video: " + error_text(probed));

    const AVCodec *codec = nullptr;
    stream_index = av_find_best_stream(raw, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (stream_index == AVERROR_DECODER_NOT_FOUND) throw_input(info.source, "FFmpeg has no decoder for it");
    if (stream_index < 0) throw_input(info.source, "has no video stream or no frames");
    for (unsigned i = 0; i < raw->nb_streams; ++i) {
        if (static_cast<int>(i) != stream_index) raw->streams[i]->discard = AVDISCARD_ALL;
    }
    AVStream &stream = *raw->streams[stream_index];
    const AVCodecParameters &parameters = *stream.codecpar;
    if (parameters.width < 1 || parameters.height < 1) {
        throw_input(info.source, "has no frames, or the first can't be found");
    }

    decoder.reset(avcodec_alloc_context3(codec));
    avcodec_parameters_to_context(decoder.get(), &parameters);
    decoder->thread_count = options.threads;
    decoder->pkt_timebase = stream.time_base;
    const int ready = avcodec_open2(decoder.get(), codec, nullptr);
    if (ready < 0) throw_input(info.source, "can't be decoded: " + error_text(ready));

    info.codec = codec->name;
    info.rotation_degrees = clockwise_degrees(stream);
    const bool sideways = info.rotation_degrees % 180 != 0;
    info.width = sideways ? parameters.height : parameters.width;
    info.height = sideways ? parameters.width : parameters.height;
    // Other containers count fields, or packets of another kind, or guess.
    const std::string format_names = raw->iformat->name;
    const bool counts_frames = format_names.find("mp4") != std::string::npos;
    info.frames = counts_frames && stream.nb_frames > 0 ? stream.nb_frames : -1;
    // A program stream gives times to some frames only, and to them not always their own.
    stamped = format_names != "mpeg";
    const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    info.frames_per_second = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
    seconds_per_unit = av_q2d(stream.time_base);
    // FFmpeg guesses other formats' lengths, and AVI's duration, from what is left of the file.
    if (format_names.find("matroska") != std::string::npos && raw->duration != AV_NOPTS_VALUE) {
        declared_s = static_cast<double>(raw->duration) / AV_TIME_BASE;
    } else if (format_names == "avi" && info.frames_per_second > 0) {
        declared_s = static_cast<double>(stream.nb_frames) / info.frames_per_second;
    }
    coded_width = parameters.width;
    coded_height = parameters.height;
    scale_to(sized ? options.width : info.width, sized ? options.height : info.height);
}

void VideoReader::State::scale_to(std::int32_t width, std::int32_t height) {
    image_width = width;
    image_height = height;
    converter = std::make_unique<FrameConverter>(image_width, image_height, info.rotation_degrees,
                                                 options.channels == ChannelOrder::kRgb);
}

/// Gives numbers to the packets that are shown up to a time; nothing earlier can follow them.
void VideoReader::State::number_up_to(std::int64_t stamp) {
    if (starting) return;
    while (!unnumbered.empty() && unnumbered.top().stamp <= stamp) {
        const std::int64_t order = unnumbered.top().order;
        const std::int64_t stamp_of = unnumbered.top().stamp;
        unnumbered.pop();
        if (!first_stamp) first_stamp = stamp_of;
        const std::int32_t number = next_number++;
        const std::int64_t first_ahead = ahead.empty() ? next_order : ahead.front().order;
        if (order >= first_ahead) {
            ahead[static_cast<std::size_t>(order - first_ahead)].number = number;
        } else if (wanted.contains(number)) {
            in_flight[order] = {number, time_of(stamp_of, number)};  // sent while starting
        }
    }
}

/// Numbers begin with the picture that came out first.
void VideoReader::State::start_at(std::int64_t order) {
    starting = false;
    const auto found = sent_stamps.find(order);
    const std::int64_t begin = found == sent_stamps.end() ? 0 : found->second;
    while (!unnumbered.empty() && unnumbered.top().stamp < begin) {
        const std::int64_t first_ahead = ahead.empty() ? next_order : ahead.front().order;
        const std::int64_t early = unnumbered.top().order;
        if (early >= first_ahead) ahead[static_cast<std::size_t>(early - first_ahead)].shown = false;
        unnumbered.pop();
    }
    number_up_to(std::max(begin, last_decode_stamp));
    sent_stamps.clear();
}

/// Reads one packet of the video; false at the end.
bool VideoReader::State::read_packet() {
    constexpr auto kNow = std::numeric_limits<std::int64_t>::max();
    Packet packet(av_packet_alloc());
    while (!input_ended) {
        arm();
        const int got = av_read_frame(input.get(), packet.get());
        if (got == AVERROR(EAGAIN)) continue;
        if (got < 0) {
            input_ended = true;
            if (got == AVERROR_EXIT) {
                warnings.push_back(info.source + ": sent nothing for " +
                                   std::to_string(std::lround(options.timeout_s)) + " s; ended there");
            } else if (got != AVERROR_EOF) {
                warnings.push_back(info.source + ": can't be read further: " + error_text(got));
            }
            number_up_to(kNow);
            return false;
        }
        if (packet->stream_index == stream_index && packet->size > 0) break;
        av_packet_unref(packet.get());
    }
    if (input_ended) return false;

    ++counts.packets;
    Ahead entry;
    entry.order = next_order++;
    entry.key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    entry.shown = (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
    std::int64_t shown_at = packet->pts;
    const std::int64_t decoded_at = packet->dts;
    if (shown_at == AV_NOPTS_VALUE && decoder->has_b_frames == 0) shown_at = decoded_at;
    if (shown_at == AV_NOPTS_VALUE) {
        if (counts.packets == 1) stamped = false;
        shown_at = last_stamp + 1;  // of a packet without a time among others: after what was read
    }
    last_stamp = std::max(last_stamp, shown_at);
    entry.stamp = shown_at;
    packet->pts = entry.order;
    packet->dts = entry.order;
    ahead_bytes += packet->size;
    entry.packet = std::move(packet);

    if (stamped) {
        // Time that runs backwards: a stream that started again. What came before is shown before.
        if (decoded_at != AV_NOPTS_VALUE) {
            if (decoded_at < last_decode_stamp) number_up_to(kNow);
            last_decode_stamp = decoded_at;
        }
        const std::int64_t order = entry.order;
        const bool shown = entry.shown;
        ahead.push_back(std::move(entry));
        if (shown) unnumbered.push({shown_at, order});
        if (decoded_at != AV_NOPTS_VALUE) number_up_to(decoded_at);
        while (!starting && unnumbered.size() > kMostReordered + 1) number_up_to(unnumbered.top().stamp);
    } else {
        ahead.push_back(std::move(entry));
    }
    return true;
}

VideoReader::State::Ahead *VideoReader::State::packet_at(std::size_t i) {
    while (ahead.size() <= i) {
        if (!read_packet()) return nullptr;
    }
    return &ahead[i];
}

/// Reads on until packet i has its number, which takes as many packets as the video reorders.
bool VideoReader::State::packet_is_numbered(std::size_t i) {
    if (packet_at(i) == nullptr) return false;
    while (stamped && !starting && ahead[i].shown && ahead[i].number < 0 && read_packet()) {
    }
    return true;
}

/// Decides for the first packet, and for as many after it as the same reason holds for, whether to drop it or
/// to send it. It may be dropped where a key frame follows before the next wanted frame: nothing shown from
/// the key frame on refers to anything before it.
void VideoReader::State::decide() {
    const std::int64_t first = ahead.front().order;
    const auto send_until = [&](std::int64_t end) {
        decided_until = end;
        decided_drop = false;
    };
    for (std::size_t i = 0;; ++i) {
        if (!packet_is_numbered(i)) {  // the end, and nothing wanted up to it
            decided_until = next_order;
            decided_drop = true;
            return;
        }
        const auto order = first + static_cast<std::int64_t>(i);
        if (ahead[i].number >= 0 && wanted.contains(ahead[i].number)) return send_until(order + 1);
        if (i > 0 && ahead[i].key) {
            // Frames that follow a key frame but are shown before it may refer to what stands before both.
            // All of them have been read: the key frame has its number.
            std::size_t last_leading = i;
            for (std::size_t j = i + 1; j < ahead.size(); ++j) {
                if (ahead[j].stamp >= ahead[i].stamp) continue;
                if (ahead[j].number >= 0 && wanted.contains(ahead[j].number)) {
                    last_leading = std::max(last_leading, j);
                }
            }
            if (last_leading > i) return send_until(first + static_cast<std::int64_t>(last_leading) + 1);
            decided_until = order;
            decided_drop = true;
            return;
        }
        if (i + 1 >= kMostAhead || ahead_bytes > kMostAheadBytes) return send_until(order + 1);
    }
}

/// Sends the next packet that is needed; false once everything was sent.
bool VideoReader::State::feed() {
    while (true) {
        if (!packet_is_numbered(0)) {
            if (draining) return false;
            draining = true;
            avcodec_send_packet(decoder.get(), nullptr);
            return true;
        }
        const bool may_skip = options.skip && stamped && !starting;
        if (may_skip && ahead.front().order >= decided_until) decide();
        Ahead &entry = ahead.front();
        const bool is_wanted = stamped && entry.number >= 0 && wanted.contains(entry.number);
        const auto leave = [&] {
            ahead_bytes -= entry.packet->size;
            ahead.pop_front();
        };
        if (may_skip && decided_drop) {
            restart = true;
            leave();
            continue;
        }
        if (restart) {
            // First everything out that is still inside, then from a clean state as after a seek.
            if (!draining) {
                draining = true;
                avcodec_send_packet(decoder.get(), nullptr);
                return true;
            }
            avcodec_flush_buffers(decoder.get());
            draining = false;
            restart = false;
            leading_stamp = entry.stamp;
        }
        if (leading_stamp != std::numeric_limits<std::int64_t>::min() && entry.stamp < leading_stamp &&
            !is_wanted) {
            leave();  // shown before the key frame that decoding starts from: what it refers to was dropped
            continue;
        }
        // Frames that nothing ever refers to are left out by the decoder itself.
        decoder->skip_frame = may_skip && !is_wanted ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
        if (is_wanted) in_flight[entry.order] = {entry.number, time_of(entry.stamp, entry.number)};
        if (starting) sent_stamps[entry.order] = entry.stamp;
        const int sent = avcodec_send_packet(decoder.get(), entry.packet.get());
        if (sent == AVERROR(EAGAIN)) throw std::logic_error("decoder is full although it was emptied");
        if (sent < 0) ++bad_packets;
        leave();
        return true;
    }
}

/// The next picture from the decoder; false if it wants more packets or has no more.
bool VideoReader::State::receive() {
    while (true) {
        const int got = avcodec_receive_frame(decoder.get(), picture.get());
        if (got == 0) return true;
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return false;
        ++bad_packets;
    }
}

std::optional<VideoFrame> VideoReader::State::next(std::uint8_t *image) {
    while (!finished) {
        if (!receive()) {
            const bool nothing_wanted = in_flight.empty() && !wanted.any_from(last_number_out + 1);
            if (nothing_wanted || !feed()) finish();
            continue;
        }
        ++counts.decoded;
        VideoFrame frame;
        if (stamped) {
            if (starting) start_at(picture->pts);
            const auto found = in_flight.find(picture->pts);
            if (found == in_flight.end()) continue;
            frame = found->second;
            in_flight.erase(found);
            // Frames come out in order of presentation, so an earlier one isn't coming any more.
            for (auto it = in_flight.begin(); it != in_flight.end();) {
                if (it->second.number > frame.number) {
                    ++it;
                    continue;
                }
                if (missing_frames++ == 0) first_missing = it->second.number;
                it = in_flight.erase(it);
            }
            last_number_out = frame.number;
        } else {
            frame.number = ++last_number_out;
            frame.time_s = time_of(0, frame.number);
            if (!wanted.contains(frame.number)) continue;
        }
        if (!size_changed && (picture->width != coded_width || picture->height != coded_height)) {
            size_changed = true;
            warnings.push_back(info.source + ": frame " + std::to_string(frame.number) +
                               ": the size changes from " + std::to_string(coded_width) + "x" +
                               std::to_string(coded_height) + " to " + std::to_string(picture->width) + "x" +
                               std::to_string(picture->height) + "; frames are scaled to the first");
        }
        if (!converter->convert(*picture, image)) {
            throw_input(info.source, "frame " + std::to_string(frame.number) +
                                         ": its pixels have a format that can't be converted");
        }
        ++counts.converted;
        return frame;
    }
    return std::nullopt;
}

void VideoReader::State::finish() {
    finished = true;
    for (const auto &[order, frame] : in_flight) {
        if (missing_frames++ == 0) first_missing = frame.number;
    }
    in_flight.clear();
    if (!wanted.any_from(0)) return;  // Nothing was read, so nothing is known of it.
    if (counts.packets == 0 || (input_ended && counts.decoded == 0 && next_number == 0)) {
        throw_input(info.source, "has no frames");
    }
    if (input_ended && info.frames > counts.packets) {
        warnings.push_back(info.source + ": ends after " + std::to_string(counts.packets) + " of " +
                           std::to_string(info.frames) + " frames; the file is cut off or damaged");
    }
    const double lasted_s = time_of(last_stamp, next_number);
    // Sound may be longer than the pictures by some frames.
    if (input_ended && stamped && lasted_s < declared_s - std::max(1.0, 0.02 * declared_s)) {
        const auto tenths = [](double seconds) {
            const long rounded = std::lround(10 * seconds);
            return std::to_string(rounded / 10) + "." + std::to_string(rounded % 10);
        };
        warnings.push_back(info.source + ": ends after " + tenths(lasted_s) + " of " + tenths(declared_s) +
                           " seconds; the file is cut off or damaged");
    }
    if (missing_frames > 0 || bad_packets > 0) {
        std::string line = info.source + ": damaged: ";
        if (bad_packets > 0) line += std::to_string(bad_packets) + " packets can't be decoded";
        if (bad_packets > 0 && missing_frames > 0) line += ", ";
        if (missing_frames > 0) {
            line += std::to_string(missing_frames) + " wanted frames are missing, the first is number " +
                    std::to_string(first_missing);
        }
        warnings.push_back(std::move(line));
    }
}

VideoReader::VideoReader(const std::string &source, FrameSelection wanted, const ReaderOptions &options)
    : state_(std::make_unique<State>(source, std::move(wanted), options)) {}

VideoReader::~VideoReader() = default;

const VideoInfo &VideoReader::info() const {
    return state_->info;
}
std::int32_t VideoReader::image_width() const {
    return state_->image_width;
}
std::int32_t VideoReader::image_height() const {
    return state_->image_height;
}
void VideoReader::scale_to(std::int32_t width, std::int32_t height) {
    if (width < 1 || height < 1) throw std::invalid_argument("width, height: must be 1 or more");
    state_->scale_to(width, height);
}
std::optional<VideoFrame> VideoReader::next(std::uint8_t *image) {
    return state_->next(image);
}
const std::vector<std::string> &VideoReader::warnings() const {
    return state_->warnings;
}
const ReaderCounts &VideoReader::counts() const {
    return state_->counts;
}

}  // namespace e2tad::video
