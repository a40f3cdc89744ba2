"""What a load changes on Redshift, worked out by hand."""

from datetime import UTC, date, datetime

from adventure_works.lake.base import LogEntry
from adventure_works.lake.s3_read import LakeFile, Published
from adventure_works.redshift.plan import Change, Held, changes, statements
from adventure_works.redshift.session import literal
from adventure_works.settings import Settings


def entry(
    load: str, name: str, loaded: int, rejected: int = 0, table: str = "sales", status: str = "loaded"
) -> LogEntry:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    counts = (0, loaded + rejected, loaded, rejected, 0, 0)
    return LogEntry(load, table, name, status, "", *counts, "utf-8", *("",) * 3, "folder", "", moment, date(2026, 1, 1))


def published(*log: LogEntry) -> Published:
    """A lake with that history, one part for each file and each load."""
    newest = {found.source_file: found for found in log if found.status == "loaded"}
    files = [LakeFile(e.table_name, e.source_file, f"s3://b/{e.source_file}", 9, "", e.loaded) for e in newest.values()]
    files += [
        LakeFile("rejected_rows", e.source_file, f"s3://b/r/{e.source_file}", 9, "", e.rejected)
        for e in newest.values()
    ]
    loads = sorted({found.load_id for found in log})
    files += [
        LakeFile("load_log", f"{load}.parquet", f"s3://b/{load}", 9, "", sum(e.load_id == load for e in log))
        for load in loads
    ]
    return Published(loads[-1], tuple(files), list(log))


def held(*log: LogEntry, **rows: dict[str, int]) -> Held:
    """A Redshift with that history, and the rows that its tables have of each file."""
    return Held(log, rows)


def brief(found: tuple[Change, ...]) -> dict[str, tuple[tuple[str, ...] | None, list[str]]]:
    return {change.table: (change.delete, [file.source_file for file in change.files]) for change in found}


SETTINGS = Settings(schema="s")
A, B, NEW_B = entry("1", "a.csv", 5), entry("1", "b.csv", 7), entry("2", "b.csv", 8, rejected=1)


def test_nothing_changes_when_redshift_holds_the_lake() -> None:
    assert changes(published(A, B), held(A, B, sales={"a.csv": 5, "b.csv": 7})) == ()


def test_everything_comes_to_an_empty_redshift_and_nothing_is_deleted() -> None:
    assert brief(changes(published(A, B), held())) == {
        "sales": ((), ["a.csv", "b.csv"]),
        "load_log": ((), ["1.parquet"]),
        "rejected_rows": ((), []),
    }


def test_a_changed_file_goes_and_comes_and_the_other_stays() -> None:
    found = changes(published(A, B, NEW_B), held(A, B, sales={"a.csv": 5, "b.csv": 7}))
    assert brief(found) == {
        "sales": (("b.csv",), ["b.csv"]),
        "load_log": ((), ["2.parquet"]),
        "rejected_rows": ((), ["b.csv"]),
    }


def test_a_superseded_file_goes() -> None:
    gone = entry("2", "b.csv", 0, status="superseded")
    lake = published(A, B, gone)
    found = brief(changes(lake, held(A, B, sales={"a.csv": 5, "b.csv": 7})))
    assert found["sales"] == (("b.csv",), [])
    assert changes(lake, held(A, B, gone, sales={"a.csv": 5})) == ()


def test_rows_that_are_not_as_the_log_says_are_loaded_again() -> None:
    found = changes(published(A, B), held(A, B, sales={"a.csv": 5, "b.csv": 6, "nobodys.csv": 1}))
    assert brief(found) == {"sales": (("b.csv", "nobodys.csv"), ["b.csv"])}


def test_each_statement_says_what_it_is_for_and_names_are_literals() -> None:
    files = tuple(file for file in published(B).files if file.table == "sales")
    delete, copy = statements([Change("sales", ("it's ?.csv", "b.csv"), files)], SETTINGS, {"sales": "s3://b/m"})
    assert delete.purpose == "delete from sales"
    assert delete.sql == "delete from s_raw.sales where source_file in ('it''s ?.csv', 'b.csv')"
    assert copy.purpose == "copy into sales"
    assert copy.sql == "copy s_raw.sales\nfrom 's3://b/m'\niam_role default\nformat as parquet\nmanifest"


def test_a_literal_keeps_quotes_and_backslashes() -> None:
    assert literal("it's a \\ here") == "'it''s a \\\\ here'"
