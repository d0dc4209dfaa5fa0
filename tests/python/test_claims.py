"""Verdicts on claims: the bootstrap against scipy and by its coverage, and each way to be undecided."""

import json
from pathlib import Path

import numpy as np
import pytest
import result_files
from scipy import stats

import e2tad
from e2tad.experiments.claims import COVERAGE, Claim, Claims, judge
from e2tad.experiments.results import (
    Result,
    by_seed,
    cells,
    estimate,
    interval,
    load_results,
    resampled_means,
)

ROOT = Path(__file__).resolve().parents[2]
PAPER = Claims.load(ROOT / "experiments" / "claims.json")

RISES = {"id": "c", "text": "b beats a", "source": "-", "table": "t", "metric": "m", "rows": [["b", "a"]]}


def claim(**more):
    given = {**RISES, **more}
    if "above" not in given and "below" not in given:
        given["above"] = 0.0
    return Claim.parse(given)


def found(*rows, scale="laptop", **more):
    return Result.parse(result_files.result("t", list(rows), scale, **more))


def verdict(table, /, scale="laptop", **more):
    (only,) = judge([claim(**more)], [found(*table, scale=scale)])
    return only


@pytest.mark.parametrize("statistic", ["difference", "ratio"])
def test_intervals_equal_scipys_paired_bootstrap(statistic):
    random = np.random.default_rng(5)
    a = random.normal(0.6, 0.1, 12)
    b = a + random.normal(0.02, 0.03, 12)
    ours = resampled_means([np.array([[x, y]]) for x, y in zip(b, a, strict=True)], seed=3)
    compare = {"difference": lambda x, y: x - y, "ratio": lambda x, y: x / y}[statistic]
    reference = stats.bootstrap(
        (b, a),
        lambda x, y, axis: compare(x.mean(axis=axis), y.mean(axis=axis)),
        paired=True,
        n_resamples=10_000,
        method="percentile",
        random_state=np.random.default_rng(3),
    ).confidence_interval
    assert interval(compare(ours[:, 0], ours[:, 1])) == pytest.approx(
        (reference.low, reference.high), abs=2e-3 if statistic == "difference" else 4e-3
    )


def coverage(draw, trials=400, resamples=800):
    """Share of intervals that hold 0, the true mean."""
    random = np.random.default_rng(1)
    held = 0
    for trial in range(trials):
        low, high = interval(resampled_means(draw(random), resamples, seed=trial)[:, 0])
        held += low <= 0 <= high
    return held / trials


@pytest.mark.parametrize("count", [3, 5, 20])
def test_intervals_hold_the_truth_as_often_as_is_told(count):
    measured = coverage(lambda random: [random.normal(size=(1, 1)) for _ in range(count)])
    assert measured == pytest.approx(COVERAGE[count], abs=0.05)


def test_clips_of_one_seed_are_not_taken_for_independent():
    def clustered(random):
        return [random.normal() + 0.1 * random.normal(size=(6, 1)) for _ in range(12)]

    def flat(random):
        return [value[None] for value in np.concatenate(clustered(random))]

    assert coverage(clustered) >= 0.87
    assert coverage(flat) <= 0.70


def test_draws_of_unequal_clips_keep_to_each_seeds_own_clips():
    values = [np.full((1, 1), 1.0), np.full((5, 1), 4.0)]
    assert set(np.unique(resampled_means(values, 500)[:, 0])) == {1.0, 2.5, 4.0}
    inner = resampled_means([np.array([[0.0], [1.0]])], 4000)[:, 0]
    assert {0.0, 0.5, 1.0} == set(np.unique(inner))
    assert np.mean(inner == 0.5) == pytest.approx(0.5, abs=0.03)


def test_rows_are_matched_by_seed_and_clip():
    a = found(result_files.row("a", {"m": {1: {"x": 1.0, "y": 2.0}, 2: {"x": 3.0}}})).rows[0]
    b = found(result_files.row("b", {"m": {2: {"x": 30.0, "z": 9.0}, 1: {"y": 20.0}}})).rows[0]
    matched = by_seed([cells(a, "m"), cells(b, "m")])
    assert [v.tolist() for v in matched] == [[[2.0, 20.0]], [[3.0, 30.0]]]


A = result_files.row("a", {"m": [0.50, 0.52, 0.48, 0.51, 0.49, 0.50], "n": [2.0] * 6}, {"m": 0.5})


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        ([0.02, 0.03, 0.02, 0.01, 0.02, 0.03], "reproduced"),
        ([-0.02, -0.03, -0.02, -0.01, -0.02, -0.03], "not reproduced"),
        ([0.02, -0.03, 0.02, -0.01, 0.02, -0.03], "undecided"),
        ([0.0] * 6, "not reproduced"),
    ],
)
def test_a_verdict_is_where_the_whole_interval_lies(shift, expected):
    b = result_files.row("b", {"m": [x["metrics"]["m"] + s for x, s in zip(A["runs"], shift, strict=True)]})
    given = verdict([A, b])
    assert given.verdict == expected
    assert given.estimate == pytest.approx(np.mean(shift))
    assert given.interval[0] <= given.estimate <= given.interval[1]
    # Pairing: the rows' own spread (.01) plays no part.
    assert given.interval[1] - given.interval[0] <= max(shift) - min(shift)
    assert (given.seeds, given.pairs) == ((0, 1, 2, 3, 4, 5), 6)
    mirrored = verdict([A, b], below=0.0)
    assert mirrored.verdict == (
        {"reproduced": "not reproduced", "not reproduced": "reproduced"}.get(expected, expected)
        if any(shift)
        else "not reproduced"
    )


def test_the_same_results_give_the_same_interval_again():
    b = result_files.row("b", {"m": [0.5, 0.6, 0.4, 0.55, 0.52, 0.5]})
    assert verdict([A, b]) == verdict([A, b])


def test_two_seeds_decide_nothing():
    given = verdict([result_files.row("a", {"m": [0.1, 0.1]}), result_files.row("b", {"m": [0.9, 0.9]})])
    assert (given.verdict, given.reason) == ("undecided", "2 seeds; a verdict needs 3")
    many = {0: {str(i): 0.9 for i in range(20)}}
    one = verdict(
        [result_files.row("a", {"m": {0: dict.fromkeys(many[0], 0.1)}}), result_files.row("b", {"m": many})]
    )
    assert (one.verdict, one.reason) == ("undecided", "1 seed; a verdict needs 3")
    assert one.pairs == 20


def test_three_seeds_decide_and_say_how_little_that_is():
    given = verdict([result_files.row("a", {"m": [0.1] * 3}), result_files.row("b", {"m": [0.8, 0.9, 0.7]})])
    assert given.verdict == "reproduced"
    assert given.as_dict()["coverage"] == 0.75
    assert verdict([A, result_files.row("b", {"m": [0.8] * 6})]).coverage == 0.87


def test_exact_metrics_need_one_run():
    rows = [
        result_files.row("a", {"m": [16.4]}, {"m": 16.4}),
        result_files.row("b", {"m": [1.14]}, {"m": 1.2}),
    ]
    given = verdict(rows, rows=[["a", "b"]], compare="ratio", above=15.5, exact=True)
    assert (given.verdict, given.reason) == ("not reproduced", "")
    assert given.estimate == pytest.approx(16.4 / 1.14)
    assert given.paper == pytest.approx(16.4 / 1.2)
    assert verdict(rows, rows=[["a", "b"]], compare="ratio", above=14.0, exact=True).verdict == "reproduced"


def test_smoke_results_never_decide():
    b = result_files.row("b", {"m": [0.9] * 6})
    given = verdict([A, b], scale="smoke")
    assert (given.verdict, given.reason) == ("undecided (smoke)", "smoke scale")
    assert given.estimate == pytest.approx(0.4)
    (both,) = judge([claim()], [found(A, b, scale="smoke"), found(A, b)])
    assert (both.verdict, both.scale) == ("reproduced", "laptop")


def test_what_is_missing_or_failed_is_undecided_with_the_reason():
    done = result_files.row("b", {"m": [0.9] * 6})
    cases = [
        ([A], "row b is missing"),
        ([A, {**done, "status": "missing", "runs": []}], "row b is missing"),
        ([A, {**done, "status": "failed", "error": "no space", "runs": []}], "row b failed: no space"),
        ([A, result_files.row("b", {"n": [0.9] * 6})], "row b has no m"),
        ([A, result_files.row("b", {"m": {77: {None: 0.9}}})], "the rows share no seed and clip"),
    ]
    for rows, reason in cases:
        given = verdict(rows)
        assert (given.verdict, given.reason, given.interval) == ("undecided", reason, None)
    (none,) = judge([claim(table="table9")], [found(A)])
    assert (none.verdict, none.reason) == ("undecided", "no results of table9")
    zero = verdict([result_files.row("a", {"m": [0.0] * 3}), done], compare="ratio")
    assert (zero.verdict, zero.reason) == ("undecided", "m of 0 in a ratio")


def test_a_row_that_was_measured_in_part_is_judged_by_its_part():
    b = result_files.row("b", {"m": [0.9] * 4}, status="failed", error="killed")
    given = verdict([A, b])
    assert (given.verdict, given.seeds) == ("reproduced", (0, 1, 2, 3))
    assert given.reason == "not all of b was measured"
    few = verdict([A, {**b, "status": "missing", "runs": b["runs"][:2]}])
    assert few.reason == "2 seeds; a verdict needs 3; not all of b was measured"


def test_of_several_comparisons_each_must_hold_or_their_mean():
    rows = [A, result_files.row("b", {"m": [0.7] * 6}), result_files.row("c", {"m": [0.4] * 6})]
    both = [["b", "a"], ["c", "a"]]
    each = verdict(rows, rows=both)
    assert each.verdict == "not reproduced"
    assert each.reason == "1 of 2 comparisons hold; the weakest is c - a"
    assert [part.verdict for part in each.parts] == ["reproduced", "not reproduced"]
    average = verdict(rows, rows=both, over="mean")
    assert average.verdict == "reproduced"
    assert average.estimate == pytest.approx(0.05)


def test_comparisons_that_were_not_measured_leave_a_claim_undecided_unless_one_fails():
    rows = [A, result_files.row("b", {"m": [0.7] * 6})]
    some = [["b", "a"], ["d", "a"]]
    each = verdict(rows, rows=some)
    assert (each.verdict, each.reason) == ("undecided", "1 of 2 comparisons were not measured")
    average = verdict(rows, rows=some, over="mean")
    assert (average.verdict, average.reason) == ("undecided", "1 of 2 comparisons were not measured")
    fails = verdict(rows, rows=[["a", "b"], ["d", "a"]])
    assert fails.verdict == "not reproduced"


def energies(energy, **more):
    rows = [
        result_files.row("a", {"kj": [1.0] * 6, "seconds": [1.0, 1.1, 1.2, 1.0, 1.1, 1.2]}, {"kj": 0.3}),
        result_files.row("b", {"kj": [0.5] * 6, "seconds": [2.0, 2.1, 2.3, 2.0, 2.1, 2.2]}, {"kj": 0.2}),
    ]
    given = {"metric": "kj", "energy_based": True, "by_time": "seconds", "below": 0.0, **more}
    (only,) = judge([claim(**given)], [found(*rows, energy=energy)])
    return only


def test_modelled_energy_is_judged_on_measured_time():
    measured = energies("rapl")
    assert (measured.verdict, measured.metric, measured.energy) == ("reproduced", "kj", "rapl")
    modelled = energies("modelled: a line through Table 2")
    assert (modelled.verdict, modelled.metric, modelled.energy) == ("not reproduced", "seconds", "modelled")
    assert modelled.reason == "energy is modelled, so seconds was judged"
    assert modelled.paper == pytest.approx(-0.1)
    assert energies(None).metric == "seconds"
    blind = energies("modelled", by_time=None)
    assert (blind.verdict, blind.reason) == ("undecided", "energy is modelled, and time can't tell")


def test_one_metric_by_another_is_taken_run_by_run():
    rows = [result_files.row("a", {"m": [1.0, 4.0, 9.0], "n": [1.0, 2.0, 3.0]})]
    given = verdict(rows, metric="m/n", compare="value", rows=[["a"]], above=0.5)
    assert (given.estimate, given.verdict) == (2.0, "reproduced")
    assert estimate(found(*rows).rows[0], "1/n").value == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"above": 0.0, "below": 1.0}, "expected either above or below"),
        ({"compare": "value"}, "expected 1 row"),
        ({"rows": [["a"]]}, "expected 2 row"),
        ({"rows": []}, "expected 2 row"),
        ({"by_time": "s"}, "by_time is for claims that are energy_based"),
        ({"metric": "a/b/c"}, "expected a metric, or one metric by another, got a/b/c"),
        ({"metric": "2/b"}, "expected a metric, or one metric by another, got 2/b"),
        ({"over": "some"}, "over: expected 'each' or 'mean'"),
        ({"tabel": "x"}, "tabel: unknown key, did you mean table"),
    ],
)
def test_a_claim_of_another_form_is_refused_in_one_line(change, message):
    with pytest.raises(e2tad.ConfigError, match=message) as raised:
        claim(**change)
    assert "\n" not in str(raised.value)


def test_the_papers_claims_are_listed_with_its_contradictions():
    assert len(PAPER.claims) >= 20
    assert {c.table for c in PAPER.claims} == {f"table{k}" for k in range(1, 6)}
    assert len(PAPER.contradictions) >= 5
    with pytest.raises(e2tad.ConfigError, match="two claims are named"):
        Claims.parse({"claims": [RISES | {"above": 0}, RISES | {"above": 0}]})


def test_claims_name_rows_and_metrics_of_the_experiments():
    for table in (f"table{k}" for k in range(1, 6)):
        experiment = json.loads((ROOT / "experiments" / f"{table}.json").read_text(encoding="utf-8"))
        rows = {row["id"] for row in experiment["rows"]}
        metrics = {metric["name"] for metric in experiment["metrics"]} | {"1"}
        for given in PAPER.claims:
            if given.table == table:
                assert {name for pair in given.rows for name in pair} <= rows, given.id
                named = f"{given.metric}/{given.by_time or given.metric}".split("/")
                assert set(named) <= metrics, given.id


def test_results_are_read_in_order_and_must_lie_under_their_name(tmp_path):
    for experiment, scale in (("table2", "smoke"), ("table1", "laptop"), ("table1", "smoke")):
        result_files.write(tmp_path, result_files.result(experiment, [A], scale))
    (tmp_path / "claims.json").write_text("{}")
    (tmp_path / "reid_w8.json").write_text("not JSON")
    names = [r.name for r in load_results(tmp_path)]
    assert names == ["table1.smoke", "table1.laptop", "table2.smoke"]
    (tmp_path / "table3.laptop.json").write_bytes((tmp_path / "table1.smoke.json").read_bytes())
    with pytest.raises(e2tad.InputError, match=r"table3\.laptop\.json: expected results of table3, laptop"):
        load_results(tmp_path)
    result_files.write(
        tmp_path, result_files.result("table3", [result_files.row("a", {"m": [float("nan")]})])
    )
    with pytest.raises(e2tad.ConfigError, match=r"table3\.laptop\.json: /rows/0/runs/0/metrics/m: .*finite"):
        load_results(tmp_path)
    result_files.write(tmp_path, {**result_files.result("table3", [A]), "metrics": []})
    with pytest.raises(e2tad.ConfigError, match=r"laptop\.json: /metrics: expected at least 1, got 0"):
        load_results(tmp_path)
    with pytest.raises(e2tad.InputError, match="no result files"):
        load_results(tmp_path.parent / tmp_path.name / "..")
    with pytest.raises(e2tad.InputError, match="expected a folder"):
        load_results(tmp_path / "none")


def papers_own_tables():
    """Tables 1 to 5 as the paper prints them."""
    detectors = {
        "yolov5s_640": (16.4, 7.07, 0.3, 0.634, 1.273),
        "yolov5s_416": (6.9, 7.07, 0.7, 0.575, 0.579),
        "v1_640": (2.7, 1.08, 5, 0.535, 0.242),
        "v1_416": (1.2, 1.08, 10, 0.485, 0.142),
        "v2_416": (0.8, 0.241, 14, 0.356, 0.146),
    }
    pruned = {
        "l1": (0.6468, 0.6451, 0.6412, 0.6385, 0.5517, 0.4781, 0.3948, 0.3395),
        "l2": (0.6389, 0.6321, 0.6257, 0.6138, 0.5523, 0.4699, 0.3896, 0.3287),
        "fpgm": (0.6457, 0.6405, 0.6378, 0.6316, 0.5730, 0.4926, 0.4126, 0.3578),
        "agp": (0.6542, 0.6541, 0.6539, 0.6538, 0.5823, 0.5145, 0.4367, 0.3601),
    }
    cumulative = {
        "baseline": (0.657, 0.261, 2.517),
        "reid": (0.661, 0.215, 3.074),
        "det": (0.734, 0.135, 5.437),
        "action": (0.771, 0.135, 5.711),
        "adpinf": (0.794, 0.112, 7.089),
        "pipeline": (0.794, 0.091, 8.725),
    }
    tables = {
        "table1": {
            "baseline": {"precision": 0.998, "recall": 0.865, "ap50": 0.932, "ap50_95": 0.647},
            "imgcomp": {"precision": 0.996, "recall": 0.872, "ap50": 0.936, "ap50_95": 0.656},
            "debias": {"precision": 0.995, "recall": 0.877, "ap50": 0.938, "ap50_95": 0.658},
            "circ": {"precision": 0.997, "recall": 0.890, "ap50": 0.947, "ap50_95": 0.661},
        },
        "table2": {
            name: dict(zip(("gflops", "mparams", "fps", "map", "energy_kj"), row, strict=True))
            for name, row in detectors.items()
        },
        "table3": {"baseline": {"map": 0.6550}}
        | {
            f"{pruner}_{sparsity}": {"map": value}
            for pruner, row in pruned.items()
            for sparsity, value in zip((0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9), row, strict=True)
        },
        "table4": {
            f"agp_{sparsity}": {"gflops": flops, "mparams": parameters, "map": value}
            for sparsity, flops, parameters, value in (
                ("0", 11.84, 11.16, 0.6550),
                ("0.25", 9.80, 7.94, 0.6540),
                ("0.5", 3.15, 2.79, 0.6538),
                ("0.75", 0.90, 2.00, 0.5830),
                ("0.875", 0.27, 0.17, 0.4390),
            )
        },
        "table5": {
            name: dict(zip(("accuracy", "energy_kj", "score"), row, strict=True))
            for name, row in cumulative.items()
        },
    }
    return [
        Result.parse(
            result_files.result(
                table,
                [
                    result_files.row(name, {m: [v] * 6 for m, v in row.items()}, row)
                    for name, row in rows.items()
                ],
                energy="a meter",
            )
        )
        for table, rows in tables.items()
    ]


def test_the_papers_own_tables_bear_out_all_claims_but_those_that_it_contradicts():
    verdicts = judge(PAPER.claims, papers_own_tables())
    against = {v.claim.id for v in verdicts if v.verdict == "not reproduced"}
    assert against == {"debias-precision", "v1-flops", "v1-energy"}
    # Of these the paper gives no figures.
    silent = {v.claim.id for v in verdicts if v.verdict == "undecided"}
    assert silent == {
        "harmonised",
        "int8-speed",
        "int8-size",
        "int8-map",
        "resolution-flops",
        "bottleneck-decode",
        "bottleneck-embed",
    }
    for given in verdicts:
        if given.claim.id not in silent:
            assert given.paper == pytest.approx(given.estimate, abs=1e-9)
