"""Write, audit, publish, on two engines: a run builds a candidate, audits it, and publishes it in one step."""

from collections.abc import Callable

from adventure_works.settings import Settings
from adventure_works.warehouse.base import Warehouse


def open_warehouse(target: str, settings: Settings, announce: Callable[[str], None], *, wait: bool = True) -> Warehouse:
    """The warehouse of a target of profiles.yml: `published` is DuckDB on this machine, `prod` is Redshift.

    `announce` takes what a user should know, a sentence at a time. Where another process is in the way, `wait` says
    whether to wait for it or to stop.

    Raises:
        AdventureError: a setting is missing.
    """
    if target == "prod":
        from adventure_works.warehouse.redshift import RedshiftWarehouse

        return RedshiftWarehouse(settings, announce, wait=wait)
    from adventure_works.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings, announce, wait=wait)
