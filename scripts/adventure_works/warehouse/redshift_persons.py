"""Erasing persons on Redshift: in the tables of every schema whose name begins as those of the warehouse do."""

from collections.abc import Iterable

from adventure_works.errors import AdventureError
from adventure_works.lake.forgotten import ERASED
from adventure_works.redshift.session import Session, literal, session
from adventure_works.settings import Settings
from adventure_works.warehouse.base import Erased, Row
from adventure_works.warehouse.persons import updates


def erase_persons(settings: Settings, keys: Iterable[int]) -> Erased:
    """Erases them from the warehouse's tables in one transaction, and from each developer's in another."""
    erased, missed = [], []
    with session("forget") as redshift:
        columns, hidden = _columns(redshift, settings.schema)
        missed += [f"{schema}: this login may not read it. Its owner has to erase the persons." for schema in hidden]
        schemas = sorted({row["table_schema"] for row in columns})
        developers = [schema for schema in schemas if schema.startswith(f"{settings.schema}_dev_")]
        own = [schema for schema in schemas if schema not in developers]
        for together in (own, *([schema] for schema in developers)):
            try:
                erased += _erase(redshift, settings, [row for row in columns if row["table_schema"] in together], keys)
            except AdventureError as error:
                if together is own:
                    raise
                missed.append(f"{together[0]}: {error}")
    return erased, missed


def _erase(redshift: Session, settings: Settings, columns: list[Row], keys: Iterable[int]) -> list[str]:
    changed = {}
    with redshift.transaction():
        for table, update, condition in updates(columns, keys):
            (found,) = redshift.ask(f"select count(*) as persons from {table} where {condition}")
            if found["persons"]:
                redshift.ask(update)
                changed[table] = found["persons"]
        if any(row["table_schema"] == settings.raw_schema for row in columns):
            # Whose record this is cannot be asked in SQL; the lake keeps the text of others.
            rejected = f"{settings.raw_schema}.rejected_rows"
            redshift.ask(f"update {rejected} set raw_text = {literal(ERASED)} where table_name = 'customers'")
            changed[rejected] = 0
    for table in changed:
        # Else the rows as they were stay on the disk until Redshift finds the time.
        redshift.ask(f"vacuum delete only {table} to 100 percent")
    return [f"{table}: {rows} rows" for table, rows in changed.items() if rows]


def _columns(redshift: Session, prefix: str) -> tuple[list[Row], list[str]]:
    """Schema, table and name of the columns of tables and not of views; and the schemas whose columns are hidden."""
    begins = f"= {literal(f'{prefix}_')}"
    tables = {
        (row["schemaname"], row["tablename"])
        for row in redshift.ask(
            f"select schemaname, tablename from pg_tables where left(schemaname, {len(prefix) + 1}) {begins}"
        )
    }
    found = redshift.ask(
        'select table_schema, table_name, column_name from information_schema."columns" '
        f"where left(table_schema, {len(prefix) + 1}) {begins}"
    )
    columns = [row for row in found if (row["table_schema"], row["table_name"]) in tables]
    return columns, sorted({schema for schema, _ in tables} - {row["table_schema"] for row in columns})
