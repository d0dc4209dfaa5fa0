#include "accept.hpp"
#include "e2tad/core/files/actions.hpp"

using namespace e2tad;

/// Labels and answers: what is read, written and read again is the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    fuzz::accept([&] {
        const auto table = files::parse_actions("fuzz", fuzz::text_of(data, size));
        fuzz::require(table.cells.size() == table.rows() * table.balls.size(), "columns have one length");
        const auto again = files::parse_actions("again", files::actions_text(table));
        fuzz::require(again.balls == table.balls && again.frame == table.frame, "rows read back");
        for (std::size_t row = 0; row < table.rows(); ++row) {
            for (std::size_t ball = 0; ball < table.balls.size(); ++ball) {
                fuzz::require(
                    table.codes.text(table.cell(row, ball)) == again.codes.text(again.cell(row, ball)),
                    "cells read back");
            }
        }
    });
    return 0;
}
