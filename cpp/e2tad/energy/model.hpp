#pragma once
#include <array>
#include <chrono>
#include <span>

#include "e2tad/energy/source.hpp"

namespace e2tad::energy {

/// A row of the paper's Table 2: detectors on a Raspberry Pi 3B+.
struct Table2Row {
    const char *model;
    int input;          ///< Pixels.
    double fps;         ///< Frames a second.
    double kilojoules;  ///< Of the paper's workload.
};

/// The only home of these figures.
inline constexpr std::array<Table2Row, 5> kTable2 = {
    Table2Row{"YOLOv5-S", 640, 0.3, 1.273}, Table2Row{"YOLOv5-S", 416, 0.7, 0.579},
    Table2Row{"YOLO-MobileV1", 640, 5, 0.242}, Table2Row{"YOLO-MobileV1", 416, 10, 0.142},
    Table2Row{"YOLO-MobileV2", 416, 14, 0.146}};

/// A row of the paper's Table 5: what was added to the row before.
struct Table5Row {
    const char *added;
    double accuracy;
    double kilojoules;
};

/// The only home of these figures. The table gives no times.
inline constexpr std::array<Table5Row, 6> kTable5 = {
    Table5Row{"", 0.657, 0.261},       Table5Row{"ReID", 0.661, 0.215},
    Table5Row{"Det", 0.734, 0.135},    Table5Row{"Action", 0.771, 0.135},
    Table5Row{"AdpInf", 0.794, 0.112}, Table5Row{"Pipeline", 0.794, 0.091}};

/// Energy of the paper's workload as a line of the time that a frame takes: energy = e0 + p t.
struct EnergyModel {
    double e0_kj = 0;         ///< Kilojoules spent however fast a frame is.
    double p_kj_per_s = 0;    ///< Kilojoules for each second that a frame takes.
    double rms_error_kj = 0;  ///< Root mean square of what the fit leaves over.

    [[nodiscard]] double kilojoules(double seconds_per_frame) const {
        return e0_kj + p_kj_per_s * seconds_per_frame;
    }
    /// The time a frame would have to take for that energy; negative below e0: the model can't reach it.
    [[nodiscard]] double seconds_per_frame(double kilojoules) const {
        return (kilojoules - e0_kj) / p_kj_per_s;
    }
};

/// Least squares over rows, t = 1/fps.
/// @throws std::invalid_argument for fewer than two different rates.
EnergyModel fit_model(std::span<const Table2Row> rows = kTable2);

/// A row of the model's test on Table 5.
struct Table5Test {
    const char *added;
    double paper_kj;
    double predicted_kj;
    double relative_error;  ///< (predicted - paper) / paper.
};

/// Table 5's energies as the model predicts them from measured times, beside the paper's.
///
/// Only ratios of the times are used: the paper's machine isn't the one that was measured on, so the first
/// row's time is set to what the model needs for the first row's energy, which is therefore met by
/// construction and tests nothing.
/// @param seconds  of each configuration of Table 5, in its order, measured on one machine; positive.
/// @throws std::invalid_argument otherwise.
std::array<Table5Test, 6> predict_table5(const EnergyModel &model, std::span<const double> seconds);

/// The model as a source: seconds a sampled frame of the interval, put into the line. It tells what the
/// paper's workload would cost on the paper's Raspberry Pi at this speed, not what this machine has used.
class ModelSource : public Source {
  public:
    ModelSource();
    void start() override;
    Reading stop(std::int64_t frames) override;

  private:
    EnergyModel model_;
    std::chrono::steady_clock::time_point started_;
};

}  // namespace e2tad::energy
