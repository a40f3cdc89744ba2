"""The statements that make one load, as one transaction of the Data API."""

import json
from dataclasses import replace

from adventure_works.lake.s3_read import Published
from adventure_works.redshift.data_api import Statement, literal
from adventure_works.redshift.plan import Change, Held
from adventure_works.settings import Settings

LOG_MOVED = "load_log is as it was compared"
LOCKED = (
    "A transaction that holds {log} stands in `select * from svv_transactions` with its process. Let it finish, or end "
    "it with `select pg_terminate_backend(PROCESS)`, and run the same command again."
)
NOT_COPIED = (
    "When another load has replaced the lake's files meanwhile, running the same command again is enough. Otherwise "
    "`adventure doctor --target prod` tries whether COPY may read the bucket."
)
MISCOUNTED = (
    "The files in the lake do not hold the rows that their log says. Load them anew with `adventure load --replace "
    "--to redshift` and the same source."
)


def batch(
    todo: tuple[Change, ...],
    held: Held,
    published: Published,
    settings: Settings,
    manifests: dict[str, str],
) -> list[Statement]:
    """The statements that make the changes, as one transaction: 3 of order, and at most 3 for each table.

    Args:
        todo: what to change.
        held: what Redshift held when that was decided; the batch fails when its load_log is another by then.
        published: the version that the changes lead to.
        settings: schema, and the role that COPY reads as.
        manifests: location of each table's COPY manifest.
    """
    schema = settings.raw_schema
    role = "default" if settings.copy_role == "default" else literal(settings.copy_role)
    log = f"{schema}.load_log"
    # Of an empty table there is no newest load; a load id is never empty.
    same = f"count(*) = {len(held.log)} and coalesce(max(load_id), '') = {literal(held.newest_load)}"
    statements = [
        Statement("name the query group", f"set query_group to {literal(settings.query_group)}"),
        Statement("wait for other loads", f"lock {log}", LOCKED.format(log=log)),
        Statement(LOG_MOVED, f"select {_must(same)} from {log}"),
    ]
    for change in sorted(todo, key=lambda change: change.table != "load_log"):
        table = f"{schema}.{change.table}"
        key = "load_id" if change.table == "load_log" else "source_file"
        if change.delete is None:
            statements.append(Statement(f"empty {change.table}", f"delete from {table}"))
        elif change.delete:
            names = ", ".join(map(literal, change.delete))
            statements.append(Statement(f"delete from {change.table}", f"delete from {table} where {key} in ({names})"))
        if change.files:
            copy = (
                f"copy {table}\nfrom {literal(manifests[change.table])}\niam_role {role}\nformat as parquet\nmanifest"
            )
            statements.append(Statement(f"copy into {change.table}", copy, NOT_COPIED))
        guard = (
            f"select {_must(f'count(*) = {len(published.log)}')} from {log}"
            if change.table == "load_log"
            else _rows_are_logged(change.table, schema)
        )
        statements.append(Statement(f"count {change.table}", guard, MISCOUNTED))
    return [replace(statement, sql=_marked(statement, published.load_id)) for statement in statements]


def _marked(statement: Statement, load_id: str) -> str:
    """The statement behind a comment that says whom it serves, as dbt's statements say it too."""
    mark = {"app": "adventure_works", "load": load_id, "step": statement.purpose}
    return f"/* {json.dumps(mark)} */\n{statement.sql}"


def _must(condition: str) -> str:
    """An expression that fails the transaction when the condition does not hold: a division by zero."""
    return f"1 / (case when {condition} then 1 else 0 end)"


def _rows_are_logged(table: str, schema: str) -> str:
    """A query that fails when the table's rows of any file are not as many as that file's newest log entry says."""
    measure = "rejected" if table == "rejected_rows" else "loaded"
    of_table = "" if table == "rejected_rows" else f" and table_name = {literal(table)}"
    return (
        "with\n"
        "entries as (\n"
        f"    select table_name, source_file, status, {measure} as records,\n"
        "        row_number() over (partition by source_file order by load_id desc) as age\n"
        f"    from {schema}.load_log\n"
        "),\n"
        "both_sides as (\n"
        f"    select source_file, records from entries where age = 1 and status = 'loaded'{of_table}\n"
        "    union all\n"
        f"    select source_file, -count(*) as records from {schema}.{table} group by source_file\n"
        "),\n"
        "apart as (\n"
        "    select source_file from both_sides group by source_file having sum(records) <> 0\n"
        ")\n"
        f"select {_must('count(*) = 0')} from apart"
    )
