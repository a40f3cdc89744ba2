"""The history of a warehouse on Redshift, in the lake on S3; `kept` says what it is."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from adventure_works.errors import AdventureError
from adventure_works.lake.history import HISTORY
from adventure_works.lake.s3_read import Reader
from adventure_works.lake.s3_write import Writer
from adventure_works.redshift.ddl import found_columns
from adventure_works.redshift.session import Session, copy_role, literal, session
from adventure_works.settings import S3Place, Settings
from adventure_works.warehouse.kept import (
    CONTENT,
    TABLES,
    Kept,
    KeptTable,
    folders_to_keep,
    new_folder,
    newest,
    place_of,
)
from adventure_works.warehouse.redshift_versions import Versions, read_record

# One for all states of the warehouse.
RESULTS = ("runs", "run_results")


class History:
    """The history of the warehouse of some settings; `place` is its folder on S3."""

    def __init__(self, settings: Settings, warehouse: str) -> None:
        self.settings = settings
        self.lake: S3Place = settings.lake_on_s3
        self.reader = Reader(self.lake, settings)
        self.writer = Writer(self.lake, self.reader.client, settings)
        self.place = (HISTORY, place_of(warehouse))
        self.role = copy_role(settings)

    def keep(self) -> None:
        """Unloads the history of what is published into a folder of its own, and removes older ones."""
        with session("history") as redshift:
            # In one transaction, so that counts and files are of one moment.
            kept = redshift.in_transaction(lambda: self._unload(redshift))
        if kept is None:
            return
        self.writer.put(self.lake.key(*self.place, kept.folder, CONTENT), kept.to_json())
        for old in set(self.writer.folders(*self.place)) - folders_to_keep(self._histories(), kept.began_with):
            self.writer.remove_folder(*self.place, old)

    def _histories(self) -> Iterator[Kept]:
        """Those that are complete."""
        for folder in self.writer.folders(*self.place):
            with suppress(KeyError):
                yield Kept.from_json(self.reader.read(self.lake.key(*self.place, folder, CONTENT)))

    def _unload(self, redshift: Session) -> Kept | None:
        """Unloads the tables; None where nothing is published.

        Into another folder each time: what UNLOAD has written on S3 stays when its transaction ends in a conflict.
        """
        folder, tables = new_folder(), []
        prefix = Versions(redshift, self.settings).prefix()
        record = read_record(redshift, prefix)
        if record is None:
            return None
        for schema, name in (*TABLES, RESULTS):
            of = f"{self.settings.schema if (schema, name) == RESULTS else prefix}_{schema}"
            if columns := found_columns(redshift, of).get(name):
                table = KeptTable(schema, name, tuple(columns), 0)
                tables.append(self._unloaded(redshift, of, table, folder))
        return Kept(folder, record.began_with, record.load_id, tuple(tables))

    def _unloaded(self, redshift: Session, schema: str, table: KeptTable, folder: str) -> KeptTable:
        names = ", ".join(name for name, _ in table.columns)
        (found,) = redshift.ask(f"select count(*) as records from {schema}.{table.name}")
        if found["records"]:
            # https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html: the id of the key, not its ARN.
            key_id = self.settings.kms_key.rpartition("/")[2]
            encrypted = f" kms_key_id {literal(key_id)} encrypted" if key_id else ""
            redshift.ask(
                f"unload ('select {names} from {schema}.{table.name}') to {self._uri(folder, table)} "
                f"iam_role {self.role} format as parquet{encrypted}"
            )
        return replace(table, rows=found["records"])

    def _uri(self, folder: str, table: KeptTable) -> str:
        return literal(self.lake.uri(self.lake.key(*self.place, folder, table.full_name)) + "/")

    def restore(self, redshift: Session, prefix: str, began_with: str) -> str:
        """Puts the newest history into an empty candidate, in the caller's transaction; returns its load, else "".

        `began_with` is the load that the lake began with.
        """
        kept = newest(self._histories(), began_with)
        if kept is None:
            return ""
        # Results of runs that are still there are the newer ones.
        has_results = RESULTS[1] in found_columns(redshift, f"{self.settings.schema}_{RESULTS[0]}")
        for table in kept.tables:
            if (table.schema, table.name) != RESULTS or not has_results:
                for statement in self._statements(prefix, kept, table):
                    redshift.ask(statement)
                self._check(redshift, prefix, kept, table)
        return kept.load_id

    def _statements(self, prefix: str, kept: Kept, table: KeptTable) -> Iterator[str]:
        schema = self._schema(prefix, table)
        columns = ", ".join(f"{name} {kind}" for name, kind in table.columns)
        yield f"create schema if not exists {schema}"
        yield f"create table {schema}.{table.name} ({columns})"
        if table.rows:
            place = self._uri(kept.folder, table)
            yield f"copy {schema}.{table.name} from {place} iam_role {self.role} format as parquet"

    def _check(self, redshift: Session, prefix: str, kept: Kept, table: KeptTable) -> None:
        (found,) = redshift.ask(f"select count(*) as records from {self._schema(prefix, table)}.{table.name}")
        if found["records"] != table.rows:
            raise AdventureError(
                f"{self.lake.uri(self.lake.key(*self.place, kept.folder))}: {table.full_name} has "
                f"{found['records']:,} rows there, and {table.rows:,} were written. Nothing has been restored. Put the "
                "objects back from earlier versions of the bucket. To begin with the history before, move that folder "
                "away and run."
            )

    def _schema(self, prefix: str, table: KeptTable) -> str:
        return f"{self.settings.schema if (table.schema, table.name) == RESULTS else prefix}_{table.schema}"
