"""The pages in a real browser: read without scripts, fresh with them, loading nothing from elsewhere; axe is content."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from agent.case import Incoming
from api import foreseeing
from api.app import create
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import given_token
from tests.chromium import SHOTS
from tests.shop import ANA, Shop
from tools.forecast.terms import Terms


@contextmanager
def served(house: House) -> Iterator[str]:
    """The app on a free port of this machine, as `wismo serve` runs it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = uvicorn.Server(uvicorn.Config(create(house), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]})
        thread.start()
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            thread.join(0.02)
        yield f"http://127.0.0.1:{free.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    for number in range(2):
        order = filled.order()
        for turn, text in enumerate((f"cancel {order.number}", "yes")):
            house.desk.answer(Incoming(f"t{number}{turn}", f"c{number}", "api", text, ANA, True))
    house.desk.answer(Incoming("t9", "c9", "api", "do you sell unicorn saddles?", ANA, True))
    house.desk.answer(Incoming("t8", "c8", "api", "I want to talk to a human <script>alert(1)</script>", ANA, True))
    filled.stock("shirt", 1)
    foreseeing.demand(house, Terms(), workers=1)
    with served(house) as url:
        yield url


@contextmanager
def person(browser: Browser, url: str, **look: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=url, java_script_enabled=False, **look)
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()


def enter(page: Page, secret: str, wanted: str = "/approvals") -> None:
    page.goto(wanted)
    page.get_by_label("Your token").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_person_signs_in_accepts_rejects_pauses_and_signs_out_without_scripts(
    browser: Browser, site: str, house: House
) -> None:
    _, secret = given_token(house, Role.APPROVER, "mia")
    with person(browser, site) as page:
        enter(page, secret)
        cards = page.locator("section.card")
        assert cards.count() == 2
        cards.first.get_by_role("button", name="Accept").click()
        assert "Accepted by mia" in page.inner_text("main")
        assert "What the customer was told" in page.inner_text("main")
        shot(page, "result")
        page.get_by_role("link", name="Back to what waits").click()
        page.get_by_text("Reject…").click()
        page.get_by_label("Why? It is kept in the journal.").fill("already sent")
        page.get_by_role("button", name="Reject").click()
        assert "Rejected by mia" in page.inner_text("main")
        page.goto("/switches")
        page.get_by_role("button", name="Pause Wismo").click()
        assert "is paused since" in page.inner_text("main")
        shot(page, "paused")
        page.get_by_role("button", name="Let Wismo answer again").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto("/approvals")
        assert page.url.startswith(f"{site}/login")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 380])
def test_axe_finds_nothing_on_any_page_and_nothing_runs_over_the_edge(
    browser: Browser, site: str, house: House, scheme: Any, width: int
) -> None:
    _, secret = given_token(house, Role.APPROVER)
    # Axe is a script of its own, so the policy must let it in.
    context = browser.new_context(
        base_url=site, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/login")
    is_accessible(page, f"login-{scheme}-{width}")
    enter(page, secret)
    for path in (
        "/approvals",
        "/switches",
        "/docs",
        "/",
        "/approvals/A-none",
        "/cases",
        "/cases/t00",
        "/cases/t01",
        "/gaps",
        "/today",
        "/inbox",
        "/inbox/c8",
        "/orders",
        "/orders/1001",
        "/knowledge",
        "/policy",
        "/evaluation",
        "/figures",
        "/demand",
        "/keys",
    ):
        page.goto(path)
        assert len(page.content()) < 200_000, path
        for closed in page.locator("details").all()[:4]:
            closed.evaluate("one => one.open = true")
        is_accessible(page, f"{path.strip('/').replace('/', '-') or 'home'}-{scheme}-{width}")
    context.close()
    assert {url for url in asked if not url.startswith((site, "data:"))} == set()


def test_an_open_list_follows_what_happens_and_keys_lead_through_the_desk(
    browser: Browser, site: str, house: House
) -> None:
    _, secret = given_token(house, Role.APPROVER)
    context = browser.new_context(base_url=site)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    enter(page, secret, "/inbox")
    page.get_by_text("2 wait for you").wait_for()
    page.locator("nav .count").first.wait_for()
    house.desk.answer(Incoming("t7", "c7", "api", "give me a human being", ANA, True))
    page.get_by_text("3 wait for you").wait_for(timeout=20_000)
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/today")
    page.keyboard.press("?")
    page.wait_for_url("**/keys")
    assert page.get_by_role("row", name="opens Inbox").count() == 1
    context.close()
    assert wrong == []


def is_accessible(page: Page, name: str) -> None:
    shot(page, name)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name


def test_the_policy_stops_a_script_that_got_into_a_page(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto("/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s) }"
    )
    assert page.evaluate("() => window.ran === undefined")
    assert any("Content Security Policy" in one for one in told)
    context.close()
