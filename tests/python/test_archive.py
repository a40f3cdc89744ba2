"""Zip archives are unpacked whole and safely, or refused with a reason and without a trace."""

import random
import resource
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from adventure_works.errors import AdventureError
from adventure_works.sources import archive

SALES = b"OrderDate,OrderNumber\r\n1/1/2015,SO45080\r\n"
NAMES = "FirstName\r\nANDRÉS\r\n".encode("cp1252")


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def packed(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def special(name: str, mode: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = mode << 16
    return member


def patched(path: Path, *, central: int, value: bytes, local: int | None = None) -> Path:
    """Overwrites bytes at an offset of the first member's central (and local) header."""
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02") + central
    content[start : start + len(value)] = value
    if local is not None:
        content[local : local + len(value)] = value
    path.write_bytes(content)
    return path


def unpacked(path: Path, into: Path) -> dict[str, bytes]:
    """What the files that come out of an archive hold, by path; the folder they were in is gone again."""
    with archive.unpacked(path, into) as folder:
        assert [folder] == [path for path in into.iterdir() if path.is_dir()]
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert not any(file.stat().st_mode & 0o7111 for file in files), "no archive decides what is executable"
        found = {str(file.relative_to(folder)): file.read_bytes() for file in files}
    assert list(into.iterdir()) == []
    return found


def refused(path: Path, into: Path, *words: str) -> AdventureError:
    """Both readers refuse the archive, naming it and `words`, and leave nothing in the folder."""
    before = sorted(into.rglob("*"))
    with pytest.raises(AdventureError) as verified:
        archive.verify(path)
    with pytest.raises(AdventureError) as extracted:
        unpacked(path, into)
    assert str(verified.value) == str(extracted.value)
    for word in (str(path), *words):
        assert word in str(extracted.value)
    assert "--source" in str(extracted.value)
    assert sorted(into.rglob("*")) == before
    return extracted.value


def test_members_keep_their_folders_and_hidden_ones_are_skipped(tmp_path: Path, into: Path) -> None:
    path = packed(
        tmp_path / "set.zip",
        ("data/", b""),
        ("data/Sales.csv", SALES),
        ("./Customers.CSV", NAMES),
        ("windows\\Returns.csv", SALES),
        ("__MACOSX/data/Sales.csv", b"resource fork"),
        ("data/._Sales.csv", b"resource fork"),
        (".ipynb_checkpoints/Sales.csv", b"old copy"),
        ("readme.txt", b"read me"),
    )
    assert unpacked(path, into) == {
        "data/Sales.csv": SALES,
        "Customers.CSV": NAMES,
        "windows/Returns.csv": SALES,
        "readme.txt": b"read me",
    }


def test_verify_gives_the_crc_of_every_member(tmp_path: Path) -> None:
    path = packed(tmp_path / "set.zip", ("data/Sales.csv", SALES), ("readme.txt", b"read me"))
    assert archive.verify(path) == {"data/Sales.csv": zlib.crc32(SALES), "readme.txt": zlib.crc32(b"read me")}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../Sales.csv", "outside the folder"),
        ("data/../../Sales.csv", "outside the folder"),
        ("..\\Sales.csv", "outside the folder"),
        ("/etc/Sales.csv", "absolute path"),
        ("\\\\host\\share\\Sales.csv", "absolute path"),
        ("C:\\Sales.csv", "names a drive"),
        ("data/c:Sales.csv", "names a drive"),
        ("../readme.txt", "outside the folder"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, into: Path, name: str, reason: str) -> None:
    path = packed(tmp_path / "set.zip", ("Good.csv", SALES), (name, SALES))
    refused(path, into, repr(name), reason)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK])
def test_links_and_devices_are_refused(tmp_path: Path, into: Path, kind: int) -> None:
    member = special("Sales.csv", kind | 0o777)
    refused(packed(tmp_path / "set.zip", (member, b"/etc/passwd")), into, "'Sales.csv'", "link or a device")


def test_ordinary_files_with_unix_modes_are_taken(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "set.zip", (special("Sales.csv", stat.S_IFREG | 0o4777), SALES))
    assert unpacked(path, into) == {"Sales.csv": SALES}


def test_encrypted_members_are_refused(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "set.zip", ("Sales.csv", SALES))
    refused(patched(path, central=8, local=6, value=b"\x01\x00"), into, "'Sales.csv'", "encrypted")


def test_compressions_that_expand_without_bound_are_refused(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("Sales.csv", SALES)
    refused(path, into, "'Sales.csv'", "method 12")


def test_two_members_of_one_name_are_refused(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "set.zip", ("2016/Sales.csv", SALES), ("2016/sales.CSV", SALES))
    refused(path, into, "'2016/Sales.csv'", "'2016/sales.CSV'", "one file")


def test_an_archive_without_files_is_refused(tmp_path: Path, into: Path) -> None:
    refused(packed(tmp_path / "set.zip", (".hidden", b"read me")), into, "no file inside")
    refused(packed(tmp_path / "empty.zip"), into, "no file inside")


def test_zip_bombs_are_refused_while_they_unpack(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "bomb.zip", ("Sales.csv", b"0" * 5_000_000))
    refused(path, into, "'Sales.csv'", "200:1")
    # A bomb that declares to be large when packed is measured against the archive instead; some releases of Python
    # refuse it by themselves.
    refused(patched(path, central=20, value=struct.pack("<I", 3_000_000)), into, "'Sales.csv'")


def test_a_small_member_may_compress_well(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "set.zip", ("Sales.csv", b"0" * 900_000))
    assert len(unpacked(path, into)["Sales.csv"]) == 900_000


def test_too_many_bytes_or_members_are_refused(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "set.zip", ("a.csv", b"a" * 600), ("b.csv", b"b" * 600))
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    refused(path, into, "1,000 bytes", "'b.csv'")
    monkeypatch.setattr(archive, "MOST_BYTES", 1200)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 1)
    refused(path, into, "2 members")
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    assert len(unpacked(path, into)) == 2


@pytest.mark.parametrize("declared", [10, len(SALES) + 10])
def test_a_declared_size_that_is_wrong_is_damage(tmp_path: Path, into: Path, declared: int) -> None:
    path = packed(tmp_path / "set.zip", ("Sales.csv", SALES))
    error = refused(patched(path, central=24, value=struct.pack("<I", declared)), into, "'Sales.csv'")
    assert isinstance(error, archive.DamagedArchiveError)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"<!doctype html><title>Sign in</title>"])
def test_other_files_are_not_archives(tmp_path: Path, into: Path, content: bytes) -> None:
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    assert isinstance(refused(path, into, "not a complete zip"), archive.DamagedArchiveError)


def test_truncated_archives_are_damaged(tmp_path: Path, into: Path) -> None:
    whole = packed(tmp_path / "whole.zip", ("Sales.csv", SALES)).read_bytes()
    path = tmp_path / "set.zip"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert isinstance(refused(path, into), archive.DamagedArchiveError)


def test_a_wrong_crc_in_the_last_member_leaves_nothing_of_the_first(tmp_path: Path, into: Path) -> None:
    noise = random.Random(1).randbytes(100_000)
    path = packed(tmp_path / "set.zip", ("a.csv", SALES), ("b.csv", noise))
    content = bytearray(path.read_bytes())
    content[60_000] ^= 1
    path.write_bytes(content)
    assert isinstance(refused(path, into, "'b.csv'", "damaged"), archive.DamagedArchiveError)


def test_no_single_damaged_byte_goes_unnoticed_or_crashes(tmp_path: Path, into: Path) -> None:
    whole = packed(tmp_path / "whole.zip", ("a/Sales.csv", SALES), ("Names.csv", NAMES)).read_bytes()
    path = tmp_path / "set.zip"
    dice = random.Random(2)
    refusals = 0
    for position in range(len(whole)):
        content = bytearray(whole)
        content[position] ^= dice.randrange(1, 256)
        path.write_bytes(content)
        try:
            taken = unpacked(path, into)
        except AdventureError:
            taken = {}
            refusals += 1
        # Damage in a name, a date or a comment may pass; damage in what is read may not.
        assert set(taken.values()) <= {SALES, NAMES}
        assert list(into.iterdir()) == []
    assert refusals > len(SALES) + len(NAMES)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "set.zip", ("Sales.csv", SALES))
    with pytest.raises(AdventureError, match=str(path)):
        unpacked(path, path)


def test_a_full_disk_leaves_nothing(tmp_path: Path, into: Path) -> None:
    noise = random.Random(3).randbytes(3_000_000)
    path = packed(tmp_path / "set.zip", ("a.csv", SALES), ("b.csv", noise))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))  # the write fails part of the way
    try:
        with pytest.raises(AdventureError, match=r"large. Files cannot be unpacked here"):
            unpacked(path, into)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(into.iterdir()) == []


def test_an_archive_that_is_not_there_is_named(tmp_path: Path, into: Path) -> None:
    with pytest.raises(AdventureError, match=r"absent\.zip: the archive cannot be opened"):
        unpacked(tmp_path / "absent.zip", into)
