"""How experiments/cache reads what Callgrind writes."""

import importlib.util
from pathlib import Path

RUN = Path(__file__).parents[2] / "experiments" / "cache" / "run.py"

# Names come once and are numbers from then on; zeros at a line's end are left out; the line after calls= is
# what the called function took in all.
COUNTED = """version: 1
events: Ir Dr

ob=(1) /opt/bin/e2tad-pi
fl=(1) ???
fn=(1) main
0 5 1
cob=(2) /usr/lib/libavcodec.so.59
cfn=(2) e2tad::video::VideoReader::next(unsigned char*)
calls=2 0
0 100 20

fn=(2)
0 10
cob=(2)
cfn=(3) 0x0000000000001410
calls=1 0
0 90 20
cfn=(2)
calls=1 0
+3 7 1

ob=(2)
fn=(3)
* 90 20

totals: 105 21
"""


def test_a_stage_has_what_it_calls_and_a_library_its_own(tmp_path):
    spec = importlib.util.spec_from_file_location("cache", RUN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "callgrind.out").write_text(COUNTED)
    assert module.costs(tmp_path / "callgrind.out") == {
        # Not the call of the stage by itself.
        "stage decode": {"Ir": 100, "Dr": 20},
        "library e2tad": {"Ir": 15, "Dr": 1},
        "library FFmpeg": {"Ir": 90, "Dr": 20},
        module.WHOLE: {"Ir": 105, "Dr": 21},
    }
