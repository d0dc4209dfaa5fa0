"""Units of an experiment's work: what each depends on, where its result is kept, and how it is run."""

import ast
import contextlib
import errno
import hashlib
import json
import os
import time
import traceback
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from e2tad import _core
from e2tad.experiments.stages.work import Work
from e2tad.files import replacing

_DONE = "done.json"


@dataclass(frozen=True)
class Stage:
    """One kind of work.

    Attributes:
        name: A folder's name.
        run: Does it, as `module:function`, so that only the process that does it imports what it needs. The
            function takes a `Work` and gives what JSON can hold.
        core: Modules of the C++ core that its result depends on.
        alone: It measures time, so nothing else of the sweep runs beside it.
    """

    name: str
    run: str
    core: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, eq=False)
class Task:
    """A stage with all that its result depends on.

    Attributes:
        stage: What is done.
        settings: With what; JSON.
        needs: Tasks that are done before.
        reads: Files and folders that it reads besides.
    """

    stage: Stage
    settings: dict[str, Any]
    needs: tuple["Task", ...] = ()
    reads: tuple[Path, ...] = ()

    @cached_property
    def key(self) -> str:
        """Hash of the settings, the code, the data and the tasks that it needs."""
        version = code_version(self.stage.run.partition(":")[0], self.stage.core)
        return self._hash(version, [task.key for task in self.needs])

    @cached_property
    def work(self) -> str:
        """As `key`, whatever the code is."""
        return self._hash(None, [task.work for task in self.needs])

    def _hash(self, version: str | None, needs: list[str]) -> str:
        read = [identity(path) for path in self.reads]
        parts = [self.stage.name, self.settings, version, read, needs]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]

    def folder(self, cache_folder: Path) -> Path:
        """Where its result is kept.

        Args:
            cache_folder: Of the sweep.

        Returns:
            A folder of its own.

        Source:
            `execute`.
        """
        return cache_folder / self.stage.name / self.key

    def kept(self, cache_folder: Path) -> "Outcome | None":
        """The result of an earlier run.

        Args:
            cache_folder: Of the sweep.

        Returns:
            It, or None if the task has yet to be done.

        Source:
            `execute`.
        """
        try:
            document = json.loads((self.folder(cache_folder) / _DONE).read_bytes())
            return Outcome(document["found"], document["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            # Missing, or damaged: then it is done again.
            return None


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes:
        found: What its stage gave.
        seconds: What it took.
        error: One line where it failed; then `found` is None.
        bad_input: The error is about what the user gave.
        origin: Commit and machine of another sweep whose results it is from; then `seconds` hold those of
            what the task needed too.
    """

    found: Any
    seconds: float
    error: str | None = None
    bad_input: bool = False
    origin: dict[str, Any] | None = None


@dataclass(frozen=True)
class Order:
    """A task as it is sent to another process.

    Attributes:
        run: The stage's function, as `Stage.run`.
        settings: The task's.
        folder: Where it writes.
        needs: Folders of what it needs.
        home: The working folder, from which relative paths count.
        environment: Variables that say where data lies.
    """

    run: str
    settings: dict[str, Any]
    folder: str
    needs: tuple[str, ...]
    home: str
    environment: dict[str, str]


def order_of(task: Task, cache_folder: Path) -> Order:
    """A task as another process of this machine, or of one with the same folders, can run it.

    Args:
        task: The task.
        cache_folder: Of the sweep.

    Returns:
        The order.

    Source:
        `execute`.
    """
    return Order(
        task.stage.run,
        task.settings,
        str(task.folder(cache_folder).absolute()),
        tuple(str(need.folder(cache_folder).absolute()) for need in task.needs),
        os.getcwd(),
        {name: value for name, value in os.environ.items() if name.startswith("E2TAD_")},
    )


def execute(order: Order) -> Outcome:
    """Runs a task in this process and keeps its result in its folder.

    Args:
        order: The task.

    Returns:
        The outcome; a failure is one line, with the traceback in the folder's `error.txt`.

    Source:
        House rule: a failed row is reported and the others go on.
    """
    started = time.monotonic()
    folder = Path(order.folder)
    try:
        os.chdir(order.home)
        os.environ.update(order.environment)
        folder.mkdir(parents=True, exist_ok=True)
        needs = tuple(Path(name) for name in order.needs)
        module, _, function = order.run.partition(":")
        found = getattr(import_module(module), function)(
            Work(
                order.settings,
                folder,
                needs,
                tuple(json.loads((need / _DONE).read_bytes())["found"] for need in needs),
            )
        )
        seconds = round(time.monotonic() - started, 3)
        with replacing(folder / _DONE) as part:
            part.write_text(json.dumps({"found": found, "seconds": seconds}, allow_nan=False) + "\n")
        return Outcome(found, seconds)
    except Exception as error:
        with contextlib.suppress(OSError):  # The disk may be what failed.
            (folder / "error.txt").write_text(traceback.format_exc())
        return Outcome(
            None,
            round(time.monotonic() - started, 3),
            one_line(error),
            bad_input=isinstance(error, (ValueError, OSError)),
        )


def one_line(error: BaseException) -> str:
    """An error as a user reads it.

    Args:
        error: Any.

    Returns:
        One line; of errors that aren't about the user's input, with their type.

    Source:
        House rule: errors are one clear line.
    """
    if isinstance(error, OSError) and error.errno is not None:
        where = f"{error.filename}: " if error.filename else ""
        told = "no space left on the disk" if error.errno == errno.ENOSPC else error.strerror
        return f"{where}{told}"
    text = " ".join(str(error).split()) or "no reason given"
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


@cache
def identity(path: Path) -> str:
    """What tells whether data has changed.

    Args:
        path: A file or a folder.

    Returns:
        Of a file its content's hash; of a folder the hash of the names and sizes in it; of neither `missing`.

    Source:
        DESIGN, Command line (the experiments): rows are cached by what they depend on.
    """
    digest = hashlib.sha256()
    if path.is_file():
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    elif path.is_dir():
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                file_path = Path(folder) / name
                entry = f"{file_path.relative_to(path)} {file_path.stat().st_size}\n"
                digest.update(entry.encode("utf-8", "surrogateescape"))
    else:
        return "missing"
    return digest.hexdigest()


@cache
def code_version(module: str, core: tuple[str, ...] = ()) -> str:
    """Hash of the code that a module's results depend on.

    Args:
        module: Its name. All modules of the same package that it imports, and that these import, count;
            comments, docstrings and layout don't.
        core: Modules of the C++ core whose sources count too.

    Returns:
        The hash.

    Source:
        As `identity`.
    """
    digest = hashlib.sha256()
    for name, path in sorted(_imported(module).items()):
        digest.update(f"{name} {_code(path)}\n".encode())
    versions = _core.source_versions() if core else {}
    for name in sorted(core):
        digest.update(f"{name} {versions[name]}\n".encode())
    return digest.hexdigest()


def _imported(module: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = _file(name)
        if name in found or path is None:
            continue
        found[name] = path
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names if _ours(alias.name, module)]
            elif isinstance(node, ast.ImportFrom) and node.module and _ours(node.module, module):
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                todo += [one for one in inner if _file(one)]
                # The package's front hands on what is elsewhere: nearly everything would count.
                if node.module != "e2tad":
                    todo.append(node.module)
    return found


def _ours(name: str, module: str) -> bool:
    return name.split(".")[0] in ("e2tad", module.split(".")[0])


@cache
def _file(module: str) -> Path | None:
    """A module's file, found without importing anything."""
    first, *others = module.split(".")
    spec = find_spec(first)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin)
    if others:
        at = path.parent.joinpath(*others)
        path = at.with_suffix(".py") if at.with_suffix(".py").is_file() else at / "__init__.py"
    return path if path.suffix == ".py" and path.is_file() else None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _code(path: Path) -> str:
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body
            first = body[0] if body else None
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if told and isinstance(first.value.value, str):  # type: ignore[union-attr]
                node.body = body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
