"""Unpacks zip archives that come from elsewhere, trusting nothing that they say about themselves."""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adventure_works import disk
from adventure_works.errors import AdventureError, RefusedFileError
from adventure_works.settings import shown

CHUNK_BYTES = 1 << 20
REPACK = "Unpack it with a tool that you trust, look at the files, and give their folder to `--source`."
GIVE_ANOTHER = "Give `--source` the archive or folder that holds the files."
# Both expand step by step in bounded memory; zipfile's bzip2 and LZMA readers can fill it with one step.
COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


# How large an archive may grow. The Kaggle set has 10 members, expands 6:1 and fills 3 MB.
MOST_MEMBERS, MOST_BYTES, MOST_RATIO = 1_000, 20_000_000_000, 200
# Tiny files of one repeated value compress better than `MOST_RATIO`, and harm nobody.
RATIO_FROM_BYTES = 1_000_000


class RefusedArchiveError(RefusedFileError):
    """An archive that is not safe, or not possible, to unpack."""

    def __init__(self, archive: Path, problem: str, advice: str) -> None:
        """Keeps `problem` apart from the message: it says what is wrong without naming the archive."""
        super().__init__(f"{shown(archive)}: {problem}.\n{advice}")
        self.problem = problem


class DamagedArchiveError(RefusedArchiveError):
    """An archive whose bytes are not what was packed: another copy of it may be good."""

    def __init__(self, archive: Path, problem: str) -> None:
        """Advises to get another copy."""
        super().__init__(archive, problem, "Get the file again, or give `--source` a folder of files.")


@contextmanager
def unpacked(archive: Path, below: Path) -> Iterator[Path]:
    """The members of a zip archive in a new folder below `below`, which is removed afterwards.

    `__MACOSX/` and names with a leading dot are skipped. There are no files until the CRC of the last one has been
    checked.

    Raises DamagedArchiveError (not a zip, truncated, wrong CRC), RefusedArchiveError (unsafe names, links,
    encryption, unknown compression, too large, two members of one name, no members) and AdventureError (`below`
    cannot be written).
    """
    advice = "Files cannot be unpacked here: make room, or set ADVENTURE_DOWNLOADS to a folder that you can write."
    with disk.explained(below, advice):
        below.mkdir(parents=True, exist_ok=True)
        scratch = ExitStack()
        folder = scratch.enter_context(disk.scratch(below, ".unpacked-"))
    with scratch:
        with _opened(archive) as opened, disk.explained(below, advice):
            members = _wanted_members(archive, _safe_members(archive, opened))
            budget = MOST_BYTES
            for member in members:
                path = folder.joinpath(*_parts(member))
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:
                    budget -= _read(archive, opened, member, file.write, budget)
        yield folder


def verify(archive: Path) -> dict[str, int]:
    """Reads every member, whatever its kind, and returns the CRC-32 of each by its name in the archive.

    Raises what `unpacked` raises about the archive itself, and RefusedArchiveError if there is no CSV file in it.
    """
    with _opened(archive) as opened:
        members = _safe_members(archive, opened)
        if not any(member.filename.lower().endswith(".csv") for member in _wanted_members(archive, members)):
            raise RefusedArchiveError(archive, "no CSV file inside", GIVE_ANOTHER)
        budget = MOST_BYTES
        for member in members:
            budget -= _read(archive, opened, member, len, budget)
        return {member.filename: member.CRC for member in members}


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        file = archive.open("rb")
    except OSError as error:
        raise AdventureError(
            f"{shown(archive)}: the archive cannot be opened ({error.strerror}).\nCheck the path and its permissions."
        ) from error
    with file:
        try:
            opened = zipfile.ZipFile(file)
        # ValueError and OSError: a directory of members that points before the start of the file.
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise DamagedArchiveError(archive, f"not a complete zip archive ({error})") from error
        with opened:
            yield opened


def _safe_members(archive: Path, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that are files, once every member has been found harmless."""
    members = opened.infolist()
    if len(members) > MOST_MEMBERS:
        raise RefusedArchiveError(archive, f"{len(members)} members, more than {MOST_MEMBERS}", REPACK)
    for member in members:
        if problem := _unsafe(member):
            raise RefusedArchiveError(archive, f"member {member.filename!r} {problem}", REPACK)
    return [member for member in members if not member.is_dir()]


def _unsafe(member: zipfile.ZipInfo) -> str | None:
    """Why a member must not be unpacked, or None."""
    parts = _parts(member)
    kind = stat.S_IFMT(member.external_attr >> 16)  # zero where the packing system knows no file kinds
    if _slashed(member).startswith("/"):
        return "has an absolute path"
    if any(part[1:2] == ":" for part in parts):
        return "names a drive"
    if ".." in parts:
        return "would be written outside the folder"
    if not parts:
        return "has no name"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.compress_type not in COMPRESSIONS:
        return f"uses compression method {member.compress_type}; only stored and deflated members are read"
    return None


def _wanted_members(archive: Path, members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The members that are not hidden. Names that differ in case only are one name on some file systems."""
    chosen: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        if any(part.startswith(".") or part == "__MACOSX" for part in _parts(member)):
            continue
        other = chosen.setdefault("/".join(_parts(member)).casefold(), member)
        if other is not member:
            raise RefusedArchiveError(
                archive,
                f"members {other.filename!r} and {member.filename!r} would become one file",
                "Unpack it, keep the one that you want, and give the folder to `--source`.",
            )
    if not chosen:
        raise RefusedArchiveError(archive, "no file inside", GIVE_ANOTHER)
    return list(chosen.values())


def _parts(member: zipfile.ZipInfo) -> list[str]:
    """The folders of a member and its base name, which is last."""
    return [part for part in _slashed(member).split("/") if part not in ("", ".")]


def _slashed(member: zipfile.ZipInfo) -> str:
    # Some Windows tools pack with backslashes; Python leaves them as they are on other systems.
    return member.filename.replace("\\", "/")


def _read(
    archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo, write: Callable[[bytes], int], budget: int
) -> int:
    """Streams one member to `write` and returns its size in bytes, counted here rather than believed."""
    # A declared compressed size beyond the archive itself would make any expansion look modest.
    packed = max(1, min(member.compress_size, archive.stat().st_size))
    size = 0
    for chunk in _chunks(archive, opened, member):
        size += len(chunk)
        if size > budget:
            problem = f"more than {MOST_BYTES:,} bytes when unpacked, reached in {member.filename!r}"
            raise RefusedArchiveError(archive, problem, REPACK)
        if size > RATIO_FROM_BYTES and size > MOST_RATIO * packed:
            problem = f"member {member.filename!r} expands more than {MOST_RATIO}:1, as a zip bomb does"
            raise RefusedArchiveError(archive, problem, REPACK)
        write(chunk)
    if size != member.file_size:  # the CRC does not catch this one: zipfile ends quietly where the data ends
        problem = f"member {member.filename!r} has {size:,} bytes of the {member.file_size:,} it declares"
        raise DamagedArchiveError(archive, problem)
    return size


def _chunks(archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of one member; its CRC is checked on the way."""
    try:
        with opened.open(member) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        reason = str(error) or "it ends early"
        raise DamagedArchiveError(archive, f"member {member.filename!r} is damaged ({reason})") from error
