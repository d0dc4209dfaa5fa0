import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import sweep_kinds
from sweep_kinds import NUMBERS, experiment, sweep, without_times

from e2tad import ConfigError, InputError, energy
from e2tad.experiments import tasks
from e2tad.experiments.document import Experiment, check_data, load_experiment, make_plan
from e2tad.experiments.executors import make_executor
from e2tad.experiments.kinds import KINDS, kind_of
from e2tad.experiments.known import load_known
from e2tad.experiments.networks import start_of
from e2tad.experiments.paper_energy import as_on_the_paper_machine
from e2tad.experiments.pruning import PruningSettings
from e2tad.experiments.results import Result
from e2tad.experiments.sets import CLIPS, rendered
from e2tad.experiments.stages.places import placed
from e2tad.experiments.stages.retrieval import retrieved
from e2tad.experiments.stages.work import Work
from e2tad.experiments.tasks import Stage, Task, code_version, identity
from e2tad.files import locked

ROWS = {"a": {}, "b": {"value": 1}, "c": {"value": 2, "shared": 2}}
ROOT = Path(__file__).parents[2]


def told(result):
    return {row["id"]: (row["status"], row["error"]) for row in result["rows"]}


def test_a_sweep_gives_the_rows_with_what_only_all_of_them_tell(tmp_path):
    result = sweep(experiment(ROWS, base={"clips": 2}), tmp_path)
    a, b, c = (row["runs"] for row in result["rows"])
    assert [(run["seed"], run["clip"]) for run in a] == [
        (0, "clip0"),
        (0, "clip1"),
        (1, "clip0"),
        (1, "clip1"),
    ]
    assert [run["metrics"]["sum"] for run in a] == [10, 1010, 11, 1011]
    assert [run["metrics"]["sum"] for run in c] == [220, 1220, 221, 1221]
    assert b[0]["metrics"] == {"sum": 110, "above_first": 110 - 1010}
    assert set(told(result).values()) == {("done", None)}
    on_disk = json.loads((tmp_path / "numbers.smoke.json").read_text())
    assert on_disk == result
    assert (on_disk["data"], on_disk["made_by"], on_disk["scale"]) == ("made up", "a test", "smoke")
    assert Result.parse(on_disk).rows[0].paper == {"sum": 1.5}


def test_shared_work_runs_once_and_what_is_done_never_again(tmp_path):
    log = tmp_path / "log"
    document = experiment(ROWS, base={"log": str(log)})
    first = sweep(document, tmp_path / "out")
    lines = log.read_text().splitlines()
    assert sorted(line for line in lines if "shared" in line) == ["shared 1", "shared 2"]
    assert len(lines) == len(set(lines)) == 2 + 3 * 2
    log.unlink()
    assert without_times(sweep(document, tmp_path / "out")) == without_times(first)
    assert not log.exists()


def test_a_row_that_is_added_runs_alone(tmp_path):
    log = tmp_path / "log"
    base = {"log": str(log)}
    sweep(experiment(ROWS, base=base), tmp_path / "out")
    log.unlink()
    result = sweep(experiment({**ROWS, "d": {"value": 5}}, base=base), tmp_path / "out")
    assert sorted(log.read_text().splitlines()) == ["row 5 seed 0 clip None", "row 5 seed 1 clip None"]
    assert told(result)["d"] == ("done", None)


def test_runs_of_another_machines_results_are_not_made_again(tmp_path, monkeypatch):
    log = tmp_path / "log"
    base = {"log": str(log), "clips": 2}
    first = sweep(experiment(ROWS, base=base), tmp_path / "there")
    log.unlink()
    # The code is another by now, and a row has come.
    monkeypatch.setattr(tasks, "code_version", lambda module, core=(): "later")
    more = {**ROWS, "b": {"value": 9}, "d": {"value": 5, "shared": 2}}
    known = load_known(tmp_path / "there")
    second = sweep(experiment(more, base=base), tmp_path / "here", known=known)
    lines = log.read_text().splitlines()
    assert sorted(line for line in lines if "shared" in line) == ["shared 1", "shared 2"]
    assert {line.split()[1] for line in lines if "row" in line} == {"9", "5"}
    for name, there, here in zip("abc", first["rows"], second["rows"], strict=False):
        values = [[run["metrics"] for run in row["runs"]] for row in (there, here)]
        assert (values[0] == values[1]) == (name != "b")
        spent = [[run["seconds"] for run in row["runs"]] for row in (there, here)]
        assert name == "b" or spent[0] == spent[1]
        origins = [run["origin"] for run in here["runs"]]
        assert all((origin is None) == (name == "b") for origin in origins)
    assert second["rows"][0]["runs"][0]["origin"]["machine"] == first["machine"]
    assert len(Result.parse(second).taken_over()) == 1
    # What was taken over once keeps its origin.
    monkeypatch.setattr(tasks, "code_version", lambda module, core=(): "much later")
    log.unlink()
    third = sweep(experiment(more, base=base), tmp_path / "third", known=load_known(tmp_path / "here"))
    assert not log.exists()
    assert third["rows"][0] == second["rows"][0]


def test_known_results_lack_what_measures_time_and_new_columns(tmp_path, monkeypatch):
    log = tmp_path / "log"
    document = experiment({"a": {}}, base={"log": str(log)})
    sweep(document, tmp_path / "there")
    known = load_known(tmp_path / "there")
    log.unlink()
    wider = experiment({"a": {}}, base={"log": str(log)}, metrics=("sum", "above_first", "made"))
    result = sweep(wider, tmp_path / "wider", known=known)
    assert result["rows"][0]["runs"][0]["metrics"]["made"] == 1
    log.unlink()
    monkeypatch.setattr(sweep_kinds, "MEASURE", Stage("measure", "sweep_kinds:measure", alone=True))
    sweep(document, tmp_path / "timed", known=known)
    assert "row 0 seed 0 clip None" in log.read_text()


def test_results_that_a_sweep_has_yet_to_make_again_are_kept_beside_its_own(tmp_path):
    sweep(experiment(ROWS), tmp_path)
    file = tmp_path / "numbers.smoke.json"
    kept = file.with_name("numbers.smoke.json.earlier")
    sweep(experiment(ROWS), tmp_path)
    assert not kept.exists()
    earlier = file.read_bytes()
    sweep(experiment({"a": {}}, base={"value": 7}), tmp_path)
    assert kept.read_bytes() == earlier


def test_killed_at_random_ten_times_a_sweep_ends_with_the_same_table(tmp_path):
    document = experiment({f"r{i}": {"value": i, "shared": i % 3} for i in range(6)}, base={"sleep_s": 0.05})
    whole = sweep(document, tmp_path / "whole")
    file = tmp_path / "e.json"
    file.write_text(json.dumps(document))
    random = np.random.default_rng(int(time.time()))
    out = tmp_path / "killed"
    kills = 0
    for _ in range(10):
        process = subprocess.Popen([sys.executable, sweep_kinds.__file__, file, out], start_new_session=True)
        try:
            process.wait(random.uniform(0.3, 1.5))
        except subprocess.TimeoutExpired:
            process.send_signal(random.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
            process.wait()
            kills += 1
    assert kills
    result = sweep(document, out)
    assert without_times(result) == without_times(whole)


def test_the_processes_of_a_killed_sweep_end(tmp_path):
    file = tmp_path / "e.json"
    file.write_text(json.dumps(experiment({"a": {}}, base={"sleep_s": 60})))
    process = subprocess.Popen([sys.executable, sweep_kinds.__file__, file, tmp_path / "out"])
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def workers():
        found = [int(pid) for pid in children.read_text().split()]
        return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    while not workers() or not list(tmp_path.glob("out/cache/shared/*")):
        time.sleep(0.05)
    pids = workers()
    process.kill()
    process.wait()
    for _ in range(200):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            break
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def ray_or_skip():
    pytest.importorskip("ray", reason="Ray isn't installed")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_local_processes_and_ray_give_the_same_table(tmp_path, monkeypatch):
    ray_or_skip()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    rows = {**ROWS, "dies": {"behave": "die"}, "fails": {"behave": "fail", "value": 7}}
    local = sweep(experiment(rows), tmp_path / "local")
    ray = sweep(experiment(rows), tmp_path / "ray", executor="ray")
    died = told(ray)["dies"]
    assert died[0] == "failed"
    assert "its Ray worker died" in died[1]
    assert "\n" not in died[1]
    for result in (local, ray):
        result["rows"] = [row for row in result["rows"] if row["id"] != "dies"]
    assert without_times(local) == without_times(ray)
    assert told(ray)["fails"] == ("failed", "the third ball is lost")


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        ("fail", "the third ball is lost"),
        ("bug", "KeyError: 'nothing'"),
        ("die", "its process died: killed, or out of memory"),
        ("full", "w.pt: no space left on the disk"),
    ],
)
def test_a_row_that_fails_is_told_in_a_line_and_the_others_go_on(tmp_path, behave, error):
    rows = {"a": {}, "bad": {"value": 3, "behave": behave}, "c": {"value": 2, "shared": 2}}
    result = sweep(experiment(rows), tmp_path / "out")
    status, line = told(result)["bad"]
    assert status == "failed"
    assert line.endswith(error)
    assert "\n" not in line
    assert told(result)["a"] == told(result)["c"] == ("done", None)
    # Mended, it runs; a failure isn't kept.
    rows["bad"]["behave"] = "well"
    assert told(sweep(experiment(rows), tmp_path / "out"))["bad"] == ("done", None)


def test_what_needs_a_failed_stage_fails_with_its_reason(tmp_path):
    # The stage can't write where a file stands in its way.
    document = experiment({"a": {"shared": 3}, "b": {}})
    plan = make_plan(Experiment.parse(document), NUMBERS, "smoke", "n.json")
    need = plan.runs[0].unit.task.needs[0]
    folder = need.folder(tmp_path / "cache")
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    result = sweep(document, tmp_path)
    assert told(result)["a"] == ("failed", f"{folder}: File exists")
    assert told(result)["b"] == ("done", None)
    folder.unlink()
    assert told(sweep(document, tmp_path))["a"] == ("done", None)


def test_two_sweeps_on_one_folder_are_one_clear_line(tmp_path):
    with (
        locked(tmp_path, "sweep"),
        pytest.raises(InputError, match=rf"another sweep \(process {os.getpid()}\) works"),
    ):
        sweep(experiment({"a": {}}), tmp_path)
    assert told(sweep(experiment({"a": {}}), tmp_path)) == {"a": ("done", None)}


def test_a_result_that_cannot_be_written_loses_nothing(tmp_path, monkeypatch):
    log = tmp_path / "log"
    document = experiment({"a": {}}, base={"log": str(log)})
    (tmp_path / "out" / "numbers.smoke.json").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        sweep(document, tmp_path / "out")
    (tmp_path / "out" / "numbers.smoke.json").rmdir()
    assert told(sweep(document, tmp_path / "out")) == {"a": ("done", None)}


def test_damaged_results_of_tasks_are_made_anew(tmp_path):
    whole = sweep(experiment(ROWS), tmp_path)
    for number, file in enumerate(sorted(tmp_path.glob("cache/*/*/done.json"))):
        file.write_text(["", "{", "[]", '{"found": 1}'][number % 4])
    assert without_times(sweep(experiment(ROWS), tmp_path)) == without_times(whole)


def test_progress_tells_how_far_it_is(tmp_path):
    seen = []
    document = experiment(ROWS, base={"sleep_s": 0.01})
    sweep(document, tmp_path, watch=lambda s: seen.append((len(s.outcomes), s.seconds_left())))
    assert seen[0] == (0, None)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (8, 0)
    assert all(left > 0 for done, left in seen if 0 < done < 8)


def test_tasks_that_measure_time_run_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_kinds, "MEASURE", Stage("measure", "sweep_kinds:measure", alone=True))
    beside = []

    def watch(state):
        names = [state.tasks[key].stage.name for key in state.running]
        if "measure" in names:
            beside.append(len(names))

    sweep(experiment(ROWS, base={"sleep_s": 0.05}), tmp_path, jobs=3, watch=watch)
    assert set(beside) == {1}


def test_a_key_changes_with_settings_data_and_code(tmp_path):
    stage = Stage("s", "sweep_kinds:measure")
    data = tmp_path / "data.txt"
    data.write_text("one")
    plain = Task(stage, {"a": 1}, reads=(data,)).key
    assert Task(stage, {"a": 1}, reads=(data,)).key == plain
    assert Task(stage, {"a": 2}, reads=(data,)).key != plain
    assert Task(stage, {"a": 1}, (Task(stage, {}),), (data,)).key != plain
    assert Task(Stage("s", "sweep_kinds:shared", ("sim",)), {"a": 1}, reads=(data,)).key != plain
    data.write_text("two")
    identity.cache_clear()
    assert Task(stage, {"a": 1}, reads=(data,)).key != plain


def test_the_identity_of_a_folder_sees_names_and_sizes(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one.jpg").write_bytes(b"1234")
    seen = [identity.__wrapped__(tmp_path / "a")]
    (tmp_path / "a" / "two.jpg").write_bytes(b"1")
    seen.append(identity.__wrapped__(tmp_path / "a"))
    (tmp_path / "a" / "two.jpg").write_bytes(b"12")
    seen.append(identity.__wrapped__(tmp_path / "a"))
    assert len(set(seen)) == 3
    assert identity.__wrapped__(tmp_path / "a") == seen[-1]
    assert identity.__wrapped__(tmp_path / "nowhere") == "missing"


def test_code_counts_with_what_it_imports_but_not_its_comments(tmp_path, monkeypatch):
    package = tmp_path / "codeversion_made_up"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "top.py").write_text(
        "from codeversion_made_up import inner\nfrom e2tad.patches import nested\n"
    )
    (package / "inner.py").write_text("x = 1\n")
    (package / "other.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    def version(core=()):
        for kept in (code_version, tasks._file, tasks._tree, tasks._code):
            kept.cache_clear()
        return code_version("codeversion_made_up.top", core)

    first = version()
    (package / "other.py").write_text("x = 2\n")
    (package / "inner.py").write_text('"""Says."""\n\nx = 1  # one\n')
    assert version() == first
    (package / "inner.py").write_text("x = 2\n")
    assert version() != first
    assert version(("sim",)) != version(("synth",)) != version()
    imported = tasks._imported("codeversion_made_up.top")
    assert "e2tad.patches" in imported
    assert "e2tad.experiments.tasks" not in imported


def test_simulated_sets_are_rendered_once_each_and_found_again():
    render = {"presets": ["5p4b"], "seeds": [0, 1], "stills": 2, "size": [64, 64]}
    source = {"set": "simulated", "root": CLIPS, "render": render}
    document = {"train": [source, {"set": "coco", "root": "/mine"}], "test": {**source, "extra": 1}}
    one, two = rendered(document, crops=False)
    assert one.key == two.key
    found = placed(document, [Path("/x"), Path("/y")])
    assert [found["train"][0]["root"], found["train"][1]["root"]] == ["/x/clips", "/mine"]
    assert found["test"] == {"set": "simulated", "root": "/y/clips", "render": None, "extra": 1}
    assert rendered(document, crops=True)[0].key != one.key
    with pytest.raises(ConfigError, match="/test: a set at .CLIPS needs render"):
        rendered({"test": {"set": "simulated", "root": CLIPS, "render": None}}, crops=False)


def test_energies_are_those_of_the_models_test_on_table_5():
    seconds = [4.0, 3.9, 3.0, 3.1, 2.0, 1.5]
    rows = [
        ({"energy_kj": row.kilojoules}, [{"seed": 0, "clip": None, "metrics": {"seconds": t}}])
        for row, t in zip(energy.paper_table5(), seconds, strict=True)
    ]
    as_on_the_paper_machine(rows, "seconds")
    found = [runs[0]["metrics"]["energy_kj"] for _, runs in rows]
    np.testing.assert_allclose(found, [row.predicted_kj for row in energy.predict_table5(seconds)])
    measured = [({"energy_kj": 1.0}, [{"seed": 0, "clip": None, "metrics": {"seconds": 1, "energy_kj": 7}}])]
    as_on_the_paper_machine(measured, "seconds")
    assert measured[0][1][0]["metrics"]["energy_kj"] == 7


TABLES = [ROOT / "experiments" / f"table{i}.json" for i in range(1, 6)]


@pytest.mark.parametrize(
    ("path", "scale"),
    [
        *((path, scale) for path in TABLES for scale in ("smoke", "laptop", "paper")),
        *(
            (ROOT / "experiments" / f"{name}.json", scale)
            for name in ("pareto", "reid_robustness")
            for scale in ("smoke", "laptop")
        ),
        (ROOT / "experiments" / "real_pictures.json", "laptop"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_the_committed_experiments_make_plans(path, scale, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = load_experiment(path)
    plan = make_plan(found, kind_of(found.kind, path.name), scale, path.name)
    assert found.id == path.stem
    assert {run.row.id for run in plan.runs} == {row.id for row in plan.rows}
    assert all(len(run.unit.task.key) == 20 for run in plan.runs)
    for own in plan.settings.values():
        if isinstance(own, PruningSettings):  # What is pruned is the network that the row tells of.
            assert start_of(own.training, own.start).model == own.training.model


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_the_yolov5s_of_table_2_is_that_of_table_1s_last_row(scale, monkeypatch):
    monkeypatch.chdir(ROOT)

    def trainings(table, rows):
        found = load_experiment(TABLES[table - 1])
        plan = make_plan(found, kind_of(found.kind, "-"), scale, "-")
        tasks = [run.unit.task for run in plan.runs if run.row.id in rows]
        for task in tasks:
            tasks += task.needs
        return {task.key for task in tasks if task.stage.name == "network"}

    shared = trainings(2, ("yolov5s_640", "yolov5s_416"))
    assert shared
    assert shared == trainings(1, ("circ",))


def test_the_committed_experiments_are_of_all_kinds():
    of_tables = {load_experiment(path).kind for path in TABLES}
    robustness = load_experiment(ROOT / "experiments" / "reid_robustness.json")
    assert of_tables | {robustness.kind} == set(KINDS)


def test_an_embedders_tests_are_the_columns_of_its_row(tmp_path):
    measured = {"mAP": 0.5, "R1": 0.7, "R5": 0.9, "queries": 3, "skipped": 0}
    found = {"test": measured, "more_tests": {"unseen": {**measured, "mAP": 0.25}}}
    metrics = retrieved(Work({}, tmp_path, (), (found,)))["metrics"]
    assert metrics == {
        **{"map": 0.5, "r1": 0.7, "r5": 0.9},
        **{"unseen_map": 0.25, "unseen_r1": 0.7, "unseen_r5": 0.9},
    }
    document = json.loads((ROOT / "experiments" / "reid_robustness.json").read_text())
    tests = document["base"]["training"]["data"]["more_tests"]
    tests["dark"] = tests["unseen"]
    with pytest.raises(ConfigError, match="more_tests: expected occluded or unseen, got dark"):
        kind_of("retrieval", "").settings.parse(document["base"])


def table5(**changes):
    document = json.loads((ROOT / "experiments" / "table5.json").read_text())
    return {**document, **changes}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["rows"][1]["changes"]["ablation"].update(Reid=True),
         "row reid: /ablation/Reid: unknown key, did you mean ReID?"),
        (lambda d: d["rows"][1]["changes"]["ablation"].update(Det="on"),
         'row reid: /ablation/Det: expected a valid boolean, got "on"'),
        (lambda d: d.update(kind="sistem"), "/kind: unknown kind sistem, did you mean system?"),
        (lambda d: d.update(sedes=[1]), "/sedes: unknown key, did you mean seeds?"),
        (lambda d: d["metrics"][0].update(name="acuracy"),
         "/metrics/0/name: unknown name acuracy, did you mean accuracy?"),
        (lambda d: d["metrics"].append(d["metrics"][0]), "name: accuracy is there already"),
        (lambda d: d["rows"][0]["paper"].update(acc=1), "/rows/0/paper/acc: unknown name acc"),
        (lambda d: d["rows"].append(d["rows"][0]), "/rows/6/id: baseline is there already"),
        (lambda d: d["rows"][0].update(seeds=[3]), "/rows/0/seeds: 3 is none of /seeds"),
        (lambda d: d["scales"]["smoke"].update(rows=["bas"]), "/scales/smoke/rows/0: unknown name bas"),
        (lambda d: d["scales"].pop("smoke"), "/scales: expected smoke among laptop, paper"),
        (lambda d: d["tradeoffs"].append(["seconds", "hot"]), "/tradeoffs/2: unknown name hot"),
        (lambda d: d["scales"]["smoke"]["base"]["clips"].update(presets=[]), "row baseline: /clips/presets"),
        (lambda d: d["scales"]["smoke"]["base"]["detectors"].update(off={"weights": "no.ptl"}),
         "row baseline: /detectors/off/weights: no data at no.ptl"),
        (lambda d: d["scales"]["smoke"]["base"].update(config={"action": {"thet": 1}}),
         "/config: /action/thet: unknown key, did you mean theta?"),
        (lambda d: d.update(seeds=[]), "/seeds: expected at least 1, got 0"),
        (lambda d: d["scales"]["smoke"].update(seeds=[3, 3]), "/scales/smoke/seeds: 3 is there twice"),
        (lambda d: d["scales"]["smoke"].update(rows=[]), "/scales/smoke/rows: expected at least 1, got 0"),
        (lambda d: d["scales"]["smoke"].update(dat=1), "/scales/smoke/dat: unknown key, did you mean data?"),
        (lambda d: d["rows"][0].update(seeds=[1004]), "row baseline: /seeds: none of them is among"),
        (lambda d: d.update(title=3 * [["x" * 500]]), "got list"),
    ],
)  # fmt: skip
def test_a_bad_experiment_is_a_line_that_names_file_and_field(tmp_path, change, message, monkeypatch):
    monkeypatch.chdir(ROOT)
    document = table5()
    change(document)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ConfigError) as caught:
        found = load_experiment(file)
        check_data(make_plan(found, kind_of(found.kind, str(file)), "smoke", str(file)))
    assert message in str(caught.value)
    assert "mine.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_refuses_in_a_line(e2tad, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    for arguments, message in (
        (("sweep", "bad.json"), "bad.json: not JSON"),
        (("sweep", "none.json"), "none.json: No such file"),
        (("table", "6"), "table: expected 1 to 5 or all, got 6"),
        (("table", "5"), "table5.json: No such file"),
        (("table", "2", "--jobs", 0, "--experiments", ROOT / "experiments"), "--jobs: expected at least 1"),
    ):  # fmt: skip
        done = e2tad(*arguments)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


def test_at_the_papers_scale_the_plan_is_told_and_the_data_checked(e2tad, tmp_path):
    done = e2tad("table", 1, "--scale", "paper", "--experiments", ROOT / "experiments")
    assert done.returncode == 2
    *plan, refused = done.stderr.splitlines()
    assert plan[0] == "table1 at scale paper: 7 rows, 21 runs"
    assert "row baseline: /training/data/train/0/root: no data at $E2TAD_MIXDET, which names an" in refused
    assert list(tmp_path.iterdir()) == []


def test_labels_are_printed_as_they_are(e2tad, tmp_path):
    document = table5(title="5 [/b]")
    small = {"clips": {"presets": ["5p5b"], "frames": 40, "size": [320, 180]}}
    packaged = {"off": {"training": None}, "on": {"training": None}}
    document["scales"]["smoke"]["base"] = {**small, "detectors": packaged, "embedders": packaged}
    document["scales"]["smoke"]["rows"] = ["baseline"]
    document["rows"][0]["label"] = "+ hmm [/b] [red]x"
    document["metrics"][0]["label"] = "acc [/]"
    (tmp_path / "mine.json").write_text(json.dumps(document))
    done = e2tad("sweep", "mine.json")
    assert done.returncode == 0, done.stderr
    assert "+ hmm [/b] [red]x" in done.stdout


def test_a_plan_is_told_before_anything_runs(e2tad, tmp_path):
    done = e2tad("table", 5, "--plan", "-o", tmp_path / "out", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "table5 at scale smoke: 6 rows, 6 runs" in done.stderr
    assert not (tmp_path / "out").exists()


def test_executors_say_what_is_wrong(monkeypatch):
    with pytest.raises(InputError, match="expected local or ray, got cluster"):
        make_executor("cluster", 1)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="Ray isn't installed"):
        make_executor("ray", 1)


@pytest.mark.slow
def test_a_newcomers_row_runs_by_itself_after_the_table(e2tad, tmp_path):
    document = table5()
    small = {"clips": {"presets": ["5p5b"], "frames": 60, "size": [320, 180]}}
    packaged = {"off": {"training": None}, "on": {"training": None}}
    document["scales"]["smoke"]["base"] = {**small, "detectors": packaged, "embedders": packaged}
    document["scales"]["smoke"]["rows"] = ["baseline", "pipeline"]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document))
    done = e2tad("sweep", file, "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    document["rows"].append(
        {"id": "hmm", "label": "hmm", "changes": {"config": {"action": {"decoder": "hmm"}}}}
    )
    document["scales"]["smoke"]["rows"].append("hmm")
    file.write_text(json.dumps(document))
    done = e2tad("sweep", file, "--json")
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert second["rows"][:2] == first["rows"]
    metrics = second["rows"][2]["runs"][0]["metrics"]
    assert metrics["energy_kj"] > 0
    assert metrics["score"] == pytest.approx(metrics["accuracy"] / metrics["energy_kj"])
    assert first["rows"][0]["runs"][0]["metrics"]["energy_kj"] == pytest.approx(0.261)


def test_no_space_is_told_with_the_file():
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.pt")
    assert tasks.one_line(error) == "x.pt: no space left on the disk"
