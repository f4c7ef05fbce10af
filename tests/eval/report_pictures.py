"""`python -m tests.eval.report_pictures` makes the pictures of docs/reading-the-report.md, from the sample report."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from eval.report import html
from tests.chromium import CHROMIUM, FLAGS
from tests.eval.sample_report import EVERYTHING

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {
    "section[aria-labelledby=headline]": "report-headline.png",
    "section[aria-labelledby=definitions]": "report-definitions.png",
    "section[aria-labelledby=worst] details.story >> nth=0": "report-worst.png",
}


def made() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        page_file.write_text(html.rendered(EVERYTHING), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 820, "height": 900})
        page.goto(page_file.as_uri())
        page.locator("section[aria-labelledby=worst] details.story").first.evaluate("one => one.open = true")
        for part, name in SHOWN.items():
            page.locator(part).screenshot(path=PICTURES / name)
        browser.close()


if __name__ == "__main__":
    made()
