"""The page of messages: its box finds every message, and so does the search of the site."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

# One process asks torch for all texts.
pytestmark = pytest.mark.xdist_group("messages")
SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
# What torch says to each recipe, also with other sizes: from the wheel that the site offers.
RECIPES = """
import json
from lstm_guide import catalogue
from lstm_guide.catalogue.lookup import LIKELIHOODS
sizes, other = "L, N, H_in, H = 7, 4, 6, 9", "L, N, H_in, H = 11, 5, 3, 8"
said = [
    (entry.id, LIKELIHOODS.index(entry.likelihood), each.kind, each.text)
    for entry in catalogue.entries()
    for message in entry.messages
    for recipe in message.recipes
    for code in (recipe, recipe.replace(sizes, other))
    for each in [catalogue.reproduce(code, process=message.process)]
]
print(json.dumps(said))
"""
PASTE = """(texts) => texts.map((text) => {
  const box = document.getElementById("error-text");
  box.value = text;
  box.dispatchEvent(new Event("input"));
  return [...document.querySelectorAll("#error-found > li > a")].map((link) => link.hash.slice(1));
})"""
SEARCH = """(queries) => queries.map((query) => {
  const found = Search._performSearch(...Search._parseQuery(query)).reverse();
  return found.map(([page, , anchor]) => [page, anchor]);
})"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/home/me/train.py", line 12, in <module>
    output = model(x[:, :5])
             ^^^^^^^^^^^^^^^
  File "/home/me/lib/torch/nn/modules/rnn.py", line 1127, in forward
    self.check_forward_args(input, hx, batch_sizes)
{}: {}

During handling of the above exception, another exception occurred:
"""
FORMS = ("{1}", "{0}: {1}", TRACEBACK)


@pytest.fixture(scope="module")
def said() -> list[tuple[str, int, str, str]]:
    """Each text with the entry that it belongs to, and how likely that is."""
    (wheel,) = SITE.rglob("*.whl")
    environment = os.environ | {"PYTHONPATH": str(wheel)}
    command = [sys.executable, "-P", "-c", RECIPES]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(run.stdout)


@pytest.fixture
def page(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(f"{address}/by-error.html", wait_until="networkidle")
    return page


def test_the_box_finds_the_entry_of_every_message_the_likeliest_first(page: Page, said):
    likelihood = {entry: number for entry, number, _, _ in said}
    for form in FORMS:
        found = page.evaluate(PASTE, [form.format(kind, text) for _, _, kind, text in said])
        for (entry, _, _, text), ids in zip(said, found, strict=True):
            assert entry in ids, text
            numbers = [likelihood[each] for each in ids]
            assert numbers == sorted(numbers), text


def test_the_box_works_by_keyboard_and_says_what_it_found(page: Page):
    box = page.get_by_label("Paste a message, or a whole traceback")
    box.focus()
    page.keyboard.insert_text("RuntimeError: Expected hidden[0] size (1, 12, 9), got [1, 64, 9]")
    expect(page.get_by_role("status")).to_have_text("2 causes are known, the likeliest first.")
    first = page.locator("#error-found > li").first
    expect(first).to_contain_text("Cause: The second axis of the state is the batch size")
    page.keyboard.press("Tab")
    expect(first.get_by_role("link", name="The state is for another batch size")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("/by-error.html#state-batch-size")
    box.fill("lstm expects two hidden states")
    expect(page.get_by_role("status")).to_have_text("One cause is known.")
    box.fill("out of cheese")
    expect(page.get_by_role("status")).to_have_text("The guide does not know this message.")
    box.fill("  ")
    expect(page.get_by_role("status")).to_have_text("")
    expect(page.locator("#error-found > li")).to_have_count(0)


def test_what_is_pasted_anywhere_on_the_page_goes_into_the_box(page: Page):
    page.evaluate("""() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", "lstm expects two hidden states");
      const event = new ClipboardEvent("paste", { clipboardData, bubbles: true });
      document.body.dispatchEvent(event);
    }""")
    expect(page.get_by_label("Paste a message")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("One cause is known.")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_result_fits_on_the_screen(browser: Browser, address: str, width: int, scheme: str):
    size = {"width": width, "height": 900}
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(f"{address}/by-error.html", wait_until="networkidle")
    page.get_by_label("Paste a message").fill(
        "mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"
    )
    assert page.locator("#error-found > li").count() == 3
    page_is_too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(page_is_too_wide)


def test_without_scripts_the_page_is_a_list(browser: Browser, address: str):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/by-error.html")
    expect(page.locator("#error-text")).to_be_hidden()
    expect(page.locator("section#only-h")).to_be_visible()


def test_the_page_has_every_entry_and_no_path_of_the_machine(page: Page, said):
    text = page.locator("article").first.inner_text()
    for entry, _, kind, _ in said:
        block = page.locator(f"section#{entry}")
        assert f"{kind}: " in block.text_content(), entry
        assert block.locator(".error-cause, .error-fix, .error-call, .error-page a").count() == 4
    assert not re.search(
        r"site-packages|/home/|/usr/|Triggered internally|\\x1b|0x[0-9a-f]{6}", text
    )


@pytest.fixture
def search(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(f"{address}/search.html?q=LSTM", wait_until="networkidle")
    return page


def test_the_search_leads_from_every_message_to_its_entry_first(search: Page, said):
    ids = {f"#{entry}" for entry, _, _, _ in said}
    for form in FORMS:
        # A search field has one line: the browser drops the line breaks of what is pasted.
        asked = [form.format(kind, text).replace("\n", "") for _, _, kind, text in said]
        for (entry, _, _, text), found in zip(said, search.evaluate(SEARCH, asked), strict=True):
            own = list(itertools.takewhile(lambda result: result[0] == "by-error", found))
            assert ["by-error", f"#{entry}"] in own, text
            assert all(anchor in ids for _, anchor in own), text
            assert [page for page, _ in found].count("by-error") == len(own), text


def test_the_search_finds_the_page_for_the_telling_words_of_each_message(search: Page, said):
    texts = {text.splitlines()[0] for _, _, _, text in said}
    words = {
        text: re.findall(r"(?<![\w.'])(?!should)[a-z_]{5,}(?![\w.'])", text, re.I) for text in texts
    }
    queries = {text: " ".join(sorted(set(found), key=len)[-4:]) for text, found in words.items()}
    assert sum(map(bool, queries.values())) > 0.9 * len(queries)
    asked = [text for text, query in queries.items() if query]
    places = {}
    for text, found in zip(
        asked, search.evaluate(SEARCH, [queries[t] for t in asked]), strict=True
    ):
        pages = list(dict.fromkeys(page for page, _ in found))
        assert "by-error" in pages[:10], f"{queries[text]!r} for {text}"
        places[text] = pages.index("by-error")
    assert sum(place < 3 for place in places.values()) > 0.9 * len(places)


def test_the_way_in_from_the_landing_page_leads_to_it(browser: Browser, address: str):
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    way_in = page.locator(".sd-card", has_text="Fix an error").locator("a")
    expect(way_in).to_have_attribute("href", "by-error.html")
