"""The experiment in experiments/action_robustness, from the outside."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "action_robustness"


@pytest.fixture(scope="module")
def experiment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("action_robustness", FOLDER / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_committed_plot_is_drawn_from_the_committed_results(experiment: ModuleType) -> None:
    results = json.loads((FOLDER / "results.json").read_text())
    plot = (FOLDER / "curves.svg").read_text()
    assert plot == experiment.draw(results["curves"], len(results["seeds"]))
    panels = [e.text for e in ElementTree.fromstring(plot).iter() if e.get("font-weight") == "600"]
    assert panels == list(experiment.CURVES)


def test_the_committed_results_reach_the_goals(experiment: ModuleType) -> None:
    results = json.loads((FOLDER / "results.json").read_text())
    assert results["seeds"] == list(range(20))
    measured = results["named"]["noisy labels, every frame"]
    repaired, plain = measured["hmm, repaired"], measured["hmm"]
    assert repaired["clean"] == plain["clean"]
    for condition, goal in (("swaps of 5 %", 0.96), ("bursts of 20 %", 0.92), ("both", 0.87)):
        assert repaired[condition]["mean"] >= goal


@pytest.mark.data
@pytest.mark.slow
def test_a_run_repeats_the_committed_clean_accuracies(data_root: Path, tmp_path: Path) -> None:
    command = [sys.executable, FOLDER / "run.py", "--data", data_root / "lpcvc21", "-o", tmp_path]
    command += ["--seeds", "1", "--choosing-seeds", "1"]
    subprocess.run([str(part) for part in command], check=True, timeout=1500)
    committed = json.loads((FOLDER / "results.json").read_text())
    again = json.loads((tmp_path / "results.json").read_text())
    assert again["config"] == committed["config"]
    for name, conditions in committed["named"].items():
        for decoder, found in conditions.items():
            assert again["named"][name][decoder]["clean"] == found["clean"]
