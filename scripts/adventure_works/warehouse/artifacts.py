"""What dbt leaves of a build in its target folder, and a warehouse keeps as the evidence for what was built."""

import json
from pathlib import Path

from adventure_works.errors import AdventureError
from adventure_works.settings import shown

MANIFEST, RESULTS = "manifest.json", "run_results.json"
ARTIFACTS = (MANIFEST, RESULTS)


def build_id_in(folder: Path) -> str:
    """The id of the build whose results are in a folder: dbt's invocation id.

    Raises:
        AdventureError: dbt has left no results that can be read.
    """
    try:
        found: str = json.loads((folder / RESULTS).read_text(encoding="utf-8"))["metadata"]["invocation_id"]
    except (OSError, ValueError, KeyError) as error:
        raise AdventureError(f"{shown(folder / RESULTS)} cannot be read: {error}. Run again.") from error
    return found
