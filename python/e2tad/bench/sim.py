"""The simulator's renderer beside the rate asked for; there is no program that does the same."""

from time import process_time

from e2tad.bench.timing import BenchRow
from e2tad.sim import World

_FRAMES = 24


def rows() -> list[BenchRow]:
    """Processor time of a rendered frame, over all threads: what one core would need.

    Returns:
        A row a size; the busiest preset, persons and balls in view.

    Raises:
        InputError: Never; the worlds are made here.

    Source:
        Own goal: 30 rendered frames a second at 960x540 and 15 at 1920x1080 on one core.
    """
    return [
        BenchRow(
            "render a frame", f"{w}x{h}, 7p3b", _frame_ms((w, h)), f"{fps} a second, asked for", 1e3 / fps, 1
        )
        for (w, h), fps in (((960, 540), 30), ((1920, 1080), 15))
    ]


def _frame_ms(size: tuple[int, int]) -> float:
    world = World("7p3b", 0, frames=600, size=size)
    world.render(0)  # makes the ground
    start = process_time()
    for frame in range(0, 600, 600 // _FRAMES):
        world.render(frame)
    return 1e3 * (process_time() - start) / _FRAMES
