"""The check of the modules' order must itself see what it is there for."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check_layers():
    spec = importlib.util.spec_from_file_location("check_layers", ROOT / "tools" / "check_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tree(root: Path, module: str, include: str) -> Path:
    folder = root / "cpp" / "e2tad" / module
    folder.mkdir(parents=True)
    (root / "cpp" / "CMakeLists.txt").write_text(
        "set(E2TAD_MODULES\n  core\n  geometry\n  metric\n  action)\n"
    )
    (folder / "x.cpp").write_text(f"#include {include}\n")
    return root


@pytest.mark.parametrize(
    ("module", "include", "found"),
    [
        ("geometry", '"e2tad/core/types.hpp"', 0),
        ("geometry", '"e2tad/geometry/iou.hpp"', 0),
        ("geometry", '"e2tad/action/hmm.hpp"', 1),
        ("geometry", '"e2tad/unheard/of.hpp"', 1),
        ("geometry", "<Python.h>", 1),
        ("geometry", "<pybind11/numpy.h>", 1),
        ("geometry", "<torch/script.h>", 1),
        ("metric", '"e2tad/geometry/iou.hpp"', 1),
        ("stranger", '"e2tad/core/types.hpp"', 1),
    ],
)
def test_what_looks_upward_is_found(check_layers, tmp_path, module, include, found):
    assert len(check_layers.violations(tree(tmp_path, module, include))) == found


def test_this_project_looks_downward(check_layers):
    assert check_layers.violations(ROOT) == []
