"""The raw schema on Redshift: made from the contract where it is missing, and never changed or dropped."""

from collections import defaultdict

from adventure_works.contract import Table, raw_tables
from adventure_works.errors import AdventureError
from adventure_works.redshift.session import ConnectionLostError, Session, literal

# Columns that the loader writes itself and that are never null, beside those that the contract requires.
ALWAYS_THERE = ("source_file", "record_number", "load_id", "table_name", "status")
# Names of types in information_schema, and in the contract.
TYPES = {"character varying": "varchar", "text": "varchar", "timestamp without time zone": "timestamp"}


def make_raw_schema(redshift: Session, schema: str) -> None:
    """Makes the schema and the tables that are missing; leaves alone what is there.

    Raises:
        AdventureError: a table is there with other columns than the contract's, or something cannot be made.
    """
    found = found_columns(redshift, schema)
    problems = differences(found, schema)
    if problems:
        raise AdventureError("\n".join(problems))
    missing = [table for table in raw_tables().values() if table.name not in found]
    if not missing:
        return

    def make() -> None:
        redshift.ask(f"create schema if not exists {schema}")
        for table in missing:
            for sql in creation(table, schema):
                redshift.ask(sql)

    try:
        redshift.in_transaction(make)
    except ConnectionLostError:
        raise
    except AdventureError:
        # Of two loads that make the tables at once one fails; what counts is that they are there.
        if raw_tables().keys() - found_columns(redshift, schema).keys():
            raise


def found_columns(redshift: Session, schema: str) -> dict[str, list[tuple[str, str]]]:
    """Name and type of every column of the schema's tables, in order, by table; types as the contract writes them."""
    rows = redshift.ask(
        "select table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale\n"
        'from information_schema."columns"\n'
        "where table_schema = ?\n"
        "order by table_name, ordinal_position",
        (schema,),
    )
    tables: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        name = str(row["data_type"])
        kind = TYPES.get(name, name)
        if kind == "varchar":
            # One without a length, as the catalog of PostgreSQL has it, takes as much as any.
            kind += f"({row['character_maximum_length'] or 65_535})"
        elif kind == "numeric":
            kind += f"({row['numeric_precision']}, {row['numeric_scale']})"
        tables[row["table_name"]].append((row["column_name"], kind))
    return tables


def differences(found: dict[str, list[tuple[str, str]]], schema: str) -> list[str]:
    """What is wrong with the tables that are there, a sentence a table. COPY of Parquet goes by position."""
    problems = []
    for table in raw_tables().values():
        wanted = [(column.name, column.data_type) for column in table.columns]
        have = found.get(table.name, wanted)
        if have != wanted:
            apart = next(
                (f"has {' '.join(a)} where the contract has {' '.join(b)}" for a, b in zip(have, wanted) if a != b),  # noqa: B905
                f"has {len(have)} columns where the contract has {len(wanted)}",
            )
            problems.append(
                f"{schema}.{table.name} {apart}. It is left alone. Move it away (`alter table {schema}.{table.name} "
                f"rename to {table.name}_before`) and load again: the table is made again and filled from the lake."
            )
    return problems


def creation(table: Table, schema: str) -> list[str]:
    """The statements that make a table.

    A table of many files is sorted by source file, so that replacing one file's rows and counting them reads no
    others. Distribution is left to Redshift, which spreads a table when it grows.
    """
    place = f"{schema}.{table.name}"
    columns = ",\n".join(
        f"    {column.name} {column.data_type}"
        + (" not null" if column.needs_value or column.name in ALWAYS_THERE else "")
        for column in table.columns
    )
    sort = "\nsortkey (source_file)" if table.files == "many" else ""
    comments = [(f"table {place}", table.description)]
    comments += [(f"column {place}.{column.name}", column.description) for column in table.columns]
    return [
        f"create table if not exists {place} (\n{columns}\n)\ndiststyle auto{sort}",
        *(f"comment on {what} is {literal(description)}" for what, description in comments if description),
    ]
