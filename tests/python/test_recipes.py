"""A recipe of CONTRIBUTING followed to the letter, in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from support.places import PROJECT, own_places
from support.waiting import TIMEOUT

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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project as it is, with its dbt packages."""
    folder = tmp_path / "copy"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().splitlines():
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    shutil.copytree(PROJECT / "dbt_packages", folder / "dbt_packages", symlinks=False)
    return folder


def put_before(file: Path, place: str, text: str) -> None:
    """Writes a text into a file, before the first place where another text is."""
    content = file.read_text(encoding="utf-8")
    assert place in content
    file.write_text(content.replace(place, text + place, 1), encoding="utf-8")


@pytest.mark.slow
def test_a_raw_file_takes_four_files(copy: Path, files: Path, tmp_path: Path) -> None:
    staging = copy / "models" / "staging" / "adventure_works"
    contract, lists = staging / "_adventure_works__sources.yml", copy / "macros" / "rules" / "raw_tables.sql"
    put_before(contract, "\n      - name: returns\n", TABLE)
    promotions = "'promotions': {'is_optional': true, 'numbers': ['discount_rate']},"
    put_before(lists, "        'returns': {", f"        {promotions}\n")
    (staging / "stg_adventure_works__promotions.sql").write_text(VIEW, encoding="utf-8")
    (staging / "stg_adventure_works__promotions.yml").write_text(DOCUMENTATION, encoding="utf-8")
    places = own_places(tmp_path) | {"PYTHONPATH": str(copy / "scripts"), "PATH": os.environ["PATH"]}

    def run() -> None:
        command = [Path(sys.executable).with_name("adventure"), "run", "--source", files]
        done = subprocess.run(command, cwd=copy, env=places, text=True, capture_output=True, timeout=TIMEOUT)
        assert done.returncode == 0, done.stdout + done.stderr

    # A set of files without it still loads, and every test passes.
    run()
    (files / "Promotions.csv").write_text(
        "PromotionKey,DiscountRate\n" + "".join(f"{key},0.{key % 10}\n" for key in range(1, 301)) + "x,0.5\n",
        encoding="utf-8",
    )
    run()
    with duckdb.connect(places["ADVENTURE_DATABASE"], read_only=True) as connection:
        rows = connection.execute("select count(*) from staging.stg_adventure_works__promotions").fetchall()
        ledger = connection.execute(
            """
            select records, loaded_records, rejected_records from operations.ledger_files
            where table_name = 'promotions'
            """
        ).fetchall()
        profiles = connection.execute(
            """
            select count(*) from operations.load_profiles
            where table_name = 'promotions' and column_name = 'discount_rate'
            """
        ).fetchall()
    assert rows == [(300,)]
    assert ledger == [(301, 300, 1)]
    assert profiles > [(0,)]
