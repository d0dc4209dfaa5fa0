#include "e2tad/metric/accuracy.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "e2tad/core/error.hpp"

namespace e2tad::metric {
namespace {

using files::ActionReader;
using files::ActionTable;
using files::parse_actions;

/// Both forms must say the same.
Accuracy score(const std::string &answer, const std::string &labels, std::int64_t threshold = 10) {
    const ActionTable truth = parse_actions("labels", labels);
    ActionReader reader("answer", answer);
    const Accuracy streamed = accuracy(reader, truth, {threshold, true});
    const Accuracy held = accuracy(parse_actions("answer", answer), truth, {threshold, true});
    EXPECT_EQ(streamed.accuracy, held.accuracy);
    EXPECT_EQ(streamed.label_row, held.label_row);
    EXPECT_EQ(streamed.row_score, held.row_score);
    return held;
}

using Rows = std::vector<std::int64_t>;

TEST(Accuracy, ThePerfectAnswerScoresOne) {
    const std::string labels = "frame,5_blue,6_red\n0,1,2\n50,3,2\n90,3,1\n";
    const Accuracy result = score("frame,5,6\n0,1,2\n50,3,2\n90,3,1\n", labels);
    EXPECT_EQ(result.accuracy, 1.0);
    EXPECT_EQ(result.tp, 3);
    EXPECT_EQ(result.fp + result.fn, 0);
    EXPECT_EQ(result.reason, "");
}

TEST(Accuracy, LeftIsPreferredThenRight) {
    const std::string labels = "frame,5\n100,1\n120,1\n";
    EXPECT_EQ(score("frame,5\n110,1\n", labels).label_row, (Rows{0}));
    EXPECT_EQ(score("frame,5\n111,1\n", labels).label_row, (Rows{1}));
    EXPECT_EQ(score("frame,5\n90,1\n", labels).label_row, (Rows{0}));
    EXPECT_EQ(score("frame,5\n89,1\n", labels).label_row, (Rows{-1}));
    EXPECT_EQ(score("frame,5\n131,1\n", labels).label_row, (Rows{-1}));
    EXPECT_EQ(score("frame,5\n101,1\n", labels, 0).label_row, (Rows{-1}));
    EXPECT_EQ(score("frame,5\n100,1\n", labels, 0).label_row, (Rows{0}));
}

TEST(Accuracy, TheCursorNeverMovesBack) {
    const std::string labels = "frame,5\n100,1\n105,1\n120,1\n";
    // The first row passes 100 and eats 105; for the second nothing is left behind it, and 120 is in front.
    EXPECT_EQ(score("frame,5\n106,1\n110,1\n", labels).label_row, (Rows{1, 2}));
    // A label that was passed can't be a later row's left.
    EXPECT_EQ(score("frame,5\n106,1\n106,1\n", labels).label_row, (Rows{1, -1}));
    EXPECT_EQ(score("frame,5\n125,1\n100,1\n", labels).label_row, (Rows{2, -1}));
}

TEST(Accuracy, SharesOfRightBallsAreSummed) {
    const std::string labels = "frame,5,6,7\n0,1,2,3\n50,1,2,3\n";
    const Accuracy result = score("frame,7,5,9\n0,3,1,1\n50,0,1,1\n200,1,1,1\n", labels);
    EXPECT_EQ(result.row_score, (std::vector<double>{2.0 / 3.0, 1.0 / 3.0, 0.0}));
    EXPECT_EQ(result.frame_score, 2.0 / 3.0 + 1.0 / 3.0);
    EXPECT_EQ(result.accuracy, result.frame_score / 2.5);
    EXPECT_EQ(result.tp, 2);
    EXPECT_EQ(result.fp, 1);
    EXPECT_EQ(result.fn, 0);
}

TEST(Accuracy, CellsAreComparedAsTrimmedText) {
    const std::string labels = "frame,1,2,3,4,5,6\n0, 1 ,1.0,a,,01,99999999999999999999\n";
    EXPECT_EQ(score("frame,1,2,3,4,5,6\n0,1,1.0,a,,01,99999999999999999999\n", labels).accuracy, 1.0);
    EXPECT_EQ(score("frame,1,2,3,4,5,6\n0,01,1,A,0,1,99999999999999999998\n", labels).accuracy, 0.0);
    // A short row's cells are empty.
    EXPECT_EQ(score("frame,4\n0\n", labels).accuracy, 1.0 / 6.0);
}

TEST(Accuracy, HeadersWithoutRowsScoreZeroAndSayWhy) {
    EXPECT_EQ(score("frame,5\n", "frame,5\n0,1\n").reason, "the answer has no rows");
    EXPECT_EQ(score("frame,5\n", "frame,5\n0,1\n").fn, 1);
    EXPECT_EQ(score("frame,5\n0,1\n", "frame,5\n").reason, "the labels have no rows");
    EXPECT_EQ(score("frame,5\n", "frame,5\n").reason, "the answer has no rows; the labels have no rows");
    EXPECT_EQ(score("frame,5\n", "frame,5\n").accuracy, 0.0);
    const Accuracy no_ball = score("frame,5\n0,1\n", "frame,note\n0,1\n");
    EXPECT_EQ(no_ball.reason, "the labels have no ball column");
    EXPECT_EQ(no_ball.tp, 1);
    EXPECT_EQ(no_ball.accuracy, 0.0);
    EXPECT_EQ(score("frame,6\n0,1\n", "frame,5\n0,1\n").reason,
              "the answer has none of the labels' ball columns");
}

TEST(Accuracy, FramesOfAnySizeAndSignAreScored) {
    const std::string labels = "frame,5\n-1000000000000000000,1\n1000000000000000000,1\n";
    EXPECT_EQ(score("frame,5\n-1000000000000000000,1\n1000000000000000000,1\n", labels).accuracy, 1.0);
    EXPECT_EQ(score("frame,5\n0,1\n", labels).label_row, (Rows{-1}));
}

TEST(Accuracy, ANegativeThresholdIsAnError) {
    EXPECT_THROW((void)score("frame,5\n", "frame,5\n", -1), std::invalid_argument);
}

TEST(Accuracy, ManyRowsGiveTheSumOfTheirShares) {
    // Each answer row meets its own label row: the matches are known without a model of the walk.
    std::mt19937 random(7);
    std::string answer = "frame,5,6,7\n";
    std::string labels = answer;
    double expected = 0;
    for (int row = 0; row < 20000; ++row) {
        const std::uint32_t wrong = random() % 4;
        const std::string frame = std::to_string(100 * row);
        labels += frame + ",1,1,1\n";
        answer +=
            frame + (wrong > 0 ? ",2" : ",1") + (wrong > 1 ? ",2" : ",1") + (wrong > 2 ? ",2" : ",1") + "\n";
        expected += static_cast<double>(3 - wrong) / 3.0;
    }
    EXPECT_EQ(score(answer, labels).accuracy, expected / 20000.0);
}

TEST(ContestScore, IsAccuracyPerKilojoule) {
    EXPECT_EQ(contest_score(0.5, 0.25), 2.0);
    for (const double energy :
         {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        EXPECT_THROW((void)contest_score(0.5, energy), std::invalid_argument);
    }
}

TEST(MissingIds, AreThoseThatNoDecoderCanGetRight) {
    Tracks tracks;
    tracks.add(0, ObjectClass::kPerson, 1, {0, 0, 1, 1});
    tracks.add(0, ObjectClass::kBall, 5, {0, 0, 1, 1});
    tracks.add(0, ObjectClass::kBall, 9, {0, 0, 1, 1});
    const MissingIds missing =
        missing_ids(parse_actions("here", "frame,7_red,5,6\n0,0,1,9\n1,9,3,-1\n2,,x,1\n"), tracks);
    EXPECT_EQ(missing.persons, (std::vector<std::int32_t>{3, 9}));
    EXPECT_EQ(missing.balls, (std::vector<std::string>{"7", "6"}));
    EXPECT_TRUE(missing_ids(parse_actions("here", "frame,5\n0,1\n"), tracks).persons.empty());
}

}  // namespace
}  // namespace e2tad::metric
