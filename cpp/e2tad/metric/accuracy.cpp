#include "e2tad/metric/accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <unordered_map>

namespace e2tad::metric {
namespace {

constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();

/// Where the cells of each of the labels' balls stand in the answer, kNoColumn for a ball it lacks.
std::vector<std::size_t> match_columns(const std::vector<std::string> &labels,
                                       const std::vector<std::string> &answer) {
    std::unordered_map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < answer.size(); ++i) place.emplace(answer[i], i);
    std::vector<std::size_t> columns;
    for (const std::string &ball : labels) {
        const auto found = place.find(ball);
        columns.push_back(found == place.end() ? kNoColumn : found->second);
    }
    return columns;
}

/// The walk over the answer's rows. Rows come through add(); is_right(ball, label_row) tells whether the
/// row's cell of the labels' ball equals that label row's.
class Walk {
  public:
    Walk(const files::ActionTable &labels, const std::vector<std::string> &answer_balls,
         const AccuracyOptions &options)
        : labels_(labels), columns_(match_columns(labels.balls, answer_balls)), options_(options) {
        if (options.threshold < 0) {
            throw std::invalid_argument("threshold: expected 0 or more, got " +
                                        std::to_string(options.threshold));
        }
    }

    [[nodiscard]] const std::vector<std::size_t> &columns() const { return columns_; }

    template <class IsRight>
    void add(std::int64_t frame, const IsRight &is_right) {
        ++rows_;
        const std::size_t label = match(frame);
        double score = 0;
        if (label != kNoLabel) {
            ++result_.tp;
            score = share_of_right_balls(label, is_right);
            result_.frame_score += score;
        }
        if (options_.keep_matches) {
            result_.label_row.push_back(label == kNoLabel ? Accuracy::kUnmatched
                                                          : static_cast<std::int64_t>(label));
            result_.row_score.push_back(score);
        }
    }

    Accuracy finish() {
        result_.fp = rows_ - result_.tp;
        result_.fn = static_cast<std::int64_t>(labels_.rows()) - result_.tp;
        const double weight =
            static_cast<double>(result_.tp) + 0.5 * static_cast<double>(result_.fp + result_.fn);
        result_.accuracy = weight > 0 ? result_.frame_score / weight : 0;
        result_.reason = reason();
        return std::move(result_);
    }

  private:
    static constexpr std::size_t kNoLabel = std::numeric_limits<std::size_t>::max();

    std::size_t match(std::int64_t frame) {
        std::size_t left = kNoLabel;
        while (cursor_ < labels_.rows() && labels_.frame[cursor_] <= frame) left = cursor_++;
        if (left != kNoLabel && frame - labels_.frame[left] <= options_.threshold) return left;
        if (cursor_ < labels_.rows() && labels_.frame[cursor_] - frame <= options_.threshold) {
            return cursor_++;
        }
        return kNoLabel;
    }

    template <class IsRight>
    double share_of_right_balls(std::size_t label, const IsRight &is_right) const {
        const std::size_t balls = columns_.size();
        if (balls == 0) return 0;
        std::size_t right = 0;
        for (std::size_t ball = 0; ball < balls; ++ball) {
            if (columns_[ball] != kNoColumn && is_right(ball, label)) ++right;
        }
        return static_cast<double>(right) / static_cast<double>(balls);
    }

    [[nodiscard]] std::string reason() const {
        std::string text;
        const auto say = [&text](bool holds, const char *what) {
            if (!holds) return;
            if (!text.empty()) text += "; ";
            text += what;
        };
        const bool lacks_all =
            std::all_of(columns_.begin(), columns_.end(), [](std::size_t c) { return c == kNoColumn; });
        say(rows_ == 0, "the answer has no rows");
        say(labels_.rows() == 0, "the labels have no rows");
        say(labels_.balls.empty() && labels_.rows() > 0, "the labels have no ball column");
        say(!labels_.balls.empty() && lacks_all, "the answer has none of the labels' ball columns");
        return text;
    }

    const files::ActionTable &labels_;
    std::vector<std::size_t> columns_;
    AccuracyOptions options_;
    std::size_t cursor_ = 0;
    std::int64_t rows_ = 0;
    Accuracy result_;
};

}  // namespace

Accuracy accuracy(files::ActionReader &answer, const files::ActionTable &labels,
                  const AccuracyOptions &options) {
    Walk walk(labels, answer.balls(), options);
    while (answer.next()) {
        walk.add(answer.frame(), [&](std::size_t ball, std::size_t label) {
            return labels.codes.find(answer.cell(walk.columns()[ball])) == labels.cell(label, ball);
        });
    }
    return walk.finish();
}

Accuracy accuracy(const files::ActionTable &answer, const files::ActionTable &labels,
                  const AccuracyOptions &options) {
    Walk walk(labels, answer.balls, options);
    // Integers have one code everywhere; the answer's other texts are looked up among the labels' once.
    constexpr std::int64_t kForeign = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> label_code;
    for (const std::string &text : answer.codes.texts()) {
        label_code.push_back(labels.codes.find(text).value_or(kForeign));
    }
    const auto texts_end = files::CellCodes::kEmpty + static_cast<std::int64_t>(label_code.size());
    for (std::size_t row = 0; row < answer.rows(); ++row) {
        walk.add(answer.frame[row], [&](std::size_t ball, std::size_t label) {
            std::int64_t code = answer.cell(row, walk.columns()[ball]);
            if (code < texts_end)
                code = label_code[static_cast<std::size_t>(code - files::CellCodes::kEmpty)];
            return code == labels.cell(label, ball);
        });
    }
    return walk.finish();
}

double contest_score(double accuracy, double energy_kj) {
    if (!(energy_kj > 0) || !std::isfinite(energy_kj)) {
        throw std::invalid_argument("energy: expected kilojoules above 0, got " + std::to_string(energy_kj));
    }
    return accuracy / energy_kj;
}

MissingIds missing_ids(const files::ActionTable &labels, const Tracks &tracks) {
    MissingIds missing;
    const std::vector<std::int32_t> persons = tracks.ids(ObjectClass::kPerson);
    std::set<std::int32_t> lacking;
    for (const std::int64_t code : labels.cells) {
        const std::int32_t person = files::CellCodes::person(code);
        if (person > 0 && !std::binary_search(persons.begin(), persons.end(), person)) {
            lacking.insert(person);
        }
    }
    missing.persons.assign(lacking.begin(), lacking.end());
    std::set<std::string> balls;
    for (const std::int32_t id : tracks.ids(ObjectClass::kBall)) balls.insert(std::to_string(id));
    for (const std::string &ball : labels.balls) {
        if (!balls.contains(ball)) missing.balls.push_back(ball);
    }
    return missing;
}

}  // namespace e2tad::metric
