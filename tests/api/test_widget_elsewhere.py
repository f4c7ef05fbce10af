"""The widget in a shop's page of another origin, as the documentation says to embed it; and what a shop may ask and say.

One small server is the shop: by its address it is an origin that is allowed, by its name one that is not.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page

from agent.policy import Policy
from api.wiring import House
from tests.api.test_pages_in_a_browser import served
from tests.api.test_widget_in_a_browser import DARK, as_mia, code_for, identified
from tests.api.widget_pages import accessible, chat, customer, newest, writes
from tests.shop import ANA, Shop


class ShopPage(BaseHTTPRequestHandler):
    """Its policy is the one that docs/widget.md names."""

    wismo: ClassVar[str] = ""

    def do_GET(self) -> None:
        found = self.path == "/"
        line = f'<script async src="{self.wismo}/widget.js"></script>'
        page = f"<!doctype html><html lang=en><title>A shop</title><h1>Lamps</h1>{line}</html>".encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header(
            "Content-Security-Policy", f"default-src 'none'; script-src {self.wismo}; connect-src {self.wismo}"
        )
        self.end_headers()
        self.wfile.write(page if found else b"")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def shop_beside(house: House) -> Iterator[tuple[str, int]]:
    """Where Wismo is served, and the port of the shop, whose address is allowed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ShopPage) as shop:
        port = shop.server_address[1]
        house.settings = house.settings.model_copy(update={"allowed_origins": (f"http://127.0.0.1:{port}",)})
        thread = threading.Thread(target=shop.serve_forever)
        thread.start()
        with served(house) as url:
            ShopPage.wismo = url
            yield url, port
        shop.shutdown()
        thread.join()


def visits(browser: Browser, url: str) -> tuple[Page, list[str]]:
    """The page, and what its console was told."""
    page = browser.new_context().new_page()
    page.set_default_timeout(15_000)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(url)
    return page, told


def test_a_page_of_an_allowed_origin_shows_the_chat_under_the_documented_policy_and_goes_on_after_a_reload(
    browser: Browser, house: House, filled: Shop
) -> None:
    with shop_beside(house) as (url, port):
        page, told = visits(browser, f"http://127.0.0.1:{port}/")
        chat(page)
        writes(page, "hello")
        newest(page).get_by_text("the AI assistant of").wait_for()
        writes(page, "I want to talk to a human")
        page.get_by_text("A person answers here").wait_for()
        page.reload()
        as_mia(house, url, "replies", "Hello from the other origin")
        page.get_by_text("Hello from the other origin").wait_for()
        assert page.context.cookies() == []
        assert [one for one in told if "favicon" not in one] == []
        page.context.close()


def test_a_page_of_another_origin_gets_no_chat_and_none_of_its_data(
    browser: Browser, house: House, filled: Shop
) -> None:
    with shop_beside(house) as (url, port):
        page, told = visits(browser, f"http://localhost:{port}/")
        page.get_by_role("heading", name="Lamps").wait_for()
        page.wait_for_timeout(1_000)
        assert page.locator("wismo-chat").count() == 0
        assert any("CORS" in one for one in told)
        asked = (
            "url => fetch(`${url}/widget/session`, {method: 'POST', body: '{}'}).then(() => 'read', () => 'refused')"
        )
        assert page.evaluate(asked, url) == "refused"
        page.context.close()


# -- what a shop asks and says -----------------------------------------------------------------------------


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    """E-mail and order are asked first; people answer on Mondays only, and today is a Friday."""
    tables: dict[str, Any] = {"shop": {"name": "Maple & Thread"}, "widget": {"ask": ("email", "order")}}
    house.__dict__["policy"] = Policy.model_validate(tables | {"hours": {"mon": "09:00-18:00"}})
    house.identity.sends_codes = True
    with served(house) as url:
        yield url


@pytest.mark.parametrize("look", [{}, DARK], ids=["light", "dark"])
def test_what_is_asked_first_is_known_to_the_first_message(
    browser: Browser, site: str, house: House, filled: Shop, look: dict[str, Any]
) -> None:
    order = filled.shipped()
    with customer(browser, site, bypass_csp=True, **look) as page:
        chat(page)
        page.get_by_label("E-mail (optional)").fill(ANA)
        page.get_by_label("Order number (optional)").fill(order.number)
        accessible(page, f"asked-{look.get('color_scheme', 'light')}")
        writes(page, "where is my order?")
        page.get_by_label("Enter the 6-digit code").wait_for()
        assert order.number in page.locator(".line.mine .text").first.inner_text()
        page.get_by_label("Enter the 6-digit code").fill(code_for(house))
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_role("heading", name=f"Order {order.number}").wait_for()


def test_what_is_asked_first_may_be_left_out(browser: Browser, site: str, filled: Shop) -> None:
    with customer(browser, site) as page:
        chat(page)
        writes(page, "hello")
        newest(page).get_by_text("the AI assistant").wait_for()
        assert page.locator(".line.mine .text").first.inner_text() == "hello"


@pytest.mark.parametrize("look", [{}, DARK], ids=["light", "dark"])
def test_out_of_hours_the_customer_is_told_when_people_are_back(
    browser: Browser, site: str, filled: Shop, look: dict[str, Any]
) -> None:
    with customer(browser, site, bypass_csp=True, **look) as page:
        chat(page)
        page.get_by_role("button", name="Talk to a person").click()
        banner = page.locator(".banner")
        banner.wait_for()
        assert "Monday" in banner.inner_text()
        assert "9:00" in banner.inner_text()
        accessible(page, f"away-{look.get('color_scheme', 'light')}")


@pytest.mark.parametrize("look", [{}, DARK], ids=["light", "dark"])
def test_a_withdrawal_has_its_card_its_exact_quote_and_runs_by_itself(
    browser: Browser, site: str, house: House, filled: Shop, look: dict[str, Any]
) -> None:
    order = filled.delivered({"shirt": 2})
    name = look.get("color_scheme", "light")
    with customer(browser, site, bypass_csp=True, **look) as page:
        chat(page)
        identified(page, house)
        writes(page, f"I withdraw from my contract for order {order.number}")
        quote = page.locator(".quote")
        quote.wait_for()
        assert "Withdraw from the purchase" in quote.get_by_role("heading").inner_text()
        assert "€40.00" in quote.inner_text()
        accessible(page, f"withdrawal-{name}")
        quote.get_by_role("button", name="Confirm").click()
        done = page.locator(".outcome.done")
        done.wait_for()
        assert "€40.00" in done.inner_text()
        accessible(page, f"withdrawn-{name}")
        assert filled.get(order.number).returns
