#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "e2tad/core/image.hpp"
#include "e2tad/detect/head.hpp"

namespace e2tad::nn_torch {

/// What a program must know to feed a network and to read its answer: the JSON beside a model file. Keys that
/// aren't listed here (name, licence, source, metrics) are for people.
struct Card {
    std::string path;                    ///< Of the card, for errors.
    std::string kind;                    ///< "detector", "reid" or "harmonizer".
    bool is_rgb = true;                  ///< "channels": "rgb" (the default) or "bgr".
    std::array<float, 3> mean{0, 0, 0};  ///< Of values from 0 to 1, in the order of the channels.
    std::array<float, 3> deviation{1, 1, 1};
    std::int32_t input_height = 0;  ///< "input_size": [height, width] it was trained at; 0: unsaid.
    std::int32_t input_width = 0;
    std::string quantised;  ///< Engine that INT8 layers were made for; "" for floats.

    // Of a detector.
    std::vector<std::string> classes;  ///< Names, in the order of the network's scores.
    bool circles = false;              ///< "box_form": "R" (the default), or "C": balls are circles.
    std::vector<float> strides;        ///< A head.
    std::vector<std::vector<detect::Anchor>> anchors;  ///< A head; in pixels of the input.

    // Of an embedder.
    std::int32_t embedding = 0;  ///< Length of a feature; 0: unsaid.

    // Of a harmoniser.
    std::int32_t multiple = 32;  ///< Height and width have to be multiples of it.

    /// The contest's number (ObjectClass) of each of `classes`: of "person", and of "ball" or COCO's "sports
    /// ball"; detect::kNoClass for any other.
    [[nodiscard]] std::vector<std::int32_t> object_classes() const;
    /// The network's number of the balls where they are circles; else detect::kNoClass.
    [[nodiscard]] std::int32_t circle_class() const;
};

/// The name of the card of a model file: its own with the suffix .json.
std::string card_path(const std::string &model);

/// @param kind  that the caller can use; a card of another kind is an error.
/// @throws InputError naming the file and the field: not JSON, a field missing, of a wrong type or out of
///         range, or of another kind.
/// @throws std::filesystem::filesystem_error if it can't be read.
Card read_card(const std::string &path, const std::string &kind);

/// The card of a model file.
/// @throws As read_card(); and InputError or std::filesystem::filesystem_error if either file is missing.
Card read_card_of(const std::string &model, const std::string &kind);

/// Colours of a picture as a card's network takes them: (byte / 255 - mean) / deviation, channels in the
/// card's order.
class Normaliser {
  public:
    explicit Normaliser(const Card &card);
    /// @param out  height x width x 3 floats, row by row, channels last.
    void fill(const ImageView &image, float *out) const;

  private:
    std::array<std::array<float, 256>, 3> values_{};  ///< By channel of the output and byte.
    bool is_rgb_;
};

}  // namespace e2tad::nn_torch
