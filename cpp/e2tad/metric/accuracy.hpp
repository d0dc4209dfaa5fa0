#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "e2tad/core/files/actions.hpp"
#include "e2tad/core/tracks.hpp"

namespace e2tad::metric {

struct AccuracyOptions {
    std::int64_t threshold = 10;  ///< Frames that a match may lie apart, 0 or more.
    bool keep_matches = false;    ///< Fill the columns of Accuracy that have an entry an answer row.
};

/// The contest's accuracy and what it is made of.
struct Accuracy {
    double accuracy = 0;     ///< frame_score / (tp + (fp + fn) / 2), in [0, 1]; 0 without any row.
    double frame_score = 0;  ///< Sum over the matched answer rows of their share of right balls.
    std::int64_t tp = 0;     ///< Answer rows that are matched to a label row.
    std::int64_t fp = 0;     ///< Answer rows that aren't.
    std::int64_t fn = 0;     ///< Label rows that no answer row is matched to.
    std::string reason;      ///< Why nothing can be right (a header and no rows, say); else empty.

    static constexpr std::int64_t kUnmatched = -1;
    std::vector<std::int64_t> label_row;  ///< Of each answer row: its label row, or kUnmatched.
    std::vector<double> row_score;        ///< Of each answer row: its share of right balls; 0 if unmatched.
};

/// Scores an answer that is read a row at a time: memory doesn't grow with it (but for kept matches). The
/// labels are held; time is linear in the rows of both.
///
/// Answer rows are walked in their order, with a cursor into the label rows that never moves back. For an
/// answer frame f the cursor passes the label rows up to f; `left` is the last one that it passes now,
/// `right` the one behind. left matches if f - left <= threshold, else right if right - f <= threshold, and
/// then the cursor moves past it. Duplicate and unsorted frames, more rows than labels, and other columns on
/// either side are valid; a label column that the answer lacks is wrong.
/// @throws std::invalid_argument if the threshold is negative; what the reader throws.
/// Source: LPCVC-2021 UAV-Video scorer; restated in its conventions as read by core/files/actions.hpp.
Accuracy accuracy(files::ActionReader &answer, const files::ActionTable &labels,
                  const AccuracyOptions &options = {});

/// The same of an answer in memory.
Accuracy accuracy(const files::ActionTable &answer, const files::ActionTable &labels,
                  const AccuracyOptions &options = {});

/// The contest's final score: accuracy per kilojoule.
/// @throws std::invalid_argument unless energy_kj is finite and above 0.
double contest_score(double accuracy, double energy_kj);

/// Ids in the labels that the tracks lack: nothing decoded from these tracks can get them right.
struct MissingIds {
    std::vector<std::int32_t> persons;  ///< Ascending; 0 (nobody) is never missing.
    std::vector<std::string> balls;     ///< In the labels' order.
};
MissingIds missing_ids(const files::ActionTable &labels, const Tracks &tracks);

}  // namespace e2tad::metric
