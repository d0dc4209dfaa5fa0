#include "e2tad/video/h264_writer.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "e2tad/core/error.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

namespace e2tad::video {
namespace {

constexpr std::array<const char *, 10> kPresets = {"ultrafast", "superfast", "veryfast", "faster",
                                                   "fast",      "medium",    "slow",     "slower",
                                                   "veryslow",  "placebo"};

// libav's codes are negative errno values or its own; only the former mean something to std::error_code.
void check(int code, const std::string &path, const char *what) {
    if (code >= 0) return;
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    if (AVUNERROR(code) > 0 && AVUNERROR(code) < 200) {
        throw std::filesystem::filesystem_error(what, path, {AVUNERROR(code), std::generic_category()});
    }
    throw std::runtime_error(path + ": " + what + ": " + text.data());
}

}  // namespace

void H264Options::validate() const {
    const auto require = [](bool holds, const char *field, const char *expected) {
        if (!holds) throw ConfigError(std::string("/video/") + field + ": expected " + expected);
    };
    require(fps >= 1 && fps <= 240, "fps", "1 to 240");
    require(crf >= 0 && crf <= 51, "crf", "0 to 51");
    require(b_frames >= 0 && b_frames <= 16, "b_frames", "0 to 16");
    require(keyframe_every >= 1, "keyframe_every", "at least 1");
    require(std::find(kPresets.begin(), kPresets.end(), preset) != kPresets.end(), "preset",
            "one of ultrafast superfast veryfast faster fast medium slow slower veryslow placebo");
}

struct H264Writer::State {
    std::string path;
    AVFormatContext *format = nullptr;
    AVCodecContext *codec = nullptr;
    AVFrame *frame = nullptr;
    AVPacket *packet = nullptr;
    AVStream *stream = nullptr;
    std::int64_t next = 0;
    bool open = false;
    cv::Mat planes;

    ~State() {
        av_packet_free(&packet);
        av_frame_free(&frame);
        avcodec_free_context(&codec);
        if (format) {
            if (format->pb) avio_closep(&format->pb);
            avformat_free_context(format);
        }
    }

    void drain() {
        while (true) {
            const int code = avcodec_receive_packet(codec, packet);
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            check(code, path, "encoding");
            packet->duration = 1;
            av_packet_rescale_ts(packet, codec->time_base, stream->time_base);
            packet->stream_index = stream->index;
            check(av_interleaved_write_frame(format, packet), path, "writing");
            // The muxer keeps going after a failed write; the error is only kept here.
            check(format->pb->error, path, "writing");
        }
    }
};

H264Writer::H264Writer(const std::string &path, int width, int height, const H264Options &options)
    : state_(std::make_unique<State>()) {
    options.validate();
    if (width < 64 || height < 64 || width > 8192 || height > 8192 || width % 2 != 0 || height % 2 != 0) {
        throw std::invalid_argument("size: expected even numbers from 64 to 8192, got " +
                                    std::to_string(width) + "x" + std::to_string(height));
    }
    State &s = *state_;
    s.path = path;
    const AVCodec *encoder = avcodec_find_encoder_by_name("libx264");
    if (!encoder) throw InputError(path + ": this build of FFmpeg has no libx264, which H.264 writing needs");
    check(avformat_alloc_output_context2(&s.format, nullptr, "mp4", path.c_str()), path, "opening");
    s.format->flags |= AVFMT_FLAG_BITEXACT;
    s.codec = avcodec_alloc_context3(encoder);
    if (!s.codec) throw std::bad_alloc();
    s.codec->width = width;
    s.codec->height = height;
    s.codec->time_base = {1, options.fps};
    s.codec->framerate = {options.fps, 1};
    s.codec->pix_fmt = AV_PIX_FMT_YUV420P;
    s.codec->color_range = AVCOL_RANGE_MPEG;
    s.codec->colorspace = AVCOL_SPC_SMPTE170M;
    s.codec->max_b_frames = options.b_frames;
    s.codec->gop_size = options.keyframe_every;
    s.codec->thread_count = 1;
    s.codec->log_level_offset = 40;  // errors come back as codes; x264 would print its statistics otherwise
    s.codec->flags |= AV_CODEC_FLAG_BITEXACT;
    if (s.format->oformat->flags & AVFMT_GLOBALHEADER) s.codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(av_opt_set(s.codec->priv_data, "preset", options.preset.c_str(), 0), path, "preset");
    check(av_opt_set(s.codec->priv_data, "crf", std::to_string(options.crf).c_str(), 0), path, "crf");
    // Without it the bytes depend on the CPU, and on AVX-512 on what the heap held before.
    check(av_opt_set(s.codec->priv_data, "x264-params", "cpu-independent=1", 0), path, "x264-params");
    check(avcodec_open2(s.codec, encoder, nullptr), path, "opening the encoder");
    s.stream = avformat_new_stream(s.format, nullptr);
    if (!s.stream) throw std::bad_alloc();
    s.stream->time_base = s.codec->time_base;
    s.stream->avg_frame_rate = s.codec->framerate;
    check(avcodec_parameters_from_context(s.stream->codecpar, s.codec), path, "opening");
    check(avio_open(&s.format->pb, path.c_str(), AVIO_FLAG_WRITE), path, "opening");
    check(avformat_write_header(s.format, nullptr), path, "writing");
    s.frame = av_frame_alloc();
    s.packet = av_packet_alloc();
    if (!s.frame || !s.packet) throw std::bad_alloc();
    s.frame->format = s.codec->pix_fmt;
    s.frame->width = width;
    s.frame->height = height;
    check(av_frame_get_buffer(s.frame, 0), path, "opening");
    s.open = true;
}

H264Writer::~H264Writer() = default;

void H264Writer::write(const cv::Mat &image) {
    State &s = *state_;
    if (!s.open) throw std::invalid_argument(s.path + ": the video is closed");
    if (image.type() != CV_8UC3 || image.cols != s.codec->width || image.rows != s.codec->height) {
        throw std::invalid_argument("image: expected 8-bit BGR of " + std::to_string(s.codec->width) + "x" +
                                    std::to_string(s.codec->height) + ", got " + std::to_string(image.cols) +
                                    "x" + std::to_string(image.rows) + " with " +
                                    std::to_string(image.channels()) + " channels");
    }
    cv::cvtColor(image, s.planes, cv::COLOR_BGR2YUV_I420);
    // The encoder may still refer to the last picture.
    check(av_frame_make_writable(s.frame), s.path, "encoding");
    const int w = image.cols;
    const int h = image.rows;
    const std::uint8_t *from = s.planes.data;
    for (int plane = 0; plane < 3; ++plane) {
        const int width = plane == 0 ? w : w / 2;
        const int height = plane == 0 ? h : h / 2;
        for (int y = 0; y < height; ++y) {
            std::copy_n(from, width,
                        s.frame->data[plane] + static_cast<std::ptrdiff_t>(y) * s.frame->linesize[plane]);
            from += width;
        }
    }
    s.frame->pts = s.next++;
    check(avcodec_send_frame(s.codec, s.frame), s.path, "encoding");
    s.drain();
}

void H264Writer::close() {
    State &s = *state_;
    if (!s.open) return;
    s.open = false;
    check(avcodec_send_frame(s.codec, nullptr), s.path, "encoding");
    s.drain();
    check(av_write_trailer(s.format), s.path, "writing");
    avio_flush(s.format->pb);
    check(s.format->pb->error, s.path, "writing");
    check(avio_closep(&s.format->pb), s.path, "writing");
}

}  // namespace e2tad::video
