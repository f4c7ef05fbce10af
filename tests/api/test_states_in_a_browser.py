"""The desk's pages in the states that need some doing: axe is content, nothing runs over the edge, light and dark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.case import Incoming
from api.cli.report import as_json_of
from api.desk import playing
from api.desk.playing import Play
from api.edge.tokens import Role
from api.wiring import House
from eval.metrics.live import Live
from eval.metrics.summary import Period, summarise
from eval.metrics.volume import Volume
from knowledge.ingest import ingest
from tests.api.browsing import given_token
from tests.api.test_pages_in_a_browser import enter, is_accessible, served
from tests.eval.talks import after
from tests.shop import ANA, NOW, Shop
from tools.orders.agreement import Action

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1100, 380)]


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    """An order of every kind, help that contradicts itself, a gap, kept runs."""
    filled.shipped()
    filled.do(filled.order(), Action.CANCEL_ORDER)
    house.desk.answer(Incoming("t1", "c1", "api", "do you engrave bracelets?", ANA, True))
    house.desk.answer(
        Incoming("t2", "c2", "api", f"I want to return {filled.delivered(days_ago=20).number}", ANA, True)
    )
    _help(house)
    _runs(house)
    with served(house) as url:
        yield url


def _help(house: House) -> None:
    folder = house.settings.home / "help"
    folder.mkdir()
    for name, days in (("returns", 30), ("returns-old", 14)):
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {name}\nupdated: 2024-01-02\n---\n# Returning things\n\n"
            f"You can return anything within {days} days of delivery. We pay the label and refund your card.\n"
        )
    ingest([folder], house.shelf, house.embedder, lambda *_: None)


def _runs(house: House) -> None:
    now = after(24 * 90)
    period = Period(after(-24), now)
    told = Live(period, Volume(turns=3), (), summarise((), now=now, period=period), ())
    folder = house.settings.home / "runs"
    folder.mkdir()
    for name in ("week", "before"):
        (folder / f"{name}.json").write_text(json.dumps(as_json_of(told, ())))
    (folder / "broken.json").write_text("{")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_in_any_state_of_the_desk(
    browser: Browser, site: str, house: House, scheme: Any, width: int
) -> None:
    _, secret = given_token(house, Role.ADMIN)
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    context = browser.new_context(base_url=site, bypass_csp=True, **look)
    page = context.new_page()
    page.set_default_timeout(20_000)
    enter(page, secret, "/gaps")
    name = f"{scheme}-{width}"
    for walk in (_gap, _policy, _knowledge, _evaluation, _orders, _talk):
        walk(page, house, name)
    context.close()


def _gap(page: Page, _: House, name: str) -> None:
    page.locator("main tbody a, main a[href^='/gaps/G-']").first.click()
    page.get_by_role("button", name="Replay").wait_for()
    is_accessible(page, f"gap-{name}")
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("Still open").wait_for()
    is_accessible(page, f"gap-open-{name}")
    page.get_by_label("Title, as a customer would ask").fill("Do you engrave bracelets?")
    page.get_by_label(re.compile("^The answer")).fill("Yes, we engrave bracelets for free.")
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_role("button", name="Approve").wait_for()
    is_accessible(page, f"gap-article-{name}")


def _policy(page: Page, house: House, name: str) -> None:
    page.goto("/policy")
    page.get_by_label(re.compile("^Return days")).fill("14")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("messages would end otherwise").wait_for()
    expect(page.locator(".steps")).to_be_hidden()
    is_accessible(page, f"policy-preview-{name}")
    page.locator("input[name=version]").first.evaluate("one => one.value = 'older'")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("alert").wait_for()
    is_accessible(page, f"policy-stale-{name}")


def _knowledge(page: Page, _: House, name: str) -> None:
    page.goto("/knowledge?q=how+long+can+I+return+something")
    page.get_by_text("Read both").click()
    is_accessible(page, f"knowledge-{name}")


def _evaluation(page: Page, house: House, name: str) -> None:
    page.goto("/evaluation")
    is_accessible(page, f"evaluation-{name}")
    page.get_by_label("Play the cases").select_option("own")
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("alert").wait_for()
    is_accessible(page, f"evaluation-refused-{name}")
    with playing.alone(house.settings.home):
        playing.keep(house.settings.home, Play("all-1", "all", "", "mia", NOW.isoformat(), done=40, total=400))
        page.goto("/evaluation")
        page.get_by_text("40 of 400 cases").wait_for()
        playing.keep(house.settings.home, Play("all-1", "all", "", "mia", NOW.isoformat(), done=41, total=400))
        page.get_by_text("41 of 400 cases").wait_for()  # it follows
        is_accessible(page, f"evaluation-running-{name}")
    page.get_by_text("was cut off").wait_for()
    is_accessible(page, f"evaluation-cut-off-{name}")
    page.get_by_role("button", name="Open the report").click()
    page.wait_for_url("**/evaluation/report**")
    page.goto("/evaluation")


def _orders(page: Page, _: House, name: str) -> None:
    page.goto("/orders")
    for number in page.locator("tbody th a").all_inner_texts()[:3]:
        page.goto("/orders")
        page.get_by_role("link", name=number, exact=True).click()
        page.get_by_role("heading", name="Timeline").wait_for()
        is_accessible(page, f"order-{number.strip('#')}-{name}")


def _talk(page: Page, house: House, name: str) -> None:
    """A form that shows an older conversation: what was written is kept."""
    page.goto("/inbox")
    page.locator("tbody th a").first.click()
    page.get_by_label(re.compile("^Your answer")).fill("Yes, we do.")
    page.locator("input[name=version]").first.evaluate("one => one.value = '9-9'")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label(re.compile("^Your answer")).input_value() == "Yes, we do."
    is_accessible(page, f"talk-stale-{name}")
    page.get_by_text("The connection is away").evaluate("one => one.hidden = false")
    is_accessible(page, f"away-{name}")
