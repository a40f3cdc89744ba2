"""Reads the sheets of a workbook, in a process of its own: a damaged one can make its reader hang, or fill memory."""

import csv
import json
import resource
import subprocess
import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import python_calamine as calamine

from adventure_works.errors import RefusedFileError

# What a worksheet can hold: one that is full has been cut off.
MOST_ROWS = 1_048_576
MOST_RATIO = 200
# A workbook of that many rows and ten columns takes a minute and 2 GB.
SECONDS, MOST_MEMORY = 600, 4 << 30


def sheets(path: Path, name: str, scratch: Path) -> list[tuple[str, Path]]:
    """The names of the worksheets that hold something, each with a new CSV file, `scratch` with an ending.

    Raises:
        RefusedFileError: the workbook is protected, damaged or cut off.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, path, scratch], capture_output=True, text=True, timeout=SECONDS
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else {"problem": "its reader has broken off"}
    except subprocess.TimeoutExpired:
        answer = {"problem": f"its reader has not ended after {SECONDS} s"}
    if problem := answer.get("problem"):
        raise RefusedFileError(
            f"{name}: the file is a workbook that cannot be read ({problem}). Save it again, or as CSV."
        )
    return [(sheet, Path(file)) for sheet, file in answer["sheets"]]


def _read(path: Path, scratch: Path) -> dict[str, Any]:
    """What `sheets` makes its answer of: `sheets`, or a `problem` in words."""
    found = []
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                size = sum(member.file_size for member in packed.infolist())
            if size > max(10_000_000, MOST_RATIO * path.stat().st_size):
                return {"problem": f"it grows to {size:,} bytes when unpacked"}
        with path.open("rb") as file, calamine.CalamineWorkbook.from_filelike(file) as book:
            for number, sheet in enumerate(book.sheets_metadata):
                if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
                    continue
                rows = book.get_sheet_by_index(number).to_python(skip_empty_area=False)
                if len(rows) >= MOST_ROWS:
                    return {"problem": f"the worksheet {sheet.name} is full, so that rows have been cut off"}
                if rows:
                    target = scratch.with_suffix(f".{number}.csv")
                    with target.open("x", encoding="utf-8", newline="") as out:
                        csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
                    found.append((sheet.name, str(target)))
    except calamine.PasswordError:
        return {"problem": "it is protected by a password"}
    except (calamine.CalamineError, zipfile.BadZipFile, MemoryError) as error:
        return {"problem": str(error) or "it does not fit into the memory"}
    return {"sheets": found}


def _cell(value: Any) -> str:
    """The text of a cell as it would be in a CSV file: days as YYYY-MM-DD, whole numbers without decimals."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    json.dump(_read(Path(sys.argv[1]), Path(sys.argv[2])), sys.stdout)
