"""Files on this machine: replaced in one step, linked, safe on the disk, and held by one process at a time."""

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adventure_works.errors import AdventureError, HeldError
from adventure_works.settings import shown

# What DuckDB says on a full disk, and of everything after it.
FULL = re.compile("No space left on device|database has been invalidated|Could not write (all|file)", re.IGNORECASE)
NO_ROOM = (
    "The disk is full: a run needs about three times the room of what is published. Make room, or set "
    "ADVENTURE_DATABASE to a place on another disk, and run again."
)


def has_no_room(message: str) -> bool:
    """Whether a message of DuckDB means that the disk is full."""
    return bool(FULL.search(message))


# What the user lets others read; only the process that reads it can set it.
_umask = os.umask(0o077)
os.umask(_umask)


def keep_to_owner() -> None:
    """Lets nobody else read the files and folders that this process makes from now on: customers are in them."""
    os.umask(_umask | 0o077)


def let_others_read(path: Path) -> None:
    """Gives a file or folder that holds nothing of a person the permissions that the user's others have."""
    path.chmod((0o777 if path.is_dir() else 0o666) & ~_umask)


@contextmanager
def explained(place: Path | str, what_to_do: str) -> Iterator[None]:
    """Turns an error of the file system into a message: the file, else `place`; the reason; what to do about it."""
    try:
        yield
    except OSError as error:
        name = shown(Path(error.filename or place)) if error.filename or isinstance(place, Path) else place
        raise AdventureError(f"{name}: {error.strerror or error}. {what_to_do}") from error


def check_writable(folder: Path, variable: str) -> None:
    """Makes a folder where it is missing, and refuses one that cannot be written; the variable moves it elsewhere."""
    with explained(folder, f"It cannot be written: correct its permissions, or set {variable} to another place."):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Gives a path to write a new file or folder to, which takes the place of `path` when the block ends.

    A reader sees the old file or the new one, never a part. After an error, `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent, ignore_cleanup_errors=True) as name:
        new = Path(name) / path.name
        yield new
        if path.is_dir():
            # A rename replaces a file, but no folder that holds something.
            path.rename(new.with_name(f"{path.name}.old"))
        new.replace(path)


@contextmanager
def scratch(below: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `below` for the time of the block; what killed processes have left with the prefix is removed.

    A lock on a file beside it says that the folder is in use.
    """
    for lock in below.glob(f"{prefix}*.lock"):
        with suppress(OSError), lock.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
    lock = below / f"{prefix}{secrets.token_hex(6)}.lock"
    folder = lock.with_suffix("")
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Returns when a file, or the list of names in a folder, is safe on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(source: Path, target: Path) -> None:
    """Gives a file a second name, which may exist; where the file system has no hard links, makes a copy."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        copy(source, target)
        sync(target)


def copy(source: Path, target: Path) -> None:
    """Copies a file; a file system that can share the blocks of the two takes no time or room for it."""
    with source.open("rb") as reader, target.open("wb") as writer:
        rest = os.fstat(reader.fileno()).st_size
        try:
            while rest:
                rest -= os.copy_file_range(reader.fileno(), writer.fileno(), rest)
        except (AttributeError, OSError):
            # Not on this system, or not between these two places.
            reader.seek(0)
            writer.seek(0)
            shutil.copyfileobj(reader, writer, 1 << 20)


@contextmanager
def locked(
    lock: Path, work: str, place: Path, variable: str, announce: Callable[[str], None], *, wait: bool = True
) -> Iterator[None]:
    """Holds a lock file, made when it is missing, for one process at a time, which writes its number into it.

    Messages name the `work` (`run` or `load`), the place that it is on, and the environment variable that moves this.
    Where another process holds the lock, `wait` says whether to announce that and wait, or to be refused.

    Raises:
        HeldError: another process holds the lock and this one is not to wait.
        AdventureError: the folder cannot be written.
    """
    with explained(lock, f"The folder cannot be written: correct its permissions, or set {variable} to another place."):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab+", buffering=0)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            number = file.read().decode().strip()
            other = f"Another {work}{f' (process {number})' if number else ''} is at work on {shown(place)}"
            if not wait:
                raise HeldError(f"{other}. Run again when it has finished, or without --no-wait.") from None
            announce(f"{other}; waiting for it to finish.")
            fcntl.flock(file, fcntl.LOCK_EX)
        # Only for the messages of others: on a full disk, what follows will report it.
        with suppress(OSError):
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode())
        yield
