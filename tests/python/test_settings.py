import json

import pytest
from pydantic import Field

from e2tad import ConfigError, InputError
from e2tad.patches import merge_patch
from e2tad.settings import Settings, expand_path


class Inner(Settings):
    epochs: int = Field(default=3, ge=1)
    rate: float = 0.5


class Outer(Settings):
    train: Inner = Inner()
    several: tuple[Inner, ...] = ()
    name: str


def load(tmp_path, document, *changes):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(document))
    return Outer.load(path, changes)


def test_defaults_fill_what_the_document_leaves_out(tmp_path):
    found = load(tmp_path, {"name": "a", "train": {"rate": 1}})
    assert found.model_dump() == {"train": {"epochs": 3, "rate": 1.0}, "several": (), "name": "a"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"name": "a", "train": {"epochz": 1}},
            r"c\.json: /train/epochz: unknown key, did you mean epochs\?",
        ),
        ({"nam": "a"}, r"/nam: unknown key, did you mean name\?"),
        ({"name": "a", "qqqqqqqqqq": 1}, r"/qqqqqqqqqq: unknown key$"),
        ({"name": "a", "several": [{}, {"rat": 1}]}, r"/several/1/rat: unknown key, did you mean rate\?"),
        ({"name": "a", "train": {"epochs": 0}}, "/train/epochs: expected greater than or equal to 1, got 0"),
        ({"name": "a", "train": {"epochs": "3"}}, '/train/epochs: expected a valid integer, got "3"'),
        ({"name": "a", "train": {"epochs": True}}, "/train/epochs: expected a valid integer, got true"),
        ({"name": "a", "train": 3}, "/train: expected an object, got 3"),
        ({}, "/name: missing"),
        ([], "/: expected an object, got list"),
    ],
)
def test_each_mistake_is_one_line_with_its_path(tmp_path, document, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, document)
    assert "\n" not in str(caught.value)


def test_changes_replace_settings_and_are_checked_too(tmp_path):
    document = {"name": "a"}
    found = load(tmp_path, document, "train.epochs=7", "name=b c", "train.rate=null")
    assert (found.train.epochs, found.name, found.train.rate) == (7, "b c", 0.5)
    with pytest.raises(ConfigError, match="/train/epoch: unknown key, did you mean epochs"):
        load(tmp_path, document, "train.epoch=7")
    with pytest.raises(InputError, match="--set: expected section.key=value, got .train"):
        load(tmp_path, document, "train")


def test_a_file_that_is_no_json_is_named(tmp_path):
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(InputError, match=r"c\.json: not JSON"):
        Outer.load(tmp_path / "c.json")


# RFC 7386, Appendix A.
@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_follow_the_rfcs_cases(document, patch, result):
    before = json.dumps(document)
    assert merge_patch(document, patch) == result
    assert json.dumps(document) == before


def test_paths_name_the_variable_that_is_not_set(monkeypatch):
    monkeypatch.setenv("E2TAD_TEST_ROOT", "/x")
    assert str(expand_path("$E2TAD_TEST_ROOT/a", "/root")) == "/x/a"
    monkeypatch.delenv("E2TAD_TEST_ROOT")
    with pytest.raises(ConfigError, match=r"/root: \$E2TAD_TEST_ROOT/a names an environment variable"):
        expand_path("$E2TAD_TEST_ROOT/a", "/root")
