"""The report as its readers meet it: in a browser without a network, on a phone, in the dark, by keyboard, on paper."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browser import Visit, chromium, needs_chromium
from report_page import ReportPage, plain, table
from support.commands import run_adventure

pytestmark = needs_chromium
Run = tuple[Path, subprocess.CompletedProcess[str]]
OPEN_EVERY_FOLD = "for (const fold of document.querySelectorAll('details')) fold.open = true"
PHONE = {"width": 390, "height": 844}
# What a page at 400 % has on a screen of 1280.
SMALLEST = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
SECTIONS = [
    "headline", "categories", "trend", "products", "demographics", "combinations", "regions", "customers", "retention",
    "together", "prices", "budget", "quality", "about",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def path(built_sample: Run) -> Path:
    return built_sample[0] / "report" / "index.html"


@pytest.fixture(scope="module")
def written(path: Path) -> ReportPage:
    return ReportPage(path)


def tile(page: Page, name: str) -> float:
    row = page.locator("#headline .tiles tbody tr", has=page.get_by_role("rowheader", name=name, exact=True))
    return float(row.locator("td.value data").get_attribute("value"))


@pytest.mark.parametrize(
    "viewport",
    [SMALLEST, PHONE, {"width": 768, "height": 1024}, DESKTOP],
    ids=["smallest", "phone", "tablet", "desktop"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_a_network(browser: Browser, path: Path, viewport: dict, scheme: str) -> None:
    with Visit(browser, viewport=viewport, color_scheme=scheme, offline=True) as visit:
        visit.page.goto(path.as_uri())
        visit.page.locator("#filter").wait_for()
        for key in SECTIONS:
            assert visit.page.locator(f"#{key} h2").is_visible()
            assert len(visit.page.locator(f"#{key} .lead").inner_text()) > 40
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        visit.page.evaluate(OPEN_EVERY_FOLD)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert visit.requests == [path.as_uri()]
        assert visit.complaints == visit.errors == []


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_axe_finds_nothing(browser: Browser, path: Path, viewport: dict, scheme: str) -> None:
    with Visit(browser, viewport=viewport, color_scheme=scheme, reduced_motion="reduce") as visit:
        visit.page.goto(f"{path.as_uri()}?category=gear&period=2016")
        visit.page.locator("#filter").wait_for()
        visit.page.evaluate(OPEN_EVERY_FOLD)
        found = Axe().run(visit.page)
        assert found.violations_count == 0, found.generate_report()


def test_the_filter_changes_what_it_says(browser: Browser, path: Path, written: ReportPage) -> None:
    with Visit(browser, viewport=DESKTOP) as visit:
        page = visit.page
        page.goto(path.as_uri())
        category, period = page.get_by_label("Category", exact=True), page.get_by_label("Period", exact=True)
        before = {key: page.locator(f"#{key} .slot").inner_text() for key in SECTIONS[:-2]}
        assert page.locator(".ignores:visible").count() == 0
        for slug in category.locator("option").evaluate_all("all => all.map(one => one.value)"):
            for name in period.locator("option").evaluate_all("all => all.map(one => one.value)"):
                category.select_option(slug)
                period.select_option(name)
                truth = {
                    row["Measure"]: row["Value"] for row in table(written.choice("headline", slug, name), "Measures")
                }
                for measure in ("Revenue", "Profit", "Orders", "Customers"):
                    assert tile(page, measure) == truth[measure], (slug, name)
        category.select_option("gear")
        period.select_option("2016")
        assert "Gear" in page.locator("#announce").inner_text()
        for key, text in before.items():
            follows = page.locator(f"#{key} .slot").get_attribute("data-follows").split()
            shown = page.locator(f"#{key} .slot .scope ~ *").all_inner_texts()
            assert all(part in text for part in shown) != bool(follows), key
            ignored = {"category", "period"} - set(follows)
            assert page.locator(f"#{key} .ignores:visible").count() == len(ignored), key
        assert page.url.endswith("?category=gear&period=2016")
        assert page.locator("#categories tr.chosen th").inner_text() == "Gear"
        page.get_by_role("button", name="Reset").click()
        assert {key: page.locator(f"#{key} .slot").inner_text() for key in before} == before
        assert page.url == path.as_uri()
        assert page.locator(".ignores:visible").count() == 0
        assert visit.complaints == visit.errors == []


def test_a_link_keeps_the_choice_and_the_place(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP, reduced_motion="reduce") as visit:
        visit.page.goto(f"{path.as_uri()}?category=boats&period=2015#regions")
        visit.page.wait_for_function("!document.getElementById('filter').hidden")
        assert visit.page.locator("#regions .scope").inner_text() == "Boats · 2015"
        visit.page.wait_for_function("Math.abs(document.getElementById('regions').getBoundingClientRect().top) < 200")
        # What is not known is left as it was.
        visit.page.goto(f"{path.as_uri()}?category=nonsense&period=1066")
        visit.page.wait_for_function("!document.getElementById('filter').hidden")
        assert visit.page.locator("#regions .scope").inner_text() == "All categories · Last 12 months"
        assert visit.complaints == visit.errors == []


def test_by_keyboard(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP) as visit:
        page = visit.page
        page.goto(path.as_uri())
        page.locator("#filter").wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "category"
        page.keyboard.press("ArrowDown")
        assert page.locator("#headline .scope").inner_text().startswith("Boats")
        heading = page.locator("#regions th", has_text="Margin")
        heading.locator("button").focus()
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == "descending"
        margins = page.locator("#regions tbody tr td:nth-child(7) data").evaluate_all(
            "all => all.map(one => +one.value)"
        )
        assert margins == sorted(margins, reverse=True)
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == "ascending"


def test_months_are_sorted_as_time(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP) as visit:
        page = visit.page
        page.goto(path.as_uri())
        page.locator("#filter").wait_for()
        page.evaluate(OPEN_EVERY_FOLD)
        heading = page.locator("#trend .evidence th", has_text="Month")
        for direction in ("ascending", "descending"):
            heading.get_by_role("button").click()
            assert heading.get_attribute("aria-sort") == direction
            months = page.locator("#trend .evidence tbody time").evaluate_all("all => all.map(one => one.dateTime)")
            assert months == sorted(months, reverse=direction == "descending")
            assert len(months) == 30


def test_numbers_are_written_as_the_reader_writes_them(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP, locale="de-DE") as visit:
        visit.page.goto(path.as_uri())
        visit.page.locator("#filter").wait_for()
        shown = visit.page.locator("#headline .tiles td.value").all_inner_texts()
        assert re.fullmatch(r"\d+,\d\sMio\.\s\$", shown[0]), shown
        assert re.fullmatch(r"\d+,\d\s%", shown[2]), shown
        assert re.fullmatch(r"\d+\.\d{3}", shown[3]), shown


def test_the_default_numbers_are_those_of_an_english_reader(browser: Browser, path: Path) -> None:
    """What stands between the tags is what the script would write for en-US, so that nothing jumps."""
    texts = []
    for options in ({"locale": "en-US"}, {"java_script_enabled": False}):
        with Visit(browser, viewport=DESKTOP, **options) as visit:
            visit.page.goto(path.as_uri())
            texts.append(visit.page.locator("main data").all_inner_texts())
    assert texts[0] == texts[1]


def test_without_script_everything_is_there(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP, java_script_enabled=False) as visit:
        visit.page.goto(path.as_uri())
        assert not visit.page.locator("#filter").is_visible()
        assert not visit.page.locator("#theme").is_visible()
        assert visit.page.locator("main > section").count() == len(SECTIONS)
        assert visit.page.locator("figure .chart.wide svg").count() == 2
        assert visit.page.locator("main td.num").count() > 200
        assert visit.page.locator(".ignores:visible").count() == 0


def test_the_theme_can_be_chosen(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP, color_scheme="light") as visit:
        visit.page.goto(path.as_uri())
        shade = "getComputedStyle(document.body).backgroundColor"
        light = visit.page.evaluate(shade)
        button = visit.page.get_by_role("button", name="Theme")
        button.click()
        assert (button.inner_text(), visit.page.evaluate(shade)) == ("Theme: light", light)
        button.click()
        dark = visit.page.evaluate(shade)
        assert (button.inner_text(), dark != light) == ("Theme: dark", True)
        visit.page.reload()
        assert visit.page.evaluate(shade) == dark


def test_a_mark_tells_its_figure(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP) as visit:
        visit.page.goto(path.as_uri())
        visit.page.locator("#filter").wait_for()
        mark = visit.page.locator("#trend .chart.wide [data-tip]").last
        mark.scroll_into_view_if_needed()
        mark.hover()
        assert visit.page.locator("#tip").inner_text() == mark.get_attribute("data-tip")


def test_on_paper(built_sample: Run, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    done = run_adventure(built_sample[0], "report", "--format", "pdf", "--out", out)
    assert done.returncode == 0, done.stderr
    assert str(out) in done.stdout
    pages = len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))
    assert 3 <= pages <= 10


def test_the_report_leads_to_the_docs_site(browser: Browser, path: Path) -> None:
    with Visit(browser, viewport=DESKTOP) as visit:
        visit.page.goto(path.as_uri())
        assert plain(visit.page.locator(".tools a").inner_html()) == "Data models"
        assert (
            visit.page.evaluate("document.querySelector('.tools a').href") == (path.parent / "docs/index.html").as_uri()
        )
