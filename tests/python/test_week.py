"""A week with the project after its first ten minutes: what a dbt user types, and what each command must say.

In a folder whose name has blanks and letters with accents, with every place where a new user has it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from support.places import PROJECT, files_of
from support.waiting import TIMEOUT

pytestmark = pytest.mark.slow

Type = Callable[..., str]
SNAPSHOTS = "select count(*), count(distinct dbt_scd_id), count(dbt_valid_from) from intermediate.snap_customers"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy of the project, set up."""
    folder = tmp_path_factory.mktemp("week") / "mes données" / "adventure works"
    for name in files_of(PROJECT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    shutil.copytree(PROJECT / "dbt_packages", folder / "dbt_packages")
    # What is installed is that of the tests. The folder is the copy's own, so that make sets up nothing there.
    environment, own = Path(sys.executable).parents[1], folder / ".venv"
    own.mkdir()
    for name in ("bin", "lib"):
        (own / name).symlink_to(environment / name)
    shutil.copy(environment / "pyvenv.cfg", own)
    for name in (".ready", ".ready-dev"):
        (own / name).touch()
    (folder / "warehouse").mkdir()
    return folder


@pytest.fixture(scope="module")
def type_(project: Path) -> Type:
    """Types a line in the project's folder: it must end with the given code. Returns all that it prints."""
    places = ("ADVENTURE_", "ARGS", "DBT_", "MAKE", "MFLAGS", "PYTEST_", "SOURCE", "TARGET")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(places)}
    environment |= {
        "PATH": f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        # The environment's own package is that of the project that is tested.
        "PYTHONPATH": str(project / "scripts"),
        "USER": "anna",
        "COLUMNS": "200",
    }

    def type_(line: str, code: int = 0, cwd: Path = project) -> str:
        done = subprocess.run(
            line, shell=True, cwd=cwd, env=environment, text=True, capture_output=True, timeout=4 * TIMEOUT
        )
        print(f"$ {line}\n{done.stdout[-1500:]}{done.stderr[-1500:]}\n[{done.returncode}]")
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return type_


def ask(project: Path, sql: str, name: str = "adventure_works") -> list[tuple]:
    with duckdb.connect(str(project / "warehouse" / f"{name}.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def report(project: Path) -> str:
    return (project / "report" / "index.html").read_text(encoding="utf-8")


def test_monday(project: Path, type_: Type) -> None:
    """The first run, and a look around. Nothing of it changes what is published, or what the report proves."""
    first = type_("make run")
    assert "Built and audited" in first
    (metrics,) = [line.strip() for line in first.splitlines() if "mf query" in line]
    assert "Boats" in type_(metrics)
    page = report(project)
    type_("dbt show --target published --select mart_category_performance --limit 3")
    type_("dbt show --select mart_category_performance --defer --state warehouse/state")
    type_("dbt test --select fact_sales --defer --state warehouse/state")
    assert "mart_territory_performance: " in type_("adventure dev --select mart_territory_performance")
    type_("adventure report")
    assert report(project) == page
    assert ask(project, "select count(*) from duckdb_columns() where schema_name = 'marts' and comment is null") == [
        (0,)
    ]
    views = "select schema_name || '.' || view_name from duckdb_views() where not internal"
    for (view,) in ask(project, views):
        ask(project, f"select count(*) from {view}")


def test_tuesday(project: Path, type_: Type) -> None:
    """Dry runs and a day in the past are harmless in a file of one's own, and refused where others read."""
    published = (project / "warehouse" / "adventure_works.duckdb").read_bytes()
    type_("dbt build")
    history = ask(project, SNAPSHOTS, "dev_anna")
    type_("dbt build --empty --exclude-resource-type test")
    type_("dbt build --vars 'as_of_date: 2016-12-31'")
    assert "as_of_date is a day" in type_("dbt build --vars 'as_of_date: 31/12/2016'", code=2)
    assert "no var asof_date" in type_("dbt build --vars 'asof_date: 2016-12-31'", code=2)
    assert ask(project, SNAPSHOTS, "dev_anna") == history
    assert "only `adventure run`" in type_("dbt build --target published --empty", code=2)
    assert (project / "warehouse" / "adventure_works.duckdb").read_bytes() == published


def test_wednesday(project: Path, type_: Type) -> None:
    """A change of a mart, and what depends on it; bands in one file; the linter after a run."""
    assert "No nodes selected" in type_("dbt ls --select state:modified --state warehouse/state")
    mart = project / "models" / "marts" / "customers" / "mart_customer_value.sql"
    mart.write_text(mart.read_text(encoding="utf-8") + "-- touched\n", encoding="utf-8")
    touched = type_(
        "dbt ls --quiet --select state:modified+ --state warehouse/state --resource-type model --output name"
    )
    assert {"mart_customer_value", "rpt_value_groups"} <= set(touched.split()) and len(touched.split()) < 6
    assert "mart_customer_value: " in type_("adventure dev")
    mart.write_text(mart.read_text(encoding="utf-8").removesuffix("-- touched\n"), encoding="utf-8")
    bands = project / "seeds" / "reference" / "age_groups.csv"
    kept = bands.read_text(encoding="utf-8")
    bands.write_text(kept.replace("45", "47"), encoding="utf-8")
    type_("dbt build --select age_groups+")
    bands.write_text(kept, encoding="utf-8")
    # Not on Redshift: a server that is not root's may not look into a folder of pytest.
    type_("git init --quiet && git add . && make lint-python lint-yaml lint-links lint-words lint-carried lint-sql")


def test_thursday(project: Path, type_: Type) -> None:
    """Files that differ too much stop a run, which says how to go on. dbt cannot make that look well."""
    files = Path(shutil.copytree(project / "downloads" / "sample", project / "originaux"))
    changed = Path(shutil.copytree(files, project / "petit échantillon"))
    for path in changed.glob("*Sales_2017*"):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([lines[0], *lines[1::2]]) + "\n", encoding="utf-8")
    type_("adventure run --replace --source originaux")
    said = type_("adventure run --source 'petit échantillon'", code=1)
    assert "--accept-drift" in said and "Sales_2017" in said
    type_("dbt retry || true")
    type_("adventure status --check", code=1)
    type_("adventure report")
    type_("adventure run --accept-drift --source 'petit échantillon'")
    type_("adventure status --check")
    type_("adventure publish --rollback")
    assert "a newer build was rolled back" in type_("adventure status --check", code=1)
    type_("adventure report")


def test_friday(type_: Type) -> None:
    """Smaller things."""
    type_("adventure status | head -1")
    assert "--source" in type_("adventure load --source ''", code=1)
    type_("adventure doctor")
    type_('make run ARGS="--replace"')
    assert "ADVENTURE_DEV_DATABASE" in type_("adventure config")
    type_("make docs")
