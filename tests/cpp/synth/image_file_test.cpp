#include "e2tad/synth/image_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "e2tad/core/error.hpp"
#include "e2tad/core/random.hpp"

namespace e2tad::synth {
namespace {

namespace fs = std::filesystem;

class ImageFile : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  (std::string("images_") + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path write(const std::string &name, const std::vector<std::uint8_t> &bytes) const {
        const fs::path path = folder_ / name;
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path;
    }
    fs::path write(const std::string &name, const cv::Mat &image) const {
        std::vector<std::uint8_t> bytes;
        cv::imencode(fs::path(name).extension().string(), image, bytes);
        return write(name, bytes);
    }
    std::string error_of(const fs::path &path) const {
        try {
            (void)read_image(path, false);
        } catch (const InputError &error) {
            return std::string(error.what()).substr(folder_.string().size() + 1);
        }
        return "no error";
    }
    fs::path folder_;
};

cv::Mat colours() {
    cv::Mat image(30, 40, CV_8UC3);
    cv::randu(image, 0, 256);
    return image;
}

TEST_F(ImageFile, ReadsEveryFormatsSizeFromTheHeader) {
    for (const char *name : {"a.jpg", "a.png", "a.bmp"}) {
        const ImageInfo info = read_image_info(write(name, colours()));
        EXPECT_EQ(info.width, 40) << name;
        EXPECT_EQ(info.height, 30) << name;
        EXPECT_EQ(info.bits, 8) << name;
        EXPECT_FALSE(info.grey) << name;
    }
}

TEST_F(ImageFile, LosslessFormatsComeBackAsTheyWere) {
    const cv::Mat image = colours();
    EXPECT_EQ(cv::norm(read_image(write("a.png", image), false), image, cv::NORM_INF), 0);
    EXPECT_EQ(cv::norm(read_image(write("b.png", encode_image(image, "png")), false), image, cv::NORM_INF),
              0);
}

TEST_F(ImageFile, GreyBecomesThreeEqualChannels) {
    cv::Mat grey(20, 20, CV_8UC1);
    cv::randu(grey, 0, 256);
    const fs::path path = write("g.png", grey);
    EXPECT_TRUE(read_image_info(path).grey);
    const cv::Mat read = read_image(path, false);
    EXPECT_EQ(read.type(), CV_8UC3);
    EXPECT_TRUE(is_grey(read));
    EXPECT_FALSE(is_grey(colours()));
}

TEST_F(ImageFile, SaysWhatIsWrongInOneLine) {
    EXPECT_EQ(error_of(write("empty.png", std::vector<std::uint8_t>{})),
              "empty.png: empty file, expected a picture");
    EXPECT_EQ(error_of(write("text.jpg", {'h', 'e', 'l', 'l', 'o'})),
              "text.jpg: not a JPEG, PNG or BMP picture");
    EXPECT_EQ(error_of(write("deep.png", cv::Mat(20, 20, CV_16UC3, cv::Scalar::all(9)))),
              "deep.png: 16 bits a channel, expected 8: convert it first");
    EXPECT_EQ(error_of(write("head.png", {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})),
              "head.png: unreadable, the png header is damaged or ends early");
}

TEST_F(ImageFile, PicturesThatEndEarlyAreRefused) {
    for (const char *format : {"jpg", "png"}) {
        std::vector<std::uint8_t> bytes = encode_image(colours(), format);
        for (const std::size_t size : {bytes.size() / 2, bytes.size() - 200, std::size_t{40}}) {
            const std::string error = error_of(write(
                std::string("cut.") + format,
                std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))));
            EXPECT_NE(error.find("unreadable"), std::string::npos) << format << " " << size << ": " << error;
        }
    }
}

TEST_F(ImageFile, HugePicturesAreRefusedByTheirHeader) {
    // The header of a 20,000 x 20,000 PNG; there is no pixel behind it.
    std::vector<std::uint8_t> bytes = encode_image(colours(), "png");
    for (const std::size_t at : {16U, 20U}) {
        bytes[at] = 0;
        bytes[at + 1] = 0;
        bytes[at + 2] = 0x4E;
        bytes[at + 3] = 0x20;
    }
    EXPECT_EQ(error_of(write("huge.png", bytes)),
              "huge.png: 20000x20000 pixels, at most 67108864 in all are read: scale it down first");
}

TEST_F(ImageFile, AMissingFileIsAFilesystemError) {
    EXPECT_THROW((void)read_image(folder_ / "none.png", false), fs::filesystem_error);
    EXPECT_THROW((void)read_image(folder_, false), fs::filesystem_error);
}

TEST_F(ImageFile, MasksKeepTheirNumbers) {
    cv::Mat mask = cv::Mat::zeros(10, 10, CV_8UC1);
    mask(cv::Rect(2, 2, 3, 3)).setTo(7);
    EXPECT_EQ(cv::norm(read_mask(write("m.png", mask)), mask, cv::NORM_INF), 0);
    EXPECT_THROW((void)read_mask(write("c.png", colours())), InputError);
    EXPECT_THROW((void)read_mask(write("m.jpg", mask)), InputError);
}

TEST_F(ImageFile, DamagedBytesNeverCrash) {
    Random random(1);
    for (const char *format : {"jpg", "png"}) {
        const std::vector<std::uint8_t> whole = encode_image(colours(), format);
        for (int i = 0; i < 200; ++i) {
            std::vector<std::uint8_t> bytes = whole;
            for (int k = 0; k < 5; ++k) {
                bytes[static_cast<std::size_t>(random.below(static_cast<int>(bytes.size())))] =
                    static_cast<std::uint8_t>(random.below(256));
            }
            try {
                const cv::Mat image = read_image(write(std::string("x.") + format, bytes), true);
                EXPECT_FALSE(image.empty());
            } catch (const InputError &error) {
                EXPECT_NE(std::string(error.what()).find("x."), std::string::npos);
            }
        }
    }
}

TEST_F(ImageFile, EncodingRefusesOtherFormats) {
    EXPECT_THROW((void)encode_image(colours(), "gif"), std::invalid_argument);
    EXPECT_THROW((void)encode_image(cv::Mat(), "png"), std::invalid_argument);
}

}  // namespace
}  // namespace e2tad::synth
