"""Other processes at a database file: one that holds it open, and one that asks it again and again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def process(code: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has printed its first line and ends with its stdin."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin and running.stdout
        running.stdout.readline()
        yield running
        if not running.stdin.closed:
            running.stdin.close()


def ended(running: subprocess.Popen[str]) -> str:
    """Ends a process that ends with its next line, and gives what it has printed since it was last read."""
    assert running.stdin and running.stdout
    running.stdin.write("end\n")
    running.stdin.flush()
    return running.stdout.read()


HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
print("open", flush=True)
for _ in sys.stdin:
    print(*connection.execute("select (from one), (from other)").fetchone(), flush=True)
"""

# A tool that opens the file anew for each of its questions, until it is told to end.
ASK = """
import duckdb, select, sys
query, seen = sys.argv[2], []
print("open", flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        found = connection.execute(query).fetchone()
    if found not in seen:
        seen.append(found)
        print(found, flush=True)
"""
