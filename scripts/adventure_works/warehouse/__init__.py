"""Write, audit, publish, on two engines: a run builds a candidate, audits it, and publishes it in one step."""

from collections.abc import Callable

from adventure_works.settings import Settings
from adventure_works.warehouse.base import Warehouse


def open_warehouse(target: str, settings: Settings, announce: Callable[[str], None], *, wait: bool = True) -> Warehouse:
    """The warehouse of a target: `dev` is DuckDB on this machine, `prod` is Redshift.

    Args:
        target: as in profiles.yml.
        settings: where it is.
        announce: takes what a user should know, a sentence at a time.
        wait: whether to wait for another process that is in the way, or to stop.

    Raises:
        AdventureError: a setting is missing.
    """
    if target == "prod":
        from adventure_works.warehouse.redshift import RedshiftWarehouse

        return RedshiftWarehouse(settings, announce, wait=wait)
    from adventure_works.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings, announce, wait=wait)
