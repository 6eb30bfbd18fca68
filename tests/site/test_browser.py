"""The pages behave in a real browser: offline, on a phone, in the dark, by keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts
)
STATES = {"desktop": (1440, "light"), "phone": (390, "dark")}
FIRST_PAGE = "gallery/10_first_call/10_one_call.html"


class Visit:
    """One look at a page: what it asked for and what it complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.note(request.url))
        page.on("console", lambda message: self.complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(url)

    def complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def go(self, name: str) -> Page:
        self.page.goto(f"{self.address}/{name}", wait_until="networkidle")
        return self.page


@pytest.fixture(params=STATES)
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    width, scheme = STATES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield Visit(context.new_page(), address)
    context.close()


@pytest.fixture
def desktop(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield Visit(context.new_page(), address)
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_offline_quiet_narrow_enough_and_accessible(visit: Visit, name: str):
    page = visit.go(name)
    assert visit.foreign == [], "asks no other host for anything"
    assert visit.complaints == []
    too_wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert too_wide <= 0, "the page itself never scrolls sideways"
    neighbours = page.locator(".prev-next-area a").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    )
    assert neighbours == [], "no word in the links to the neighbours is cut off"
    if page.viewport_size["width"] >= STATES["desktop"][0]:
        cut = page.locator("article pre").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
        )
        assert cut == [], "code is read without scrolling sideways"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_an_output_shows_all_of_its_lines(visit: Visit):
    outputs = visit.go("gallery/80_debugging/30_errors_state_and_cell.html").locator(
        ".sphx-glr-script-out pre"
    )
    for height, shown, text in outputs.evaluate_all(
        "all => all.map(each => [each.scrollHeight, each.clientHeight, each.innerText])"
    ):
        assert height <= shown + 1, text
    assert outputs.count() > 5


def test_a_printed_page_is_a_link(desktop: Visit):
    page = desktop.go("gallery/80_debugging/30_errors_state_and_cell.html")
    page.locator(".sphx-glr-script-out").get_by_role("link", name="by-error#only-h").first.click()
    expect(page).to_have_url(re.compile(r"/by-error\.html#only-h$"))
    page = desktop.go("gallery/80_debugging/64_silent_states.html")
    page.locator(".sphx-glr-script-out").get_by_role("link", name="silent-axes").first.click()
    expect(page).to_have_url(re.compile(r"/62_silent_axes\.html#silent-axes$"))


@pytest.mark.parametrize(
    ("name", "outputs_at_least"),
    [
        ("70_training/10_smallest_loop", 5),
        ("80_debugging/62_silent_axes", 5),
        ("90_deployment/42_keras_to_torch", 4),
        ("95_exercises/10_batch_of_seven", 3),
    ],
)
def test_a_printed_sentence_wraps_on_a_phone(visit: Visit, name: str, outputs_at_least: int):
    outputs = visit.go(f"gallery/{name}.html").locator(".sphx-glr-script-out pre")
    for wide, text in outputs.evaluate_all(
        "all => all.map(each => [each.scrollWidth > each.clientWidth, each.innerText])"
    ):
        assert not wide, text
    assert outputs.count() > outputs_at_least


def test_formulas_and_figures_are_drawn(desktop: Visit):
    page = desktop.go(FIRST_PAGE)
    broken = page.evaluate(
        "[...document.images].filter(image => image.naturalWidth === 0).map(image => image.src)"
    )
    assert broken == []


def test_the_copy_button_copies_the_code(desktop: Visit):
    page = desktop.go(FIRST_PAGE)
    block = page.locator("div.highlight-Python, div.highlight-python").first
    block.hover()
    block.locator("button.copybtn").click()
    page.wait_for_timeout(200)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "import torch" in copied
    assert copied.strip() == block.locator("pre").inner_text().strip()


def test_outputs_have_no_copy_button(desktop: Visit):
    page = desktop.go(FIRST_PAGE)
    assert page.locator(".sphx-glr-script-out").count() > 0
    assert page.locator(".sphx-glr-script-out button.copybtn").count() == 0


def test_dark_mode_can_be_switched_on_and_stays(desktop: Visit):
    page = desktop.go(FIRST_PAGE)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("button.theme-switch-button").filter(visible=True).click()
    page.get_by_role("button", name="Dark").filter(visible=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page = desktop.go("index.html")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_search_finds_batch_first(desktop: Visit):
    page = desktop.go("search.html?q=batch_first")
    results = page.locator("#search-results ul.search li a")
    expect(results.first).to_be_visible(timeout=10_000)
    assert any("gallery/" in str(link.get_attribute("href")) for link in results.all())


def test_search_opens_by_keyboard_and_shows_hits_while_you_type(desktop: Visit):
    page = desktop.go("index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("batch_first", delay=20)
    expect(page.locator("#search-results, .search__results, ul.search").first).to_contain_text(
        "batch", timeout=10_000
    )


def test_a_folded_answer_opens_by_keyboard(desktop: Visit):
    page = desktop.go(FIRST_PAGE)
    answer = page.locator("details.sd-dropdown").last
    answer.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(answer).to_have_attribute("open", "")


def test_next_and_previous_lead_through_the_gallery(desktop: Visit):
    page = desktop.go("index.html")
    seen = set()
    while (following := page.locator("a.right-next")).count():
        following.click()
        page.wait_for_load_state()
        assert page.url not in seen
        seen.add(page.url)
    scripts = {url for url in seen if "/gallery/" in url and not url.endswith("index.html")}
    assert len(scripts) == len(list((SITE.parents[2] / "examples").glob("*/*.py")))


def test_tags_filter_the_gallery_by_keyboard(desktop: Visit):
    page = desktop.go("gallery/index.html")
    cards = page.locator(".sphx-glr-thumbcontainer")
    everything = cards.filter(visible=True).count()
    tag = page.get_by_role("button", name="batch_first")
    tag.focus()
    page.keyboard.press("Enter")
    expect(tag).to_have_attribute("aria-pressed", "true")
    assert 0 < cards.filter(visible=True).count() < everything
    page.get_by_role("button", name="Clear").press("Space")
    expect(tag).to_have_attribute("aria-pressed", "false")
    assert cards.filter(visible=True).count() == everything
