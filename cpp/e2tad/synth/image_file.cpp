#include "e2tad/synth/image_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>
#include <system_error>

#include "e2tad/core/error.hpp"

namespace e2tad::synth {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const fs::path &path, const std::string &why) {
    throw InputError(path.string() + ": " + why);
}

std::ifstream open(const fs::path &path) {
    std::error_code status_error;
    if (fs::is_directory(path, status_error)) {
        throw fs::filesystem_error("open", path, std::make_error_code(std::errc::is_a_directory));
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        const int code = errno != 0 ? errno : EIO;
        throw fs::filesystem_error("open", path, std::error_code(code, std::generic_category()));
    }
    return file;
}

std::vector<std::uint8_t> read_file(const fs::path &path) {
    std::ifstream file = open(path);
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(file.tellg());
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::max<std::streamoff>(size, 0)));
    file.seekg(0);
    file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file) refuse(path, "can't be read to its end");
    return bytes;
}

/// Big-endian unsigned of `n` bytes.
std::uint32_t big(const std::uint8_t *p, int n) {
    std::uint32_t value = 0;
    for (int i = 0; i < n; ++i) value = value << 8U | p[i];
    return value;
}

std::uint32_t little(const std::uint8_t *p, int n) {
    std::uint32_t value = 0;
    for (int i = n - 1; i >= 0; --i) value = value << 8U | p[i];
    return value;
}

bool starts_with(const std::vector<std::uint8_t> &bytes, std::initializer_list<int> magic) {
    return bytes.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes.begin(),
                      [](int m, std::uint8_t b) { return m == static_cast<int>(b); });
}

/// `bytes` is the start of the file, or all of it.
bool parse_png(const std::vector<std::uint8_t> &bytes, ImageInfo &info) {
    if (bytes.size() < 29 || std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) return false;
    info.width = static_cast<int>(std::min<std::uint32_t>(big(&bytes[16], 4), INT32_MAX));
    info.height = static_cast<int>(std::min<std::uint32_t>(big(&bytes[20], 4), INT32_MAX));
    info.bits = bytes[24];
    const int colour_type = bytes[25];
    info.grey = colour_type == 0 || colour_type == 4;
    info.palette = colour_type == 3;
    return true;
}

bool parse_bmp(const std::vector<std::uint8_t> &bytes, ImageInfo &info) {
    if (bytes.size() < 30 || little(&bytes[14], 4) < 40) return false;
    const auto height = static_cast<std::int32_t>(little(&bytes[22], 4));
    info.width = static_cast<std::int32_t>(little(&bytes[18], 4));
    info.height = height == INT32_MIN ? 0 : std::abs(height);  // negative: rows run downward
    const std::uint32_t bits = little(&bytes[28], 2);
    info.palette = bits <= 8;
    info.bits = 8;
    return true;
}

/// Walks the segments up to the start of the scan. `file` stands anywhere.
bool parse_jpeg(std::ifstream &file, ImageInfo &info) {
    file.clear();
    file.seekg(2);
    std::array<std::uint8_t, 10> bytes{};
    const auto read = [&](std::size_t n) {
        file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(n));
        return static_cast<bool>(file);
    };
    while (true) {
        if (!read(2) || bytes[0] != 0xFF) return false;
        while (bytes[1] == 0xFF) {  // fill bytes before a marker
            if (!read(1)) return false;
            bytes[1] = bytes[0];
        }
        const int marker = bytes[1];
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) continue;  // markers without a length
        if (!read(2)) return false;
        const std::uint32_t length = big(bytes.data(), 2);
        if (length < 2) return false;
        if (marker == 0xDA) {
            info.scan_start = static_cast<std::int64_t>(file.tellg());
            return info.width > 0;
        }
        const bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) {
            if (length < 8 || !read(6)) return false;
            info.bits = bytes[0];
            info.height = static_cast<int>(big(&bytes[1], 2));
            info.width = static_cast<int>(big(&bytes[3], 2));
            info.grey = bytes[5] == 1;
            file.seekg(static_cast<std::streamoff>(length) - 8, std::ios::cur);
        } else {
            file.seekg(static_cast<std::streamoff>(length) - 2, std::ios::cur);
        }
    }
}

/// True if the JPEG's scan reaches its end marker. Decoders fill the rest of a cut picture with grey and
/// only warn.
bool jpeg_is_whole(const std::vector<std::uint8_t> &bytes, std::int64_t scan_start) {
    const std::array<std::uint8_t, 2> end{0xFF, 0xD9};
    return std::find_end(bytes.begin() + scan_start, bytes.end(), end.begin(), end.end()) != bytes.end();
}

/// CRC-32 of ISO 3309, as PNG closes every chunk with it.
std::uint32_t crc32(const std::uint8_t *p, std::size_t n) {
    static const auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t c = i;
            for (int k = 0; k < 8; ++k) c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1U) : c >> 1U;
            table[i] = c;
        }
        return table;
    }();
    std::uint32_t c = 0xFFFFFFFFU;
    for (std::size_t i = 0; i < n; ++i) c = kTable[(c ^ p[i]) & 0xFFU] ^ (c >> 8U);
    return ~c;
}

/// True if every chunk is there and undamaged, up to the end mark. The decoder would find out too, but it
/// prints lines of its own.
bool png_is_whole(const std::vector<std::uint8_t> &bytes) {
    std::size_t at = 8;
    bool pixels = false;
    while (bytes.size() - at >= 12) {
        const std::size_t length = big(&bytes[at], 4);
        if (bytes.size() - at - 12 < length) return false;
        if (crc32(&bytes[at + 4], length + 4) != big(&bytes[at + 8 + length], 4)) return false;
        pixels = pixels || std::memcmp(&bytes[at + 4], "IDAT", 4) == 0;
        if (std::memcmp(&bytes[at + 4], "IEND", 4) == 0) return pixels;
        at += 12 + length;
    }
    return false;
}

/// The file's bytes, if the picture in them is whole.
std::vector<std::uint8_t> read_whole(const fs::path &path, const ImageInfo &info) {
    std::vector<std::uint8_t> bytes = read_file(path);
    const bool whole = info.format == "jpeg"  ? jpeg_is_whole(bytes, info.scan_start)
                       : info.format == "png" ? png_is_whole(bytes)
                                              : true;
    if (!whole) refuse(path, "unreadable, the pixels are damaged or end early");
    return bytes;
}

}  // namespace

ImageInfo read_image_info(const fs::path &path) {
    std::ifstream file = open(path);
    std::vector<std::uint8_t> head(32);
    file.read(reinterpret_cast<char *>(head.data()), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    if (head.empty()) refuse(path, "empty file, expected a picture");
    ImageInfo info;
    bool whole = false;
    if (starts_with(head, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})) {
        info.format = "png";
        whole = parse_png(head, info);
    } else if (starts_with(head, {0xFF, 0xD8, 0xFF})) {
        info.format = "jpeg";
        whole = parse_jpeg(file, info);
    } else if (starts_with(head, {'B', 'M'})) {
        info.format = "bmp";
        whole = parse_bmp(head, info);
    } else {
        refuse(path, "not a JPEG, PNG or BMP picture");
    }
    if (!whole || info.width <= 0 || info.height <= 0) {
        refuse(path, "unreadable, the " + info.format + " header is damaged or ends early");
    }
    return info;
}

void check_image_info(const ImageInfo &info, const fs::path &path) {
    if (info.bits > 8) {
        refuse(path, std::to_string(info.bits) + " bits a channel, expected 8: convert it first");
    }
    if (std::int64_t{info.width} * info.height > kMaxPixels) {
        refuse(path, std::to_string(info.width) + "x" + std::to_string(info.height) + " pixels, at most " +
                         std::to_string(kMaxPixels) + " in all are read: scale it down first");
    }
}

cv::Mat read_image(const fs::path &path, bool upright) {
    const ImageInfo info = read_image_info(path);
    check_image_info(info, path);
    const std::vector<std::uint8_t> bytes = read_whole(path, info);
    int flags = cv::IMREAD_COLOR;
    if (!upright) flags |= cv::IMREAD_IGNORE_ORIENTATION;
    cv::Mat image;
    try {
        image = cv::imdecode(bytes, flags);
    } catch (const cv::Exception &) {
        image.release();  // reported below, in our words
    }
    if (image.empty()) refuse(path, "unreadable, the pixels are damaged or end early");
    return image;
}

cv::Mat read_mask(const fs::path &path) {
    const ImageInfo info = read_image_info(path);
    check_image_info(info, path);
    // An indexed PNG holds instance numbers too, but decoders turn them into colours.
    if (info.format != "png" || info.bits != 8 || !info.grey) {
        refuse(path, "expected a mask: a grey 8-bit PNG, 0 background and k the k-th person");
    }
    cv::Mat mask;
    try {
        mask = cv::imdecode(read_whole(path, info), cv::IMREAD_UNCHANGED);
    } catch (const cv::Exception &) {
        mask.release();
    }
    if (mask.empty()) refuse(path, "unreadable, the pixels are damaged or end early");
    if (mask.channels() != 1) refuse(path, "expected a mask of one channel without transparency");
    return mask;
}

std::vector<std::uint8_t> encode_image(const cv::Mat &image, const std::string &format) {
    if (image.empty()) throw std::invalid_argument("image: expected at least one pixel");
    std::vector<std::uint8_t> bytes;
    if (format == "jpg") {
        cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, 95});
    } else if (format == "png") {
        // Level 1: a third of the time of the default for a tenth more bytes.
        cv::imencode(".png", image, bytes, {cv::IMWRITE_PNG_COMPRESSION, 1});
    } else {
        throw std::invalid_argument("format: expected jpg or png, got " + format);
    }
    return bytes;
}

bool is_grey(const cv::Mat &image) {
    if (image.channels() == 1) return true;
    for (int y = 0; y < image.rows; ++y) {
        const auto *p = image.ptr<cv::Vec3b>(y);
        for (int x = 0; x < image.cols; ++x) {
            if (p[x][0] != p[x][1] || p[x][1] != p[x][2]) return false;
        }
    }
    return true;
}

}  // namespace e2tad::synth
