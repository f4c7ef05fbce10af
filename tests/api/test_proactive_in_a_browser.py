"""A customer at the links of a message that came first, in a real browser: what they press, and what only then happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message as Mail
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from agent.proactive import messages
from api.settings import Settings
from api.wiring import House
from tests.api.test_letters import box, text_of
from tests.api.test_pages_in_a_browser import served
from tests.api.widget_pages import CSP, accessible, newest, writes
from tests.connectors.test_smtp import Postbox
from tests.desks import intents
from tests.shop import Shop
from tools.orders.actions.customers import SaveCustomer
from tools.orders.model import CustomerId, Order

__all__ = ["box"]
TERMS = """
[shop]
languages = ["en", "de", "fr", "es"]
[proactive]
mode = "on"
holdout = 0.0
merge_minutes = 0
links = "{base}"
[autonomy]
cancel_order = "auto"
change_address = "auto"
refund = "auto"
"""
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
both_widths = pytest.mark.parametrize("look", [WIDE, PHONE], ids=["1280", "390"])


@dataclass
class Site:
    house: House
    shop: Shop
    box: Postbox
    url: str

    def late(self) -> Order:
        """Not sent, and late since an hour: it can still be cancelled, and its address changed."""
        return self.shop.order(promised_at=(self.shop.time - timedelta(hours=1)).isoformat())

    def mail(self) -> Mail:
        self.house.watching.run()
        self.house.deliver()
        return self.box.got[-1]

    def link(self, kind: str = "chat", purpose: str = "") -> str:
        found: list[str] = re.findall(rf"{self.url}/{kind}/\S+", text_of(self.mail()))
        return next(one for one in found if f".{purpose}" in one)

    def opened(self) -> bool:
        with self.house.database.read() as db:
            return messages.newest(db)[0].opened_at is not None

    def wants_them(self) -> bool:
        return self.house.orders.wants(CustomerId("ana"), "proactive")


@pytest.fixture
def site(box: Postbox, own_database: None, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A house with a mail server, served on a port that its links name; its clock is the shop's."""
    monkeypatch.setenv("WISMO_HOME", str(shop.folder / "home"))
    intents()
    house = House(Settings(), lambda: shop.time)
    house.shop_file.write_text("[shop]\n", encoding="utf-8")
    shop.database.close()
    shop.database, shop.orders = house.database, house.orders
    shop.import_shop([])
    with served(house) as url:
        house.shop_file.write_text(TERMS.format(base=url), encoding="utf-8")
        house.reread()
        yield Site(house, shop, box, url)
    house.close()


@contextmanager
def reader(browser: Browser, **look: Any) -> Iterator[Page]:
    """Who follows a link of a mail. What the page's policy refuses, and what fails in a script, fails the test."""
    context = browser.new_context(**look)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda told: wrong.extend([told.text] if any(one in told.text for one in CSP) else []))
    page = context.new_page()
    page.set_default_timeout(15_000)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def presses(page: Page, name: str = "Open the chat") -> None:
    page.get_by_role("button", name=name).click()


@both_widths
def test_a_link_shows_what_it_is_for_opens_the_chat_when_it_is_pressed_and_acts_when_the_customer_agrees(
    browser: Browser, site: Site, look: dict[str, Any]
) -> None:
    order = site.late()
    link = site.link(purpose="cancel")
    with reader(browser, **look, bypass_csp=True) as page:
        page.goto(link)
        page.get_by_role("heading", name=order.number).wait_for()
        accessible(page, f"link-{look['viewport']['width']}")
        page.wait_for_load_state("networkidle")
        assert not site.opened()
        presses(page)
        page.get_by_role("button", name="Confirm").wait_for()
        assert page.evaluate("document.activeElement.localName") == "wismo-chat"
        accessible(page, f"link-quote-{look['viewport']['width']}")
        assert f"Cancel order {order.number}" in page.locator(".line.mine").inner_text()
        assert "€20.00" in page.locator(".quote").inner_text()
        assert site.opened()
        assert site.shop.get(order.number).lifecycle == "confirmed"
        page.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.done").wait_for()
    assert site.shop.get(order.number).lifecycle == "cancelled"


def test_under_the_pages_own_policy_everything_works(browser: Browser, site: Site) -> None:
    order = site.late()
    with reader(browser, **WIDE) as page:
        page.goto(site.link(purpose="address"))
        presses(page)
        newest(page).wait_for()
        writes(page, "12 rue Bellecour, 69002 Lyon, France")
        page.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.done").wait_for()
    assert site.shop.get(order.number).address.line1 == "12 rue Bellecour"


def test_pressed_a_second_time_it_is_the_same_conversation(browser: Browser, site: Site) -> None:
    order = site.late()
    link = site.link(purpose="cancel")
    with reader(browser) as page:
        page.goto(link)
        presses(page)
        page.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.done").wait_for()
    with reader(browser) as page:  # another browser: a telephone, after the desk
        page.goto(link)
        presses(page)
        page.locator(".outcome.done").wait_for()
        assert page.locator(".line.mine").filter(has_text=f"Cancel order {order.number}").count() == 1
        page.reload()
        page.locator(".outcome.done").wait_for()  # without another press
        writes(page, f"where is order {order.number}?")
        newest(page).get_by_text("cancelled").wait_for()


def test_a_program_that_runs_every_script_of_the_page_opens_nothing(browser: Browser, site: Site) -> None:
    site.late()
    link = site.link(purpose="cancel")
    with reader(browser) as page:
        page.goto(link)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
    assert not site.opened()


@both_widths
def test_an_ended_and_a_forged_link_show_that_they_are_over(browser: Browser, site: Site, look: dict[str, Any]) -> None:
    site.late()
    link = site.link(purpose="cancel")
    with reader(browser, **look, bypass_csp=True) as page:
        page.goto(link[:-1] + ("0" if link[-1] != "0" else "1"))
        page.get_by_role("heading", name="This link is over").wait_for()
        accessible(page, f"link-forged-{look['viewport']['width']}")
        page.goto(link)
        site.shop.later(hours=72)
        presses(page)  # it ended while the page stood open
        page.get_by_text("The chat did not open").wait_for()
        accessible(page, f"link-ended-{look['viewport']['width']}")
        page.goto(link)
        page.get_by_role("heading", name="This link is over").wait_for()
    assert not site.opened()


@both_widths
def test_the_stop_link_ends_the_messages_when_its_button_is_pressed(
    browser: Browser, site: Site, look: dict[str, Any]
) -> None:
    site.late()
    with reader(browser, **look, bypass_csp=True) as page:
        page.goto(site.link("stop"))
        page.get_by_role("heading", name="No more of these messages?").wait_for()
        accessible(page, f"stop-{look['viewport']['width']}")
        assert site.wants_them()
        page.get_by_role("button", name="Stop these messages").click()
        page.get_by_role("heading", name="Stopped").wait_for()
        accessible(page, f"stopped-{look['viewport']['width']}")
    assert not site.wants_them()


def test_the_button_of_a_mail_program_ends_them_too(site: Site) -> None:
    """RFC 8058: a POST of the header's address, from nowhere, with this one field."""
    site.late()
    link = re.fullmatch(r"<(.+)>", site.mail()["List-Unsubscribe"])
    assert link
    assert httpx.post(link[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not site.wants_them()


def test_the_pages_speak_the_customers_language(browser: Browser, site: Site) -> None:
    order = site.late()
    site.shop.done(SaveCustomer(customer_id="ana", language="de"))
    chat, stop = site.link(purpose="cancel"), site.link("stop")
    with reader(browser) as page:
        page.goto(chat)
        assert page.locator("html").get_attribute("lang") == "de"
        page.get_by_text("Nichts geschieht").wait_for()
        presses(page, "Chat öffnen")
        page.locator(".quote").wait_for()
        assert f"Bestellung {order.number} stornieren" in page.locator(".line.mine").inner_text()
        page.goto(stop)
        page.get_by_role("button", name="Diese Nachrichten beenden").click()
        page.get_by_role("heading", name="Beendet").wait_for()
    with reader(browser, locale="fr-FR") as page:
        page.goto(f"{site.url}/chat/none")
        page.get_by_role("heading", name="Ce lien n'est plus valable").wait_for()
