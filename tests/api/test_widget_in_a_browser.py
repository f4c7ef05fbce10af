"""The widget in a real browser, on a page whose policy allows nothing but its own files."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from agent.policy import Policy
from api.edge.tokens import Role
from api.routes.widget import ASSETS, LOADER
from api.tables import photos, visits
from api.wiring import House
from tests.api.browsing import given_token
from tests.api.test_pages_in_a_browser import enter, person, served
from tests.api.widget_pages import accessible, chat, customer, newest, opened, writes
from tests.log_scan import a_secret
from tests.shop import ANA, NOW, Shop
from tools.orders import outbox

DARK = {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    """Photos are allowed, the label has its price; codes are offered and wait in the outbox."""
    tables: dict[str, Any] = {"shop": {"name": "Maple & Thread"}, "widget": {"photos": True}}
    house.__dict__["policy"] = Policy.model_validate(tables | {"terms": {"return_label_fee": 490}})
    house.identity.sends_codes = True
    with served(house) as url:
        yield url


def code_for(house: House) -> str:
    """What the letter says."""
    with house.database.read() as db:
        letter = [one for one in outbox.due(db, NOW, 50) if one.kind == "mail.code"][-1]
    assert letter.body["to"] == ANA
    return str(next(word for word in letter.body["text"].split() if len(word) == 6 and word.isdecimal()))


def identified(page: Page, house: House) -> None:
    """Ana is signed in at the shop."""
    if not house.settings.token_keys.exists():
        house.identity._keys.make("shop")
    token = a_secret(house.identity._keys.sign("shop", "ana", NOW, timedelta(hours=1)))
    page.evaluate("token => Wismo.identify(token)", token)


def as_mia(house: House, site: str, verb: str, text: str = "") -> None:
    """A person of the shop answers, or closes."""
    with house.database.read() as db:
        conversation = db.execute(select(visits.c.conversation)).scalars().first()
    headers = {"Authorization": f"Bearer {house.settings.api_token()}"}
    body = {"text": text, "name": "Mia"} if text else None
    answer = httpx.post(f"{site}/v1/conversations/{conversation}/{verb}", json=body, headers=headers)
    assert answer.status_code in {201, 204}, answer.text


# -- the whole story ---------------------------------------------------------------------------------------


def test_from_greeting_to_refund_with_a_code_a_reload_a_loss_of_the_line_and_an_approval_in_the_desk(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    back, sent, cancelled = filled.delivered({"shirt": 2}), filled.shipped(), filled.order()
    with customer(browser, site) as page:
        chat(page)
        writes(page, "hello")
        newest(page).get_by_text("the AI assistant of Maple & Thread").wait_for()
        writes(page, f"where is {sent.number}?")
        page.get_by_label("E-mail address of your order").fill(ANA)
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_label("Enter the 6-digit code").wait_for()
        page.get_by_label("Enter the 6-digit code").fill(code_for(house))
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_role("heading", name=f"Order {sent.number}").wait_for()
        assert "DHL" in newest(page).inner_text()

        page.reload()
        page.get_by_role("heading", name=f"Order {sent.number}").wait_for()
        page.context.set_offline(True)
        writes(page, f"I want to return everything of {back.number}")
        page.get_by_text("You are offline").wait_for()
        page.context.set_offline(False)
        quote = page.locator(".quote")
        quote.wait_for()
        assert "€35.10" in quote.inner_text()  # two shirts less the label
        quote.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.done").wait_for()
        assert filled.get(back.number).returns[0].number in page.locator(".outcome.done").inner_text()

        writes(page, f"please cancel {cancelled.number}")
        page.get_by_role("button", name="Confirm").last.click()
        page.locator(".outcome.queued").wait_for()
        _, secret = given_token(house, Role.APPROVER, "mia")
        with person(browser, site) as desk:
            enter(desk, secret)
            desk.get_by_role("button", name="Accept").click()
            desk.get_by_text("Accepted by mia").wait_for()
        page.get_by_text("20.00", exact=False).last.wait_for()
        page.locator(".outcome.done").nth(1).wait_for()
        assert filled.get(cancelled.number).payment == "refunded"


def test_two_tabs_show_the_same_and_a_button_pressed_in_one_is_gone_in_the_other(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    order = filled.delivered()
    with customer(browser, site) as first:
        chat(first)
        identified(first, house)
        writes(first, f"I want to return {order.number}")
        first.get_by_role("button", name="Confirm").wait_for()
        second = opened(first.context)
        second.get_by_role("button", name="Chat with us").click()
        second.get_by_role("button", name="Confirm").wait_for()
        identified(second, house)
        second.get_by_role("button", name="Confirm").click()
        first.locator(".outcome.done").wait_for()
        assert first.get_by_role("button", name="Confirm").count() == 0
        assert len(filled.get(order.number).returns) == 1
        second.evaluate("Wismo.shutdown()")
        first.get_by_text("A new conversation has begun").wait_for()
        assert first.locator(".line").count() == 0


def test_a_customer_needs_no_mouse(browser: Browser, site: str, house: House, filled: Shop) -> None:
    order = filled.delivered()
    with customer(browser, site) as page:
        identified(page, house)
        launcher = page.get_by_role("button", name="Chat with us")
        launcher.wait_for()
        for _ in range(6):
            page.keyboard.press("Tab")
            if focused(page).startswith("launcher"):
                break
        page.keyboard.press("Enter")
        page.get_by_text("is an AI assistant").wait_for()
        assert focused(page) == "write"
        page.keyboard.type(f"I want to return {order.number}")
        page.keyboard.press("Enter")
        page.locator(".quote").wait_for()
        while focused(page) != "Confirm":
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.locator(".outcome.done").wait_for()
        assert focused(page) == "write"
        page.keyboard.press("Escape")
        assert focused(page).startswith("launcher")
        assert launcher.get_attribute("aria-expanded") == "false"


def focused(page: Page) -> str:
    """The id, the text or the class of what has the focus inside the widget."""
    return str(
        page.evaluate(
            "() => { const it = document.querySelector('wismo-chat').shadowRoot.activeElement;"
            " return it ? it.id || it.textContent.trim() || it.className : '' }"
        )
    )


def test_a_person_answers_the_chat_is_rated_and_deleted(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    with customer(browser, site) as page:
        chat(page)
        page.get_by_role("button", name="Talk to a person").click()
        page.get_by_text("A person answers here").wait_for()
        page.get_by_role("button", name="Close the chat").click()
        as_mia(house, site, "replies", "Hello, Mia here.")
        page.get_by_role("button", name="Chat with us, 1 new message").click()
        page.get_by_text("Hello, Mia here.").wait_for()
        as_mia(house, site, "close")
        page.get_by_text("How was it?").wait_for()
        page.get_by_role("radio", name="Very good").check()
        page.get_by_label("What is the reason?").fill("Mia was quick")
        page.get_by_role("button", name="Send rating").click()
        page.get_by_text("Thank you for your rating").wait_for()
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Delete my conversation").click()
        page.get_by_role("button", name="Delete it").click()
        page.get_by_text("Your conversation is deleted").wait_for()
        assert page.locator(".line").count() == 0
        with house.database.read() as db:
            assert db.execute(select(visits)).all() == []


# -- what a page may rely on -------------------------------------------------------------------------------


def test_nothing_is_stored_before_the_first_message_and_never_a_cookie(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    with customer(browser, site) as page:
        chat(page)
        stored = "() => [sessionStorage.length, localStorage.length]"
        assert page.evaluate(stored) == [0, 0]
        writes(page, "hello")
        newest(page).wait_for()
        assert page.evaluate(stored) == [1, 0]
        assert page.context.cookies() == []


def test_the_page_opens_closes_hears_events_and_signs_out(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    with customer(browser, site) as page:
        page.evaluate("() => { window.heard = []; Wismo.onEvent(event => heard.push(event.type)); Wismo('open') }")
        page.get_by_text("is an AI assistant").wait_for()
        identified(page, house)
        writes(page, "hello")
        newest(page).get_by_text("Hello Ana").wait_for()
        page.evaluate("Wismo.close()")
        page.evaluate("Wismo.shutdown()")
        page.wait_for_function("() => sessionStorage.length === 0 && !document.querySelector('wismo-chat')")
        assert page.evaluate("heard") == ["open", "message", "reply", "close"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
        "\u202eevil\u202c \u2067right\u2069 to left",
        "x" * 100_000,
    ],
    ids=["markup", "direction marks", "100,000 characters"],
)
def test_hostile_content_is_text(browser: Browser, site: str, house: House, filled: Shop, hostile: str) -> None:
    with customer(browser, site) as page:
        chat(page)
        writes(page, hostile)
        newest(page).wait_for()
        as_mia(house, site, "replies", hostile[:20_000])
        page.locator(".line.human").wait_for()
        assert page.locator(".line img, .line script").count() == 0
        assert page.title() == "Maple & Thread: try the chat"
        shown = page.locator(".line.mine .text").first.text_content() or ""
        assert hostile.startswith(shown.rstrip("…"))
        wide = ".body => .body"
        assert page.evaluate(
            "() => { const body = document.querySelector('wismo-chat').shadowRoot.querySelector('.body');"
            " return body.scrollWidth <= body.clientWidth }"
        ), wide


def test_a_photo_is_kept_and_what_is_none_is_told_and_not_kept(
    browser: Browser, site: str, house: House, filled: Shop
) -> None:
    from tests.api.test_widget import picture

    with customer(browser, site) as page:
        chat(page)
        field = page.locator("input[type=file]")
        field.set_input_files({"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": picture()})
        page.get_by_text("Photo sent").wait_for()
        script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
        field.set_input_files({"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": script})
        page.get_by_text("This photo could not be used").wait_for()
    with house.database.read() as db:
        assert db.execute(select(func.count()).select_from(photos)).scalar_one() == 1


# -- accessible in every state, in every look --------------------------------------------------------------


@pytest.mark.parametrize("look", [{}, DARK, PHONE, PHONE | DARK], ids=["light", "dark", "phone", "phone dark"])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, site: str, house: House, filled: Shop, look: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    back, sent = filled.delivered({"shirt": 2, "mug": 1}), filled.shipped()
    with customer(browser, site, bypass_csp=True, **look) as page:
        accessible(page, f"{name}-closed")
        chat(page)
        accessible(page, f"{name}-welcome")
        writes(page, "where is my order?")
        page.get_by_label("E-mail address of your order").wait_for()
        accessible(page, f"{name}-email")
        page.get_by_label("E-mail address of your order").fill(ANA)
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_label("Enter the 6-digit code").fill("12")
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_text("The code has six digits").wait_for()
        accessible(page, f"{name}-code")
        identified(page, house)
        writes(page, f"where is {sent.number}?")
        page.locator(".card.order").wait_for()
        accessible(page, f"{name}-order")
        writes(page, f"return everything of {back.number}")
        page.get_by_role("button", name="Confirm").wait_for()
        accessible(page, f"{name}-quote")
        page.get_by_role("button", name="Confirm").click()
        page.locator(".outcome.done").wait_for()
        accessible(page, f"{name}-done")
        page.get_by_role("button", name="More").click()
        accessible(page, f"{name}-menu")
        page.get_by_role("button", name="Talk to a person").click()
        page.get_by_text("A person answers here").wait_for()
        as_mia(house, site, "replies", "Hello Ana, Mia here. The carrier brings your parcel today before six.")
        page.locator(".line.human").wait_for()
        accessible(page, f"{name}-person")
        page.context.set_offline(True)
        writes(page, "thank you")
        page.get_by_text("You are offline").wait_for()
        accessible(page, f"{name}-offline")
        page.context.set_offline(False)
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="End the conversation").click()
        page.get_by_text("How was it?").wait_for()
        page.get_by_role("radio", name="Good", exact=True).check()
        accessible(page, f"{name}-rating")
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Delete my conversation").click()
        accessible(page, f"{name}-delete")


@pytest.mark.parametrize("query", ["?lang=fr", "?lang=es", "?lang=de", "?lang=ar&dir=rtl", "?position=start"])
def test_other_languages_directions_and_places_fit_and_are_accessible(
    browser: Browser, site: str, query: str, filled: Shop
) -> None:
    with customer(browser, site, bypass_csp=True, viewport={"width": 320, "height": 256}) as page:
        page.goto(f"/widget/try{query}")
        page.locator("wismo-chat button.launcher").click()
        page.locator(".hello").wait_for()
        accessible(page, f"zoomed-{query.strip('?').replace('&', '-')}")
        page.locator(".first button").first.click()
        page.locator(".line.theirs").first.wait_for()
        accessible(page, f"zoomed-reply-{query.strip('?').replace('&', '-')}")


def test_every_language_says_everything(browser: Browser, site: str) -> None:
    with customer(browser, site) as page:
        keys = page.evaluate(
            """async () => {
              const paths = (words, at = "") => Object.entries(words).flatMap(([name, value]) =>
                typeof value === "object" && !Array.isArray(value) ? paths(value, `${at}${name}.`) : `${at}${name}`);
              const all = {};
              for (const one of ["en", "fr", "es", "de"])
                all[one] = paths((await import(`/widget/assets/test/words-${one}.js`)).words).sort();
              return all;
            }"""
        )
    assert keys["en"] == keys["fr"] == keys["es"] == keys["de"]


def test_the_loader_and_all_of_the_widget_are_small_and_bring_no_markup_or_evaluation() -> None:
    files = {path.name: path.read_bytes() for path in ASSETS.glob("*.js")}
    packed = {name: len(gzip.compress(content)) for name, content in files.items()}
    assert packed[LOADER] <= 5_000
    assert sum(packed.values()) <= 40_000
    for name, content in files.items():
        for banned in (b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"eval(", b"new Function", b"document.write"):
            assert banned not in content, (name, banned)
