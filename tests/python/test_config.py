import json

import pytest

from e2tad import Config, ConfigError
from e2tad.config import explain, schema


def test_a_delta_changes_only_what_it_names_and_none_resets():
    default = Config()
    changed = default.merged({"action": {"theta": 9, "every": 3}})
    assert changed["action.theta"] == 9
    assert changed.merged({"action": {"theta": None}})["action.theta"] == default["action.theta"]
    assert default.to_dict() == Config().to_dict(), "a document changed in place"


def test_what_is_printed_reads_back(e2tad, tmp_path):
    printed = e2tad("config", "--set", "action.theta=7").stdout
    (tmp_path / "c.json").write_text(printed)
    assert Config.load(tmp_path / "c.json").to_dict() == Config({"action": {"theta": 7}}).to_dict()


def test_every_value_lies_in_its_own_schema():
    def walk(value, entry, path):
        assert entry["description"], path
        if isinstance(value, dict):
            assert sorted(value) == sorted(entry["properties"]), path
            for key, inner in value.items():
                walk(inner, entry["properties"][key], f"{path}.{key}")
        else:
            assert value == entry["default"], path
            assert entry.get("minimum", value) <= value <= entry.get("maximum", value), path

    document = schema()
    for key, value in Config().to_dict().items():
        walk(value, document["properties"][key], key)


def test_a_key_is_explained(e2tad):
    result = e2tad("config", "--key", "action.theta", "--json")
    entry = json.loads(result.stdout)
    assert entry["default"] == 5
    assert entry["minimum"] == 0
    assert "minimum flying time" in e2tad("config", "--key", "action.theta").stdout


def test_a_section_lists_its_keys(e2tad):
    assert "theta (default 5)" in e2tad("config", "--key", "action").stdout


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("action.thetta", "/action/thetta: unknown key, did you mean theta?"),
        ("acton", "/acton: unknown key, did you mean action?"),
    ],
)
def test_an_unknown_key_names_the_nearest(e2tad, key, message):
    with pytest.raises(ConfigError, match="did you mean"):
        explain(key)
    result = e2tad("config", "--key", key)
    assert result.returncode == 2
    assert message in result.stderr


def test_values_that_json_has_no_word_for_are_an_error():
    with pytest.raises(ConfigError, match="config: "):
        Config({"action": {"theta": float("nan")}})
    with pytest.raises(ConfigError, match="/action/theta: expected an integer"):
        Config({"action": {"theta": 1.5}})
