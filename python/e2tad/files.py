"""Writing results so that an interruption leaves the old file or the new one, never half of one."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path beside `path` and moves it into place when the block ends well.

    Args:
        path: The file to write; its folder is made if it is missing.

    Yields:
        The temporary path; it has the suffix of `path`. It is removed if the block raises.

    Raises:
        OSError: If the folder can't be made or the file can't be moved; names the path.

    Source:
        House rule: outputs are written to a temporary name and moved into place.

    Example:
        >>> import tempfile, pathlib
        >>> target = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        >>> with replacing(target) as part:
        ...     _ = part.write_text("done")
        >>> target.read_text(), len(list(target.parent.iterdir()))
        ('done', 1)
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(21, "Is a directory, expected a file", str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        # mkstemp makes files for the owner alone; results are as readable as the user's other files.
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
