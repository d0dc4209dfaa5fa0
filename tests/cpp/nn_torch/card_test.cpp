#include "e2tad/nn_torch/card.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "../core/scratch.hpp"

namespace e2tad::nn_torch {
namespace {

constexpr const char *kDetector = R"({"kind": "detector", "input_size": [416, 640], "channels": "bgr",
    "mean": [0.1, 0.2, 0.3], "deviation": [1, 2, 4], "classes": ["Person", "kite", "sports ball"],
    "box_form": "C", "strides": [8, 16], "anchors": [[[10, 13]], [[30.5, 61], [62, 45]]],
    "quantised": "qnnpack", "licence": "any", "metrics": {"AP50": 0.9}})";

TEST(Card, TellsHowANetworkIsFedAndRead) {
    const testing::Scratch scratch;
    const Card card = read_card(scratch.write("a.json", kDetector), "detector");
    EXPECT_FALSE(card.is_rgb);
    EXPECT_EQ(card.input_height, 416);
    EXPECT_EQ(card.input_width, 640);
    EXPECT_EQ(card.quantised, "qnnpack");
    EXPECT_EQ(card.strides, (std::vector<float>{8, 16}));
    ASSERT_EQ(card.anchors.size(), 2U);
    EXPECT_EQ(card.anchors[1][0].width, 30.5f);
    EXPECT_EQ(card.anchors[1][1].height, 45.0f);
    EXPECT_EQ(card.object_classes(), (std::vector<std::int32_t>{0, detect::kNoClass, 1}));
    EXPECT_EQ(card.circle_class(), 2);
}

TEST(Card, WhatIsUnsaidHasDefaults) {
    const testing::Scratch scratch;
    const Card card = read_card(scratch.write("a.json", R"({"kind": "reid", "quantised": null})"), "reid");
    EXPECT_TRUE(card.is_rgb);
    EXPECT_EQ(card.mean, (std::array<float, 3>{0, 0, 0}));
    EXPECT_EQ(card.deviation, (std::array<float, 3>{1, 1, 1}));
    EXPECT_EQ(card.quantised, "");
    EXPECT_EQ(card.embedding, 0);
    EXPECT_EQ(card.circle_class(), detect::kNoClass);
}

TEST(Card, StandsBesideItsModel) {
    EXPECT_EQ(card_path("models/a.b.ptl"), "models/a.b.json");
    EXPECT_EQ(card_path("models.d/a"), "models.d/a.json");
    EXPECT_EQ(card_path("a.torchscript"), "a.json");
}

TEST(Card, ErrorsNameFileAndField) {
    const testing::Scratch scratch;
    const auto error = [&scratch](const char *text, const char *kind = "detector") {
        const std::string path = scratch.write("a.json", text);
        std::string message = testing::input_error([&] { (void)read_card(path, kind); });
        return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : "no file: " + message;
    };
    EXPECT_EQ(error("[]"), "expected a model's card, an object of fields");
    EXPECT_EQ(error("{}"), "kind: is missing: expected detector or reid or harmonizer");
    EXPECT_EQ(error(R"({"kind": 3})"), "kind: expected detector or reid or harmonizer, got 3");
    EXPECT_EQ(error(kDetector, "reid"), "kind: expected reid, got detector");
    EXPECT_EQ(error(R"({"kind": "reid", "embedding": 0})", "reid"),
              "embedding: expected a whole number, the length of a feature, got 0");
    EXPECT_EQ(error(R"({"kind": "reid", "mean": [0, 0, 1e300]})", "reid"),
              "mean: expected three numbers, got 1e+300");
    EXPECT_EQ(error(R"({"kind": "detector", "classes": ["person"], "box_form": "C"})"),
              "box_form: C is for balls: expected ball among the classes");
    EXPECT_EQ(error(R"({"kind": "detector", "classes": ["person"], "strides": []})"),
              "strides: expected a list of whole numbers, the pixels a cell of each head, got []");
    EXPECT_EQ(error(R"({"kind": "detector", "classes": ["person"], "strides": [8], "anchors": [[]]})"),
              "anchors: expected for each of the 1 strides a list of [width, height], more than 0, got []");
    EXPECT_EQ(testing::system_error([&] { (void)read_card(scratch.path("none.json"), "reid"); }), ENOENT);
    try {
        (void)read_card_of(scratch.path("none.ptl"), "reid");
        ADD_FAILURE() << "there is no such model";
    } catch (const std::filesystem::filesystem_error &missing) {
        EXPECT_EQ(missing.path1().string(), scratch.path("none.ptl"));
    }
    const std::string model = scratch.write("alone.ptl", "weights");
    EXPECT_EQ(testing::input_error([&] { (void)read_card_of(model, "reid"); }),
              scratch.path("alone.json") + ": no such file; expected the card of " + model +
                  ", which says how to use it");
}

/// A value that a careless or hostile hand might have put there.
nlohmann::ordered_json odd_value(std::mt19937 &random) {
    const std::array<const char *, 14> values = {
        "null", "true",   "-1", "0",     "1e308",      "1.5",     "\"\"",
        "[]",   "[[[]]]", "{}", "[[1]]", "\"person\"", "[1,2,3]", "99999999999999999999"};
    return nlohmann::ordered_json::parse(values[random() % values.size()]);
}

TEST(Card, AnyJsonIsACardOrAnInputError) {
    const testing::Scratch scratch;
    std::mt19937 random(1);
    int read = 0;
    for (int round = 0; round < 1000; ++round) {
        auto card = nlohmann::ordered_json::parse(kDetector);
        for (auto changes = random() % 3; changes > 0; --changes) {
            // Walks down to a random place and puts something else there.
            nlohmann::ordered_json *at = &card;
            for (auto depth = 1 + random() % 4; depth > 0 && at->is_structured() && !at->empty(); --depth) {
                auto it = at->begin();
                std::advance(it, static_cast<std::ptrdiff_t>(random() % at->size()));
                at = &*it;
            }
            *at = odd_value(random);
        }
        std::string text = card.dump();
        if (random() % 8 == 0) text.resize(random() % text.size());
        const std::string path = scratch.write("a.json", text);
        try {
            const Card found = read_card(path, "detector");
            EXPECT_EQ(found.strides.size(), found.anchors.size());
            EXPECT_FALSE(found.classes.empty());
            ++read;
        } catch (const InputError &error) {
            EXPECT_EQ(std::string(error.what()).find(path), 0U) << error.what();
        }
    }
    EXPECT_GT(read, 250);
}

TEST(Normaliser, GivesValuesInTheCardsOrderOfChannels) {
    Card card;
    card.mean = {0.5f, 0, 0.25f};
    card.deviation = {0.5f, 1, 2};
    const std::array<std::uint8_t, 12> bgr{0, 51, 255, 255, 102, 0, 9, 9, 9, 9, 9, 9};
    std::array<float, 6> out{};
    Normaliser(card).fill({bgr.data(), 1, 2, 3}, out.data());
    const std::array<float, 6> rgb{1, 0.2f, -0.125f, -1, 0.4f, 0.375f};
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], rgb[i], 1e-6f) << i;
    card.is_rgb = false;
    Normaliser(card).fill({bgr.data(), 1, 1, 6}, out.data());
    EXPECT_NEAR(out[0], -1, 1e-6f);
    EXPECT_NEAR(out[2], 0.375f, 1e-6f);
}

}  // namespace
}  // namespace e2tad::nn_torch
