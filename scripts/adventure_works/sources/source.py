"""Where the files come from: the generated sample, Kaggle, or a folder, zip or file of the user's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adventure_works import disk
from adventure_works.errors import AdventureError
from adventure_works.settings import shown
from adventure_works.sources.walk import Found, walk

# Its folder in the downloads. Whoever names that folder, or a file in it, means the sample as well.
SAMPLE = "sample"
SAMPLE_SCALE, SAMPLE_SEED = 1.0, 42

WHAT_TO_GIVE = "Give `sample`, `kaggle`, or the path of a folder, of a zip archive, or of one file."


@dataclass(frozen=True)
class Source:
    """Files to load, and what they are: `kind` is `sample`, `kaggle` or `folder`.

    `problems` says what is wrong with files that cannot even be looked at.
    """

    kind: str
    version: str
    files: tuple[Found, ...]
    origin: str
    problems: tuple[str, ...] = ()


@contextmanager
def scratch_folder(downloads: Path) -> Iterator[Path]:
    """A folder for copies of files, removed afterwards.

    Raises:
        AdventureError: the downloads cannot be written.
    """
    disk.check_writable(downloads, "ADVENTURE_DOWNLOADS")
    with disk.scratch(downloads, ".unpacked-") as folder:
        yield folder


@contextmanager
def opened(name: str, downloads: Path, announce: Callable[[str], None]) -> Iterator[Source]:
    """The files of `sample`, `kaggle`, or a path; what had to be unpacked (in `downloads`) is removed afterwards.

    Raises:
        AdventureError: the path does not exist or holds no file of data.
        FetchError: the dataset cannot be had from Kaggle.
    """
    if name == "sample":
        yield _sample(downloads, announce)
        return
    if name == "kaggle":
        from adventure_works.sources import kaggle

        dataset = kaggle.fetch(downloads, announce=announce)
        path, origin = dataset.archive, f"Kaggle, version {dataset.version}"
        kind, version = "kaggle", str(dataset.version)
    else:
        if not name.strip():
            raise AdventureError(f"--source is empty. {WHAT_TO_GIVE}")
        path = Path(name).expanduser().absolute()
        if not path.exists():
            raise AdventureError(f"{name}: no such file or folder. {WHAT_TO_GIVE}")
        is_sample = (downloads / SAMPLE).resolve() in (path.resolve(), path.resolve().parent)
        kind, version, origin = "sample" if is_sample else "folder", "", shown(path)
    with ExitStack() as open_archives:
        found = walk(path, downloads, open_archives, announce)
        if not found.files and not found.problems:
            raise AdventureError(f"{name}: holds no file of data. {WHAT_TO_GIVE}")
        yield Source(kind, version, tuple(found.files), origin, tuple(found.problems))


def _sample(downloads: Path, announce: Callable[[str], None]) -> Source:
    from adventure_works.sample.generator import generate

    folder = downloads / SAMPLE
    announce(f"Generating the sample (scale {SAMPLE_SCALE:g}, seed {SAMPLE_SEED}) in {shown(folder)}")
    generate(folder, scale=SAMPLE_SCALE, seed=SAMPLE_SEED)
    files = tuple(Found(path, path.name) for path in sorted(folder.glob("*.csv")))
    return Source("sample", f"scale {SAMPLE_SCALE:g}, seed {SAMPLE_SEED}", files, "the generated sample")
