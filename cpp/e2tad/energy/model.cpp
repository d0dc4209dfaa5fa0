#include "e2tad/energy/model.hpp"

#include <cmath>
#include <stdexcept>

namespace e2tad::energy {

EnergyModel fit_model(std::span<const Table2Row> rows) {
    const auto n = static_cast<double>(rows.size());
    double mean_t = 0;
    double mean_e = 0;
    for (const Table2Row &row : rows) {
        mean_t += 1.0 / row.fps / n;
        mean_e += row.kilojoules / n;
    }
    double tt = 0;
    double te = 0;
    for (const Table2Row &row : rows) {
        const double t = 1.0 / row.fps - mean_t;
        tt += t * t;
        te += t * (row.kilojoules - mean_e);
    }
    if (rows.size() < 2 || !(tt > 0))
        throw std::invalid_argument("rows: expected at least two different rates");
    EnergyModel model;
    model.p_kj_per_s = te / tt;
    model.e0_kj = mean_e - model.p_kj_per_s * mean_t;
    double squares = 0;
    for (const Table2Row &row : rows) {
        const double left = row.kilojoules - model.kilojoules(1.0 / row.fps);
        squares += left * left;
    }
    model.rms_error_kj = std::sqrt(squares / n);
    return model;
}

std::array<Table5Test, 6> predict_table5(const EnergyModel &model, std::span<const double> seconds) {
    if (seconds.size() != kTable5.size())
        throw std::invalid_argument("seconds: expected 6, one a row of Table 5");
    for (const double s : seconds) {
        if (!std::isfinite(s) || s <= 0) throw std::invalid_argument("seconds: must be more than 0");
    }
    const double scale = model.seconds_per_frame(kTable5[0].kilojoules) / seconds[0];
    std::array<Table5Test, 6> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double paper = kTable5[i].kilojoules;
        const double predicted = model.kilojoules(seconds[i] * scale);
        out[i] = {kTable5[i].added, paper, predicted, (predicted - paper) / paper};
    }
    return out;
}

ModelSource::ModelSource() : model_(fit_model()), started_(std::chrono::steady_clock::now()) {}

void ModelSource::start() {
    started_ = std::chrono::steady_clock::now();
}

Reading ModelSource::stop(std::int64_t frames) {
    Reading reading;
    reading.method = Method::kModelled;
    reading.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    if (frames < 1) {
        reading.note = "a model needs the number of frames, and there were none";
        return reading;
    }
    reading.joules = 1000.0 * model_.kilojoules(reading.seconds / static_cast<double>(frames));
    reading.note = "the paper's workload on its Raspberry Pi at this time a frame, by a line through Table 2";
    return reading;
}

}  // namespace e2tad::energy
