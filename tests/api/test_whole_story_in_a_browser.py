"""Two browsers, one story: a customer in the widget, a person at the desk. Neither ever loads a page again by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agent.policy import Policy
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import given_token
from tests.api.test_pages_in_a_browser import enter, served, shot
from tests.api.test_widget_in_a_browser import code_for
from tests.api.widget_pages import chat, customer, newest, writes
from tests.shop import ANA, Shop


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    """Returns need an approver here, and codes are offered."""
    tables: dict[str, Any] = {"shop": {"name": "Maple & Thread"}, "autonomy": {"request_return": "approve"}}
    house.__dict__["policy"] = Policy.model_validate(tables | {"terms": {"return_label_fee": 490}})
    house.identity.sends_codes = True
    with served(house) as url:
        yield url


@contextmanager
def colleague(browser: Browser, house: House, site: str, role: Role, wanted: str) -> Iterator[Page]:
    """At the desk in a browser of their own, with scripts; none of them may fail."""
    _, secret = given_token(house, role, "mia")
    context = browser.new_context(base_url=site)
    page = context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    try:
        enter(page, secret, wanted)
        yield page
    finally:
        context.close()
    assert wrong == []


def proves(page: Page, house: House) -> None:
    page.get_by_label("E-mail address of your order").fill(ANA)
    page.get_by_role("button", name="Continue").last.click()
    page.get_by_label("Enter the 6-digit code").wait_for()
    page.get_by_label("Enter the 6-digit code").fill(code_for(house))
    page.get_by_role("button", name="Continue").last.click()


def test_from_greeting_to_an_approved_return_that_the_approver_saw_appear_and_the_customer_saw_decided(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    back = filled.delivered({"shirt": 2})
    with (
        customer(browser, site) as page,
        colleague(browser, house, site, Role.APPROVER, "/approvals") as desk,
    ):
        desk.get_by_text("Nothing waits").wait_for()
        chat(page)
        writes(page, "hello")
        newest(page).get_by_text("the AI assistant of Maple & Thread").wait_for()
        writes(page, f"where is {back.number}?")
        proves(page, house)
        page.get_by_role("heading", name=f"Order {back.number}").wait_for()
        writes(page, f"I want to return everything of {back.number}")
        quote = page.locator(".quote")
        quote.get_by_text("€35.10").first.wait_for()  # two shirts less the label
        quote.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.queued").wait_for()
        assert filled.get(back.number).returns == ()

        card = desk.get_by_role("region", name=f"Request return · {back.number}")
        card.wait_for()
        assert "2 × T-Shirt" in card.inner_text()
        assert "35.10 EUR" in card.inner_text()
        assert desk.locator('nav [data-place="approvals"] .count').inner_text().strip() == "1"
        shot(desk, "story-approval")
        card.get_by_role("button", name="Accept").click()
        desk.get_by_text("Accepted by mia").wait_for()

        page.locator(".outcome.done").wait_for()
        (made,) = filled.get(back.number).returns
        assert made.number in page.locator(".outcome.done").inner_text()
        shown = newest(page).locator(".text").inner_text()
        assert shown.split("\n")[0] in desk.get_by_role("blockquote").inner_text()
        shot(page, "story-customer")
        desk.get_by_role("link", name="Back to what waits").click()
        desk.get_by_text("Nothing waits").wait_for()


def test_a_rejected_return_is_told_to_the_customer_and_nothing_is_made(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    back = filled.delivered()
    with (
        customer(browser, site) as page,
        colleague(browser, house, site, Role.APPROVER, "/approvals") as desk,
    ):
        chat(page)
        writes(page, f"I want to return {back.number}")
        proves(page, house)
        page.locator(".quote").get_by_role("button", name="Confirm").click()
        page.locator(".outcome.queued").wait_for()
        desk.get_by_text("Reject…").click()
        desk.get_by_role("textbox", name="Why? It is kept in the journal.").fill("sent back before")
        said = page.locator(".line.theirs").count()
        desk.get_by_role("button", name="Reject").click()
        desk.get_by_text("Rejected by mia").wait_for()
        page.locator(".line.theirs").nth(said).wait_for()
        assert page.locator(".outcome.done").count() == 0
        assert filled.get(back.number).returns == ()


def test_the_inbox_answers_a_conversation_that_was_handed_over_and_gives_it_back(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    with (
        customer(browser, site) as page,
        colleague(browser, house, site, Role.LEAD, "/inbox") as desk,
    ):
        desk.get_by_text("Nobody waits").wait_for()
        chat(page)
        page.get_by_role("button", name="Talk to a person").click()
        page.get_by_text("A person answers here").wait_for()
        desk.get_by_text("1 wait for you").wait_for()
        desk.locator("tbody th a").first.click()
        desk.get_by_text("Handed over because: asked_for_person").wait_for()
        writes(page, "My lamp arrived <b>broken</b>")
        desk.get_by_text("My lamp arrived <b>broken</b>").wait_for()

        desk.reload()  # the form shows the conversation as it is now
        desk.get_by_label("Your answer. It goes in the widget.").fill("Hello, Mia here: a new lamp leaves today.")
        desk.get_by_role("button", name="Send the answer").click()
        human = page.locator(".line.human")
        human.get_by_text("Hello, Mia here: a new lamp leaves today.").wait_for()
        assert "mia" in human.inner_text()
        shot(desk, "story-inbox")

        writes(page, "thank you")
        desk.get_by_text("thank you").wait_for()
        desk.reload()
        desk.get_by_role("button", name="Give back to Wismo").click()
        desk.get_by_text("Nobody waits").wait_for()
        writes(page, "hello")
        page.locator(".line.theirs:not(.human)").last.get_by_text("Hello").wait_for()
