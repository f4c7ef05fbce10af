"""The report in a real browser: axe finds nothing, nothing is asked for, nothing runs over the edge, and it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from eval.report import html
from tests.chromium import SHOTS
from tests.eval.sample_report import EVERYTHING, NOTHING


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report") / "report.html"
    made.write_text(html.rendered(EVERYTHING), encoding="utf-8")
    return made


def opened(browser: Browser, file: Path, asked: list[str], **look: Any) -> Page:
    page = browser.new_context(**look).new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    return page


def unfold(page: Page) -> None:
    for one in page.locator("details").all():
        one.evaluate("one => one.open = true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 375])
def test_axe_finds_nothing_nothing_is_asked_for_and_nothing_runs_over_the_edge(
    browser: Browser, file: Path, scheme: Any, width: int
) -> None:
    asked: list[str] = []
    # Axe is a script, and a page whose policy forbids scripts lets none in; the report itself brings none.
    look = {"bypass_csp": True, "color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    page = opened(browser, file, asked, **look)
    unfold(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/report-{scheme}-{width}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert asked == [file.as_uri()]
    page.context.close()


def test_an_empty_report_is_as_accessible(browser: Browser, tmp_path: Path) -> None:
    empty = tmp_path / "empty.html"
    empty.write_text(html.rendered(NOTHING), encoding="utf-8")
    page = opened(browser, empty, [], bypass_csp=True)
    assert Axe().run(page).violations_count == 0
    page.context.close()


def test_the_policy_lets_the_style_in_and_no_script(browser: Browser, file: Path) -> None:
    told: list[str] = []
    page = browser.new_context().new_page()
    page.on("console", lambda message: told.append(message.text))
    page.goto(file.as_uri())
    assert told == []
    assert page.evaluate("getComputedStyle(document.querySelector('.figures')).display") == "grid"
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s) }"
    )
    assert page.evaluate("() => window.ran === undefined")
    page.context.close()


def test_it_prints_with_every_folded_case_told(browser: Browser, file: Path, tmp_path: Path) -> None:
    page = opened(browser, file, [], java_script_enabled=False)
    printed = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert printed.startswith(b"%PDF")
    page.emulate_media(media="print")
    folded = page.locator("details.story dd").first
    assert folded.is_visible()
    assert not page.get_by_role("navigation").is_visible()
    page.context.close()


def test_the_keyboard_reaches_the_content_first_and_unfolds_a_case(browser: Browser, file: Path) -> None:
    page = opened(browser, file, [], java_script_enabled=False)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    case = page.locator("details.story").first
    case.locator("summary").focus()
    page.keyboard.press("Enter")
    assert case.locator("dd").first.is_visible()
    page.context.close()
