"""What a load has to change on Redshift: the lake's published version compared with what Redshift holds."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from adventure_works.contract import raw_tables
from adventure_works.lake.base import LogEntry
from adventure_works.lake.s3_read import LakeFile, Published

# Above this many names a table is loaded anew. A statement may have 100 kB, and a name takes up to 514 bytes as a
# literal.
MOST_NAMES = 150


@dataclass(frozen=True)
class HeldFile:
    """One row of Redshift's own load_log, as far as it decides what changes."""

    load_id: str
    table_name: str
    source_file: str
    status: str
    loaded: int
    rejected: int
    source: str


@dataclass(frozen=True)
class Held:
    """What Redshift holds: its load_log, and the rows that each table has of each source file."""

    log: tuple[HeldFile, ...]
    rows: dict[str, dict[str, int]]

    @property
    def newest_load(self) -> str:
        """The id of the load that brought Redshift to where it is, empty when it was never loaded."""
        return max((entry.load_id for entry in self.log), default="")


@dataclass(frozen=True)
class Change:
    """What happens to one table: rows of these keys go (None: all rows), and these files come.

    The key is the source file; that of load_log is the load.
    """

    table: str
    delete: tuple[str, ...] | None
    files: tuple[LakeFile, ...]

    @property
    def rows(self) -> int:
        """Rows that come."""
        return sum(file.rows for file in self.files)


def changes(published: Published, held: Held) -> tuple[Change, ...]:
    """What has to change for Redshift to hold the published version; nothing when it does.

    A file is loaded anew when Redshift's load_log names another load for it than the lake's, and also when
    Redshift's table has not the rows that its log says it has.
    """
    parts: dict[str, dict[str, list[LakeFile]]] = defaultdict(lambda: defaultdict(list))
    for file in published.files:
        parts[file.table][_key(file)].append(file)
    newest_held = {entry.source_file: entry for entry in sorted(held.log, key=lambda entry: entry.load_id)}
    wanted, has = _by_table(published.entries.values()), _by_table(newest_held.values())
    found = []
    for table in raw_tables():
        if table == "load_log":
            want = {load: (load, rows) for load, rows in Counter(entry.load_id for entry in published.log).items()}
            have = {load: (load, rows) for load, rows in Counter(entry.load_id for entry in held.log).items()}
        else:
            want = wanted[table]
            rows = held.rows.get(table, {})
            # A file that the log does not know still has rows to be rid of, and one without rows a load to match.
            have = {name: (has[table].get(name, ("", 0))[0], rows.get(name, 0)) for name in {*rows, *has[table]}}
        change = _change(table, want, have, parts[table])
        if change:
            found.append(change)
    return tuple(found)


def _by_table(entries: Iterable[LogEntry | HeldFile]) -> dict[str, dict[str, tuple[str, int]]]:
    """Load and rows of every file by table; a file's rejected records count as rows of rejected_rows."""
    tables: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for entry in entries:
        if entry.status == "loaded":
            tables[entry.table_name][entry.source_file] = (entry.load_id, entry.loaded)
            tables["rejected_rows"][entry.source_file] = (entry.load_id, entry.rejected)
    return tables


def _change(
    table: str,
    want: dict[str, tuple[str, int]],
    have: dict[str, tuple[str, int]],
    parts: dict[str, list[LakeFile]],
) -> Change | None:
    come = {name for name in want if want[name] != have.get(name)}
    go = {name for name in have if want.get(name) != have[name]}
    if not come and not go:
        return None
    if len(go) > MOST_NAMES:
        come, delete = set(want), None
    else:
        delete = tuple(sorted(name for name in go if have[name][1]))
    # A part without rows is left out: there is nothing in it to copy.
    files = tuple(file for name in sorted(come) for file in parts.get(name, ()) if file.rows)
    return Change(table, delete, files)


def _key(file: LakeFile) -> str:
    """The value of the column that tells the rows of a part: its source file; of load_log its load."""
    return file.source_file.removesuffix(".parquet") if file.table == "load_log" else file.source_file
