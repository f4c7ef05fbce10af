"""Zendesk messaging end to end: answered only while we hold the switchboard, as an AI, and handed over by control."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.case import Disposition
from connectors.errors import Conflict
from connectors.helpdesks import Words
from connectors.helpdesks.sunshine import Access, Sunshine
from tests.connectors import prism, schema
from tests.connectors.counter import Counter
from tests.connectors.fake_sunshine import APP, BELOW, CHAT, KEY_ID, SECRET, FakeSunshine
from tests.connectors.vendor import Asked, Trouble, serving
from tests.shop import Shop

REPLY = "Your order is on its way.\n\nBest <wishes>"
HANDED_OVER = {
    "disposition": Disposition.HANDED_OFF,
    "handoff": {"reason": "legal", "team": "legal"},
    "note": "Customer: Ana",
}
PERSON = {"type": "business", "displayName": "Joe"}


def client(fake: FakeSunshine, shop: Shop) -> Sunshine:
    return Sunshine(Access(f"{fake.url}{BELOW}", APP, KEY_ID, SECRET), lambda: shop.time)


@pytest.fixture
def fake() -> Iterator[FakeSunshine]:
    with serving(FakeSunshine()) as made:
        made.says("Where is my order #1001?")
        yield made
        assert made.complaints == []


@pytest.fixture
def counter(shop: Shop, fake: FakeSunshine) -> Iterator[Counter]:
    shop.time = shop.time.replace(hour=14)
    made = Counter(shop, client(fake, shop), "sunshine", CHAT)
    yield made
    made.helpdesk.close()


def test_a_message_is_answered_once_as_an_ai_and_typing_is_shown_meanwhile(
    counter: Counter, fake: FakeSunshine
) -> None:
    assert (counter.knock("s1"), counter.knock("s1"), counter.knock("s2")) == (True, False, True)
    counter.work(3)
    assert fake.public == [REPLY]
    assert fake.typed >= 1
    assert counter.waiting() == (0, 0)


def test_that_typing_can_not_be_shown_stops_no_answer(counter: Counter, fake: FakeSunshine) -> None:
    fake.troubles = [Trouble("POST", 500, path="/activity")]
    counter.knock()
    counter.work()
    assert fake.public == [REPLY]


@pytest.mark.parametrize(
    ("external_id", "verification", "proven"), [("ana", "embed", True), (None, "embed", False), ("ana", "", False)]
)
def test_only_who_was_signed_in_by_the_shop_is_proven(
    shop: Shop, fake: FakeSunshine, external_id: str | None, verification: str, proven: bool
) -> None:
    fake.external_id, fake.verification = external_id, verification
    read = client(fake, shop).conversation(CHAT)
    assert (read.email, read.verified) == ("ana@example.com", proven)


def test_all_pages_are_read_in_their_order(counter: Counter, fake: FakeSunshine) -> None:
    fake.says("A moment please", PERSON)
    for number in range(5):
        fake.says(f"word {number}")
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].text == "\n\n".join(f"word {number}" for number in range(5))


@pytest.mark.parametrize("why", ["somebody else holds it", "nobody holds it", "a person spoke last", "own word last"])
def test_loops_are_stopped(counter: Counter, fake: FakeSunshine, why: str) -> None:
    match why:
        case "somebody else holds it":
            fake.holder = "agents"
        case "nobody holds it":
            fake.holder = None
        case "a person spoke last":
            fake.says("I take this", PERSON)
        case _:
            fake.says("Here I am", {"type": "business", "subtypes": ["AI"]}, metadata={"wismo_action_id": "k0"})
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_another_bots_message_is_no_answer_and_no_customers_word(counter: Counter, fake: FakeSunshine) -> None:
    fake.says("I am another bot", {"type": "business", "subtypes": ["AI"]})
    counter.knock()
    counter.work()
    assert [one.text for one in counter.desk.asked] == ["Where is my order #1001?"]


def test_a_hand_off_speaks_and_passes_control_with_the_summary(counter: Counter, fake: FakeSunshine) -> None:
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work()
    assert fake.public == [REPLY]
    (passed,) = fake.passed
    assert passed["switchboardIntegration"] == "next"
    assert passed["metadata"]["wismo_summary"] == "Customer: Ana"
    fake.says("Hello?")
    counter.knock("s2")
    counter.work()
    assert (len(counter.desk.asked), fake.public) == (1, [REPLY])


def test_a_draft_goes_to_people_with_the_control_and_says_nothing(counter: Counter, fake: FakeSunshine) -> None:
    counter.desk.next = {"mode": "draft"}
    counter.knock()
    counter.work()
    assert fake.public == []
    assert "Your order is on its way" in fake.passed[0]["metadata"]["wismo_summary"]


def test_control_that_was_taken_away_meanwhile_ends_it(counter: Counter, fake: FakeSunshine) -> None:
    counter.knock()
    counter.answer_only()
    fake.holder = "agents"
    counter.work()
    assert (fake.public, counter.waiting()) == ([], (0, 0))


@pytest.mark.parametrize("path", ["/messages", "/passControl"])
@pytest.mark.parametrize(
    "trouble",
    [{"status": 500}, {"status": 503, "applied": True}, {"status": 201, "applied": True, "cut": True}, {"status": 429}],
    ids=["refused", "done and lost", "cut off", "limited"],
)
def test_whatever_step_fails_nothing_is_lost_or_said_twice(
    counter: Counter, fake: FakeSunshine, path: str, trouble: dict[str, Any]
) -> None:
    fake.troubles = [Trouble("POST", times=2, path=path, **trouble)]
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work(8, minutes=3)
    assert fake.public == [REPLY]
    assert (fake.holder, counter.waiting()) == ("agents", (0, 0))


def test_what_happened_since_it_was_read_is_a_conflict_and_nothing_is_said(shop: Shop, fake: FakeSunshine) -> None:
    sunshine = client(fake, shop)
    read = sunshine.conversation(CHAT)
    fake.says("Forget it, I mean #1002")
    with pytest.raises(Conflict):
        sunshine.say(read, Words("k", "Hello", True))
    assert fake.public == []


def test_a_deleted_conversation_is_done_with(counter: Counter, fake: FakeSunshine) -> None:
    fake.deleted = True
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_a_revoked_key_loses_nothing_and_says_its_remedy(counter: Counter, fake: FakeSunshine) -> None:
    fake.secret = "another"
    counter.knock()
    counter.work()
    assert counter.waiting() == (1, 0)
    assert "WISMO_SUNSHINE_BASE_URL" in counter.last_error()


def test_every_request_is_one_of_the_vendors_own_contract(shop: Shop, fake: FakeSunshine) -> None:
    everything(client(fake, shop), fake)
    with prism.judging("sunshine-conversations/openapi-17.0.0.yaml") as judge:
        problems = [prism.judged(judge, one, BELOW) for one in fake.asked]
        passed = next(one for one in fake.asked if one.target.endswith("/passControl"))
        wrong = Asked("POST", passed.target, passed.headers, b"{}")
        assert prism.judged(judge, wrong, BELOW), "the judge lets everything pass"
    assert [one for one in problems if one] == []


def test_every_body_is_valid_by_the_vendors_own_schemas(shop: Shop, fake: FakeSunshine) -> None:
    contract = prism.contract("sunshine-conversations/openapi-17.0.0.yaml")
    everything(client(fake, shop), fake)
    assert [problem for one in fake.asked for problem in schema.problems(contract, one, BELOW)] == []
    assert {one.path.rpartition("/")[2] for one in fake.asked} >= {"messages", "activity", "passControl"}
    said = next(one for one in fake.asked if one.target.endswith("/messages") and one.method == "POST")
    for wrong in (b'{"author":{"type":"robot"},"content":{"type":"text"}}', b"{}", b'{"author":{"type":"business"}}'):
        assert schema.problems(contract, Asked("POST", said.target, said.headers, wrong), BELOW), wrong


def everything(sunshine: Sunshine, fake: FakeSunshine) -> None:
    """Each kind of request."""
    for number in range(4):
        fake.says(f"word {number}")
    sunshine.account()
    read = sunshine.conversation(CHAT)
    sunshine.writing(read)
    sunshine.say(read, Words("k1", REPLY, True))
    sunshine.say(sunshine.conversation(CHAT), Words("k2", "Customer: Ana", False, ("ai_handoff",), "legal"))
    assert [*sunshine.changed_since(datetime(2026, 11, 20, tzinfo=UTC))] == []
