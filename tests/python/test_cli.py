import json
import re
import subprocess
import sys

import pytest

from e2tad.cli import _COMMANDS, _GROUPS


def test_version_names_the_version_and_the_build_type(e2tad):
    result = e2tad("--version")
    assert result.returncode == 0
    built = r"\(\w+ build; networks by LibTorch: \w+(, \w+)*\)"
    assert re.fullmatch(rf"e2tad \d+\.\d+\.\d+ {built}\n", result.stdout)


@pytest.mark.parametrize("command", [name for name in _COMMANDS if name not in _GROUPS])
def test_help_of_every_command_ends_with_an_example(e2tad, command):
    result = e2tad(command, "--help")
    assert result.returncode == 0
    assert f"Example: e2tad {command}" in " ".join(result.stdout.split()), result.stdout


def test_an_unknown_command_exits_with_2_and_no_traceback(e2tad):
    result = e2tad("decode")
    assert result.returncode == 2
    assert "decode" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_name_that_is_no_utf_8_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "e2tad", "run", b"bad\xff.mp4"], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"expected UTF-8" in done.stderr


def test_doctor_prints_one_json_object(e2tad):
    result = e2tad("doctor", "--json")
    found = json.loads(result.stdout)
    assert found["libraries"]["numpy"] is not None
    assert found["cores"] >= 1
    assert result.stderr == ""
