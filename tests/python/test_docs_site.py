"""The docs site is one file that opens from disk, without a server and without the network."""

import json
import subprocess
from pathlib import Path

from chromium import browse, needs_chromium
from conftest import run_dbt

# The lineage graph keeps its own model; these are the nodes that are on show.
SHOWN_NODES = """
    [...document.querySelectorAll('*')].filter(element => element._cyreg).flatMap(element =>
        element._cyreg.cy.nodes().filter(node => node.style('display') !== 'none').map(node => node.id()))
"""
DRAWN_PIXELS = """
    [...document.querySelectorAll('canvas')].filter(canvas => canvas.width * canvas.height).reduce((drawn, canvas) =>
        drawn + canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter(Boolean).length, 0)
"""


@needs_chromium
def test_the_site_opens_from_disk(built_sample: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    folder = built_sample[0]
    done = run_dbt(folder, "docs", "generate", "--static", "--quiet")
    assert done.returncode == 0, done.stdout
    # Alone in a folder: the page must not need its neighbours.
    site = (folder / "target" / "static_index.html").rename(tmp_path / "static_index.html")
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    fact_sales = "model.adventure_works.fact_sales"

    with browse(tmp_path / "profile") as page:
        page.open(f"{site.as_uri()}#!/model/{fact_sales}")
        page.wait_for("document.querySelector('h1')?.innerText.includes('fact_sales')")
        text = page.value("document.body.innerText")
        for column in manifest["nodes"][fact_sales]["columns"].values():
            assert column["name"] in text
        assert "DECIMAL(18,4)" in text, "the types come from the warehouse"

        page.click("a[title='View Lineage Graph']")
        page.wait_for(f"{DRAWN_PIXELS} > 0")
        shown = set(page.value(SHOWN_NODES))
        neighbours = {*manifest["parent_map"][fact_sales], *manifest["child_map"][fact_sales]}
        assert {name for name in neighbours if name.startswith("model.")} < shown
        assert {name.partition(":")[0] for name in page.requested} <= {"file", "data"}
        assert page.errors == []

        page.open(f"{site.as_uri()}#!/overview")
        page.wait_for("document.body.innerText.includes('Adventure Works Analytics')")
