import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from meter import UM34C, SimulatedMeter

from e2tad import ConfigError, InputError, _core, energy
from e2tad.energy import EnergySource


@contextmanager
def powercap(root: Path, **zones: tuple[str, int, int]) -> Iterator[Callable[[str, int], None]]:
    for folder, (name, microjoules, most) in zones.items():
        zone = root / folder.replace("_", ":").replace("intel:rapl", "intel-rapl")
        zone.mkdir(parents=True)
        (zone / "name").write_text(f"{name}\n")
        (zone / "energy_uj").write_text(f"{microjoules}\n")
        (zone / "max_energy_range_uj").write_text(f"{most}\n")

    def change(folder: str, microjoules: int) -> None:
        zone = root / folder.replace("_", ":").replace("intel:rapl", "intel-rapl")
        (zone / "energy_uj").write_text(f"{microjoules}\n")

    yield change


def test_rapl_counts_packages_and_memory_and_wraps_around(tmp_path: Path) -> None:
    with powercap(
        tmp_path,
        intel_rapl_0=("package-0", 1_000_000, 9_999_999),
        intel_rapl_0_0=("core", 500, 9_999_999),
        intel_rapl_0_1=("dram", 100, 9_999_999),
        intel_rapl_1=("package-1", 9_000_000, 9_999_999),
        intel_rapl_2=("psys", 7, 9_999_999),
    ) as change:
        source = EnergySource("rapl", tmp_path)
        change("intel_rapl_0", 1_500_000)  # moves before the interval count for nothing
        with source.measure() as figure:
            change("intel_rapl_0", 4_000_000)
            change("intel_rapl_0_0", 9_000_000)
            change("intel_rapl_0_1", 300_100)
            change("intel_rapl_1", 2_000_000)  # through its end: 999,999 left, the step to 0, and 2,000,000
            change("intel_rapl_2", 9_000_000)
        assert figure.joules == pytest.approx(2.5 + 0.3 + 3.0, abs=1e-9)
        assert figure.method == "measured_rapl"
        assert figure.note == ""
        with source.measure() as figure:  # twice around, seen because it was read in between
            for value in (9_000_000, 1_000_000, 9_000_000, 4_000_000):
                change("intel_rapl_0", value)
                source.tick()
        assert figure.joules == pytest.approx((5 + 2 + 8 + 5) * 1.0, abs=1e-9)


def test_rapl_that_vanishes_leaves_the_figure_missing(tmp_path: Path) -> None:
    with powercap(tmp_path, intel_rapl_0=("package-0", 5, 100)):
        source = EnergySource("rapl", tmp_path)
        with source.measure() as figure:
            (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
        assert figure.joules is None
        assert figure.method == "measured_rapl"
        assert "energy_uj: can't be read any more" in figure.note


def test_without_counters_rapl_is_an_error_and_auto_takes_the_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no processor package's energy counter"):
        EnergySource("rapl", tmp_path)
    with EnergySource("auto", tmp_path).measure() as figure:
        figure.frames = 4
    assert figure.method == "modelled"
    with powercap(tmp_path, intel_rapl_0=("package-0", 5, 100)):
        with EnergySource("auto", tmp_path).measure() as figure:
            pass
        assert figure.method == "measured_rapl"


def test_a_meters_answer_is_read() -> None:
    assert len(UM34C) == 130
    assert _core.parse_meter_frame(UM34C) == ("UM34C", pytest.approx(5.1), 0.328, pytest.approx(1.672), 20)
    fine = struct.pack(">HHHI", 0x09C9, 5100, 3280, 1672)  # 1 mV and 0.1 mA a unit
    model, volts, amperes, watts, _ = _core.parse_meter_frame(fine + UM34C[10:128] + b"\xff\xf1")
    assert (model, volts, amperes, watts) == ("UM25C", pytest.approx(5.1), pytest.approx(0.328), 1.672)
    assert _core.parse_meter_frame(b"\x09\x63" + UM34C[2:128] + b"\xff\xf1")[0] == "UM24C"


@pytest.mark.parametrize("at", [0, 1, 2, 4, 7, 8])
def test_a_damaged_answer_is_refused(at: int) -> None:
    bad = bytearray(UM34C)
    bad[at] ^= 0x10
    assert _core.parse_meter_frame(bytes(bad)) is None
    assert _core.parse_meter_frame(UM34C[:-1]) is None
    assert _core.parse_meter_frame(b"\x09\x63" + UM34C[2:]) is None  # another ending


def test_a_live_meter_is_integrated_over_the_interval() -> None:
    meter = SimulatedMeter(lambda seconds: 2.0 + seconds)
    source = EnergySource("meter", meter.path)
    with source.measure() as figure:
        begin = time.monotonic() - meter.begin
        time.sleep(1.7)
        end = time.monotonic() - meter.begin
    exact = 2.0 * (end - begin) + (end**2 - begin**2) / 2
    assert figure.joules == pytest.approx(exact, rel=0.15)
    assert figure.method == "measured_meter"
    assert figure.note == ""
    assert meter.requests >= 2
    with source.measure() as short:
        pass
    assert short.joules == pytest.approx((2.0 + end) * short.seconds, rel=0.5)
    del source
    meter.unplug()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["silent", "unplugged"])
def test_a_meter_that_goes_leaves_the_figure_missing_and_the_run_goes_on(how: str) -> None:
    meter = SimulatedMeter(lambda _: 3.0)
    source = EnergySource("meter", meter.path)
    done = 0
    with source.measure() as figure:
        time.sleep(0.6)
        if how == "silent":
            meter.silent = True
        else:
            meter.unplug()
        for _ in range(60):
            time.sleep(0.1)
            done += 1
    assert done == 60
    assert figure.joules is None
    assert figure.method == "measured_meter"
    assert "fell silent for more than 5 s or was unplugged" in figure.note


def test_what_is_no_meter_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        EnergySource("meter", tmp_path / "absent")
    with pytest.raises(ConfigError, match="/energy/path: source meter needs the meter's serial device"):
        EnergySource("meter")
    with pytest.raises(
        ConfigError, match="/energy/source: expected one of auto rapl .*got ral, did you mean rapl"
    ):
        EnergySource("ral")
    with pytest.raises(ConfigError, match='/energy/path: source model reads no file, got "log.csv"'):
        EnergySource("model", "log.csv")
    mistaken = tmp_path / "log.csv"
    mistaken.write_text("a measurement\n")
    with pytest.raises(InputError, match=r"log.csv: expected a serial device.*source log"):
        EnergySource("meter", mistaken)
    assert mistaken.read_text() == "a measurement\n"
    meter = SimulatedMeter(lambda _: 1.0)
    meter.silent = True
    with pytest.raises(InputError, match="no UM24C, UM25C or UM34C power meter answers"):
        EnergySource("meter", meter.path)


def test_a_log_with_dates_is_integrated(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    begin = datetime(2021, 8, 1, 12, 0, 0)
    rows = ["Date;Voltage (V);Intensity (A);Power (W);Model"]
    rows += [f"2021-08-01 12:00:0{i}.5;5.1;0.3;{watts};UM34C" for i, watts in enumerate((1.0, 3.0, 3.0, 2.0))]
    path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    assert energy.log_joules(path) == pytest.approx(2 + 3 + 2.5)
    start = begin.timestamp()
    assert energy.log_joules(path, start + 1.0, start + 2.0) == pytest.approx((2.5 * 0.5) + (3 * 0.5))
    assert energy.log_joules(path, start, start + 3.5) == pytest.approx(0.5 * 1.0 + 7.5)


def test_a_log_in_milliwatts_or_of_volts_and_amperes_is_integrated(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    times = np.cumsum(random.uniform(0.1, 0.9, 50))
    watts = random.uniform(1, 6, 50).round(3)
    exact = float(np.trapezoid(watts, times))
    for header, cells in {
        "time_since_start_s,voltage_mV,current_mA,power_mW": lambda w: f"5000,{w / 5 * 1000},{w * 1000}",
        "time_since_start_s,voltage_mV,current_mA": lambda w: f"5000,{w / 5 * 1000}",
        "Time,Voltage(V),Current(A)": lambda w: f"5,{w / 5}",
    }.items():
        path = tmp_path / "log.csv"
        rows = [f"{t},{cells(w)}" for t, w in zip(times, watts, strict=True)]
        path.write_text("\n".join([header, *rows]))
        assert energy.log_joules(path) == pytest.approx(exact, rel=1e-9)


def test_a_log_with_a_gap_has_no_figure(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time,power\n0,1\n1,1\n20,1\n21,1\n")
    assert energy.log_joules(path) is None
    assert energy.log_joules(path, longest_gap_s=30) == pytest.approx(21)
    assert energy.log_joules(path, 0, 1) == pytest.approx(1)
    assert energy.log_joules(path, 0, 100) is None


def test_a_log_beside_a_run_is_read_when_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    now = time.time()
    path.write_text(f"time,power\n{now},4\n")
    source = EnergySource("log", path)
    with source.measure() as figure:
        time.sleep(0.2)
        with path.open("a") as log:
            log.write(f"{time.time()},4\n")
    assert figure.joules == pytest.approx(4 * figure.seconds, rel=1e-3)
    assert figure.method == "measured_meter"
    with source.measure() as figure:
        path.unlink()
    assert figure.joules is None
    assert "log.csv" in figure.note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: expected a header with a time and power"),
        ("a,b\n1,2\n", "line 1: expected a header with a time and power, or voltage and current, got"),
        ("time,power\n", "has a header and no sample"),
        ("time,power\n1,x\n", 'line 2: power: expected a number, 0 or more, got "x"'),
        ("time,power\n1\n", 'line 2: power: expected a number, 0 or more, got ""'),
        ("time,power\nnoon,1\n", 'line 2: time: expected a date and time or seconds, got "noon"'),
        ("date,power\n2021-13-01 00:00:00,1\n", "line 2: date: expected a date and time or seconds"),
        ("time,power\n2,1\n1,1\n", "line 3: time: runs backwards"),
    ],
)
def test_a_log_that_cant_be_used_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        energy.log_joules(path)
    assert "\n" not in str(raised.value)
    assert "log.csv" in str(raised.value)


def test_the_model_is_the_least_squares_line_through_table_2() -> None:
    rows = energy.paper_table2()
    slope, intercept = np.polyfit([1 / row.fps for row in rows], [row.kilojoules for row in rows], 1)
    model = energy.model()
    assert model.p_kj_per_s == pytest.approx(slope)
    assert model.e0_kj == pytest.approx(intercept)
    left = [row.kilojoules - model.kilojoules(1 / row.fps) for row in rows]
    assert model.rms_error_kj == pytest.approx(float(np.sqrt(np.mean(np.square(left)))))
    assert model.seconds_per_frame(model.kilojoules(0.25)) == pytest.approx(0.25)


def test_the_models_test_stands_beside_the_papers_figures() -> None:
    seconds = [6.0, 5.0, 2.0, 2.0, 1.5, 1.0]
    rows = energy.predict_table5(seconds)
    model, paper = energy.model(), energy.paper_table5()
    unit = model.seconds_per_frame(paper[0].kilojoules) / seconds[0]
    for row, figures, time_s in zip(rows, paper, seconds, strict=True):
        assert (row.added, row.paper_kj) == (figures.added, figures.kilojoules)
        assert row.predicted_kj == pytest.approx(model.kilojoules(time_s * unit))
        assert row.relative_error == pytest.approx(row.predicted_kj / row.paper_kj - 1)
    assert rows[0].predicted_kj == pytest.approx(rows[0].paper_kj)
    with pytest.raises(ValueError, match="seconds: expected 6"):
        energy.predict_table5([1.0])
    with pytest.raises(ValueError, match="seconds: must be more than 0"):
        energy.predict_table5([0.0] * 6)


def test_a_modelled_figure_says_so() -> None:
    with EnergySource("model").measure() as figure:
        time.sleep(0.05)
        figure.frames = 2
    assert figure.method == "modelled"
    assert figure.joules == pytest.approx(1000 * energy.model().kilojoules(figure.seconds / 2))
    assert "Table 2" in figure.note
    with EnergySource("model").measure() as figure:
        pass
    assert figure.joules is None
    assert "number of frames" in figure.note
