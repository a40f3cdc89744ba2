"""The lake on S3, as a load changes it: a new version is uploaded beside the others, then one write makes it current.

The version is built in a local folder first. What has not changed is copied within S3. `current.json` is written last,
on the condition that it is still the one that this load started from: of two loads at once one wins, and the other has
changed nothing. Whatever happens before that write, the lake is as it was; what a killed load has left is removed by
the next one that wins. The version before stays, for readers that still use it.
"""

import hashlib
import json
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from adventure_works import disk
from adventure_works.contract import raw_tables
from adventure_works.errors import AdventureError
from adventure_works.lake import glue
from adventure_works.lake.base import LogEntry, NewVersion, Progress
from adventure_works.lake.forgotten import BLANK, FORGOTTEN, Forgotten, persons_in, tables_of_persons
from adventure_works.lake.history import EARLIER, HISTORY
from adventure_works.lake.parts import PART_BYTES, write_parts
from adventure_works.lake.s3_read import CURRENT, FORMAT, MANIFEST, VERSIONS, LakeFile, Pointer, Reader, in_parallel
from adventure_works.lake.s3_write import LostRaceError, Writer
from adventure_works.settings import S3Place, Settings

SCRATCH = ".s3-"


@dataclass(frozen=True)
class Current:
    """What the lake holds: what `current.json` says, None where there is none, and the files of its manifest."""

    pointer: Pointer | None
    files: tuple[LakeFile, ...] = ()


class S3Lake:
    """The lake on S3 for the time of one load."""

    def __init__(self, place: S3Place, settings: Settings) -> None:
        """Makes the clients; nothing is asked of AWS yet.

        Raises:
            AdventureError: no region.
        """
        self.place = place
        self.settings = settings
        self.downloads = settings.downloads
        self.reader = Reader(place, settings)
        self.writer = Writer(place, self.reader.client, settings)
        self._current: Current | None = None
        self._has_changed = False

    def __str__(self) -> str:
        """The place, as a user would type it."""
        return str(self.place)

    def locked(self, announce: Callable[[str], None]) -> AbstractContextManager[None]:
        """Keeps out other loads of this machine, which share its downloads; those elsewhere may go on."""
        return disk.locked(self.downloads / ".lock", "load", self.downloads, "ADVENTURE_DOWNLOADS", announce)

    def log(self) -> list[LogEntry]:
        """The log of the current version."""
        pointer = self.reader.pointer()
        files = self.reader.files(pointer) if pointer else ()
        self._current = Current(pointer, files)
        return self.reader.log(files) if files else []

    def lost(self, entries: Iterable[LogEntry]) -> set[str]:
        """None: what is read from S3 is verified, and a missing object has a message of its own."""
        return set()

    def forgotten(self) -> Forgotten:
        """What the object beside the versions says."""
        try:
            return Forgotten.from_json(self.reader.read(self.place.key(FORGOTTEN)))
        except KeyError:
            return Forgotten()

    def remember(self, forgotten: Forgotten) -> None:
        """Writes that object."""
        self.writer.put(self.place.key(FORGOTTEN), forgotten.to_json())

    def persons(self, keys: Iterable[int]) -> dict[int, set[str]]:
        """Those of the current version; the one before it is removed whole."""
        self.log()
        assert self._current
        found: dict[int, set[str]] = {}
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.downloads) as folder:
            for number, file in enumerate(self._current.files):
                if file.table in tables_of_persons():
                    fetched = Path(folder) / f"{number}.parquet"
                    self.reader.fetch(file, fetched)
                    for key, values in persons_in([fetched], keys).items():
                        found.setdefault(key, set()).update(values)
        return found

    def erase(self, forgotten: Forgotten, values: Iterable[str]) -> list[str]:
        """Makes a version without them current, then removes all older ones and what the bucket keeps of such.

        There is a new version even if nothing has to be erased: a load that is at work elsewhere, and may not know yet
        who is forgotten, then comes too late.
        """
        self.log()
        assert self._current
        version = S3Version(self, self._current)
        try:
            rows = version.carry_over_without(forgotten, values)
            version.write_log([])
            version.publish(lambda what, done, total: None)
        finally:
            version.discard()
        self.finish(lambda message: None)
        rows += self._erase_history(forgotten)
        for load_id in self.writer.versions_ever():
            if load_id < version.load_id:
                self.writer.erase_folder(VERSIONS, load_id)
        return [f"{self}: {rows} rows of the current version, and all versions before it"]

    def _erase_history(self, forgotten: Forgotten) -> int:
        """Writes the objects that warehouses have unloaded of customers again, without the forgotten persons."""
        rows = 0
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.downloads) as folder:
            path = Path(folder) / "unloaded.parquet"
            for key in self.writer.keys(HISTORY):
                if "customers/" in key:
                    self.writer.fetch(key, path)
                    erased = forgotten.blank(path, BLANK)
                    if erased:
                        self.writer.send(path, key, _digest(path), lambda size: None)
                    rows += erased
        self.writer.erase_earlier(HISTORY)
        return rows

    def new_version(self) -> NewVersion:
        """A version that is uploaded when it is complete."""
        # A lake that is to be replaced has not been read: it may be damaged.
        return S3Version(self, self._current or Current(self.reader.pointer()))

    def published(self, pointer: Pointer, files: tuple[LakeFile, ...]) -> None:
        """Takes note of the version that this load has made current."""
        self._current = Current(pointer, files)
        self._has_changed = True

    def finish(self, announce: Callable[[str], None]) -> None:
        """Points the catalog at the current version, then removes what no reader can use any more."""
        if not (self._current and self._current.pointer):
            return
        pointer = self._current.pointer
        try:
            glue.register(self.settings, self.place, pointer.load_id, self._current.files)
        except AdventureError as error:
            # The version that the catalog still names must stay: nothing is removed.
            raise AdventureError(
                f"{self}: the lake is up to date (version {pointer.load_id}), but the Glue Data Catalog is not, and "
                f"Athena and Spectrum still read what it names: {error}\nThen run the same command again: it "
                "updates the catalog and loads nothing twice."
            ) from error
        if self._has_changed:
            self._sweep(pointer, announce)

    def _sweep(self, pointer: Pointer, announce: Callable[[str], None]) -> None:
        """Removes all older versions but the one before, and what killed loads have left."""
        try:
            # Newer ids are loads at work, which have begun after this version became current.
            for load_id in self.writer.versions():
                if load_id < pointer.load_id and load_id != pointer.previous:
                    self.writer.remove_version(load_id)
            self.writer.abort_uploads(pointer.load_id)
        except AdventureError as error:
            announce(f"What older loads have left could not be removed; a later load tries again. {error}")


class S3Version(NewVersion):
    """A new version of a lake on S3."""

    def __init__(self, lake: S3Lake, before: Current) -> None:
        self.lake = lake
        self.before = before
        for left in lake.downloads.glob(f"{SCRATCH}*"):
            # This load holds the lock: the one that made it was killed.
            shutil.rmtree(left)
        self.scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=lake.downloads))
        # Two machines whose clocks are behind must not find the same id.
        step = timedelta(microseconds=1 + secrets.randbelow(1_000_000))
        super().__init__(self.scratch, before.pointer.load_id if before.pointer else "", step)
        self._new_files: list[tuple[str, str]] = []
        # Each as it is in the version before, and as it will be in this one.
        self._carried_over: list[tuple[LakeFile, LakeFile]] = []
        self._written_again: list[tuple[Path, LakeFile]] = []
        self._has_uploaded = False
        self._may_be_current = False

    def rows_folder(self, table: str, source_file: str) -> Path:
        """A new folder for the rows of a file."""
        self._new_files.append((table, source_file))
        return super().rows_folder(table, source_file)

    def rows(self, table: str) -> str:
        """The pattern, in SQL, of the files that hold a table's rows so far; those on S3 are fetched for it."""
        wanted = [(file, new) for file, new in self._carried_over if new.table == table]
        for number, (file, new) in enumerate(wanted):
            folder = self.folder / table / new.source_file
            folder.mkdir(parents=True, exist_ok=True)
            self.lake.reader.fetch(file, folder / f"{number:04}.parquet")
        return super().rows(table)

    def carry_over(self, entries: list[LogEntry], replaced: list[LogEntry]) -> None:
        """Takes over the rows of unchanged and of earlier files, and the log of all loads so far."""
        wanted = {(entry.table_name, entry.source_file) for entry in entries}
        wanted |= {("rejected_rows", entry.source_file) for entry in entries}
        earlier = {(entry.table_name, entry.source_file): entry.load_id for entry in replaced}
        for file in self.before.files:
            of = (file.table, file.source_file)
            if file.table == "load_log" or file.table.startswith(EARLIER) or of in wanted:
                self._carried_over.append((file, replace(file, key=self._key(self._below(file)))))
            elif of in earlier:
                table, load_id = f"{EARLIER}/{file.table}", earlier[of]
                key = self._key(f"{table}/{load_id}/{file.key.rpartition('/')[2]}")
                self._carried_over.append((file, replace(file, table=table, source_file=load_id, key=key)))

    def carry_over_without(self, forgotten: Forgotten, values: Iterable[str]) -> int:
        """Takes over everything, but without the forgotten persons; returns in how many rows they were."""
        tables, rows = tables_of_persons(), 0
        for number, file in enumerate(self.before.files):
            new = replace(file, key=self._key(self._below(file)))
            if file.table not in (*tables, "rejected_rows"):
                self._carried_over.append((file, new))
                continue
            fetched = self.scratch / f"{number}.parquet"
            self.lake.reader.fetch(file, fetched)
            table = tables.get(file.table)
            erased = forgotten.blank(fetched) if table else forgotten.blank_rejects(fetched, values)
            if erased:
                table = table or raw_tables()[file.table]
                into = self.scratch / f"{number}"
                ((part, _),) = write_parts([fetched], table, into, part_bytes=sys.maxsize, slices=1)
                changed = replace(new, bytes=part.stat().st_size, sha256=_digest(part))
                self._written_again.append((part, changed))
                rows += erased
            else:
                self._carried_over.append((file, new))
            fetched.unlink()
        return rows

    def publish(self, progress: Progress) -> None:
        """Uploads everything, then the manifest, then makes the version current if no other load has been faster."""
        uploads = [*self._parts(progress), *self._written_again]
        copies = self._carried_over
        files = tuple(sorted((file for _, file in [*uploads, *copies]), key=lambda file: file.key))
        self._has_uploaded = True
        in_parallel(lambda copy: self.lake.writer.copy(copy[0].key, copy[1].key, copy[0].sha256), copies)
        self._send(uploads, progress)
        manifest = _json({"format": FORMAT, "load_id": self.load_id, "files": [asdict(file) for file in files]})
        self.lake.writer.put(self._key(MANIFEST), manifest)
        self.lake.published(self._make_current(hashlib.sha256(manifest).hexdigest()), files)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def discard(self) -> None:
        """Removes what has been built and uploaded so far, unless it may have become current."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        if self._has_uploaded and not self._may_be_current:
            # What cannot be removed now is removed by a later load.
            with suppress(AdventureError):
                self.lake.writer.remove_version(self.load_id)

    def _key(self, below: str) -> str:
        return self.lake.place.key(VERSIONS, self.load_id, below)

    def _below(self, file: LakeFile) -> str:
        """Where a file of the version before lies in it."""
        assert self.before.pointer
        return file.key.removeprefix(self.lake.place.key(VERSIONS, self.before.pointer.load_id) + "/")

    def _parts(self, progress: Progress) -> list[tuple[Path, LakeFile]]:
        """The files to upload, each with what the manifest is to say of it."""
        parts = []
        for number, (table, source_file) in enumerate(self._new_files):
            progress(f"Writing the parts of {source_file}", number, len(self._new_files))
            pieces = self.folder / table / source_file
            name = object_name(source_file)
            parts += self._made(table, source_file, sorted(pieces.glob("*.parquet")), f"{table}/{name}/")
            shutil.rmtree(pieces)
            rejects = self.folder / "rejected_rows" / f"{source_file}.parquet"
            parts += self._made("rejected_rows", source_file, [rejects], f"rejected_rows/{name}.parquet")
        log = f"{self.load_id}.parquet"
        return parts + self._made("load_log", log, [self.folder / "load_log" / log], f"load_log/{log}")

    def _made(self, table: str, source_file: str, pieces: list[Path], below: str) -> list[tuple[Path, LakeFile]]:
        """The parts made of some pieces; `below` is the name of the one part, or ends in / for a folder of them."""
        written = write_parts(
            pieces,
            raw_tables()[table],
            self.scratch / below.rstrip("/"),
            part_bytes=PART_BYTES if below.endswith("/") else sys.maxsize,
            slices=self.lake.settings.slices,
        )
        made = []
        for path, rows in written:
            key = self._key(f"{below}{path.name if below.endswith('/') else ''}")
            made.append((path, LakeFile(table, source_file, key, path.stat().st_size, _digest(path), rows)))
        return made

    def _send(self, uploads: list[tuple[Path, LakeFile]], progress: Progress) -> None:
        total, done, lock = sum(file.bytes for _, file in uploads), 0, Lock()

        def sent(size: int) -> None:
            nonlocal done
            with lock:
                done = min(done + size, total)
                progress(f"Uploading to {self.lake}", done, total)

        def send(upload: tuple[Path, LakeFile]) -> None:
            path, file = upload
            self.lake.writer.send(path, file.key, file.sha256, sent)
            path.unlink()

        in_parallel(send, uploads)

    def _make_current(self, manifest_sha256: str) -> Pointer:
        """Writes `current.json`, the one step that readers see."""
        before = self.before.pointer
        previous = before.load_id if before else None
        content = {"format": FORMAT, "load_id": self.load_id, "previous": previous, "manifest_sha256": manifest_sha256}
        condition = {"IfMatch": before.etag} if before else {"IfNoneMatch": "*"}
        self._may_be_current = True
        try:
            etag = self.lake.writer.put(self.lake.place.key(CURRENT), _json(content), **condition)
            return Pointer(self.load_id, previous, manifest_sha256, etag)
        except AdventureError as error:
            # An answer can be lost on its way: the object itself shows whether the write took place.
            try:
                found = self.lake.reader.pointer()
            except AdventureError as unread:
                raise AdventureError(
                    f"{error}\nIt is not known whether this load has become current. Either way the lake is complete: "
                    "run again."
                ) from unread
            if found and found.load_id == self.load_id:
                return found
            if isinstance(error, LostRaceError):
                self._may_be_current = False
                raise AdventureError(
                    f"{self.lake}: another load has finished first, and this one has changed nothing. Run it again: "
                    "what the other has loaded already is skipped."
                ) from error
            raise


def object_name(source_file: str) -> str:
    """The name of a source file as part of a key: itself, or made harmless, with a digest so that no two are the same.

    Athena and Spectrum pass over names that begin with a dot or an underscore (Spectrum also # and a final ~), and
    not every reader takes a space or a percent sign in a key.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", source_file).lstrip("._-")
    return plain if plain == source_file else f"{plain}-{hashlib.sha256(source_file.encode()).hexdigest()[:16]}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()
