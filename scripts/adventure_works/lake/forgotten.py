"""Persons that a lake has forgotten: their keys as salted digests, and rows without what says who they are.

    lake/forgotten.json      salt, and of each person: digest of the key, when, and what was erased where

A load leaves out what its file says of these persons, so that the file they are in can be loaded again. Their keys
stay: sales are on them.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from adventure_works.contract import Table, raw_tables
from adventure_works.disk import replaced, sync
from adventure_works.lake.history import EARLIER
from adventure_works.read.records import Reject
from adventure_works.sql import glob, one_row, quoted

FORGOTTEN = "forgotten.json"
# What takes the place of the text of a record that could not be read.
ERASED = "(erased: a person to be forgotten)"
KEY = "customer_key"
# These say where a row comes from.
KEPT = ("source_file", "record_number")
# What staging makes of a record that has only a key, by column, in SQL: a snapshot finds that nothing has changed.
BLANK = {
    "prefix": "null",
    "first_name": "'Unknown'",
    "last_name": "'Unknown'",
    "full_name": "'Unknown'",
    "email_address": "null",
    "birth_date": "null",
    "gender": "'Unknown'",
    "marital_status": "'Unknown'",
    "is_home_owner": "null",
    "total_children": "null",
    "education_level": "'Unknown'",
    "occupation": "'Unknown'",
    "annual_income": "null",
}


@dataclass(frozen=True)
class Entry:
    """The audit record of one person; `finished_at` is empty until everything is erased. Times are in UTC, ISO 8601."""

    digest: str
    asked_at: str
    finished_at: str = ""
    erased: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forgotten:
    """Who is forgotten. A record of one of these persons has no other value than its key."""

    salt: str = ""
    persons: tuple[Entry, ...] = field(default=())

    def digest(self, key: int) -> str:
        """The key as it is kept here."""
        return hashlib.sha256(f"{self.salt}:{key}".encode()).hexdigest()

    def has(self, key: int) -> bool:
        """Whether the person with the key is forgotten."""
        return self.digest(key) in {person.digest for person in self.persons}

    def with_persons(self, keys: Iterable[int], now: str) -> "Forgotten":
        """With these persons among the forgotten; those that are already begin again."""
        salted = self if self.salt else replace(self, salt=secrets.token_hex(16))
        new = {salted.digest(key): Entry(salted.digest(key), now) for key in keys}
        return replace(salted, persons=tuple(({one.digest: one for one in self.persons} | new).values()))

    def finished(self, keys: Iterable[int], now: str, erased: Iterable[str]) -> "Forgotten":
        """With what was erased of these persons."""
        done, what = {self.digest(key) for key in keys}, tuple(erased)
        return replace(
            self,
            persons=tuple(
                replace(one, finished_at=now, erased=what) if one.digest in done else one for one in self.persons
            ),
        )

    def to_json(self) -> bytes:
        """The content of the file."""
        return json.dumps(asdict(self), indent=1).encode()

    @staticmethod
    def from_json(content: bytes) -> "Forgotten":
        """What the content of the file says."""
        found: dict[str, Any] = json.loads(content)
        persons = tuple(Entry(**one | {"erased": tuple(one["erased"])}) for one in found["persons"])
        return Forgotten(found["salt"], persons)

    def blank(self, path: Path, blanks: Mapping[str, str] | None = None) -> int:
        """Leaves only the key in the rows of forgotten persons in a Parquet file; returns how many had more.

        The columns that `blanks` names get the value there, in SQL; without it, all others are NULL, as in a raw table.
        """
        if not self.persons:
            return 0
        digests = ", ".join(quoted(person.digest) for person in self.persons)
        is_forgotten = f"sha256({quoted(self.salt)} || ':' || {KEY}) in ({digests})"
        with duckdb.connect() as connection:
            found = connection.execute(f"describe select * from read_parquet({glob(path)})").fetchall()
            if blanks is None:
                blanks = {name: "null" for name, *_ in found if name not in (KEY, *KEPT)}
            columns = {name: f"cast({blanks[name]} as {kind})" for name, kind, *_ in found if name in blanks}
            has_more = " or ".join(f"{column} is distinct from {blank}" for column, blank in columns.items())
            (rows,) = one_row(
                connection, f"select count(*) from read_parquet({glob(path)}) where {is_forgotten} and ({has_more})"
            )
            if rows:
                blanked = ", ".join(
                    f"case when {is_forgotten} then {blank} else {column} end as {column}"
                    for column, blank in columns.items()
                )
                with replaced(path) as new:
                    connection.execute(
                        f"copy (select * replace ({blanked}) from read_parquet({glob(path)})) to {quoted(new)} "
                        "(format parquet, compression snappy)"
                    )
                    sync(new)
        return int(rows)

    def blank_rejects(self, path: Path, values: Iterable[str] = ()) -> int:
        """Erases the text of rejected records of forgotten persons in a Parquet file; returns how many had it.

        `values` are names and addresses of theirs, for records whose key cannot be read.
        """
        with duckdb.connect() as connection:
            connection.execute(f"create table rejects as select * from read_parquet({glob(path)})")
            found = connection.execute("select rowid, table_name, raw_text from rejects").fetchall()
            erased = [
                number
                for number, table, text in found
                if raw_tables()[table].holds_persons and self._is_of(text, values)
            ]
            if erased:
                connection.execute("update rejects set raw_text = ? where rowid in ?", [ERASED, erased])
                with replaced(path) as new:
                    connection.execute(f"copy rejects to {quoted(new)} (format parquet, compression zstd)")
                    sync(new)
        return len(erased)

    def without_text(self, rejects: list[Reject], table: Table) -> list[Reject]:
        """The rejected records of a file of the table, without the text of those of forgotten persons."""
        if not self.persons or not table.holds_persons:
            return rejects
        return [replace(reject, raw_text=ERASED) if self._is_of(reject.raw_text) else reject for reject in rejects]

    def _is_of(self, text: str, values: Iterable[str] = ()) -> bool:
        """Whether a record may be one of theirs: a number in it is a key of one, or it has such a name or address."""
        has_key = any(self.has(int(number)) for number in re.findall(r"(?<!\d)\d{1,18}(?!\d)", text))
        return has_key or any(value.casefold() in text.casefold() for value in values)


NOBODY = Forgotten()


def tables_of_persons() -> dict[str, Table]:
    """The tables of the lake with rows of persons, by the folder of a version that their files are in."""
    tables = {name: table for name, table in raw_tables().items() if table.holds_persons}
    return tables | {f"{EARLIER}/{name}": table for name, table in tables.items()}


def persons_in(paths: Iterable[Path], keys: Iterable[int]) -> dict[int, set[str]]:
    """Names and addresses of the persons with these keys that are in Parquet files, by key."""
    found: dict[int, set[str]] = {}
    wanted = ", ".join(map(str, keys))
    with duckdb.connect() as connection:
        for path in paths:
            for number, first, last, address in connection.execute(
                f"select {KEY}, first_name, last_name, email_address from read_parquet({glob(path)}) "
                f"where {KEY} in ({wanted})"
            ).fetchall():
                values = found.setdefault(number, set())
                values.update({address} if address else ())
                # A name alone may be a word, or somebody else's.
                values.update({f"{first} {last}", f"{first},{last}"} if first and last else ())
    return found
