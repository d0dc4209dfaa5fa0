import json

import pytest

from e2tad.bench import SUITES


def test_ratios_are_the_peer_s_time_by_ours_and_goals_stand_against_the_fastest_peer(e2tad):
    result = e2tad("bench", "geometry", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    for row in found["rows"]:
        if row["peer_ms"] is not None:
            assert row["ratio"] == pytest.approx(row["peer_ms"] / row["ours_ms"])
    for goal in found["goals"]:
        ratios = [
            row["ratio"]
            for row in found["rows"]
            if (row["work"], row["size"]) == (goal["work"], goal["size"]) and row["ratio"] is not None
        ]
        assert goal["ratio"] == min(ratios, default=None)
        assert goal["reached"] in (None, goal["ratio"] is not None and goal["ratio"] >= (goal["goal"] or 0))


def test_an_unknown_area_names_the_known_ones(e2tad):
    result = e2tad("bench", "geometri")
    assert result.returncode == 2
    assert result.stderr == f"e2tad: bench: expected areas of {', '.join(SUITES)}, got geometri\n"
