"""The landing page shows its three ways in at once, and its picture says which tensor is which."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
WAYS = ("Learn in order", "Fix an error", "Look up an argument")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_three_ways_in_are_seen_without_scrolling(
    browser: Browser, address: str, width: int, height: int
):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{address}/index.html", wait_until="networkidle")
    for way in WAYS:
        box = page.locator(".sd-card-title", has_text=way).bounding_box()
        assert box
        assert box["y"] + box["height"] <= height, way


@pytest.mark.parametrize("way", WAYS)
def test_a_way_in_is_a_card_with_one_link_to_a_page(browser: Browser, address: str, way: str):
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    links = page.locator(".sd-card", has_text=way).locator("a")
    assert links.count() == 1
    target = str(links.first.get_attribute("href")).partition("#")[0]
    assert (SITE / target).is_file()
    assert target != "index.html"


def test_the_picture_names_the_three_results_itself():
    (picture,) = SITE.glob("_images/landing*.svg")
    assert picture.stat().st_size > 5_000
    html = (SITE / "index.html").read_text(encoding="utf-8")
    alt = re.search(r'landing[^>]*alt="([^"]+)"|alt="([^"]+)"[^>]*landing', html)
    assert alt
    assert all(name in alt[0] for name in ("output", "h_n", "c_n"))
