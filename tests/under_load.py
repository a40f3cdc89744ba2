"""Runs the tests that wait for something again and again while the machine is kept busy: make test-load."""

import argparse
import subprocess
import sys
from pathlib import Path

BUSY = "while True: pass"


def main() -> None:
    """Ends with the first run that fails, and with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--busy", type=int, default=8, help="how many processes to have beside the tests")
    options, rest = parser.parse_known_args()
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(options.busy)]
    try:
        for number in range(1, options.times + 1):
            print(f"Run {number} of {options.times}, beside {options.busy} busy processes", flush=True)
            command = [Path(sys.executable).with_name("pytest"), "-q", "-n", "2", "-m", "timing and not slow", *rest]
            done = subprocess.run(command)
            if done.returncode:
                sys.exit(done.returncode)
    finally:
        for process in busy:
            process.kill()


if __name__ == "__main__":
    main()
