"""The `adventure` command. Each sub-command imports its work when it runs, so that `--help` is quick."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adventure_works.errors import AdventureError

if TYPE_CHECKING:
    from adventure_works.lake.loader import LoadResult
    from adventure_works.settings import Settings

# How old the newest load may be: a nightly load, and half a day for mending one.
MAX_AGE_HOURS = 36.0


def _settings() -> "Settings":
    """The settings, read when a command runs, so that a wrong one does not stand in the way of `--help`."""
    from adventure_works.settings import read_settings

    return read_settings(os.environ)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="adventure-works-analytics", prog_name="adventure")
def adventure() -> None:
    """Adventure Works Analytics: from the retail CSV files to an audited star schema.

    \b
    adventure run                          generate the sample, load it, build and test everything
    adventure run --source kaggle          the same with the files from Kaggle
    adventure load --source my/files       load a folder of CSV files into the lake
    adventure report --open                write the report of the last build, and show it
    """


@adventure.command()
@click.option("--offline", is_flag=True, help="Do not ask the hub.")
@click.option(
    "--hub-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the hub to answer.",
)
def deps(offline: bool, hub_timeout: float) -> None:
    """Install the dbt packages of packages.yml.

    They come from the dbt hub when it answers, else from this project's own twins of them in
    offline_packages/. Packages that are installed already are left alone; `dbt deps` changes twins
    for the packages of the hub.

    \b
    adventure deps
    adventure deps --offline
    """
    from adventure_works.deps import install
    from adventure_works.settings import PROJECT

    click.echo(install(PROJECT, _settings().package_hub, offline, hub_timeout))


class Share(click.ParamType):
    """A share, written `1%` or `0.01`."""

    name = "share"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number from 0 to 1."""
        if isinstance(value, float):
            return value
        try:
            share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is no share; write 1% or 0.01.", param, ctx)
        return share


def loading_options(command: Callable) -> Callable:
    """The options of every command that loads; `_load` takes them."""
    for option in (
        click.option("--replace", is_flag=True, help="Start from an empty lake instead of adding to what it holds."),
        click.option(
            "--max-rejects",
            type=Share(),
            default=0.01,
            show_default="1%",
            metavar="SHARE",
            help="Refuse a file when more than this share of its records cannot be read.",
        ),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            help="Last day that the files tell of; new prices and addresses hold from the day after. Default: the last "
            "order date.",
        ),
        click.option(
            "--date-order",
            type=click.Choice(["month_first", "day_first"]),
            help="How to read dates such as 1/2/2016 in a file that does not show it itself.",
        ),
        click.option(
            "--source",
            default="sample",
            show_default=True,
            metavar="sample|kaggle|PATH",
            help="The generated sample, the dataset on Kaggle, or a folder, zip or CSV file of yours.",
        ),
    ):
        command = option(command)
    return command


def timeout_option(command: Callable) -> Callable:
    """How long Redshift may take, for the commands that load it."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        metavar="MINUTES",
        help="How long Redshift may take to copy; the load is then cancelled and nothing of it kept.",
    )(command)


@adventure.command()
@loading_options
@click.option(
    "--to",
    type=click.Choice(["lake", "redshift"]),
    default="lake",
    show_default=True,
    help="Stop at the lake, or bring Redshift up to it as well.",
)
@timeout_option
def load(to: str, timeout: float, **loading: Any) -> None:
    """Load CSV files into the lake: all of them, or none.

    Files are recognised by their header. A file that has not changed is skipped; a changed one
    replaces the rows it brought before. Records that cannot be read are kept in rejected_rows.

    \b
    adventure load                                  the generated sample
    adventure load --source kaggle                  the files from Kaggle (a token is not needed)
    adventure load --source ~/retail                a folder of CSV files, or a zip, or one file
    adventure load --source ~/retail --date-order day_first
    ADVENTURE_LAKE=s3://bucket/prefix adventure load          into a lake on S3
    adventure load --source ~/retail --to redshift  on to Redshift; ADVENTURE_LAKE must be s3://bucket/prefix
    """
    from adventure_works.show import print_load

    settings = _settings()
    if to == "redshift":
        settings.check_redshift()
    print_load(_load(settings, **loading), settings.lake)
    if to == "redshift":
        _load_redshift(settings, timeout, loading["replace"])


def no_wait_option(command: Callable) -> Callable:
    """The option of every command that publishes."""
    return click.option(
        "--no-wait", is_flag=True, help="Stop when another process is in the way, instead of waiting for it."
    )(command)


@adventure.command()
@loading_options
@click.option(
    "--target",
    type=click.Choice(["dev", "prod"]),
    default="dev",
    show_default=True,
    help="DuckDB on this machine, or S3 and Redshift.",
)
@click.option("--full-refresh", is_flag=True, help="Build incremental tables anew, as after a change of columns.")
@click.option("--accept-drift", is_flag=True, help="Publish although a file differs much from what it brought before.")
@timeout_option
@no_wait_option
def run(target: str, full_refresh: bool, accept_drift: bool, timeout: float, no_wait: bool, **loading: Any) -> None:
    """Load, build and test everything, publish it, write the report, and show the headline figures.

    The warehouse is built aside, and takes the place of the published one when every test has passed. Ends with
    exit code 1 and the reason first when a file is refused or a test fails; what is published is then as it was.
    With --target prod the lake is on S3 and the warehouse on Redshift.

    \b
    adventure run                                   on the generated sample
    adventure run --source kaggle                   on the files from Kaggle
    adventure run --source ~/retail                 on a folder of CSV files, or a zip, or one file
    adventure run --source ~/retail --target prod   on S3 and Redshift; see docs/production.md
    """
    options = ["--full-refresh"] if full_refresh else []
    options += ["--vars", "accept_drift: true"] if accept_drift else []
    settings = _settings()
    try:
        if target == "prod":
            _run_prod(settings, no_wait, timeout, options, loading)
        else:
            _run_dev(settings, no_wait, options, loading)
    except AdventureError as error:
        _alert_after_run(settings, target, str(error))
        raise
    _alert_after_run(settings, target)


def _run_dev(settings: "Settings", no_wait: bool, options: list[str], loading: dict[str, Any]) -> None:
    from adventure_works.publish.access import one_at_a_time
    from adventure_works.publish.audited import publish, start_candidate
    from adventure_works.publish.files import Warehouse
    from adventure_works.report.build import write as write_report
    from adventure_works.run import build_and_audit
    from adventure_works.settings import shown
    from adventure_works.show import announce, print_build, print_load, print_next_steps, progress_bar

    lake = settings.lake_folder
    warehouse = Warehouse(settings.database, announce, patient=not no_wait)
    with one_at_a_time(warehouse.published, announce, patient=not no_wait):
        print_load(_load(settings, **loading), lake)
        raw = start_candidate(warehouse, lake)
        with progress_bar() as progress:
            progress.advance("dbt build: reading the project", 0, 1)
            result = build_and_audit(settings, warehouse, raw, progress.advance, *options)
        print_build(result, warehouse, settings.log)
        publish(warehouse)
        page = write_report(settings, settings.report)
    click.echo(f"\nThe report: {shown(page)}")
    print_next_steps(lake, warehouse, settings.log)


@adventure.command()
@click.option("--rollback", is_flag=True, help="Exchange what is published and what was published before.")
@click.option("--list", "only_list", is_flag=True, help="Show what is published, and what else there is.")
@click.option("--target", type=click.Choice(["dev", "prod"]), default="dev", show_default=True, help="Which warehouse.")
@no_wait_option
def publish(rollback: bool, only_list: bool, target: str, no_wait: bool) -> None:
    """Publish a build that waits, go back to the one before, or show which is which.

    `adventure run` publishes by itself. Without an option this command publishes the candidate of a run that passed
    every test, and could not publish because another process had the warehouse open for writing.

    \b
    adventure publish --list
    adventure publish --rollback                    a second time undoes the first
    adventure publish --target prod --rollback      the same on Redshift
    adventure publish
    """
    if rollback and only_list:
        raise click.UsageError("--rollback and --list do not go together.")
    if target == "prod":
        _publish_prod(rollback, only_list, no_wait)
        return
    from adventure_works.publish import audited
    from adventure_works.publish.access import one_at_a_time
    from adventure_works.publish.files import Warehouse
    from adventure_works.show import announce, print_states

    warehouse = Warehouse(_settings().database, announce, patient=not no_wait)
    if not only_list:
        with one_at_a_time(warehouse.published, announce, patient=not no_wait):
            (audited.roll_back if rollback else audited.publish)(warehouse)
    print_states(audited.states(warehouse))


def _publish_prod(rollback: bool, only_list: bool, no_wait: bool) -> None:
    from adventure_works.publish import schemas
    from adventure_works.redshift.session import session
    from adventure_works.show import announce, print_states

    where = _settings()
    where.check_redshift()
    with session() as redshift:
        if not only_list:
            with schemas.one_at_a_time(where, announce, patient=not no_wait):
                (schemas.roll_back if rollback else schemas.publish)(redshift, where)
        print_states(schemas.states(redshift, where))


@adventure.command()
@click.option("--target", type=click.Choice(["dev", "prod"]), default="dev", show_default=True, help="What to look at.")
@click.option(
    "--runs", type=click.IntRange(min=0), default=5, show_default=True, help="How many of the last runs to show."
)
@click.option(
    "--max-age",
    type=click.FloatRange(min=0),
    default=MAX_AGE_HOURS,
    show_default=True,
    metavar="HOURS",
    help="How old the newest load may be.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@click.option("--check", is_flag=True, help="End with exit code 1 when something fails or the data is too old.")
@click.option("--alert", is_flag=True, help="Tell ADVENTURE_ALERT_WEBHOOK and ADVENTURE_ALERT_TOPIC_ARN what is wrong.")
def status(target: str, runs: int, max_age: float, as_json: bool, check: bool, alert: bool) -> None:
    """Show the last runs, what fails and since when, what drifted, how old the data is, and what is published.

    Every dbt command that builds or tests is recorded, in the lake's folder `runs` or, on Redshift, in the schema
    <prefix>_runs, also when its build was not published.

    \b
    adventure status
    adventure status --json --runs 20
    adventure status --target prod --check --alert      for cron: exit code 1 and a message when something is wrong
    """
    import json

    from adventure_works.monitor import alerts
    from adventure_works.monitor.status import status_of
    from adventure_works.show import announce
    from adventure_works.show_status import print_status

    settings = _settings()
    if alert and not alerts.is_wanted(settings):
        raise click.UsageError(f"--alert needs {alerts.WEBHOOK}, {alerts.TOPIC}, or both in the environment.")
    found = status_of(settings, target, runs, timedelta(hours=max_age))
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        print_status(found)
    if alert and (text := alerts.message(found, settings.log)):
        for problem in alerts.send(settings, text):
            announce(problem)
    if check and not found.is_well:
        sys.exit(1)


def _alert_after_run(settings: "Settings", target: str, error: str = "") -> None:
    """Tells whom the environment names what went wrong or drifted; when it cannot, it says so and no more."""
    from adventure_works.monitor import alerts

    if not alerts.is_wanted(settings):
        return
    from adventure_works.monitor.status import status_of
    from adventure_works.show import announce

    try:
        text = alerts.message(status_of(settings, target, 1, timedelta(hours=MAX_AGE_HOURS)), settings.log, error)
    except AdventureError as unknown:
        announce(f"How things stand could not be found out for the alert: {unknown}")
        text = f"Adventure Works ({target})\nThe run failed: {error}" if error else ""
    for problem in alerts.send(settings, text) if text else ():
        announce(problem)


def _run_prod(settings: "Settings", no_wait: bool, timeout: float, options: list[str], loading: dict[str, Any]) -> None:
    from adventure_works.publish import schemas
    from adventure_works.redshift.session import session
    from adventure_works.run import build_and_audit_on_redshift
    from adventure_works.show import announce, print_load, progress_bar
    from adventure_works.show_production import print_next_steps_on_redshift, print_redshift_build

    settings.check_redshift()
    with schemas.one_at_a_time(settings, announce, patient=not no_wait) as still_held:
        print_load(_load(settings, **loading), settings.lake)
        _load_redshift(settings, timeout, loading["replace"])
        with progress_bar() as progress:
            progress.advance("dbt build: reading the project", 0, 1)
            result = build_and_audit_on_redshift(settings, progress.announce, progress.advance, *options)
        print_redshift_build(result, settings)
        still_held()
        with session() as redshift:
            schemas.publish(redshift, settings)
    print_next_steps_on_redshift(settings)


def _load_redshift(settings: "Settings", timeout: float, replace: bool) -> None:
    from adventure_works.redshift.load import bring_up
    from adventure_works.show import progress_bar
    from adventure_works.show_production import print_redshift

    with progress_bar() as progress:
        result = bring_up(
            settings.lake_on_s3,
            settings,
            timeout=timeout * 60,
            replace=replace,
            announce=progress.announce,
            progress=progress.advance,
        )
    print_redshift(result)


def _load(
    settings: "Settings", source: str, date_order: str | None, as_of: datetime | None, max_rejects: float, replace: bool
) -> "LoadResult":
    from adventure_works.lake.loader import load as load_source
    from adventure_works.show import progress_bar

    with progress_bar() as progress:
        return load_source(
            source,
            settings.lake,
            settings,
            date_order=date_order,
            max_reject_share=max_rejects,
            replace_lake=replace,
            as_of=as_of.date() if as_of else None,
            announce=progress.announce,
            progress=progress.advance,
        )


@adventure.command()
@click.option("--target", type=click.Choice(["dev", "prod"]), default="dev", show_default=True, help="What to look at.")
def doctor(target: str) -> None:
    """Look at everything that a run needs, and say how to mend what is not well.

    For prod that is the environment, credentials, bucket, Glue, workgroup, COPY role, login, privileges, the raw
    schema and COPY. What it writes for the trial it removes again. Ends with exit code 1 when something is not well.

    \b
    adventure doctor                        this machine: Python, packages, lake, warehouse
    adventure doctor --target prod          S3 and Redshift as well
    """
    from adventure_works.doctor import machine, production
    from adventure_works.doctor.checks import examine
    from adventure_works.show_production import print_findings

    settings = _settings()
    checks = machine.dev(settings) if target == "dev" else [*machine.tools(), *production.checks(settings)]
    print_findings(examine(checks))


@adventure.command()
def config() -> None:
    """Print every setting, its value, and whether that comes from the environment or is the default.

    Secrets are never shown. docs/configuration.md says what each setting means.

    \b
    adventure config
    ADVENTURE_LAKE=s3://bucket/lake adventure config
    """
    from adventure_works.settings import values
    from adventure_works.show import print_config

    _settings()
    print_config(values(os.environ))


@adventure.command()
@click.option("--open", "open_it", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it.  [default: report/index.html, or report/report.pdf]",
)
@click.option("--format", "form", type=click.Choice(["html", "pdf"]), default="html", show_default=True)
@click.option(
    "--csv", "tables", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write the marts as well."
)
def report(open_it: bool, out: Path | None, form: str, tables: Path | None) -> None:
    """Write the report: one page with the answers, and what stands behind them.

    It reads the last build, and fails when one of its tests has not run, when a total differs from
    its mart, or when a mart is empty. The page needs no server and no network.

    \b
    adventure report --open                         write report/index.html and show it
    adventure report --format pdf                   print it (needs Chromium)
    adventure report --csv tables                   every mart behind the page as CSV and Parquet
    """
    from adventure_works.report.browser import print_pdf, show
    from adventure_works.report.build import write
    from adventure_works.report.export import export
    from adventure_works.settings import shown

    settings = _settings()
    page = write(settings, settings.report if form == "pdf" or out is None else out)
    written = page
    if form == "pdf":
        written = out or page.with_name("report.pdf")
        print_pdf(page, written)
    click.echo(f"The report: {shown(written.absolute())}")
    if tables:
        files = export(settings.database, tables)
        click.echo(
            f"{len(files)} tables: {shown(tables.absolute())} "
            "(mart_customer_value has a row per customer, without names: keep it to yourselves)"
        )
    if open_it and not show(written):
        click.echo("No browser could be opened here.")


@adventure.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--scale", default=1.0, show_default=True, help="Size; 1 is that of the Kaggle set, up to 10000.")
@click.option("--seed", default=42, show_default=True, help="Another seed gives other figures of the same shape.")
def sample(out: Path, scale: float, seed: int) -> None:
    """Generate the ten retail files, all invented, into the folder OUT.

    The same scale and seed give the same bytes on any machine. OUT is created, or replaced if this command
    made it; a folder with other files in it is left alone.

    \b
    adventure sample my/sample                  the size of the Kaggle set
    adventure sample my/sample --scale 0.01     a hundredth of it, for a quick try
    adventure sample big --scale 1000           56 million order lines, 4.6 GB
    """
    from adventure_works.sample import generate
    from adventure_works.settings import shown
    from adventure_works.show import progress_bar

    with progress_bar() as bar:
        generate(
            out,
            scale=scale,
            seed=seed,
            progress=lambda done, total: bar.advance("Customers and orders", done, total),
        )
    click.echo(f"The sample is in {shown(out.absolute())}. Load it: adventure load --source {shown(out.absolute())}")


def main() -> None:
    """Entry point: runs the command and turns the user's mistakes into one message and exit code 1."""
    try:
        adventure(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AdventureError as error:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. Nothing that was not finished has been kept.", err=True)
        sys.exit(130)
