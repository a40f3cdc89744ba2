"""The docs site is one file that opens from disk, without a server and without the network."""

import json
import subprocess
from pathlib import Path

from browser import Visit, chromium, needs_chromium
from support.commands import run_dbt
from support.places import PUBLISHED
from tools.docs import place_site

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
    target = tmp_path / "target"
    done = run_dbt(folder, "docs", "generate", "--static", "--quiet", "--target-path", str(target), **PUBLISHED)
    assert done.returncode == 0, done.stdout
    # Alone in a folder: the page must not need its neighbours.
    site = (target / "static_index.html").rename(tmp_path / "static_index.html")
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
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
        page.wait_for_function(f"{DRAWN_PIXELS} > 0", polling=500)
        shown = set(page.evaluate(SHOWN_NODES))
        neighbours = {*manifest["parent_map"][fact_sales], *manifest["child_map"][fact_sales]}
        assert {name for name in neighbours if name.startswith("model.")} < shown
        assert {address.partition(":")[0] for address in visit.requests} <= {"file", "data"}
        assert visit.errors == []

        page.goto(f"{site.as_uri()}#!/overview")
        page.get_by_role("heading", name="Adventure Works Analytics").wait_for()
        assert page.get_by_role("link", name="the report").get_attribute("href") == "../index.html"


def test_the_site_is_beside_the_report(tmp_path: Path) -> None:
    (tmp_path / "static_index.html").write_text("the site", encoding="utf-8")
    assert place_site(tmp_path, tmp_path / "report" / "index.html") == tmp_path / "report" / "docs" / "index.html"
    assert (tmp_path / "report" / "docs" / "index.html").read_text(encoding="utf-8") == "the site"
