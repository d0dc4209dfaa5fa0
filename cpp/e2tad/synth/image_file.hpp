#pragma once
#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// Picture files. The header is read before a pixel is, so that a picture which is too large or of an
/// unsuitable kind is refused in one line and without its memory.
namespace e2tad::synth {

/// Pictures with more pixels than this are refused: 8192 x 8192, 200 MB as 8-bit BGR.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26;

/// What a picture's header says.
struct ImageInfo {
    std::string format;           ///< "jpeg", "png" or "bmp".
    int width = 0;                ///< Pixels, > 0, as stored (before any EXIF rotation).
    int height = 0;               ///< Pixels, > 0, as stored.
    int bits = 0;                 ///< Bits a channel; 8 or fewer for pictures that can be read.
    bool grey = false;            ///< One channel of light (with or without transparency).
    bool palette = false;         ///< Pixels are indices into a table of colours.
    std::int64_t scan_start = 0;  ///< JPEG: where the compressed pixels start in the file.
};

/// Reads the header of a JPEG, PNG or BMP file.
/// @throws InputError naming the file if it is empty, of another format, or its header is damaged.
/// @throws std::filesystem::filesystem_error if it can't be opened.
ImageInfo read_image_info(const std::filesystem::path &path);

/// Throws InputError naming the file if it has over 8 bits a channel or over kMaxPixels pixels.
void check_image_info(const ImageInfo &info, const std::filesystem::path &path);

/// Reads a picture as 8-bit BGR; grey becomes three equal channels, transparency is dropped.
///
/// @param upright  turn the picture as its EXIF orientation says. Annotations refer to the pixels as stored,
///                 so annotated pictures are read with false.
/// @throws InputError naming the file for everything `read_image_info` and `check_image_info` refuse, and for
///         pixels that are damaged or end early.
/// @throws std::filesystem::filesystem_error if it can't be opened.
cv::Mat read_image(const std::filesystem::path &path, bool upright);

/// Reads a mask of instances: a grey 8-bit PNG, 0 background, k the k-th instance.
/// @throws InputError naming the file if it is of another kind.
cv::Mat read_mask(const std::filesystem::path &path);

/// Compresses 8-bit BGR or one-channel pixels.
///
/// @param format   "jpg" (quality 95) or "png".
/// @throws std::invalid_argument for another format or an empty picture.
std::vector<std::uint8_t> encode_image(const cv::Mat &image, const std::string &format);

/// True if the three channels are equal everywhere: a picture without colour.
bool is_grey(const cv::Mat &image);

}  // namespace e2tad::synth
