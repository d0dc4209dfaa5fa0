"""What runs the networks: LibTorch, loaded by the first call that needs it."""

from types import ModuleType


def backend() -> ModuleType:
    """The extension that runs networks; the first call loads LibTorch, which takes a fifth of a second.

    Returns:
        `e2tad._nn`.

    Raises:
        ImportError: If there is no LibTorch, or another one than the extension was built with.

    Source:
        DESIGN, Layout (`nn_torch`).
    """
    try:
        from e2tad import _nn
    except ImportError:
        # Where torch isn't beside this package, it brings its libraries along by itself, which takes longer.
        import torch  # noqa: F401

        from e2tad import _nn
    return _nn


def engines() -> list[str]:
    """The INT8 engines that run here.

    Returns:
        Names of `qnnpack`, `x86` and `onednn`.

    Raises:
        ImportError: As for `backend`.

    Source:
        LibTorch's `supportedQEngines`.
    """
    names: list[str] = backend().engines()
    return names
