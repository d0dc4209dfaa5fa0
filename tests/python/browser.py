"""A page as headless Chromium shows it."""

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")

# No background traffic: nothing but the page is loaded, and the page must need no network.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=8000",
)


def _chromium(page: Path, profile: Path, *flags: str) -> str:
    done = subprocess.run(
        ["chromium", *_FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def dom(page: Path, folder: Path) -> str:
    """The document after its scripts ran."""
    return _chromium(page, folder / "profile", "--dump-dom")


def screenshot(page: Path, folder: Path, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The page as a BGR picture."""
    target = folder / "page.png"
    _chromium(page, folder / "profile", f"--window-size={width},{height}", f"--screenshot={target}")
    return cv2.imread(str(target))
