#include "accept.hpp"
#include "e2tad/metric/accuracy.hpp"

using namespace e2tad;

/// An answer and labels, parted by the first byte 0x01: streamed or held, the report is the same and its
/// counts add up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::size_t middle = text.find('\x01');
    const std::string_view answer = text.substr(0, middle);
    const std::string_view labels = middle == std::string_view::npos ? text : text.substr(middle + 1);
    fuzz::accept([&] {
        const auto truth = files::parse_actions("labels", labels);
        files::ActionReader reader("answer", answer);
        const auto streamed = metric::accuracy(reader, truth, {10, true});
        const auto table = files::parse_actions("answer", answer);
        const auto held = metric::accuracy(table, truth, {10, true});
        fuzz::require(streamed.accuracy == held.accuracy && streamed.label_row == held.label_row &&
                          streamed.row_score == held.row_score && streamed.reason == held.reason,
                      "streamed equals held");
        fuzz::require(held.accuracy >= 0 && held.accuracy <= 1, "accuracy is in [0, 1]");
        fuzz::require(held.tp >= 0 && held.fp >= 0 && held.fn >= 0, "counts are 0 or more");
        fuzz::require(static_cast<std::size_t>(held.tp + held.fp) == table.rows(), "tp + fp is the answer");
        fuzz::require(static_cast<std::size_t>(held.tp + held.fn) == truth.rows(), "tp + fn is the labels");
    });
    return 0;
}
