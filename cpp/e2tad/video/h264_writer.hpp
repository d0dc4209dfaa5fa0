#pragma once
#include <memory>
#include <opencv2/core.hpp>
#include <string>

namespace e2tad::video {

struct H264Options {
    int fps = 30;
    int crf = 23;              ///< x264's constant quality, 0 (lossless) to 51.
    int b_frames = 3;          ///< At most so many between two others; 0: decoding order is display order.
    int keyframe_every = 250;  ///< Longest distance of two key frames.
    std::string preset = "veryfast";  ///< x264's trade of time for size: ultrafast ... medium ... veryslow.

    /// @throws ConfigError naming the field that is out of range.
    void validate() const;
};

/// Writes an MP4 with one H.264 track. The same pictures and options give the same bytes: the encoder runs on
/// one thread, for x264's result depends on their number, by algorithms that are equal on every CPU, and no
/// time or library version enters the header.
class H264Writer {
  public:
    /// @param width,height  even, in [64, 8192].
    /// @throws ConfigError as validate; InputError if FFmpeg has no libx264;
    /// std::filesystem::filesystem_error
    ///         if the file can't be made.
    H264Writer(const std::string &path, int width, int height, const H264Options &options = {});
    ~H264Writer();
    H264Writer(const H264Writer &) = delete;
    H264Writer &operator=(const H264Writer &) = delete;

    /// @param image  (height, width) BGR, 8 bits.
    /// @throws std::invalid_argument for another size or type; std::filesystem::filesystem_error if the disk
    ///         is full.
    void write(const cv::Mat &image);

    /// Writes what the encoder holds back and the index; without it the file can't be played.
    /// @throws std::filesystem::filesystem_error if the disk is full.
    void close();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace e2tad::video
