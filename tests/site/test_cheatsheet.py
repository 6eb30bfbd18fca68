"""The cheat sheet fits on one sheet of paper, and nothing on it is cut off."""

import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.append(str(Path(__file__).parents[2] / "docs"))
from print_cheatsheet import PAPERS, count_pages, print_sheet


@pytest.mark.parametrize("paper", PAPERS)
def test_the_sheet_prints_on_one_page(browser: Browser, address: str, paper: str):
    assert count_pages(print_sheet(browser, f"{address}/cheatsheet.html", paper)) == 1


def test_a_long_page_prints_on_several_pages(browser: Browser, address: str):
    assert count_pages(print_sheet(browser, f"{address}/by-argument.html", "A4")) > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_print_is_black_on_white_and_no_code_is_cut(
    browser: Browser, address: str, scheme: str
):
    paper = {"width": 748, "height": 1000}  # of letter, between the margins, in CSS pixels
    page = browser.new_page(viewport=paper, color_scheme=scheme)
    page.goto(f"{address}/cheatsheet.html")
    page.emulate_media(media="print", color_scheme=scheme)
    colours = page.evaluate(
        "[...document.querySelectorAll('#cheat-sheet, #cheat-sheet *')].map(e => {"
        " const style = getComputedStyle(e); return style.color + style.backgroundColor; })"
    )
    assert set(colours) == {"rgb(0, 0, 0)rgb(255, 255, 255)"}
    cut = page.evaluate(
        "[...document.querySelectorAll('#cheat-sheet pre, #cheat-sheet table')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert cut == []
    assert page.locator("#cheat-sheet section").count() == 8
