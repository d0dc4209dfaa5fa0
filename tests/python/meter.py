"""A USB power meter on a pseudo-terminal."""

import os
import pty
import select
import struct
import termios
import threading
import time
import tty
from collections.abc import Callable

# An answer of a UM34C: 5.10 V, 0.328 A, 1.672 W, 20 degrees.
UM34C = bytes.fromhex(
    "0d4c01fe0148000006880014004400080000000b00000038"
    + "00" * 72
    + "000100020007000000100000010000"
    + "0a000000f00000000200040001869f0002688c"
)


def um34c_frame(watts: float) -> bytes:
    """An answer with this power at 5 V."""
    frame = bytearray(UM34C)
    frame[2:6] = struct.pack(">HH", 500, round(watts / 5 * 1000))
    frame[6:10] = struct.pack(">I", round(watts * 1000))
    return bytes(frame)


class SimulatedMeter:
    """Answers requests on a pseudo-terminal, in pieces as a serial line does."""

    def __init__(self, watts: Callable[[float], float]) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave, termios.TCSANOW)
        self.path = os.ttyname(self.slave)
        self.watts = watts
        self.silent = False
        self.gone = False
        self.requests = 0
        self.begin = time.monotonic()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while not self.gone:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                request = os.read(self.master, 1)
            except OSError:
                return
            if request != b"\xf0" or self.silent:
                continue
            self.requests += 1
            frame = um34c_frame(self.watts(time.monotonic() - self.begin))
            for piece in (frame[:20], frame[20:21], frame[21:]):
                try:
                    os.write(self.master, piece)
                except OSError:
                    return
                time.sleep(0.005)

    def unplug(self) -> None:
        # The thread ends first: a number of a closed file would soon be another file's.
        self.gone = True
        self.thread.join()
        os.close(self.slave)
        os.close(self.master)
