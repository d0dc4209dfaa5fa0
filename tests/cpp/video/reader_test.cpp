#include "e2tad/video/reader.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2tad/core/error.hpp"
#include "e2tad/video/image_queue.hpp"

namespace e2tad::video {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, with the clips that ffmpeg makes in it.
class Reader : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            fs::temp_directory_path() /
            ("e2tad_reader_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    std::string clip(const std::string &name, const std::string &options) const {
        const std::string path = (folder_ / name).string();
        const std::string command =
            "ffmpeg -v error -y -f lavfi -i testsrc2=size=160x90:rate=30:duration=2 " + options + " " + path;
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        return path;
    }
    fs::path folder_;
};

std::vector<std::int32_t> numbers(VideoReader &reader) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(reader.image_width() * reader.image_height()) *
                                    3);
    std::vector<std::int32_t> out;
    while (const auto frame = reader.next(image.data())) out.push_back(frame->number);
    return out;
}

TEST(FrameSelection, TakesEverySoManyAndTheNamedOnesUpToTheEnd) {
    const FrameSelection selection(10, {33, 5}, 40);
    std::vector<std::int32_t> taken;
    for (std::int32_t n = 0; n < 60; ++n) {
        if (selection.contains(n)) taken.push_back(n);
    }
    EXPECT_EQ(taken, (std::vector<std::int32_t>{0, 5, 10, 20, 30, 33}));
    EXPECT_TRUE(selection.any_from(33));
    EXPECT_FALSE(selection.any_from(34));
    EXPECT_FALSE(FrameSelection(0, {7}).any_from(8));
    EXPECT_TRUE(FrameSelection(0, {7}).any_from(7));
    EXPECT_TRUE(FrameSelection().any_from(1000000));
    EXPECT_THROW(FrameSelection(-1), std::invalid_argument);
    EXPECT_THROW(FrameSelection(1, {-3}), std::invalid_argument);
}

TEST_F(Reader, DeliversTheWantedFramesAndDecodesFewer) {
    const std::string path = clip("clip.mp4", "-c:v libx264 -pix_fmt yuv420p -g 30 -threads 1");
    VideoReader reader(path, FrameSelection(10, {33}));
    EXPECT_EQ(numbers(reader), (std::vector<std::int32_t>{0, 10, 20, 30, 33, 40, 50}));
    EXPECT_LT(reader.counts().decoded, 45);
    EXPECT_TRUE(reader.warnings().empty());
    EXPECT_EQ(reader.info().frames, 60);
    EXPECT_DOUBLE_EQ(reader.info().frames_per_second, 30);
    std::uint8_t untouched = 7;
    EXPECT_FALSE(reader.next(&untouched));
    EXPECT_EQ(untouched, 7);
}

TEST_F(Reader, SurvivesDamageAtEveryPlace) {
    const std::string path = clip("clip.mp4", "-c:v libx264 -pix_fmt yuv420p -g 15 -threads 1");
    std::ifstream in(path, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (std::size_t place = 0; place < 40; ++place) {
        std::string bad = whole;
        const std::size_t at = whole.size() * place / 40;
        for (std::size_t i = at; i < std::min(at + 64, bad.size()); ++i) {
            bad[i] = static_cast<char>(bad[i] ^ static_cast<char>(0x5A + place));
        }
        const std::string bad_path = (folder_ / "bad.mp4").string();
        std::ofstream(bad_path, std::ios::binary) << bad;
        try {
            VideoReader reader(bad_path, FrameSelection(7));
            if (reader.image_width() != 160 || reader.image_height() != 90) continue;
            const auto got = numbers(reader);
            EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
        } catch (const InputError &error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        }
    }
}

TEST_F(Reader, FillsAQueueAgainAndAgain) {
    VideoReader reader(clip("clip.mp4", "-c:v mpeg4"), FrameSelection(7), {.width = 80, .height = 45});
    ImageQueue queue(4, 80, 45);
    EXPECT_EQ(queue.fill(reader), 4u);
    const std::uint8_t *first = queue.image(0);
    EXPECT_EQ(queue.frame(3).number, 21);
    EXPECT_EQ(queue.fill(reader), 4u);
    EXPECT_EQ(queue.image(0), first);
    EXPECT_EQ(queue.fill(reader), 1u);
    EXPECT_EQ(queue.frame(0).number, 56);
    EXPECT_EQ(queue.fill(reader), 0u);
    EXPECT_EQ(queue.size(), 0u);
}

TEST_F(Reader, RefusesWhatIsNoVideo) {
    EXPECT_THROW(VideoReader((folder_ / "absent.mp4").string()), fs::filesystem_error);
    const std::string text = (folder_ / "text.mp4").string();
    std::ofstream(text) << "hello\n";
    EXPECT_THROW((VideoReader(text)), InputError);
    EXPECT_THROW(VideoReader(text, FrameSelection(), {.width = 5}), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::video
