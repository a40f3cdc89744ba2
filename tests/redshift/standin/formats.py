"""Files of COPY and UNLOAD: Parquet to and from the CSV that the engine reads and writes.

What the engine reads has every value in quotes and NULL as a bare \\N. Column types are checked here as strictly as
Redshift checks them, before the engine could cast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from standin.refusal import Refused

# Column type -> what a Parquet column may be: (physical type, annotation).
_PARQUET_TYPES = {
    "boolean": {("BOOLEAN", None)},
    "smallint": {("INT32", "INT_16")},
    "integer": {("INT32", None), ("INT32", "INT_32")},
    "bigint": {("INT64", None), ("INT64", "INT_64")},
    "real": {("FLOAT", None)},
    "double precision": {("DOUBLE", None)},
    "date": {("INT32", "DATE")},
    "timestamp without time zone": {("INT64", "TIMESTAMP_MICROS"), ("INT64", "TIMESTAMP_MILLIS"), ("INT96", None)},
    "character varying": {("BYTE_ARRAY", "UTF8")},
    "character": {("BYTE_ARRAY", "UTF8")},
}
_CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP"}
_TEXT = ("character varying", "character", "text")


@dataclass(frozen=True)
class Column:
    """A column of the target table: its type without modifier, and precision and scale, or length in bytes."""

    name: str
    type: str
    limits: tuple[int, ...]

    @property
    def full_type(self) -> str:
        """The type as it would be declared."""
        return f"{self.type}({','.join(map(str, self.limits))})" if self.limits else self.type


def scan_error(context: str, code: int = 15007) -> Refused:
    """The error of a scan of columnar files."""
    rule = "-----------------------------------------------"
    detail = f"\n  {rule}\n  error:  Spectrum Scan Error\n  code:      {code}\n  context:   {context}\n  {rule}\n"
    return Refused(f"Spectrum Scan Error: {context}", "XX000", detail)


def convert_parquet(source: Path, url: str, table: str, columns: Sequence[Column], rows: Path) -> None:
    """Writes the rows of a Parquet file for the engine; columns count by position, names do not matter.

    Raises Refused when the number, a type or a codec does not fit, or a text is longer than its column (in bytes).
    """
    with duckdb.connect() as connection:
        try:
            schema = connection.execute(
                "select name, type, converted_type, precision, scale, num_children from parquet_schema(?)",
                [str(source)],
            ).fetchall()
            codecs = connection.execute(
                "select distinct compression from parquet_metadata(?)", [str(source)]
            ).fetchall()
        except duckdb.Error as error:
            raise scan_error(f"File '{url}' is not a valid Parquet file: {str(error).splitlines()[0]}") from error
        elements = list(_top_level(schema))
        if len(elements) != len(columns):
            raise scan_error(
                "Unmatched number of columns between table and file. "
                f"Table columns: {len(columns)}, Data columns: {len(elements)}, File name: {url}"
            )
        for column, (name, kind, annotation, precision, scale, children) in zip(columns, elements, strict=True):
            if children or not _fits(column, kind, annotation, precision, scale):
                found = f"{kind} {annotation or ''}".strip()
                found += f"({precision},{scale})" if annotation == "DECIMAL" else ""
                raise scan_error(
                    f"File '{url}' has an incompatible Parquet schema for column '{table}.{column.name}'. "
                    f"Column type: {column.full_type.upper()}, Parquet schema: {name} {found}"
                )
        if strange := {codec for (codec,) in codecs} - _CODECS:
            raise scan_error(f"File '{url}' uses the compression {', '.join(sorted(strange))}, which is not supported")
        names = [f'"c{position}"' for position in range(len(columns))]
        relation = f"(select * from read_parquet(?, hive_partitioning = false)) as file({', '.join(names)})"
        for column, name in zip(columns, names, strict=True):
            if column.type in _TEXT and column.limits:
                longest = connection.execute(f"select max(strlen({name})) from {relation}", [str(source)]).fetchall()[
                    0
                ][0]
                if (longest or 0) > column.limits[0]:
                    raise scan_error(
                        f"The length of the data column {column.name} is longer than the length defined in the table. "
                        f"Table: {column.limits[0]}, Data: {longest}, File name: {url}"
                    )
        connection.execute(
            f"copy (select * from {relation}) to '{rows}' (format csv, header false, nullstr '\\N', force_quote *)",
            [str(source)],
        )


def _top_level(schema: list[tuple]) -> Iterator[tuple]:
    """The elements of a Parquet schema that are columns; the last member of each is how many children follow it."""
    pending = [schema[0][-1]]  # children still to come, of the root and of what we are inside of
    for element in schema[1:]:
        if len(pending) == 1:
            yield element
        pending[-1] -= 1
        if element[-1]:
            pending.append(element[-1])
        while len(pending) > 1 and not pending[-1]:
            pending.pop()


def _fits(column: Column, kind: str, annotation: str | None, precision: int | None, scale: int | None) -> bool:
    if column.type == "numeric":
        return annotation == "DECIMAL" and (precision, scale) == column.limits
    return (kind, annotation) in _PARQUET_TYPES.get(column.type, set())


def write(source: Path, types: Sequence[tuple[str, str]], target: Path) -> None:
    """Writes what the engine unloaded, a CSV file with a header, as Parquet; types: name and type."""
    columns = ", ".join(f"{_quoted(name)}: {_quoted(_duckdb_type(kind))}" for name, kind in types)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_csv(?, header = true, nullstr = '\\N', auto_detect = false, "
            f"columns = {{{columns}}})) to '{target}' (format parquet, compression snappy)",
            [str(source)],
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _duckdb_type(kind: str) -> str:
    """A type of the engine as DuckDB calls it."""
    if kind.startswith(_TEXT) or kind == "name":
        return "VARCHAR"
    if kind == "numeric":
        return "DECIMAL(38, 10)"
    return {"timestamp without time zone": "TIMESTAMP", "timestamp with time zone": "TIMESTAMPTZ"}.get(kind, kind)
