"""Recipes of CONTRIBUTING followed to the letter, in a copy of the project."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from support.places import PROJECT, files_of, own_places
from support.waiting import TIMEOUT
from tools.manifest_lint import problems

Rows = list[tuple[object, ...]]

TABLE = """
      - name: promotions
        description: One row per promotion.
        config:
          meta: {file_pattern: "*promotions*.csv", files: optional}
        columns:
          - name: promotion_key
            description: Key of the promotion.
            data_type: integer
            config: {meta: {header: PromotionKey, required: true}}
          - name: discount_rate
            description: Share of the price that is taken off, 0-1.
            data_type: numeric(18, 4)
            config: {meta: {header: DiscountRate, required: true}}
          - *source_file
          - *record_number
"""
VIEW = """with

promotions as (

    select
        promotion_key,
        discount_rate,
        source_file,
        record_number
    from {{ source('adventure_works', 'promotions') }}

)

select * from promotions
"""
DOCUMENTATION = """models:
  - name: stg_adventure_works__promotions
    description: One row per promotion. Discounts are joined to sales by their key.
    columns:
      - name: promotion_key
        description: Key of the promotion.
        data_type: integer
        data_tests: [unique, not_null]
      - name: discount_rate
        description: Share of the price that is taken off, 0-1.
        data_type: numeric(18, 4)
      - name: source_file
        description: "{{ doc('source_file') }}"
        data_type: varchar(256)
      - name: record_number
        description: "{{ doc('record_number') }}"
        data_type: bigint
"""


def changed(copy: Path) -> list[str]:
    """The files of the project that are others in the copy."""
    return [name for name in files_of(PROJECT) if (PROJECT / name).read_bytes() != (copy / name).read_bytes()]


@pytest.fixture
def run(copy: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs a command of the copy's own in places of its own, and gives what it prints."""
    environment = own_places(tmp_path) | {"PYTHONPATH": str(copy / "scripts"), "PATH": os.environ["PATH"]}

    # As `make setup` does.
    Path(environment["ADVENTURE_DEV_DATABASE"]).parent.mkdir()

    def run(name: str, *arguments: str | Path, fails: bool = False) -> str:
        command = [Path(sys.executable).with_name(name), *arguments]
        done = subprocess.run(command, cwd=copy, env=environment, text=True, capture_output=True, timeout=TIMEOUT)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def query(tmp_path: Path) -> Callable[[str], Rows]:
    """Rows of a query on what the copy has built."""

    def rows(sql: str) -> Rows:
        with duckdb.connect(own_places(tmp_path)["ADVENTURE_DEV_DATABASE"], read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return rows


@pytest.fixture
def load_and_build(run: Callable[..., str], files: Path) -> Callable[[], None]:
    """Loads the files and builds everything; each model, unit test and test of data passes."""

    def load_and_build() -> None:
        run("adventure", "load", "--source", files)
        run("dbt", "build")

    return load_and_build


def put_before(file: Path, place: str, text: str) -> None:
    """Writes a text into a file, before the first place where another text is."""
    content = file.read_text(encoding="utf-8")
    assert place in content
    file.write_text(content.replace(place, text + place, 1), encoding="utf-8")


def replace(file: Path, old: str, new: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert old in content
    file.write_text(content.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_a_raw_file_takes_four_files(
    copy: Path, files: Path, load_and_build: Callable[[], None], query: Callable[[str], Rows]
) -> None:
    staging = copy / "models" / "staging" / "adventure_works"
    contract, lists = staging / "_adventure_works__sources.yml", copy / "macros" / "rules" / "raw_tables.sql"
    put_before(contract, "\n      - name: returns\n", TABLE)
    promotions = "'promotions': {'is_optional': true, 'numbers': ['discount_rate']},"
    put_before(lists, "        'returns': {", f"        {promotions}\n")
    (staging / "stg_adventure_works__promotions.sql").write_text(VIEW, encoding="utf-8")
    (staging / "stg_adventure_works__promotions.yml").write_text(DOCUMENTATION, encoding="utf-8")

    # A set of files without it still loads, and every test passes.
    load_and_build()
    (files / "Promotions.csv").write_text(
        "PromotionKey,DiscountRate\n" + "".join(f"{key},0.{key % 10}\n" for key in range(1, 301)) + "x,0.5\n",
        encoding="utf-8",
    )
    load_and_build()
    assert query("select count(*) from staging.stg_adventure_works__promotions") == [(300,)]
    ledger = query(
        """
        select records, loaded_records, rejected_records from operations.ledger_files
        where table_name = 'promotions'
        """
    )
    assert ledger == [(301, 300, 1)]
    profiles = query(
        """
        select count(*) from operations.load_profiles
        where table_name = 'promotions' and column_name = 'discount_rate'
        """
    )
    assert profiles > [(0,)]


CONTRACT = """          - name: product_line
            description: Line of the product, such as road or touring.
            data_type: varchar(64)
            config: {meta: {header: ProductLine, required: false}}
"""
ATTRIBUTE = """      - name: product_line
        description: Line of the product, such as road or touring.
        data_type: varchar(64)
"""


@pytest.mark.slow
def test_an_attribute_of_products_takes_five_files(
    copy: Path,
    files: Path,
    run: Callable[..., str],
    load_and_build: Callable[[], None],
    query: Callable[[str], Rows],
    tmp_path: Path,
) -> None:
    staging, core = copy / "models" / "staging" / "adventure_works", copy / "models" / "core"
    price = "            config: {meta: {header: ProductPrice, required: true}}\n"
    replace(staging / "_adventure_works__sources.yml", price, price + CONTRACT)
    replace(staging / "stg_adventure_works__products.sql", "product_cost,\n", "product_cost,\n        product_line,\n")
    put_before(
        copy / "macros" / "rules" / "versioned_columns.sql",
        "            'product_price'",
        "            'product_line': \"'Unknown'\",\n",
    )
    for model in ("dim_products", "dim_products_history"):
        put_before(core / f"{model}.yml", "      - name: product_subcategory_key\n", ATTRIBUTE)
    assert len(changed(copy)) == 5
    run("dbt", "parse")
    assert problems(json.loads((tmp_path / "target" / "manifest.json").read_text(encoding="utf-8"))) == []

    # Files without it still load; when it comes, every product has a new version. Each build passes every test.
    load_and_build()
    products = files / "AdventureWorks_Products.csv"
    with products.open(encoding="cp1252", newline="") as text:
        header, *rows = csv.reader(text)
    with products.open("w", encoding="cp1252", newline="") as text:
        csv.writer(text).writerows([[*header, "ProductLine"], *([*row, "Touring"] for row in rows)])
    load_and_build()
    known = [("Touring", len(rows)), ("Unknown", 1)]
    assert query("select product_line, count(*) from core.dim_products group by all order by all") == known
    versions = "select product_line, count(*) from core.dim_products_history group by all order by all nulls last"
    assert query(versions) == [*known, (None, len(rows))]


@pytest.mark.slow
def test_a_band_takes_one_file(copy: Path, load_and_build: Callable[[], None], query: Callable[[str], Rows]) -> None:
    """Edges that move, labels that change, a band more and two fewer: the tests of data and the unit tests pass."""
    reference = copy / "seeds" / "reference"
    (reference / "age_groups.csv").write_text(
        "age_group,lower_age,upper_age,age_group_order\n"
        "minor,0,18,1\n18-29,18,30,2\n30-39,30,40,3\n40-49,40,50,4\n50-59,50,60,5\n60 or more,60,1000,6\n",
        encoding="utf-8",
    )
    (reference / "income_brackets.csv").write_text(
        "income_bracket,lower_income,upper_income,income_bracket_order\n"
        "below the mean,0,57000,1\nabove the mean,57000,10000000000000,2\n",
        encoding="utf-8",
    )
    replace(reference / "value_groups.csv", "Encourage a second order,", "Send a voucher,")
    load_and_build()
    brackets = query("select distinct income_bracket from core.dim_customers order by all")
    assert brackets == [("Unknown",), ("above the mean",), ("below the mean",)]
    groups = query(
        "select distinct segment_value from marts.mart_customer_demographics where segment_type = 'age_group'"
    )
    assert ("60 or more",) in groups and ("65+",) not in groups


# A block of code, and the line after it.
BLOCK = re.compile(r"```(?P<kind>\w+)\n(?P<text>.*?)```\n\n(?=(?P<after>[^\n]*))", re.DOTALL)


@pytest.mark.slow
def test_the_first_change_can_be_followed_to_the_letter(copy: Path, run: Callable[..., str]) -> None:
    """Every edit and every command of docs/first_change.md, on the sample."""
    run("adventure", "run")
    guide = (PROJECT / "docs" / "first_change.md").read_text(encoding="utf-8")
    followed = []
    for block in BLOCK.finditer(guide):
        followed.append(block["kind"])
        if block["kind"] == "shell":
            name, *arguments = block["text"].split()
            run(name, *arguments, fails=block["after"].startswith("It fails"))
            continue
        # The file that was named last.
        file = copy / re.findall(r"`([\w/.]+/[\w/.]+)`", guide[: block.start()])[-1]
        lines = [(line[0], line[1:]) for line in block["text"].splitlines() if block["kind"] == "diff"]
        old, new = ("\n".join(text for sign, text in lines if sign in signs) for signs in (" -", " +"))
        if lines:
            replace(file, old, new)
        else:
            file.write_text(block["text"], encoding="utf-8")
    assert followed == ["diff", "shell", "diff", "shell", "diff", "shell", "sql", "yaml", "shell"]
    assert len(changed(copy)) == 3
