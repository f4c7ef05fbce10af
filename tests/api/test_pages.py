"""The plain pages: signing in, deciding, pausing; and what other sites, old forms and guessers get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent import approvals
from api.app import create
from api.edge import tokens
from api.edge.sessions import LIVES
from api.edge.tokens import Role
from api.tables import sessions
from api.wiring import House
from tests.api.browsing import csrf_in, given_token, sign_in, signed_in
from tests.shop import ANA, NOW, Shop

PAGES = Path(__file__).parents[2] / "api" / "pages"


@pytest.fixture
def approval(client: TestClient, filled: Shop) -> str:
    """A cancellation of 20.00 EUR that waits."""
    order = filled.order()
    for text in (f"cancel {order.number}", "yes"):
        sent = {"from": {"email": ANA, "verified": True}, "text": text, "conversation": "c"}
        client.post("/v1/tickets", json=sent)
    (waiting,) = client.get("/v1/approvals").json()
    return str(waiting["id"])


def decide(client: TestClient, approval: str, csrf: str, **form: str) -> Any:
    return client.post(f"/approvals/{approval}", data={"csrf": csrf, "decision": "accept"} | form)


def test_a_stranger_is_led_to_the_login_and_from_there_to_the_page_that_was_wanted(
    client: TestClient, house: House
) -> None:
    client.headers.clear()
    sent = client.get("/switches", follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/switches")
    _, secret = given_token(house, Role.LEAD)
    assert sign_in(client, secret, "/switches").headers["location"] == "/switches"
    assert "Wismo answers customers" in client.get("/switches").text


def test_a_login_leads_only_to_our_own_pages(client: TestClient, house: House) -> None:
    _, secret = given_token(house, Role.APPROVER)
    for elsewhere in ("https://evil.example", "//evil.example", "/approvals//evil.example", "javascript:alert(1)"):
        assert sign_in(client, secret, elsewhere).headers["location"] == "/approvals"
        client.cookies.clear()


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(house: House) -> None:
    for base, name, secure in (
        ("http://testserver", "wismo_session", False),
        ("https://testserver", "__Host-wismo", True),
    ):
        with TestClient(create(house), base_url=base) as client:
            _, secret = given_token(house, Role.APPROVER)
            cookie = sign_in(client, secret).headers["set-cookie"]
        assert name in cookie
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
        assert ("Secure" in cookie) is secure


def test_only_digests_of_sessions_are_kept(client: TestClient, house: House) -> None:
    signed_in(client, house)
    cookie = client.cookies["wismo_session"]
    with house.database.read() as db:
        row = db.execute(sessions.select()).mappings().one()
    assert cookie not in str(row)
    assert csrf_in(client.get("/approvals").text) not in str(row)


def test_a_session_ends_after_twelve_hours_with_its_token_and_by_signing_out(client: TestClient, house: House) -> None:
    made = signed_in(client, house)
    house.now = lambda: NOW + LIVES - timedelta(seconds=1)
    assert client.get("/approvals").status_code == 200
    with house.database.write() as db:
        tokens.revoke(db, made, house.now())
    assert "/login" in client.get("/approvals", follow_redirects=False).headers["location"]
    signed_in(client, house, name="again")
    house.now = lambda: NOW + 2 * LIVES
    assert "/login" in client.get("/approvals", follow_redirects=False).headers["location"]
    signed_in(client, house, name="once more")
    old, csrf = client.cookies["wismo_session"], csrf_in(client.get("/approvals").text)
    client.post("/logout", data={"csrf": csrf})
    client.cookies.set("wismo_session", old)
    assert "/login" in client.get("/approvals", follow_redirects=False).headers["location"]


def test_a_new_api_token_file_ends_the_sessions_of_the_old_one(client: TestClient, house: House) -> None:
    assert sign_in(client, house.settings.api_token()).status_code == 303
    assert client.get("/approvals").status_code == 200
    (house.settings.home / "api_token").unlink()
    assert "/login" in client.get("/approvals", follow_redirects=False).headers["location"]


def test_an_empty_desk_says_so(client: TestClient, house: House) -> None:
    signed_in(client, house)
    assert "Nothing waits" in client.get("/approvals").text


def test_what_waits_is_shown_whole_accepted_and_told(
    client: TestClient, house: House, approval: str, filled: Shop
) -> None:
    signed_in(client, house, name="mia")
    page = client.get("/approvals").text
    for shown in ("Cancel order", "20.00 EUR", "1 × ", "Ana", "CAN-", "Waits until"):
        assert shown in page, shown
    result = decide(client, approval, csrf_in(page))
    assert result.url.path == f"/approvals/{approval}"
    assert "Accepted by mia" in result.text
    assert "What the customer was told" in result.text
    assert "20.00" in result.text
    again = decide(client, approval, csrf_in(page), decision="reject", reason="late")
    assert again.status_code == 409
    assert "was accepted by mia" in again.text
    assert "Nothing waits" in client.get("/approvals").text


def test_a_rejection_needs_a_reason_and_tells_the_customer(client: TestClient, house: House, approval: str) -> None:
    signed_in(client, house)
    csrf = csrf_in(client.get("/approvals").text)
    assert "A reason is needed" in decide(client, approval, csrf, decision="reject", reason=" ").text
    assert decide(client, approval, csrf, decision="perhaps").status_code == 422
    result = decide(client, approval, csrf, decision="reject", reason="already sent")
    assert "Rejected by mia" in result.text
    assert decide(client, "A-none", csrf).status_code == 404
    assert client.get("/approvals/A-none").status_code == 404


def test_an_approval_that_nobody_decided_in_time_is_told_kindly(
    client: TestClient, house: House, approval: str
) -> None:
    signed_in(client, house)
    page = client.get(f"/approvals/{approval}").text
    house.__dict__.pop("desk")
    house.now = lambda: NOW + timedelta(hours=house.policy.limits.approval_hours)
    signed_in(client, house, name="later")
    assert "Nothing waits" in client.get("/approvals").text
    shown = client.get(f"/approvals/{approval}").text
    assert "nobody decided in time" in shown
    assert "Accept</button>" in page
    assert "Accept</button>" not in shown
    late = decide(client, approval, csrf_in(shown))
    assert (late.status_code, "expired on" in late.text) == (409, True)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example", "http://testserver:81"]
)
def test_a_form_from_another_site_does_nothing(client: TestClient, house: House, approval: str, origin: str) -> None:
    signed_in(client, house)
    client.headers["Origin"] = origin
    refused = decide(client, approval, csrf_in(client.get("/approvals").text))
    assert refused.status_code == 403
    assert "another site" in refused.text
    with house.database.read() as db:
        assert len(approvals.waiting(db, NOW)) == 1


def test_a_form_of_this_site_is_taken(client: TestClient, house: House, approval: str) -> None:
    signed_in(client, house)
    client.headers["Origin"] = "http://testserver"
    assert "Accepted" in decide(client, approval, csrf_in(client.get("/approvals").text)).text


def test_a_form_without_its_secret_or_with_that_of_another_session_does_nothing(
    client: TestClient, house: House, approval: str
) -> None:
    signed_in(client, house, name="before")
    replayed = csrf_in(client.get("/approvals").text)
    client.cookies.clear()
    signed_in(client, house, name="now")
    for csrf in ("", replayed, "é" * 64, "0" * 64):
        refused = decide(client, approval, csrf)
        assert (refused.status_code, "too old" in refused.text) == (403, True)
    for page in ("/switches", "/logout"):
        assert client.post(page, data={"csrf": replayed, "switch": "pause"}).status_code == 403
    with house.database.read() as db:
        assert len(approvals.waiting(db, NOW)) == 1


UNSIGNED = "stop.html"
"""Signed by its own address, and posted by mail programs too (RFC 8058): there is no session that it could ride on."""


def test_every_form_of_every_page_carries_the_secret() -> None:
    forms = [
        form
        for page in PAGES.glob("*.html")
        if page.name != UNSIGNED
        for form in re.findall(r"<form.*?</form>", page.read_text(), re.S)
    ]
    assert len(forms) >= 6
    posted = [form for form in forms if 'method="get" role="search"' not in form]  # a search changes nothing
    assert [form for form in posted if 'name="csrf"' not in form or 'method="post"' not in form] == []


def test_no_page_holds_a_script_but_our_own_an_inline_style_or_another_site() -> None:
    own = r'<script type="module" src="/(?:static/desk|widget/assets/page/open).js"></script>'
    own += r'|<script async src="/widget.js" data-[^>]*></script>'
    for page in PAGES.glob("*.html"):
        text = re.sub(own, "", page.read_text()).replace("https://your-wismo-host/widget.js", "")
        assert not re.search(r"<script|<style|style=|\son\w+=|https?://|javascript:", text), page.name


def test_a_smaller_role_is_told_which_one_it_needs(client: TestClient, house: House) -> None:
    signed_in(client, house, Role.LEAD)
    refused = client.get("/approvals")
    assert refused.status_code == 403
    assert "needs the role approver" in refused.text
    assert client.get("/switches").status_code == 200


def test_a_thousand_wrong_logins_are_slowed_down_and_the_right_one_still_gets_in(
    client: TestClient, house: House
) -> None:
    client.headers.clear()
    csrf = csrf_in(client.get("/login").text)
    answers = [client.post("/login", data={"csrf": csrf, "token": f"wsm_guess{n}"}) for n in range(1_000)]
    statuses = [one.status_code for one in answers]
    assert statuses[:10] == [401] * 10
    assert statuses.count(429) >= 980
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "wsm_guess" not in "".join(one.text for one in answers)
    _, secret = given_token(house, Role.APPROVER)
    assert sign_in(client, secret).status_code == 303


def test_a_customers_words_are_text_on_the_page(client: TestClient, house: House, filled: Shop) -> None:
    signed_in(client, house, Role.LEAD)
    csrf = csrf_in(client.get("/switches").text)
    page = client.post("/switches", data={"csrf": csrf, "switch": "pause", "why": "<script>alert(1)</script>"})
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert "answers customers" in client.post("/switches", data={"csrf": csrf, "switch": "resume"}).text


def test_a_field_that_is_too_long_is_refused(client: TestClient, house: House, approval: str) -> None:
    signed_in(client, house)
    csrf = csrf_in(client.get("/approvals").text)
    assert decide(client, approval, csrf, decision="reject", reason="x" * 3_000).status_code == 413
    assert decide(client, approval, csrf, decision="reject", reason="x" * 2_000_000).status_code == 413


def test_the_reference_of_the_api_names_every_call_its_fields_and_its_role(client: TestClient) -> None:
    client.headers.clear()
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    for shown in (
        "from.verified",
        "Idempotency-Key",
        "approver",
        "conversation",
        '"chat" or "email"'.replace('"', "&#34;"),
    ):
        assert shown in page, shown
    assert client.get("/redoc").status_code == 404


@pytest.fixture
def quiet(house: House) -> Iterator[TestClient]:
    with TestClient(create(house)) as client:
        yield client


def test_the_front_page_names_the_shop_and_leads_on(quiet: TestClient) -> None:
    page = quiet.get("/").text
    assert all(f'href="{link}"' in page for link in ("/approvals", "/switches", "/docs", "/readyz"))


def ask_back(client: TestClient, order_number: str, *texts: str) -> Any:
    """The customer's words, one after the other; the last answer."""
    answer: Any = None
    for text in texts:
        sent = {"from": {"email": ANA, "verified": True}, "text": text, "conversation": order_number}
        answer = client.post("/v1/tickets", json=sent).json()
    return answer


def test_something_else_can_be_offered_and_runs_on_the_customers_yes(
    client: TestClient, house: House, filled: Shop
) -> None:
    order = filled.delivered({"shirt": 1, "mug": 1})
    token = client.headers["Authorization"]
    queued = ask_back(client, order.number, f"my order {order.number} arrived damaged, I want my money back", "yes")
    (approval,) = queued["approvals"]
    signed_in(client, house, name="mia")
    page = client.get("/approvals").text
    units = {f"units:{line.id}": "1" if line.sku == "mug" else "0" for line in order.lines}
    csrf = csrf_in(page)
    assert all(f'name="{name}"' in page for name in units)
    nothing = decide(client, approval, csrf, decision="edit", reason="x", **dict.fromkeys(units, "0"))
    assert "Choose at least one unit" in nothing.text
    odd = decide(client, approval, csrf, decision="edit", reason="x", **dict.fromkeys(units, "many"))
    assert odd.status_code == 422
    offered = decide(client, approval, csrf, decision="edit", reason="only the mug was broken", **units)
    assert "mia offered" in offered.text
    assert "10.50" in offered.text
    assert filled.get(order.number).refunds == ()
    client.headers["Authorization"] = token
    assert ask_back(client, order.number, "yes")["rules"][0] == "APR-6"
    filled.provider_answers()
    assert [refund.amount.minor for refund in filled.get(order.number).refunds] == [1050]


def test_where_two_must_accept_the_page_says_who_did(client: TestClient, house: House, filled: Shop) -> None:
    shop_file = house.shop_file
    strict = shop_file.read_text(encoding="utf-8").replace("second_person = 50000", "second_person = 500")
    shop_file.write_text(strict, encoding="utf-8")
    for loaded in ("policy", "desk"):
        house.__dict__.pop(loaded, None)
    order = filled.order()
    (approval,) = ask_back(client, order.number, f"cancel {order.number}", "yes")["approvals"]
    signed_in(client, house, name="mia")
    page = client.get("/approvals").text
    assert "2 must accept" in page
    assert "A second person must accept too" in decide(client, approval, csrf_in(page)).text
    mine = client.get("/approvals").text
    assert "It waits for a second person" in mine
    assert "Accept</button>" not in mine
    assert decide(client, approval, csrf_in(mine)).status_code == 409
    client.cookies.clear()
    signed_in(client, house, name="noor")
    theirs = client.get("/approvals").text
    assert "mia did" in theirs
    assert "Accepted by noor" in decide(client, approval, csrf_in(theirs)).text
