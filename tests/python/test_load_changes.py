"""What makes a file a changed one, and which changes are refused: by name, by content, by what it was read with."""

import shutil
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from adventure_works.cli.load import command
from adventure_works.errors import AdventureError
from adventure_works.lake import loader
from adventure_works.lake.loader import load
from adventure_works.monitor.history import newest_load
from adventure_works.warehouse.duckdb_access import asking_history
from support.lake import rows

SALES = "AdventureWorks_Sales_2017.csv"
CUSTOMERS, TERRITORIES = "AdventureWorks_Customers.csv", "AdventureWorks_Territories.csv"
PRODUCTS, RETURNS = "AdventureWorks_Products.csv", "AdventureWorks_Returns.csv"


@pytest.fixture(scope="module")
def loaded_once(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("loaded") / "lake"
    load(str(small_sample), lake)
    return lake


@pytest.fixture
def lake(loaded_once: Path, tmp_path: Path) -> Path:
    """A lake that holds the small sample."""
    return Path(shutil.copytree(loaded_once, tmp_path / "lake", symlinks=True))


def write(folder: Path, name: str, text: bytes) -> Path:
    """A file by itself in a folder, to be loaded alone."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text)
    return folder / name


def replaced(path: Path, old: bytes, new: bytes) -> bytes:
    text = path.read_bytes()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("name", "holds", "known_as"),
    [(CUSTOMERS, "territories", "customers"), (SALES, "returns", "sales"), (RETURNS, "territories", "returns")],
)
def test_a_name_that_the_lake_knows_of_another_table_is_refused(
    files: Path, lake: Path, tmp_path: Path, name: str, holds: str, known_as: str
) -> None:
    more = {"territories": b"11,Utopia,Utopia,Utopia\r\n", "returns": b"1/18/2015,9,312,1\r\n"}[holds]
    source = {"territories": TERRITORIES, "returns": RETURNS}[holds]
    alone = write(tmp_path / "alone", name, (files / source).read_bytes() + more)
    held = rows(lake, known_as, where=f"source_file = '{name}'")
    with pytest.raises(AdventureError) as refusal:
        load(str(alone), lake)
    assert str(refusal.value).startswith(
        f"{name}: holds {holds}, and the lake knows a file of this name as {known_as}, of which it holds {len(held):,} "
    )
    assert rows(lake, known_as, where=f"source_file = '{name}'") == held != []


@pytest.mark.parametrize("below", [b"\r\n\r\n", b",,,\r\n", b"\r\n"])
@pytest.mark.parametrize("name", [TERRITORIES, RETURNS])
def test_a_file_of_which_nothing_is_loaded_is_refused(
    files: Path, lake: Path, tmp_path: Path, name: str, below: bytes
) -> None:
    header = (files / name).read_bytes().splitlines(keepends=True)[0]
    alone = write(tmp_path / "alone", name, header + below)
    with pytest.raises(AdventureError, match=rf"{name}: none of its \d records can be loaded: \d are blank and 0"):
        load(str(alone), lake)


def test_a_file_is_read_again_with_another_option(files: Path, lake: Path, tmp_path: Path) -> None:
    """So that dates that were read the wrong way round can be corrected."""
    header, record = (files / SALES).read_bytes().splitlines(keepends=True)[:2]
    day = b"2/1/2016,1/1/2003," + record.split(b",", 2)[2]
    alone = write(tmp_path / "alone", "more_sales.csv", header + day)

    def order_date() -> str:
        ((found,),) = rows(lake, "sales", "order_date", "source_file = 'more_sales.csv'")
        return str(found)

    load(str(alone), lake, date_order="day_first")
    assert order_date() == "2016-01-02"
    assert load(str(alone), lake, date_order="day_first").loaded == ()
    # An option that is left out stays what it was.
    assert load(str(alone), lake).loaded == ()
    assert len(load(str(alone), lake, date_order="month_first").loaded) == 1
    assert order_date() == "2016-02-01"
    assert rows(lake, "load_log", "read_with like '%; date_order month_first'", "source_file = 'more_sales.csv'") == [
        (False,),
        (True,),
    ]


def test_a_file_is_read_again_under_its_new_name_only_once(files: Path, lake: Path, tmp_path: Path) -> None:
    alone = write(tmp_path / "alone", "sales 17.csv", (files / SALES).read_bytes())
    result = load(str(alone), lake, max_reject_share=0.05)
    assert [entry.source_file for entry in result.superseded] == [SALES]
    assert rows(lake, "sales", "count(*)", f"source_file = '{SALES}'") == [(0,)]
    assert load(str(alone), lake, max_reject_share=0.05).loaded == ()


def test_a_changed_contract_reads_every_file_again(files: Path, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adventure_works.lake.reading.Reading.of", lambda reading, table: "contract other")
    assert len(load(str(files), lake).loaded) == 10
    assert load(str(files), lake).loaded == ()


def by_rename(path: Path, text: bytes) -> None:
    new = path.with_name("new")
    new.write_bytes(text)
    new.replace(path)


@pytest.mark.parametrize("change", [Path.write_bytes, by_rename])
def test_a_file_that_changes_while_it_is_read_is_refused(
    files: Path, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, bytes], None]
) -> None:
    """Never the digest of the old bytes beside the rows of the new ones."""
    alone = write(tmp_path / "alone", SALES, replaced(files / SALES, b",1\r\n", b",2\r\n"))
    later = replaced(files / SALES, b",1\r\n", b",3\r\n")
    look_at = loader.look_at

    def look_and_change(*arguments: object) -> object:
        found = look_at(*arguments)
        change(alone, later)
        return found

    before = rows(lake, "sales")
    with monkeypatch.context() as patch:
        patch.setattr(loader, "look_at", look_and_change)
        with pytest.raises(AdventureError, match=f"{SALES}: has changed while it was loaded"):
            load(str(alone), lake)
    assert rows(lake, "sales") == before
    assert len(load(str(alone), lake).loaded) == 1


def test_a_stray_file_among_the_versions_stops_nothing(files: Path, lake: Path) -> None:
    (lake / "versions" / ".DS_Store").write_text("Finder")
    (files / PRODUCTS).write_bytes(priced(files, "1")[1])
    assert len(load(str(files), lake).loaded) == 1


def test_rows_that_are_gone_from_the_lake_are_read_again(files: Path, lake: Path, tmp_path: Path) -> None:
    before = rows(lake, "sales")
    (lake / "raw" / "sales" / SALES / "0000.parquet").unlink()
    alone = write(tmp_path / "alone", CUSTOMERS, replaced(files / CUSTOMERS, b",M,", b",S,"))
    with pytest.raises(AdventureError, match=rf"{SALES}: the lake no longer has the 275 rows .* with --replace"):
        load(str(alone), lake)
    said: list[str] = []
    assert len(load(str(files), lake, announce=said.append).loaded) == 1
    assert said == [f"{SALES}: the lake no longer has the 275 rows that were loaded; it is read again."]
    assert rows(lake, "sales") == before


def test_a_lake_that_has_lost_its_link_is_still_there(files: Path, lake: Path) -> None:
    before = rows(lake, "sales")
    (lake / "raw").unlink()
    assert load(str(files), lake).loaded == ()
    assert rows(lake, "sales") == before


def test_the_time_of_a_load_is_that_of_the_clock_though_its_id_goes_on(
    files: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Future(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2099, 1, 1, tzinfo=UTC)

    for price, clock in (("1", Future), ("2", datetime)):
        monkeypatch.setattr("adventure_works.lake.base.datetime", clock)
        (files / PRODUCTS).write_bytes(priced(files, price)[1])
        load(str(files), lake)
    with asking_history(lake, "") as ask:
        load_id, loaded_at = newest_load(ask)
    assert load_id == "20990101T000000000001" and loaded_at.year < 2099


def test_a_message_holds_no_person(files: Path, lake: Path) -> None:
    path = files / CUSTOMERS
    lines = path.read_bytes().split(b"\r\n")
    for number in range(1, 9):
        values = lines[number].split(b",")
        lines[number] = b",".join([*values[:4], b"31.31.1950", *values[5:]])
    path.write_bytes(b"\r\n".join(lines))
    with pytest.raises(AdventureError) as refusal:
        load(str(files), lake)
    message = str(refusal.value)
    assert "line 2: birth_date '99.99.9999' is not a date" in message and "1950" not in message


@pytest.mark.parametrize(("name", "shown"), [("Sales\\2018.csv", "\\"), ("Sales\x1b2018.csv", "the character 0x001b")])
def test_a_name_that_no_lake_can_keep_is_refused(files: Path, lake: Path, name: str, shown: str) -> None:
    write(files, name, replaced(files / SALES, b",1\r\n", b",2\r\n"))
    with pytest.raises(AdventureError) as refusal:
        load(str(files / name), lake)
    assert f": a file with {shown} in its name cannot be kept in the lake. Give it another name" in str(refusal.value)


def test_a_lake_without_its_load_log_says_what_to_do(files: Path, lake: Path) -> None:
    shutil.rmtree(lake / "raw" / "load_log")
    with pytest.raises(AdventureError, match=r"load log is gone or damaged.*Load everything afresh with --replace"):
        load(str(files), lake)
    assert len(load(str(files), lake, replace_lake=True).loaded) == 10


def test_an_earlier_version_that_comes_back_is_named(files: Path, lake: Path, tmp_path: Path) -> None:
    old = write(tmp_path / "old", SALES, (files / SALES).read_bytes())
    corrected = write(tmp_path / "new", SALES, replaced(files / SALES, b",1\r\n", b",2\r\n"))
    said: list[str] = []
    load(str(corrected), lake, announce=said.append)
    assert said == []
    load(str(old), lake, announce=said.append)
    (warning,) = said
    ((first, second, _),) = [tuple(day for (day,) in rows(lake, "load_log", "loaded_at", f"source_file = '{SALES}'"))]
    assert warning.startswith(f"Warning: {SALES} is an earlier version: the same bytes were loaded as {SALES} on ")
    assert f"{first:%Y-%m-%d %H:%M} UTC and replaced on {second:%Y-%m-%d %H:%M} UTC." in warning


def test_a_name_is_the_same_in_both_forms_of_its_accents(files: Path, lake: Path, tmp_path: Path) -> None:
    """macOS writes an accent as a letter of its own."""
    text = replaced(files / SALES, b"SO", b"SP")
    for form, quantity in (("NFC", b",1\r\n"), ("NFD", b",2\r\n")):
        name = unicodedata.normalize(form, "Verkäufe.csv")
        load(str(write(tmp_path / form, name, text.replace(b",1\r\n", quantity))), lake)
    assert rows(lake, "sales", "distinct source_file", "source_file not like 'Adventure%'") == [("Verkäufe.csv",)]


@pytest.mark.parametrize("share", ["1", "100%", "1.0", "5", "-1%", "one", "nan"])
def test_a_share_that_would_let_everything_pass_is_refused(share: str) -> None:
    done = CliRunner().invoke(command, ["--max-rejects", share])
    assert done.exit_code == 2
    assert f"'{share}' is not a share; write 1% or 0.01" in done.output


def test_a_correction_names_the_load_that_it_corrects(files: Path, lake: Path, tmp_path: Path) -> None:
    """Once, however often it is loaded, and also when the file was loaded without the option first."""

    def log(table: str) -> list[tuple]:
        return duckdb.sql(
            f"select load_id, corrects from read_parquet('{lake}/raw/load_log/*.parquet') "
            f"where table_name = '{table}' order by load_id"
        ).fetchall()

    header, first, *others = (files / PRODUCTS).read_bytes().splitlines(keepends=True)
    cheaper = write(tmp_path / "alone", PRODUCTS, header + first.rsplit(b",", 1)[0] + b",1.5\r\n" + b"".join(others))
    load(str(cheaper), lake, corrects=("products",))
    (begin, _), (_, corrected) = log("products")
    assert corrected == begin
    said: list[str] = []
    assert load(str(cheaper), lake, corrects=("products",), announce=said.append).loaded == ()
    assert said == ["products: this correction is in the lake already."]

    text = (files / CUSTOMERS).read_bytes().replace(b",M,", b",S,", 1)
    married = write(tmp_path / "alone", CUSTOMERS, text)
    load(str(married), lake)
    load(str(married), lake, corrects=("customers",))
    ids = log("customers")
    assert [corrects for _, corrects in ids] == ["", "", ids[0][0]]


def priced(files: Path, price: str) -> tuple[str, bytes]:
    """The key of the product that is sold most, and the products with that price for it."""
    sold = [line.split(b",")[3] for line in (files / SALES).read_bytes().splitlines()[1:]]
    key = max(sorted(set(sold)), key=sold.count)
    header, *records = (files / PRODUCTS).read_bytes().splitlines()
    records = [
        record.rpartition(b",")[0] + b"," + price.encode() if record.startswith(key + b",") else record
        for record in records
    ]
    return key.decode(), b"\r\n".join([header, *records, b""])


def test_a_correction_says_which_sales_change_and_by_how_much(files: Path, tmp_path: Path) -> None:
    """The wrong price was that of the first load, and a second version came between."""
    lake, said = tmp_path / "lake", list[str]()
    for price, options in (("495", {}), ("495.5", {"as_of": date(2017, 3, 31)}), ("4.95", {"corrects": ("products",)})):
        key, text = priced(files, price)
        (files / PRODUCTS).write_bytes(text)
        if price == "495":
            load(str(files), lake, as_of=date(2017, 3, 31))
        else:
            load(str(files / PRODUCTS), lake, announce=said.append, **options)
    # Only the sales since the second version, which is the one that is corrected.
    ((lines, units, first),) = rows(
        lake,
        "sales",
        "count(*), sum(order_quantity), min(order_date)",
        f"product_key = {key} and order_date > date '2017-03-31'",
    )
    before, after = units * Decimal("495.5"), units * Decimal("4.95")
    assert lines and said[0].startswith(
        f"The correction changes {lines:,} sales lines of 1 products since {first}: "
        f"revenue {before:,.2f} -> {after:,.2f} ({after - before:+,.2f}), cost "
    )
    assert said[1].startswith(f"  {key} ") and f": price 495.50 -> 4.95, {lines:,} lines, revenue " in said[1]

    # One of the correction: it counts from the same day.
    said.clear()
    (files / PRODUCTS).write_bytes(priced(files, "5")[1])
    load(str(files / PRODUCTS), lake, announce=said.append, corrects=("products",))
    assert said[0].startswith(f"The correction changes {lines:,} sales lines of 1 products since {first}: revenue ")
    assert f"({units * Decimal('0.05'):+,.2f})" in said[0]


def test_the_lake_keeps_what_earlier_loads_brought(files: Path, lake: Path) -> None:
    before = rows(lake, "products")
    ((first, _),) = rows(lake, "load_log", "load_id, loaded", "table_name = 'products'")
    for price in ("1", "2"):
        (files / PRODUCTS).write_bytes(priced(files, price)[1])
        load(str(files / PRODUCTS), lake)
    assert rows(lake, f"earlier/products/{first}") == before
    assert len(list((lake / "raw" / "earlier" / "products").iterdir())) == 2


@pytest.mark.parametrize(
    ("corrects", "name", "words"),
    [
        ("customers", SALES, "has no file of customers"),
        ("customers", None, "holds no customers that could be corrected"),
    ],
)
def test_a_correction_of_nothing_is_refused(
    files: Path, lake: Path, tmp_path: Path, corrects: str, name: str | None, words: str
) -> None:
    source, place = (files / name, lake) if name else (files, tmp_path / "empty")
    with pytest.raises(AdventureError, match=f"--corrects customers: .*{words}.* Nothing has been loaded"):
        load(str(source), place, corrects=(corrects,))
