#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "e2tad/associate/features.hpp"

namespace e2tad::associate {

/// The latest K features of each track of one class.
/// Source: the paper, Section 3.1.
class Gallery {
  public:
    /// @param width     length of a feature.
    /// @param capacity  K, at least 1: the oldest feature of a full track makes room for the newest.
    /// @throws std::invalid_argument if the capacity is 0.
    Gallery(std::size_t width, std::size_t capacity, Metric metric);

    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] std::size_t width() const { return width_; }
    /// Identity of each track, in the order of the columns of `distance`.
    [[nodiscard]] const std::vector<std::int32_t> &ids() const { return ids_; }
    /// Features held of each track.
    [[nodiscard]] const std::vector<std::int32_t> &counts() const { return counts_; }

    /// Adds a feature to an identity's track, which is opened where there is none.
    /// @throws std::invalid_argument if the feature isn't finite.
    void push(std::int32_t id, const float *feature);

    /// Forgets an identity; the order of the others stays. Nothing happens where it is unknown.
    void erase(std::int32_t id);

    /// (N, size()) smallest distance from each query to each track.
    /// @throws std::invalid_argument if the widths differ or a query isn't finite.
    [[nodiscard]] Matrix distance(MatrixView queries) const;

  private:
    std::size_t width_;
    std::size_t capacity_;
    Metric metric_;
    std::vector<std::int32_t> ids_;
    std::vector<std::int32_t> counts_;
    std::vector<std::int32_t> next_;  ///< Where each track's next feature goes.
    std::vector<float> features_;     ///< size() * capacity rows; for the cosine of length 1.
};

}  // namespace e2tad::associate
