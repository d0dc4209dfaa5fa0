#include "e2tad/video/h264_writer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "e2tad/core/error.hpp"

namespace e2tad::video {
namespace {

namespace fs = std::filesystem;

std::string temporary(const char *name) {
    return (fs::path(testing::TempDir()) / name).string();
}

std::string bytes(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_clip(const std::string &path, const H264Options &options) {
    H264Writer writer(path, 160, 96, options);
    for (int k = 0; k < 20; ++k) {
        cv::Mat image(96, 160, CV_8UC3, cv::Scalar(40, 90, 60));
        cv::circle(image, {20 + 5 * k, 48}, 12, {20, 20, 220}, -1);
        writer.write(image);
    }
    writer.close();
}

TEST(H264Writer, TheSamePicturesGiveTheSameBytes) {
    write_clip(temporary("a.mp4"), {});
    write_clip(temporary("b.mp4"), {});
    const std::string a = bytes(temporary("a.mp4"));
    EXPECT_GT(a.size(), 500u);
    EXPECT_EQ(a, bytes(temporary("b.mp4")));
    H264Options plain;
    plain.b_frames = 0;
    write_clip(temporary("c.mp4"), plain);
    EXPECT_NE(a, bytes(temporary("c.mp4")));
}

TEST(H264Writer, AFullDiskIsAnErrorOfTheSystem) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    try {
        H264Writer writer("/dev/full", 160, 96);
        cv::Mat image(96, 160, CV_8UC3);
        cv::randu(image, 0, 255);
        for (int k = 0; k < 300; ++k) writer.write(image);
        writer.close();
        FAIL() << "expected an error";
    } catch (const fs::filesystem_error &error) {
        EXPECT_EQ(error.code().value(), ENOSPC);
        EXPECT_EQ(error.path1(), "/dev/full");
    }
}

TEST(H264Writer, AFolderThatIsMissingIsNamed) {
    EXPECT_THROW(H264Writer("/nowhere/at/all.mp4", 160, 96), fs::filesystem_error);
}

TEST(H264Writer, RefusesOtherSizesAndOptionsOutOfRange) {
    H264Writer writer(temporary("d.mp4"), 160, 96);
    EXPECT_THROW(writer.write(cv::Mat(96, 96, CV_8UC3)), std::invalid_argument);
    EXPECT_THROW(writer.write(cv::Mat(96, 160, CV_8UC1)), std::invalid_argument);
    EXPECT_THROW(H264Writer(temporary("e.mp4"), 161, 96), std::invalid_argument);
    H264Options odd;
    odd.preset = "quick";
    EXPECT_THROW(H264Writer(temporary("e.mp4"), 160, 96, odd), ConfigError);
    odd = {};
    odd.crf = 52;
    EXPECT_THROW(H264Writer(temporary("e.mp4"), 160, 96, odd), ConfigError);
}

}  // namespace
}  // namespace e2tad::video
