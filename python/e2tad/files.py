"""Writing results so that an interruption leaves the old file or the new one, never half of one."""

import contextlib
import fcntl
import glob
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from e2tad._core import InputError


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
    with _named(target):
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        with _named(target, part):
            yield part
            # mkstemp makes files for the owner alone; results are as readable as the user's other files.
            part.chmod(0o666 & ~_umask())
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary folder beside `path` and moves it into place when the block ends well.

    Args:
        path: A folder that doesn't exist, or an empty one; the folder above it is made if it is missing.

    Yields:
        The temporary folder. It is removed, with all that is in it, if the block raises.

    Raises:
        InputError: If `path` exists and isn't an empty folder.
        OSError: If it can't be written, by the block too (a full disk); names `path`.

    Source:
        House rule: outputs are written to a temporary name and moved into place.

    Example:
        >>> import tempfile, pathlib
        >>> target = pathlib.Path(tempfile.mkdtemp()) / "clip"
        >>> with new_folder(target) as part:
        ...     _ = (part / "a.txt").write_text("done")
        >>> [file.name for file in target.iterdir()]
        ['a.txt']
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target}: expected a new or an empty folder")
    with _named(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_left_overs(target.parent)
        part = Path(tempfile.mkdtemp(prefix=own_prefix(), dir=target.parent))
    try:
        with _named(target, part):
            yield part
            part.chmod(0o777 & ~_umask())
            part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def replacing_all(folder: str | os.PathLike[str], optional: Iterable[str] = ()) -> Iterator[Path]:
    """Gives a temporary folder inside `folder`, whose files are moved into `folder` when the block ends well.

    Args:
        folder: Made if it is missing, and gone again if the block raises; files of other names that it holds
            stay.
        optional: Names of files that not every block makes. One that an earlier block made is removed, so
            that what lies in the folder is of one making.

    Yields:
        The temporary folder. It is removed, with all that is in it, if the block raises.

    Raises:
        InputError: If `folder` exists and is no folder.
        OSError: If it can't be written, by the block too (a full disk); names `folder`.

    Source:
        House rule: outputs are written to a temporary name and moved into place.

    Example:
        >>> import tempfile, pathlib
        >>> target = pathlib.Path(tempfile.mkdtemp())
        >>> with replacing_all(target) as part:
        ...     _ = (part / "a.txt").write_text("done")
        >>> [file.name for file in target.iterdir()]
        ['a.txt']
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(f"{target}: expected a folder")
    made = [path for path in (target, *target.parents) if not path.exists()]
    part = None
    done = False
    try:
        with _named(target):
            target.mkdir(parents=True, exist_ok=True)
            remove_left_overs(target)
            part = Path(tempfile.mkdtemp(prefix=own_prefix(), dir=target))
        with _named(target, part):
            yield part
            names = sorted(file.name for file in part.iterdir())
            for name in names:
                (part / name).replace(target / name)
            for name in set(optional).difference(names):
                (target / name).unlink(missing_ok=True)
        done = True
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        if not done:
            with contextlib.suppress(OSError):  # Somebody else may have put something in.
                for path in made:
                    path.rmdir()


@contextlib.contextmanager
def _named(target: Path, part: Path | None = None) -> Iterator[None]:
    """Gives errors the target's name in place of `part`'s, which is gone when the user reads them.

    So it does where they have no name, as of a full disk, and without a `part`.
    """
    try:
        yield
    except OSError as error:
        if part is None or error.filename is None or str(error.filename).startswith(str(part)):
            raise OSError(error.errno, error.strerror or str(error), str(target)) from error
        raise


_PREFIX = ".writing-"


def own_prefix() -> str:
    """How the names of this process's temporary folders begin, for `remove_left_overs`.

    Returns:
        A prefix that says which process of which machine it is.

    Source:
        House rule: outputs are written to a temporary name and moved into place.
    """
    return f"{_PREFIX}{socket.gethostname()}-{os.getpid()}-"


def remove_left_overs(folder: Path) -> None:
    """Removes temporary folders of processes that are gone: killed, so that they couldn't do it themselves.

    Args:
        folder: Where they lie. Those of other machines stay, which may share the folder.

    Source:
        House rule: nothing half-written stays.
    """
    own = f"{_PREFIX}{socket.gethostname()}-"
    for path in folder.glob(f"{glob.escape(own)}*"):
        number = path.name.removeprefix(own).partition("-")[0]
        if number.isdigit() and not _is_running(int(number)):
            shutil.rmtree(path, ignore_errors=True)


def refuse_replacing(
    inputs: Iterable[str | os.PathLike[str]], outputs: Iterable[str | os.PathLike[str]]
) -> None:
    """Makes sure that no output takes the place of an input.

    Args:
        inputs: Files that are read; what is no file (a stream's URL) is passed over.
        outputs: Files that will be written.

    Raises:
        InputError: If an output is an input; names it.

    Source:
        House rule: nothing is lost.
    """
    for output in map(Path, outputs):
        for given in map(Path, inputs):
            with contextlib.suppress(OSError):
                if given.is_file() and output.exists() and output.samefile(given):
                    raise InputError(f"{given}: is an input, and would be replaced by the output {output}")


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # Somebody else's.
        return True
    return True


def _umask() -> int:
    """The process's mask; the system tells it only to who sets one."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def locked(folder: Path, work: str) -> Iterator[None]:
    """Keeps others of the same work out of a folder while the block runs.

    Args:
        folder: The folder.
        work: What is done in it: `sweep` or `training`.

    Raises:
        InputError: If another process is in it; names its process.
        OSError: If it can't be written.

    Source:
        The system frees such a lock when its process ends, however that happens.
    """
    path = folder / ".lock"
    with open(path, "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            raise InputError(
                f"{folder}: another {work} (process {owner or 'unknown'}) works in this folder; "
                "wait for it, or choose another with -o"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
