"""Looks at the files of a source: what each is, whether they go together, and whether one changes meanwhile."""

import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adventure_works.contract import raw_tables
from adventure_works.errors import RefusedFileError
from adventure_works.lake.base import Progress
from adventure_works.read.recognise import recognise
from adventure_works.read.scan import scan
from adventure_works.read.source_file import SourceFile
from adventure_works.sources.source import Source

OWN_TABLES = ("load_log", "rejected_rows")


def look_at(source: Source, progress: Progress) -> list[SourceFile]:
    """Scans and recognises every file.

    Raises:
        RefusedFileError: with all problems at once.
    """
    tables = [table for table in raw_tables().values() if table.name not in OWN_TABLES]
    files: list[SourceFile] = []
    problems: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        scans = [(path, pool.submit(scan, path)) for path in source.files]
        for number, (path, future) in enumerate(scans):
            progress(f"Looking at {path.name}", number, len(scans))
            try:
                files.append(recognise(future.result(), tables))
            except RefusedFileError as error:
                problems.append(str(error))
    by_table: dict[str, list[str]] = defaultdict(list)
    by_digest: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for file in files:
        by_table[file.table.name].append(file.name)
        first = by_digest.setdefault(file.scan.sha256, file.name)
        if first != file.name:
            problems.append(f"{first} and {file.name}: the same file twice. Remove one of them.")
        elif by_name.setdefault(file.name, file.scan.sha256) != file.scan.sha256:
            problems.append(f"{file.name}: two files of this name. Keep the right one, or give one another name.")
    for table, names in by_table.items():
        if len(names) > 1 and raw_tables()[table].files != "many":
            problems.append(
                f"{' and '.join(names)}: {len(names)} files for {table}, which comes in one. Keep the right one."
            )
    raise_problems(problems)
    return files


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
