#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace e2tad::video {

/// Which frames of a video are wanted: every so many, and any others by number.
class FrameSelection {
  public:
    /// @param every  frames whose number this divides; 0: none but `also`.
    /// @param also   further frames, in any order.
    /// @param end    the first number that is no longer wanted.
    /// @throws std::invalid_argument for a negative number.
    explicit FrameSelection(std::int32_t every = 1, std::vector<std::int32_t> also = {},
                            std::int32_t end = std::numeric_limits<std::int32_t>::max());

    [[nodiscard]] bool contains(std::int32_t frame) const;
    /// True if some frame numbered `frame` or more is wanted.
    [[nodiscard]] bool any_from(std::int32_t frame) const;

  private:
    std::int32_t every_;
    std::vector<std::int32_t> also_;  ///< Ascending.
    std::int32_t end_;
};

enum class ChannelOrder { kBgr, kRgb };

struct ReaderOptions {
    std::int32_t width = 0;   ///< Of the images, pixels; 0 (then both): the video's own size.
    std::int32_t height = 0;  ///< Of the images, pixels.
    ChannelOrder channels = ChannelOrder::kBgr;
    std::int32_t threads = 1;  ///< For decoding; 0: as many as FFmpeg sees fit.
    bool skip = true;          ///< Don't decode frames that no wanted frame refers to.
    std::string format{};      ///< FFmpeg's name of the input format; "": told from the source.
    double timeout_s = 10;     ///< Longest wait for a source that sends nothing; 0: for ever.
};

/// What the container says, before anything is decoded.
struct VideoInfo {
    std::string source;
    std::string codec;
    std::int32_t width = 0;             ///< Pixels, as displayed: after rotation.
    std::int32_t height = 0;            ///< Pixels, as displayed: after rotation.
    std::int32_t rotation_degrees = 0;  ///< Clockwise, applied to every image: 0, 90, 180 or 270.
    double frames_per_second = 0;       ///< Mean rate; 0: unknown.
    std::int64_t frames = -1;           ///< By the container's count; -1: unknown, as in a live stream.
};

struct VideoFrame {
    std::int32_t number = 0;  ///< In order of presentation, from 0.
    double time_s = 0;  ///< Since the first frame, by the container; by the mean rate where it's silent.
};

/// What a walk has done so far.
struct ReaderCounts {
    std::int64_t packets = 0;    ///< Read from the container; a packet holds a frame.
    std::int64_t decoded = 0;    ///< Frames that came out of the decoder.
    std::int64_t converted = 0;  ///< Frames delivered.
};

/// Walks a video forward and delivers the wanted frames only; nothing else is converted or copied.
///
/// A frame that no wanted frame refers to isn't even decoded: single frames that the encoder marked as never
/// referred to (most B-frames), and whole runs of frames after which a key frame comes before the next wanted
/// one. That changes no delivered pixel. For it, frame numbers must be known before decoding: they follow
/// from the container's time stamps. Where it has none, every frame is decoded, and frames are numbered as
/// they come out.
///
/// Images equal OpenCV's `VideoCapture` (swscale's conversion with its default matrix, turned by the rotation
/// in the metadata) followed by `cv::resize` with INTER_AREA.
///
/// Memory: the decoder's own frames, one picture at the video's size or a strip of it, and at most 64 packets
/// of the file, however long it is.
///
/// Faults. A file that can't be opened or holds no video or no frame throws. What is merely damaged is read
/// as far as it goes, and `warnings()` says what happened, one line each: frames that couldn't be decoded, a
/// file that ends before its declared number of frames, a size that changes (later frames are scaled to the
/// same images, so that box coordinates stay those of the first size).
class VideoReader {
  public:
    /// @param source  a file, a stream's URL, or a camera's index ("0").
    /// @throws std::filesystem::filesystem_error if the file isn't there; InputError naming the source if it
    ///         can't be read as video; std::invalid_argument for options out of range.
    explicit VideoReader(const std::string &source, FrameSelection wanted = FrameSelection(),
                         const ReaderOptions &options = {});
    ~VideoReader();
    VideoReader(const VideoReader &) = delete;
    VideoReader &operator=(const VideoReader &) = delete;

    [[nodiscard]] const VideoInfo &info() const;
    [[nodiscard]] std::int32_t image_width() const;
    [[nodiscard]] std::int32_t image_height() const;

    /// Gives later images another size than the options said, for who must know the video's to choose it.
    /// @throws std::invalid_argument if it isn't positive.
    void scale_to(std::int32_t width, std::int32_t height);

    /// The next wanted frame, or nothing at the end.
    /// @param image  image_height() x image_width() x 3 bytes of the caller, rows without gaps; untouched at
    ///               the end.
    /// @throws InputError if the video turns out to have no frame at all.
    std::optional<VideoFrame> next(std::uint8_t *image);

    /// What was wrong so far, one line each; complete once `next` has returned nothing.
    [[nodiscard]] const std::vector<std::string> &warnings() const;
    [[nodiscard]] const ReaderCounts &counts() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace e2tad::video
