"""A customer at the widget in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from tests.chromium import SHOTS

CSP = ("Content Security Policy", "TrustedHTML", "Trusted Type")


@contextmanager
def customer(browser: Browser, url: str, **look: Any) -> Iterator[Page]:
    """In a browser of their own. What the page's policy refuses, and what fails in a script, fails the test."""
    context = browser.new_context(base_url=url, **look)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda told: wrong.extend(_refused(told)))
    try:
        yield opened(context)
    finally:
        context.close()
    assert wrong == []


def _refused(told: ConsoleMessage) -> list[str]:
    return [told.text] if any(one in told.text for one in CSP) or "Wismo:" in told.text else []


def opened(context: BrowserContext, query: str = "") -> Page:
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"/widget/try{query}")
    page.locator("wismo-chat").wait_for(state="attached")
    return page


def chat(page: Page, name: str = "Chat with us") -> None:
    page.get_by_role("button", name=name).click()
    page.get_by_text("is an AI assistant").wait_for()


def writes(page: Page, text: str) -> None:
    page.get_by_label("Write a message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def newest(page: Page) -> Locator:
    return page.locator(".line.theirs").last


def accessible(page: Page, state: str) -> None:
    page.wait_for_timeout(250)  # the panel's entrance: colours are themselves once it stands
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/widget-{state}.png")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{state}: {found.generate_report()}"
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(wide), state
