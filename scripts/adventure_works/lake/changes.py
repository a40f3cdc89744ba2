"""Which files of a source change the lake, and which may not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake.base import LogEntry, newest_entries
from adventure_works.lake.look import OWN_TABLES, raise_problems
from adventure_works.lake.reading import Reading
from adventure_works.read.source_file import SourceFile, content_of
from adventure_works.sources.source import Source


@dataclass(frozen=True)
class Changes:
    """What a load has to do: read `changed`, leave `same`, and let `superseded` go.

    `corrects` is, for each table whose file is a correction, the id of the load that it corrects.
    """

    changed: tuple[SourceFile, ...]
    same: tuple[LogEntry, ...]
    superseded: tuple[LogEntry, ...]
    corrects: dict[str, str]


def changes(
    source: Source,
    files: list[SourceFile],
    log: list[LogEntry],
    lost: set[str],
    reading: Reading,
    corrected: tuple[str, ...],
    announce: Callable[[str], None],
) -> Changes:
    """Compares files with what the lake holds; `corrected` are the tables whose file is a correction.

    Of the files named in `lost` the lake holds fewer rows than were loaded: they are read again.

    A file is the same when its bytes are, it was read by the same contract with the same options, and it is not to
    correct what was before it.

    Raises:
        AdventureError: a file may not take the place of what the lake holds, or one is missing.
    """
    held = newest_entries(log)
    _refuse_names_of_other_tables(files, held)
    _refuse_missing_tables(files, held, source)
    _refuse_lost_rows(files, held, lost, announce)
    _refuse_emptied_tables(files, held)
    by_content = {content_of(entry.sha256, entry.source_file): entry for entry in held.values()}
    corrects = _corrects(files, log, corrected, source, announce)
    changed: list[SourceFile] = []
    same: list[LogEntry] = []
    for file in files:
        entry = by_content.get(content_of(file.scan.sha256, file.name))
        if entry and entry.source_file != file.name:
            announce(f"{file.name} is the file that the lake holds as {entry.source_file}.")
        is_whole = entry is not None and entry.source_file not in lost
        if entry and is_whole and reading.is_that_of(entry, file.table) and file.table.name not in corrects:
            same.append(entry)
            continue
        changed.append(file)
        if entry is None and file.table.name not in corrects:
            _announce_earlier(file, log, announce)
    only = {file.table.name for file in changed if file.table.files != "many"}
    names = {file.name for file in changed}
    contents = {content_of(file.scan.sha256, file.name) for file in changed}
    # A file is gone when another took its place in a table of one file, or when it is read again under another name.
    superseded = tuple(
        entry
        for entry in held.values()
        if entry.source_file not in names
        and (entry.table_name in only or content_of(entry.sha256, entry.source_file) in contents)
    )
    return Changes(tuple(changed), tuple(same), superseded, corrects)


def _corrects(
    files: list[SourceFile],
    log: list[LogEntry],
    corrected: tuple[str, ...],
    source: Source,
    announce: Callable[[str], None],
) -> dict[str, str]:
    """By table, the load that a correction corrects: the one that loaded the version before."""
    found = {}
    for table in corrected:
        digest = next((file.scan.sha256 for file in files if file.table.name == table), None)
        if digest is None:
            raise AdventureError(
                f"--corrects {table}: {source.origin} has no file of {table}. Nothing has been loaded. Add the "
                "corrected file, or leave the option out."
            )
        loads = [entry for entry in log if entry.table_name == table and entry.status == "loaded"]
        if not loads:
            raise AdventureError(
                f"--corrects {table}: the lake holds no {table} that could be corrected. Nothing has been loaded. "
                "Leave the option out."
            )
        is_done = loads[-1].sha256 == digest and loads[-1].corrects
        before = [entry.load_id for entry in loads if entry.sha256 != digest]
        if is_done:
            announce(f"{table}: this correction is in the lake already.")
        elif before:
            found[table] = before[-1]
        else:
            announce(f"{table}: the lake has never held another version of it, so that there is nothing to correct.")
    return found


def _announce_earlier(file: SourceFile, log: list[LogEntry], announce: Callable[[str], None]) -> None:
    """Warns of bytes that were loaded once and have been replaced since: an old copy, or a correction taken back."""
    loads = [entry for entry in log if entry.sha256 == file.scan.sha256 and entry.status == "loaded"]
    if not loads:
        return
    earlier = loads[-1]
    after = [
        entry
        for entry in log
        if entry.load_id > earlier.load_id
        and entry.table_name == earlier.table_name
        and (entry.source_file == earlier.source_file or raw_tables()[entry.table_name].files != "many")
    ]
    since = f" and replaced on {after[0].loaded_at:%Y-%m-%d %H:%M} UTC" if after else ""
    announce(
        f"Warning: {file.name} is an earlier version: the same bytes were loaded as {earlier.source_file} on "
        f"{earlier.loaded_at:%Y-%m-%d %H:%M} UTC{since}. It is loaded again. If it is an old copy, load the right "
        "file after it."
    )


def _refuse_names_of_other_tables(files: list[SourceFile], held: dict[str, LogEntry]) -> None:
    """A name belongs to one table: the rows of the other one would otherwise go without a file in their place."""
    raise_problems(
        [
            f"{file.name}: holds {file.table.name}, and the lake knows a file of this name as {entry.table_name}, of "
            f"which it holds {entry.loaded:,} records. Give the file another name and load again."
            for file in files
            if (entry := held.get(file.name)) and entry.table_name != file.table.name
        ]
    )


def _refuse_lost_rows(
    files: list[SourceFile], held: dict[str, LogEntry], lost: set[str], announce: Callable[[str], None]
) -> None:
    """Rows that somebody has deleted in the lake come back from their file, and only from there."""
    there = {file.name for file in files} | {
        held[name].source_file for name in lost for file in files if held[name].sha256 == file.scan.sha256
    }
    raise_problems(
        [
            f"{name}: the lake no longer has the {held[name].loaded:,} rows that were loaded from it, and the source "
            "does not have the file. Load it again, or start the lake afresh with --replace."
            for name in sorted(lost - there)
        ]
    )
    for name in sorted(lost & there):
        announce(f"{name}: the lake no longer has the {held[name].loaded:,} rows that were loaded; it is read again.")


def _refuse_missing_tables(files: list[SourceFile], held: dict[str, LogEntry], source: Source) -> None:
    # The days of a calendar can be made from the sales.
    known = {
        *OWN_TABLES,
        "calendar",
        *(file.table.name for file in files),
        *(entry.table_name for entry in held.values()),
    }
    missing = [table for name, table in raw_tables().items() if table.files != "optional" and name not in known]
    if missing:
        names = ", ".join(f"{table.name} ({table.file_pattern})" for table in missing)
        raise AdventureError(
            f"{source.origin}: no file for {names}, and the lake holds none yet. Add what is missing and load again."
        )


def _refuse_emptied_tables(files: list[SourceFile], held: dict[str, LogEntry]) -> None:
    """A file may have a header only, as in a shop without returns, but not where there were records before."""
    records = Counter[str]()
    for entry in held.values():
        records[entry.table_name] += entry.loaded
    raise_problems(
        [
            f"{file.name}: a header and no records, where the lake holds {records[file.table.name]:,} of them. Fetch "
            "or export the file again, or start the lake afresh with --replace."
            for file in files
            if not file.scan.records and records[file.table.name]
        ]
    )
