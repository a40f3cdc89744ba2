"""What a load has to change on Redshift, and the statements that change it.

What has to change is found by comparing the lake's published version with what Redshift holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adventure_works.contract import raw_tables
from adventure_works.lake.base import LogEntry, newest_entries
from adventure_works.lake.s3_read import LakeFile, Published
from adventure_works.redshift.session import copy_role, literal
from adventure_works.settings import Settings

LOCKED = (
    "Another transaction holds {log}; `select * from svv_transactions` shows it with its process. Let it finish, or "
    "end it with `select pg_terminate_backend(PROCESS)`, and run the same command again."
)
NOT_COPIED = (
    "When another load has replaced the lake's files meanwhile, running the same command again is enough. Otherwise "
    "`adventure doctor --target prod` tries whether COPY may read the bucket."
)


@dataclass(frozen=True)
class Held:
    """What Redshift holds: its load_log, and the rows that each table has of each source file."""

    log: tuple[LogEntry, ...]
    rows: dict[str, dict[str, int]]

    @property
    def newest_load(self) -> str:
        """The id of the newest load that Redshift contains, empty when it was never loaded."""
        return max((entry.load_id for entry in self.log), default="")


@dataclass(frozen=True)
class Change:
    """What happens to one table: rows of these keys go, and these files come.

    The key is the source file; that of load_log is the load.
    """

    table: str
    delete: tuple[str, ...]
    files: tuple[LakeFile, ...]

    @property
    def rows(self) -> int:
        """Rows that come."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class Statement:
    """A statement of a load: in a few words what it does, its SQL, and what a user can do when it fails."""

    purpose: str
    sql: str
    remedy: str = ""


def changes(published: Published, held: Held) -> tuple[Change, ...]:
    """What has to change for Redshift to hold the published version; nothing when it does.

    A file is loaded again when Redshift's load_log names another load for it than the lake's, and also when
    Redshift's table has not the rows that its log says it has.
    """
    parts: dict[str, dict[str, list[LakeFile]]] = defaultdict(lambda: defaultdict(list))
    for file in published.files:
        parts[file.table][_key(file)].append(file)
    wanted = _by_table(published.entries.values())
    has = _by_table(newest_entries(sorted(held.log, key=lambda entry: entry.load_id)).values())
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
        come = {name for name in want if want[name] != have.get(name)}
        go = {name for name in have if want.get(name) != have[name]}
        if come or go:
            # A part without rows is left out: there is nothing in it to copy.
            files = (file for name in sorted(come) for file in parts[table].get(name, ()) if file.rows)
            found.append(Change(table, tuple(sorted(name for name in go if have[name][1])), tuple(files)))
    return tuple(found)


def lock(settings: Settings) -> Statement:
    """Takes load_log for this load until its transaction ends, which makes loads follow one another."""
    log = f"{settings.raw_schema}.load_log"
    return Statement("wait for other loads", f"lock {log}", remedy=LOCKED.format(log=log))


def statements(todo: Iterable[Change], settings: Settings, manifests: dict[str, str]) -> Iterator[Statement]:
    """The statements that make the changes, at most two for each table.

    Args:
        todo: what to change.
        settings: schema, and the role that COPY reads as.
        manifests: location of each table's COPY manifest.
    """
    role = copy_role(settings)
    for change in todo:
        table = f"{settings.raw_schema}.{change.table}"
        key = "load_id" if change.table == "load_log" else "source_file"
        if change.delete:
            # In the text, since the driver takes no more than 32,767 parameters for a statement.
            delete = f"delete from {table} where {key} in ({', '.join(map(literal, change.delete))})"
            yield Statement(f"delete from {change.table}", delete)
        if change.files:
            copy = (
                f"copy {table}\nfrom {literal(manifests[change.table])}\niam_role {role}\nformat as parquet\nmanifest"
            )
            yield Statement(f"copy into {change.table}", copy, remedy=NOT_COPIED)


def _by_table(entries: Iterable[LogEntry]) -> dict[str, dict[str, tuple[str, int]]]:
    """Load and rows of every file by table; a file's rejected records count as rows of rejected_rows."""
    tables: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for entry in entries:
        tables[entry.table_name][entry.source_file] = (entry.load_id, entry.loaded)
        tables["rejected_rows"][entry.source_file] = (entry.load_id, entry.rejected)
    return tables


def _key(file: LakeFile) -> str:
    """The value of the column by which the rows of a part are found: its source file; of load_log its load."""
    return file.source_file.removesuffix(".parquet") if file.table == "load_log" else file.source_file
