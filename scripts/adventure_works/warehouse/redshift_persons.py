"""Erasing persons on Redshift: in every schema whose name begins as those of the warehouse do."""

from collections.abc import Iterable

from adventure_works.errors import AdventureError
from adventure_works.lake.forgotten import ERASED, Forgotten
from adventure_works.redshift.session import Session, literal, session
from adventure_works.settings import Settings
from adventure_works.warehouse.base import Erased
from adventure_works.warehouse.persons import updates

# Tables and not views.
COLUMNS = """
    select columns.table_schema, columns.table_name, columns.column_name
    from information_schema.columns as columns
    inner join pg_tables as tables
        on columns.table_schema = tables.schemaname and columns.table_name = tables.tablename
    where columns.table_schema like {prefix}
    """
