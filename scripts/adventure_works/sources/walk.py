"""Looks for the files of a source: in a folder, its sub-folders and zip archives, everywhere by the same rules.

A file that a first load would be a year short without is never passed over in silence: what looks like data and is
none is refused, and everything else is named.
"""

import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sources.archive import unpacked

TEXT = {".csv", ".tsv", ".tab", ".psv", ".txt"}
DATA = TEXT | {".gz", ".json", ".jsonl", ".ndjson", ".ods", ".parquet", ".xls", ".xlsb", ".xlsm", ".xlsx", ".zip"}
# Left by file managers and spreadsheets beside the files, and never data.
_LITTER = {"thumbs.db", "desktop.ini", "__macosx", "icon\r"}
MOST_FILES = 10_000
MOST_ARCHIVES_IN_ARCHIVES = 2
MOST_NAMED = 6


@dataclass(frozen=True)
class Found:
    """A file to look at, and what it is called in messages and in the lake."""

    path: Path
    name: str


@dataclass
class Walk:
    """What was found: files, and what is wrong with others, in a sentence each."""

    files: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class _Walker:
    def __init__(self, downloads: Path, open_archives: ExitStack, announce: Callable[[str], None]) -> None:
        self.walk = Walk()
        self.other: list[str] = []
        self._downloads, self._archives, self._announce = downloads, open_archives, announce
        self._seen = 0

    def folder(self, folder: Path, place: tuple[str, ...], above: frozenset[Path], archives: int) -> None:
        """Looks at all that is in a folder; `place` is its path below the source, `above` are the folders it is in."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self.walk.problems.append(f"{_said(folder.name)}: the folder cannot be read ({error.strerror}).")
            return
        for path in entries:
            if is_litter(path.name):
                continue
            try:
                self.entry(path, place, above | {folder.resolve()}, archives)
            except OSError as error:
                self.walk.problems.append(f"{_said(path.name)}: cannot be read ({error.strerror}).")

    def entry(self, path: Path, place: tuple[str, ...], above: frozenset[Path], archives: int) -> None:
        """Looks at a file or folder."""
        self._seen += 1
        if self._seen > MOST_FILES:
            raise AdventureError(
                f"More than {MOST_FILES:,} files. Give the folder that the files of data are in, not one above it."
            )
        name = _said(path.name)
        if path.is_dir():
            self._sub_folder(path, place, above, archives)
        elif not is_data(path.name):
            if any(ending in path.name.lower() for ending in (".csv", ".xls", ".parquet", ".json")):
                self._announce(f"Passed over {name}: its ending is not that of a complete file of data.")
            else:
                self.other.append(name)
        elif path.is_symlink() and not path.exists():
            self.walk.problems.append(f"{name}: a link to a file that is not there. Connect its drive, or remove it.")
        elif not path.is_file():
            self.walk.problems.append(f"{name}: neither a file nor a folder (a pipe or a device). Remove it.")
        elif name != path.name:
            self.walk.problems.append(f"{name}: the name of the file is not UTF-8. Give it another one.")
        elif is_archive(path):
            if archives >= MOST_ARCHIVES_IN_ARCHIVES:
                self.walk.problems.append(f"{name}: an archive within archives. Unpack it, and load the files.")
                return
            inside = self._archives.enter_context(unpacked(path, self._downloads))
            self.folder(inside, (*place, name), above, archives + 1)
        else:
            self.walk.files.append(Found(path, " - ".join((*place, unicodedata.normalize("NFC", name)))))

    def _sub_folder(self, path: Path, place: tuple[str, ...], above: frozenset[Path], archives: int) -> None:
        name = _said(path.name)
        if path.resolve() in above:
            self._announce(f"Passed over {name}: a link to a folder that it is in.")
        elif (path / "raw").is_symlink() and (path / "versions").is_dir():
            self._announce(f"Passed over {name}: a lake, which holds what was loaded already.")
        else:
            before = len(self.walk.files), len(self.walk.problems)
            self.folder(path, (*place, name), above, archives)
            if is_data(path.name) and before == (len(self.walk.files), len(self.walk.problems)):
                self._announce(f"Passed over {name}: a folder without a file of data.")


def walk(path: Path, downloads: Path, open_archives: ExitStack, announce: Callable[[str], None]) -> Walk:
    """The files of data in a folder or archive, or the file itself; archives are unpacked into `downloads`.

    Names are those of the files; where two have the same one, with the folders that they are in.

    Raises:
        AdventureError: an archive is not safe to unpack, or there are far too many files.
    """
    walker = _Walker(downloads, open_archives, announce)
    if path.is_dir():
        walker.folder(path, (), frozenset(), 0)
    elif path.is_file() and is_archive(path):
        walker.folder(open_archives.enter_context(unpacked(path, downloads)), (), frozenset(), 1)
    elif path.is_file():
        walker.walk.files.append(Found(path, unicodedata.normalize("NFC", path.name)))
    else:
        raise AdventureError(f"{shown(path)}: neither a file nor a folder. Give the path of either.")
    if walker.other:
        more = f" and {len(walker.other) - MOST_NAMED} more" if len(walker.other) > MOST_NAMED else ""
        announce(f"Passed over {', '.join(walker.other[:MOST_NAMED])}{more}: no files of data by their endings.")
    walker.walk.files = _named_apart(walker.walk.files)
    return walker.walk


def is_data(name: str) -> bool:
    """Whether a name ends as that of a file of data does."""
    return Path(name).suffix.lower() in DATA


def is_litter(name: str) -> bool:
    """Whether a file is hidden, or left by a file manager or a spreadsheet that has a file open."""
    return name.startswith((".", "~$")) or name.lower() in _LITTER


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, whatever its name is; workbooks are packed so as well, and are none here."""
    if path.suffix.lower() == ".zip":
        return True
    with path.open("rb") as file:
        if file.read(4) != b"PK\3\4" or not zipfile.is_zipfile(path):
            return False
    with zipfile.ZipFile(path) as packed:
        return not {"[Content_Types].xml", "mimetype"} & set(packed.namelist())


def _named_apart(files: list[Found]) -> list[Found]:
    """The files by their base names, but with their folders where there are several of one name."""
    base = {file: unicodedata.normalize("NFC", file.path.name) for file in files}
    counts = Counter(name.casefold() for name in base.values())
    return [file if counts[base[file].casefold()] > 1 else replace(file, name=base[file]) for file in files]


def _said(name: str) -> str:
    """A name that can be printed, whatever its bytes are."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
