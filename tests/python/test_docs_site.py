"""The docs site is one file that opens from disk, without a server and without the network."""

import json
import os
import subprocess
import sys
from pathlib import Path

from browser import Visit, chromium, needs_chromium
from conftest import PROJECT, own_places, run_dbt

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

    with chromium() as browser, Visit(browser, viewport={"width": 1400, "height": 1000}, offline=True) as visit:
        page = visit.page
        page.goto(f"{site.as_uri()}#!/model/{fact_sales}")
        page.locator("h1", has_text="fact_sales").wait_for()
        text = page.locator("body").inner_text()
        for column in manifest["nodes"][fact_sales]["columns"].values():
            assert column["name"] in text
        assert "DECIMAL(18,4)" in text, "the types come from the warehouse"

        page.locator("a[title='View Lineage Graph']").first.dispatch_event("click")
        page.wait_for_function(f"{DRAWN_PIXELS} > 0")
        shown = set(page.evaluate(SHOWN_NODES))
        neighbours = {*manifest["parent_map"][fact_sales], *manifest["child_map"][fact_sales]}
        assert {name for name in neighbours if name.startswith("model.")} < shown
        assert {address.partition(":")[0] for address in visit.requests} <= {"file", "data"}
        assert [text for text in visit.complaints if not text.startswith(("log:", "info:", "warning:"))] == []

        page.goto(f"{site.as_uri()}#!/overview")
        page.get_by_role("heading", name="Adventure Works Analytics").wait_for()
        assert page.get_by_role("link", name="the report").get_attribute("href") == "../index.html"


def test_the_site_stands_beside_the_report(tmp_path: Path) -> None:
    """`make docs` ends with this step; the graph and the glossary are the project's own and stay as they are."""
    done = run_dbt(tmp_path, "parse")
    assert done.returncode == 0, done.stdout
    (tmp_path / "target" / "static_index.html").write_text("the site", encoding="utf-8")
    documents = {path: path.read_bytes() for path in (PROJECT / "docs").glob("*.md")}
    subprocess.run(
        [sys.executable, "-m", "adventure_works.docs"], env=os.environ | own_places(tmp_path), cwd=PROJECT, check=True
    )
    assert (tmp_path / "report" / "docs" / "index.html").read_text(encoding="utf-8") == "the site"
    assert {path: path.read_bytes() for path in (PROJECT / "docs").glob("*.md")} == documents
