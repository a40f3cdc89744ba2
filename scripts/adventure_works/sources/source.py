"""Where the CSV files come from: the generated sample, Kaggle, or a folder, zip or file of the user's."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sources.archive import unpacked

# Its folder in the downloads. Whoever names that folder, or a file in it, means the sample as well.
SAMPLE = "sample"
SAMPLE_SCALE, SAMPLE_SEED = 1.0, 42

WHAT_TO_GIVE = "Give `sample`, `kaggle`, or the path of a folder of CSV files, of a zip, or of one CSV file."


@dataclass(frozen=True)
class Source:
    """Files to load, and what they are: `kind` is `sample`, `kaggle` or `folder`."""

    kind: str
    version: str
    files: tuple[Path, ...]
    origin: str


@contextmanager
def scratch_folder(downloads: Path) -> Iterator[Path]:
    """A folder for copies of files, made by whoever writes the first one, and removed afterwards."""
    folder = downloads / f".unpacked-{secrets.token_hex(6)}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(name: str, downloads: Path, announce: Callable[[str], None]) -> Iterator[Source]:
    """The files of `sample`, `kaggle`, or a path; what had to be unpacked (in `downloads`) is removed afterwards.

    Raises:
        AdventureError: the path does not exist or holds no CSV file.
        FetchError: the dataset cannot be had from Kaggle.
    """
    if name == "sample":
        yield _sample(downloads, announce)
        return
    if name == "kaggle":
        from adventure_works.sources import kaggle

        dataset = kaggle.fetch(downloads, announce=announce)
        with unpacked(dataset.archive, downloads) as files:
            yield Source("kaggle", str(dataset.version), files, f"Kaggle, version {dataset.version}")
        return
    if not name.strip():
        raise AdventureError(f"--source is empty. {WHAT_TO_GIVE}")
    path = Path(name).expanduser().absolute()
    if not path.exists():
        raise AdventureError(f"{name}: no such file or folder. {WHAT_TO_GIVE}")
    if path.is_file() and path.suffix.lower() == ".zip":
        with unpacked(path, downloads) as files:
            yield Source("folder", "", files, shown(path))
        return
    found = [path]
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if file.suffix.lower() == ".csv" and file.is_file()]
    if not found:
        raise AdventureError(f"{name}: the folder holds no CSV file. Give the folder that the files lie in.")
    kind = "sample" if (downloads / SAMPLE).resolve() in (path.resolve(), path.resolve().parent) else "folder"
    yield Source(kind, "", tuple(found), shown(path))


def _sample(downloads: Path, announce: Callable[[str], None]) -> Source:
    from adventure_works.sample.generator import generate

    folder = downloads / SAMPLE
    announce(f"Generating the sample (scale {SAMPLE_SCALE:g}, seed {SAMPLE_SEED}) in {shown(folder)}")
    generate(folder, scale=SAMPLE_SCALE, seed=SAMPLE_SEED)
    files = tuple(sorted(folder.glob("*.csv")))
    return Source("sample", f"scale {SAMPLE_SCALE:g}, seed {SAMPLE_SEED}", files, "the generated sample")
