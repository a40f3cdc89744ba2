"""Looks at the files of a source: what each is, whether they go together, and whether one changes meanwhile."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.lake.base import Progress
from adventure_works.read.prepare import prepared
from adventure_works.read.recognise import NoTableError
from adventure_works.read.source_file import SourceFile, content_of
from adventure_works.settings import odd_letter
from adventure_works.sources.source import Source

OWN_TABLES = ("load_log", "rejected_rows")


def look_at(
    source: Source, scratch: Path, strict: bool, announce: Callable[[str], None], progress: Progress
) -> list[SourceFile]:
    """The files of `looked_at`.

    Raises:
        RefusedFileError: with all problems at once.
    """
    files, problems = looked_at(source, scratch, strict, announce, progress)
    raise_problems(problems)
    return files


def looked_at(
    source: Source, scratch: Path, strict: bool, announce: Callable[[str], None], progress: Progress
) -> tuple[list[SourceFile], list[str]]:
    """Brings every file into the form that is read, in `scratch` where it takes a copy, and finds its table.

    Returns the files, and what is wrong with others.
    """
    tables = [table for table in raw_tables().values() if table.name not in OWN_TABLES]
    files: list[SourceFile] = []
    problems = list(source.problems)
    of_no_table: list[NoTableError] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = [
            (found.name, pool.submit(prepared, found.path, found.name, scratch / str(number), tables, strict=strict))
            for number, found in enumerate(source.files)
        ]
        for number, (name, future) in enumerate(looks):
            progress(f"Looking at {name}", number, len(looks))
            for outcome in future.result():
                if isinstance(outcome, SourceFile):
                    files.append(outcome)
                elif isinstance(outcome, NoTableError):
                    of_no_table.append(outcome)
                else:
                    problems.append(str(outcome))
    complete = {file.table.name for file in files if file.table.files != "many"}
    for other in of_no_table:
        if other.is_meant or (other.says and other.says not in complete) or not files:
            problems.append(str(other))
        else:
            announce(f"Passed over {other.reason}")
    files = _once(files, announce)
    by_table: dict[str, list[str]] = defaultdict(list)
    by_name: dict[str, SourceFile] = {}
    for file in files:
        by_table[file.table.name].append(file.name)
        if odd := odd_letter(file.name):
            problems.append(
                f"{file.name}: a file with {odd} in its name cannot be kept in the lake. Give it another name and load "
                "again."
            )
        if by_name.setdefault(file.name, file) is not file:
            problems.append(f"{file.name}: two files of this name. Keep the right one, or give one another name.")
        if file.done:
            announce(f"{file.name}: {'; '.join(file.done)}.")
    for table, names in by_table.items():
        if len(names) > 1 and raw_tables()[table].files != "many":
            problems.append(
                f"{' and '.join(names)}: {len(names)} files for {table}, which comes in one. Keep the right one."
            )
    return files, problems


def _once(files: list[SourceFile], announce: Callable[[str], None]) -> list[SourceFile]:
    """The files without second copies, byte for byte, of one. The shortest name stays: `A.csv` of `A (1).csv`."""
    by_content: dict[tuple[str, str], SourceFile] = {}
    for file in sorted(files, key=lambda file: (len(file.name), file.name)):
        first = by_content.setdefault(content_of(file.scan.sha256, file.name), file)
        if first is not file:
            announce(f"{file.name} is the same file as {first.name}, and counted once.")
    return [file for file in files if by_content[content_of(file.scan.sha256, file.name)] is file]


State = tuple[int, ...] | None


def states(paths: Iterable[Path]) -> dict[Path, State]:
    """What the file system says of each file: the same twice, and nothing has changed it or taken its place."""
    return {path: _state(path) for path in paths}


def refuse_changed(before: dict[Path, State]) -> None:
    """Refuses a load whose files are no longer what they were when it began: it may have read a part of each."""
    changed = [path.name for path, state in before.items() if _state(path) != state]
    raise_problems(
        [f"{name}: has changed while it was loaded. Load again once it is written completely." for name in changed]
    )


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return None
    # The last time cannot be set, so that a tool that keeps the time of a file does not hide a change.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def raise_problems(problems: list[str]) -> None:
    """Raises what is wrong with the files, if anything is."""
    if problems:
        raise RefusedFileError("\n".join([*problems, "Nothing has been loaded; the lake is as it was."]))
