"""Why a customer was told what they were told: the pages, the conversation over HTTP, and what an erasure leaves."""

from __future__ import annotations

import html

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from agent.explain import Change, Explanation, explain, shown
from agent.tables import approvals, journal_private
from api.edge.tokens import Role
from api.routes.cases import NEWEST
from api.wiring import House
from tests.api.browsing import signed_in
from tests.shop import ANA, NOW, Shop


@pytest.fixture
def decided(client: TestClient, filled: Shop) -> str:
    """A cancellation: asked (c1), confirmed (c2), accepted by mia with a reason; the id of the approval."""
    order = filled.order()
    say(client, "c1", f"<b>please</b> cancel {order.number}")
    (approval,) = say(client, "c2", "yes")["approvals"]
    client.post(f"/v1/approvals/{approval}/accept", json={"by": "mia", "reason": "fine with me"})
    return str(approval)


def say(
    client: TestClient, ticket: str, text: str, conversation: str = "c", verified: bool = True
) -> dict[str, list[str]]:
    sent = {"id": ticket, "conversation": conversation, "text": text, "from": {"email": ANA, "verified": verified}}
    answer: dict[str, list[str]] = client.post("/v1/tickets", json=sent).json()
    return answer


def explained(house: House, ticket: str) -> Explanation:
    with house.database.read() as db:
        found = explain(db, ticket)
    assert found
    return found


def page(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def erase(house: House) -> None:
    with house.database.write() as db:
        db.execute(delete(journal_private))


# -- the explanation -------------------------------------------------------------------------------------------


def test_a_case_is_explained_from_the_message_to_the_approver(house: House, decided: str) -> None:
    asked, queued, done = (explained(house, one) for one in ("c1", "api:c2", f"{decided}:decision"))
    assert asked.message == "<b>please</b> cancel #1001"
    assert (asked.identity, asked.proof, asked.customer) == ("authenticated", "proven by chat", "ana")
    assert [(one.id, one.source) for one in asked.facts] == [("F1", "order #1001")]
    assert [one.id for one in asked.rules] == ["CNF-1", "CAN-1"]
    assert "exact quote" in asked.rules[0].says
    assert (asked.changes, asked.approvals) == ((), ())
    (waited,) = queued.approvals
    assert (queued.disposition, waited.state, waited.case) == ("queued", "accepted", done.ticket)
    assert (queued.changes, done.kind, done.message) == ((), "decision", "")
    (approved,) = done.approvals
    assert (approved.people, approved.reason) == (("mia",), "fine with me")


def test_the_change_in_the_order_is_what_the_core_appended_for_exactly_this_case(
    house: House, client: TestClient, filled: Shop, decided: str
) -> None:
    free = filled.order(payments=[])
    say(client, "d1", f"cancel {free.number}", "d")
    say(client, "d2", "yes", "d")
    (change,) = explained(house, f"{decided}:decision").changes
    assert change == Change(
        "#1001", "cancel_order", NOW, "person mia", ("order.cancelled", "refund.approved", "refund.submitted")
    )
    (other,) = explained(house, "d2").changes
    assert (other.order, other.actor, other.events[0]) == (free.number, "agent api:d", "order.cancelled")


def test_what_a_person_offered_and_the_customer_took_names_both(house: House, client: TestClient, filled: Shop) -> None:
    order = filled.delivered(items={"mug": 2})
    say(client, "r1", f"my order {order.number} arrived damaged, I want my money back", "r")
    (approval,) = say(client, "r2", "yes", "r")["approvals"]
    line = order.lines[0].id
    client.post(f"/v1/approvals/{approval}/edit", json={"by": "mia", "changes": {"lines": {line: 1}}, "reason": "one"})
    say(client, "r3", "yes", "r")
    taken = explained(house, "r3")
    (change,) = taken.changes
    assert change.order == order.number
    assert "mia" in {person for one in taken.approvals for person in one.people}


def test_an_erased_case_keeps_its_rules_and_says_so(house: House, client: TestClient, decided: str) -> None:
    erase(house)
    found = explained(house, "c1")
    assert (found.erased, found.message, found.reply) == (True, None, None)
    assert [one.id for one in found.rules] == ["CNF-1", "CAN-1"]
    assert found.facts[0].fields == {}
    signed_in(client, house, Role.VIEWER)
    told = page(client, "/cases/c1")
    assert "were erased" in told
    assert "please" not in told
    assert "(erased)" in page(client, "/cases")


def test_an_approval_that_is_no_longer_kept_still_has_its_decider(house: House, decided: str) -> None:
    with house.database.write() as db:
        db.execute(delete(approvals))
    (approved,) = explained(house, f"{decided}:decision").approvals
    assert (approved.state, approved.people) == ("no longer kept", ("mia",))


def test_values_of_facts_are_shown_as_people_write_them() -> None:
    address = {"city": "Lyon", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007"}
    assert shown({"minor": 2000, "currency": "EUR"}) == "20.00 EUR"
    assert shown({"key": "status.shipped"}) == "shipped"
    assert shown(address) == "8 rue Pasteur, 69007, Lyon"
    assert shown(["a", "b"]) == "a, b"
    assert shown(3) == "3"


# -- the pages -------------------------------------------------------------------------------------------------


def test_a_viewer_reads_the_cases_and_one_of_them(client: TestClient, house: House, decided: str) -> None:
    signed_in(client, house, Role.VIEWER)
    told = page(client, "/cases")
    assert told.index("/cases/api%3Ac2") < told.index("/cases/api%3Ac1")
    assert "3 in all" in told
    told = page(client, f"/cases/{decided}:decision")
    for part in ("Acted", "APR-1: A person accepted", "order.cancelled", "by mia", "fine with me", "is now cancelled"):
        assert part in told, part
    assert f"/approvals/{decided}" not in told, "a viewer may not open it"
    client.cookies.clear()
    signed_in(client, house, Role.APPROVER)
    assert f'href="/approvals/{decided}"' in page(client, "/cases/c2")


def test_the_words_of_a_customer_are_text_and_never_markup(client: TestClient, house: House, decided: str) -> None:
    signed_in(client, house, Role.VIEWER)
    assert "&lt;b&gt;please" in client.get("/cases/c1").text


def test_without_a_case_the_page_says_what_will_stand_here(client: TestClient, house: House) -> None:
    signed_in(client, house, Role.VIEWER)
    assert "No cases yet" in page(client, "/cases")


def test_only_the_newest_cases_are_listed(client: TestClient, house: House) -> None:
    for number in range(NEWEST + 1):
        say(client, f"n{number}", "hello", f"n{number}")
    signed_in(client, house, Role.VIEWER)
    told = page(client, "/cases")
    assert f"The newest {NEWEST} of {NEWEST + 1}" in told
    assert told.count('<th scope="row">') == NEWEST


@pytest.mark.parametrize("ticket", ["nope", "a%00b", "%F0%9F%98%80", "a/b/../c", "' OR 1=1"])
def test_a_case_that_is_not_there_is_told_with_a_way_on(client: TestClient, house: House, ticket: str) -> None:
    signed_in(client, house, Role.VIEWER)
    answer = client.get(f"/cases/{ticket}")
    assert answer.status_code in {400, 404}
    assert "Traceback" not in answer.text


def test_cases_need_a_person_and_lead_back_after_the_login(client: TestClient, decided: str) -> None:
    client.headers.clear()
    for path in ("/cases", "/cases/c1"):
        sent = client.get(path, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/login?next={path}")


# -- the conversation over HTTP --------------------------------------------------------------------------------


def test_a_program_hears_of_a_decision_that_nobody_asked_for(client: TestClient, decided: str) -> None:
    told = client.get("/v1/conversations/c").json()
    assert told["id"] == "c"
    assert [(one["id"], one["kind"]) for one in told["turns"]] == [
        ("c1", "message"),
        ("c2", "message"),
        (f"{decided}:decision", "decision"),
    ]
    assert told["turns"][0]["text"] == "<b>please</b> cancel #1001"
    (later,) = client.get("/v1/conversations/c", params={"after": 2}).json()["turns"]
    assert (later["sequence"], later["answer"]["disposition"]) == (3, "acted")
    assert "is now cancelled" in later["answer"]["reply"]
    assert client.get("/v1/conversations/api:c").json()["turns"] == told["turns"]
    assert client.get("/v1/conversations/c", params={"after": 3}).json()["turns"] == []


def test_an_erased_turn_of_a_conversation_says_so(client: TestClient, house: House, decided: str) -> None:
    erase(house)
    turns = client.get("/v1/conversations/c").json()["turns"]
    assert [(one["erased"], one["text"], one["answer"]) for one in turns] == [(True, None, None)] * 3


def test_a_conversation_may_have_any_name_and_an_unknown_one_is_not_found(client: TestClient, house: House) -> None:
    say(client, "x1", "hello", "shop/42 ü?")
    assert len(client.get("/v1/conversations/shop%2F42%20%C3%BC%3F").json()["turns"]) == 1
    assert client.get("/v1/conversations/nope").status_code == 404
    assert client.get("/v1/conversations/x?after=-1").status_code == 422
    client.headers.clear()
    assert client.get("/v1/conversations/c").status_code == 401


def test_the_minutes_work_anchors_the_days_that_are_over(house: House, client: TestClient, decided: str) -> None:
    house.tidy()
    assert not house.settings.anchors.exists()
    later = NOW.replace(hour=2, day=NOW.day + 1)
    house.now = lambda: later
    house.tidy()
    assert house.settings.anchors.read_text().count('"day":"2026-11-20"') == 1
