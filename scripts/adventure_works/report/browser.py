"""What the machine's own browser does: show the page, or print it as PDF with Chromium."""

import shutil
import subprocess
import tempfile
import webbrowser
from pathlib import Path

from adventure_works.errors import AdventureError

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but the page: no profile of the user's, no calls of the browser's own.
QUIET = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-quic", "--no-first-run", "--no-pdf-header-footer"
)  # fmt: skip
TIMEOUT = 120


def show(page: Path) -> bool:
    """Opens the page in the user's browser; False where there is none."""
    return webbrowser.open(page.absolute().as_uri())


def print_pdf(page: Path, out: Path) -> None:
    """Prints the page to the file `out`.

    Raises:
        AdventureError: Chromium is not there, or did not print.
    """
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        raise AdventureError(
            f"A PDF needs Chromium, and none of {', '.join(CHROMIUM)} is on this machine. Install it, or open "
            f"{page} in a browser and print it there."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "report.pdf"
        # As root Chromium refuses to start with its sandbox; the page is ours and holds no foreign code.
        command = [chromium, *QUIET, "--no-sandbox", f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}"]
        try:
            done = subprocess.run([*command, page.absolute().as_uri()], capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise AdventureError(f"{chromium} did not print {page} within {TIMEOUT} s.") from None
        if done.returncode or not made.exists():
            raise AdventureError(f"{chromium} did not print {page}:\n{done.stderr.strip()[-500:]}")
        shutil.copyfile(made, out)
