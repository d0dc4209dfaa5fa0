#include "e2tad/associate/features.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "e2tad/associate/feature_kernels.hpp"

namespace e2tad::associate {
namespace {

using kernel::kLanes;

void check_widths(std::size_t queries, std::size_t gallery) {
    if (queries != gallery) {
        throw std::invalid_argument("queries and features must have one width, got " +
                                    std::to_string(queries) + " and " + std::to_string(gallery));
    }
}

/// Queries as the kernels want them, of length 1 for the cosine; lanes without a query are 0.
std::vector<float> packed_queries(MatrixView queries, Metric metric) {
    const std::size_t blocks = (queries.rows + kLanes - 1) / kLanes;
    std::vector<float> packed(blocks * queries.cols * kLanes, 0.0f);
    std::vector<float> scale(queries.rows, 1.0f);
    if (metric == Metric::kCosine) {
        kernel::inverse_lengths(queries.data, queries.rows, queries.cols, scale.data());
    }
    for (std::size_t i = 0; i < queries.rows; ++i) {
        float *lane = packed.data() + i / kLanes * queries.cols * kLanes + i % kLanes;
        const float *row = queries.row(i);
        for (std::size_t d = 0; d < queries.cols; ++d) lane[d * kLanes] = row[d] * scale[i];
    }
    return packed;
}

float distance_from(float best, Metric metric) {
    return metric == Metric::kCosine ? std::clamp(1.0f - best, 0.0f, 2.0f) : std::sqrt(best);
}

/// `unit` says that features have length 1 already.
void distances(MatrixView queries, MatrixView features, std::span<const std::int32_t> counts,
               std::size_t capacity, Metric metric, bool unit, float *out) {
    const std::size_t tracks = features.rows / capacity;
    const std::vector<float> packed = packed_queries(queries, metric);
    const std::size_t blocks = (queries.rows + kLanes - 1) / kLanes;
    std::vector<float> best(blocks * kLanes);
    std::vector<float> inverses(metric == Metric::kCosine && !unit ? capacity : 0);
    for (std::size_t t = 0; t < tracks; ++t) {
        const std::size_t count = counts.empty() ? capacity : static_cast<std::size_t>(counts[t]);
        if (count == 0) {
            for (std::size_t i = 0; i < queries.rows; ++i) {
                out[i * tracks + t] = std::numeric_limits<float>::infinity();
            }
            continue;
        }
        const float *rows = features.row(t * capacity);
        if (metric == Metric::kCosine) {
            if (!unit) kernel::inverse_lengths(rows, count, features.cols, inverses.data());
            kernel::best_product(packed.data(), blocks, features.cols, rows, count,
                                 unit ? nullptr : inverses.data(), best.data());
        } else {
            kernel::best_squared_distance(packed.data(), blocks, features.cols, rows, count, best.data());
        }
        for (std::size_t i = 0; i < queries.rows; ++i) out[i * tracks + t] = distance_from(best[i], metric);
    }
}

Matrix pairwise(MatrixView queries, MatrixView gallery, Metric metric) {
    check_widths(queries.cols, gallery.cols);
    check_finite(queries, "queries");
    check_finite(gallery, "gallery");
    Matrix result(queries.rows, gallery.rows);
    distances(queries, gallery, {}, 1, metric, false, result.data.data());
    return result;
}

}  // namespace

Matrix cosine_distance(MatrixView queries, MatrixView gallery) {
    return pairwise(queries, gallery, Metric::kCosine);
}

Matrix euclidean_distance(MatrixView queries, MatrixView gallery) {
    return pairwise(queries, gallery, Metric::kEuclidean);
}

void gallery_distance(MatrixView queries, MatrixView features, std::span<const std::int32_t> counts,
                      std::size_t capacity, Metric metric, float *out, bool unit) {
    check_widths(queries.cols, features.cols);
    check_finite(queries, "queries");
    if (capacity < 1 || features.rows % capacity != 0) {
        throw std::invalid_argument("features: rows must be a multiple of the capacity " +
                                    std::to_string(capacity) + ", got " + std::to_string(features.rows));
    }
    const std::size_t tracks = features.rows / capacity;
    if (!counts.empty() && counts.size() != tracks) {
        throw std::invalid_argument("counts: expected one a track, " + std::to_string(tracks) + ", got " +
                                    std::to_string(counts.size()));
    }
    for (std::size_t t = 0; t < counts.size(); ++t) {
        if (counts[t] < 0 || static_cast<std::size_t>(counts[t]) > capacity) {
            throw std::invalid_argument("counts: track " + std::to_string(t) + ": must be in [0, " +
                                        std::to_string(capacity) + "], got " + std::to_string(counts[t]));
        }
    }
    if (!unit) check_finite(features, "features");
    distances(queries, features, counts, capacity, metric, unit, out);
}

void check_finite(MatrixView rows, const char *name) {
    if (kernel::all_finite(rows.data, rows.rows * rows.cols)) return;
    std::size_t i = 0;
    while (kernel::all_finite(rows.row(i), rows.cols)) ++i;
    throw std::invalid_argument(std::string(name) + ": row " + std::to_string(i) +
                                ": must be finite numbers");
}

void normalise(float *row, std::size_t width) {
    float inverse = 0.0f;
    kernel::inverse_lengths(row, 1, width, &inverse);
    for (std::size_t d = 0; d < width; ++d) row[d] *= inverse;
}

}  // namespace e2tad::associate
