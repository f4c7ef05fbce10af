"""Intercom end to end, over HTTP: read, answered, handed over, and nothing said twice by an API without lock or key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from agent.case import Disposition
from connectors.errors import Conflict, Unauthorized
from connectors.exports import intercom as exported
from connectors.helpdesks import Waits, Words
from connectors.helpdesks.intercom import Access, Intercom
from connectors.helpdesks.turns import Manners
from tests.connectors import prism, schema
from tests.connectors.counter import Counter
from tests.connectors.fake_intercom import BEGAN, CUSTOMER, ID, OTHER, PERSON, SEAT, SUPPORT, TOKEN, FakeIntercom
from tests.connectors.vendor import Asked, Trouble, serving
from tests.shop import Shop

REPLY = "Your order is on its way.\n\nBest <wishes>"
HANDED_OVER = {
    "disposition": Disposition.HANDED_OFF,
    "handoff": {"reason": "legal", "team": "legal"},
    "note": "Customer: Ana",
}


def client(fake: FakeIntercom, shop: Shop, **given: Any) -> Intercom:
    return Intercom(Access(fake.url, TOKEN, SEAT, **given), lambda: shop.time)


@pytest.fixture
def fake() -> Iterator[FakeIntercom]:
    with serving(FakeIntercom()) as made:
        yield made
        assert made.complaints == []


@pytest.fixture
def counter(shop: Shop, fake: FakeIntercom) -> Iterator[Counter]:
    shop.time = datetime.fromtimestamp(BEGAN, UTC) + timedelta(minutes=30)
    made = Counter(shop, client(fake, shop), "intercom", ID)
    yield made
    made.helpdesk.close()


def test_a_conversation_is_answered_once_and_tagged(counter: Counter, fake: FakeIntercom) -> None:
    assert (counter.knock("n1"), counter.knock("n1"), counter.knock("n2")) == (True, False, True)
    counter.work(3)
    assert fake.public == [REPLY]
    assert sorted(fake.tags) == ["ai_replied", "wismo_order_status"]
    assert counter.waiting() == (0, 0)


@pytest.mark.parametrize(
    ("proven", "source", "external_id", "is_proven"),
    [
        (True, "conversation", "70", True),
        (True, "conversation", None, False),
        (True, "email", "70", False),
        (False, "conversation", "70", False),
    ],
)
def test_only_a_signed_in_messenger_user_is_proven_and_only_where_the_workspace_enforces_it(
    shop: Shop, fake: FakeIntercom, proven: bool, source: str, external_id: str | None, is_proven: bool
) -> None:
    fake.source, fake.external_id = source, external_id
    read = client(fake, shop, proven=proven).conversation(ID)
    assert (read.email, read.verified) == ("ana@example.com", is_proven)


def test_somebody_else_in_the_conversation_is_a_stranger(counter: Counter, fake: FakeIntercom) -> None:
    fake.says("And my refund?", OTHER)
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].stranger


def test_consecutive_messages_are_one_turn(counter: Counter, fake: FakeIntercom) -> None:
    fake.says("We look into it", PERSON)
    fake.says("Hello?")
    fake.says("<p>It is urgent</p>")
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].text == "Hello?\n\n<p>It is urgent</p>"
    assert [turn.role for turn in counter.desk.asked[0].history] == ["customer", "agent"]


def test_parts_that_come_in_any_order_are_read_in_theirs(counter: Counter, fake: FakeIntercom) -> None:
    for number in range(4):
        fake.says(f"word {number}")
    fake.parts.reverse()
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].text == "Where is my order #1001?\n\nword 0\n\nword 1\n\nword 2\n\nword 3"


@pytest.mark.parametrize("why", ["own", "person", "fin", "handed over", "switched off", "closed"])
def test_loops_are_stopped(counter: Counter, fake: FakeIntercom, why: str) -> None:
    match why:
        case "own":
            fake.says("I am the seat", SEAT)
        case "person":
            fake.says("I take this", PERSON)
        case "fin":
            fake.fin = True
        case "handed over":
            fake.tags = ["ai_handoff"]
        case "switched off":
            fake.tags = ["ai_disabled"]
        case _:
            fake.state = "closed"
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_another_bots_word_is_no_customers(counter: Counter, fake: FakeIntercom) -> None:
    fake.says("Typical answer of a bot", "5")
    fake.says("Written by a program in a colleague's name", PERSON, app_package_code="zapier")
    fake.says("An answer of Fin", PERSON)
    fake.parts[-1]["author"]["from_ai_agent"] = True
    counter.knock()
    counter.work()
    assert [(one.text, one.history) for one in counter.desk.asked] == [("Where is my order #1001?", ())]


def test_a_colleagues_note_does_not_silence_us(counter: Counter, fake: FakeIntercom) -> None:
    fake.says("Does anybody know her?", PERSON, "note")
    counter.knock()
    counter.work()
    assert len(fake.public) == 1


def test_beside_fin_we_answer_only_when_told_to(shop: Shop, fake: FakeIntercom) -> None:
    fake.fin = True
    assert client(fake, shop).conversation(ID).elsewhere
    assert not client(fake, shop, beside_fin=True).conversation(ID).elsewhere


def test_a_hand_off_speaks_then_notes_tags_and_assigns_the_team(counter: Counter, fake: FakeIntercom) -> None:
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work()
    assert (fake.public, fake.notes) == ([REPLY], ["Customer: Ana"])
    assert (fake.team, "ai_handoff" in fake.tags) == (5017691, True)


def test_a_team_that_intercom_lacks_leaves_it_in_the_open_inbox(counter: Counter, fake: FakeIntercom) -> None:
    fake.team = SUPPORT
    counter.desk.next = HANDED_OVER | {"handoff": {"reason": "legal", "team": "nobody"}}
    counter.knock()
    counter.work()
    assert fake.team is None
    assert fake.notes == ["Customer: Ana"]


@pytest.mark.parametrize("path", ["/reply", "/tags", "/parts"])
@pytest.mark.parametrize(
    "trouble",
    [{"status": 500}, {"status": 500, "applied": True}, {"status": 200, "applied": True, "cut": True}, {"status": 429}],
    ids=["refused", "done and lost", "cut off", "limited"],
)
def test_whatever_step_fails_nothing_is_lost_or_said_twice(
    counter: Counter, fake: FakeIntercom, path: str, trouble: dict[str, Any]
) -> None:
    fake.troubles = [Trouble("POST", times=2, path=path, **trouble)]
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work(8, minutes=3)
    assert (fake.public, fake.notes, fake.team) == ([REPLY], ["Customer: Ana"], 5017691)
    assert len(fake.tags) == len(set(fake.tags))
    assert counter.waiting() == (0, 0)


def test_after_429_it_waits_until_the_reset_and_asks_nothing_meanwhile(counter: Counter, fake: FakeIntercom) -> None:
    reset = str(int(counter.shop.time.timestamp()) + 90)
    fake.troubles = [Trouble("POST", 429, path="/reply", headers={"x-ratelimit-reset": reset})]
    counter.knock()
    counter.work()
    asked = len(fake.asked)
    counter.shop.later(seconds=80)
    counter.work()
    assert (fake.public, len(fake.asked)) == ([], asked)
    counter.shop.later(seconds=20)
    counter.work()
    assert len(fake.public) == 1


def test_a_timeout_after_the_reply_was_kept_says_nothing_twice(counter: Counter, fake: FakeIntercom) -> None:
    assert isinstance(counter.helpdesk, Intercom)
    counter.helpdesk._calls._http.timeout = httpx.Timeout(0.3)
    fake.troubles = [Trouble("POST", 200, path="/reply", hang=0.8, applied=True)]
    counter.knock()
    counter.work(3, minutes=2)
    assert fake.public == [REPLY]


def test_what_happened_since_it_was_read_is_a_conflict_and_nothing_is_said(shop: Shop, fake: FakeIntercom) -> None:
    intercom = client(fake, shop)
    read = intercom.conversation(ID)
    fake.says("Forget it, I mean #1002")
    with pytest.raises(Conflict):
        intercom.say(read, Words("k", "Your order is on its way.", True))
    assert fake.public == []


def test_a_customer_who_went_on_is_answered_for_the_last_word_only(counter: Counter, fake: FakeIntercom) -> None:
    counter.knock()
    counter.answer_only()
    fake.says("Forget it, I mean order #1002")
    counter.work(2)
    assert counter.desk.asked[-1].text.endswith("#1002")
    assert fake.public == [REPLY]


def test_a_person_who_took_over_meanwhile_gets_a_note_instead(counter: Counter, fake: FakeIntercom) -> None:
    counter.knock()
    counter.answer_only()
    fake.says("I am on it", PERSON, created_at=int(counter.shop.time.timestamp()) + 60)
    counter.work()
    assert (fake.public, len(fake.notes)) == ([], 1)


def test_the_same_answer_to_a_later_question_is_said_again(counter: Counter, fake: FakeIntercom) -> None:
    counter.knock("n1")
    counter.work()
    fake.says("And where is it now?")
    counter.knock("n2")
    counter.work()
    assert fake.public == [REPLY, REPLY]


def test_thanks_close_the_conversation_and_more_thanks_are_not_answered(counter: Counter, fake: FakeIntercom) -> None:
    fake.says("It has arrived.", SEAT)
    fake.says("Thanks!")
    counter.desk.next = {"intents": ("thanks",), "reply": "You are welcome."}
    counter.knock("n1")
    counter.work()
    assert (fake.public[-1], fake.state, "wismo_thanked" in fake.tags) == ("You are welcome.", "closed", True)
    fake.state = "open"
    fake.says("Thank you for your message, we will answer soon")
    counter.knock("n2")
    counter.work(2)
    assert (len(counter.desk.asked), fake.public[-1], fake.state) == (1, "You are welcome.", "closed")


def test_a_deleted_conversation_is_done_with(counter: Counter, fake: FakeIntercom) -> None:
    fake.deleted = True
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_a_revoked_token_loses_nothing_and_says_its_remedy(counter: Counter, fake: FakeIntercom) -> None:
    fake.token = "another"
    counter.knock()
    counter.work()
    assert counter.waiting() == (1, 0)
    assert "token_revoked" in counter.last_error()
    assert "wismo connect intercom" in counter.last_error()
    assert TOKEN not in counter.last_error()


def test_a_seat_that_is_not_there_stays_silent(counter: Counter, fake: FakeIntercom) -> None:
    fake.seats.remove(SEAT)
    with pytest.raises(Unauthorized, match="WISMO_INTERCOM_ADMIN_ID"):
        counter.helpdesk.account()
    counter.knock()
    counter.work()
    assert (fake.public, counter.waiting()) == ([], (1, 0))


def test_an_address_that_is_not_intercoms_is_told_as_such(shop: Shop) -> None:
    def elsewhere(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "https://evil.example"})

    intercom = Intercom(
        Access("https://api.intercom.io", TOKEN, SEAT), lambda: shop.time, httpx.MockTransport(elsewhere)
    )
    with pytest.raises(Unauthorized, match="is the address right"):
        intercom.conversation(ID)


def test_a_suggestion_is_a_note_where_people_answer(shop: Shop, fake: FakeIntercom) -> None:
    fake.tags = ["ai_handoff"]
    counter = Counter(shop, client(fake, shop), "intercom", ID, Manners(suggest=lambda one: f"About {one.text[:5]}"))
    counter.knock("n1")
    counter.knock("n2")
    counter.work(2)
    assert (fake.public, fake.notes) == ([], ["Suggested reply:\n\nAbout Where"])
    assert counter.desk.asked == []


def test_how_content_the_customer_was_is_told(shop: Shop, fake: FakeIntercom) -> None:
    told: list[tuple[str, int]] = []
    manners = Manners(rated=lambda conversation, score: told.append((conversation, score)))
    counter = Counter(shop, client(fake, shop), "intercom", ID, manners)
    fake.rating, fake.state = 4, "closed"
    counter.knock()
    counter.work()
    assert told == [("intercom:524", 4)]


def test_a_poll_finds_what_changed_since_and_nothing_older(shop: Shop, fake: FakeIntercom) -> None:
    fake.says("Hello?")
    intercom = client(fake, shop)
    since = datetime.fromtimestamp(BEGAN, UTC)
    assert [*intercom.changed_since(since)] == [(ID, datetime.fromtimestamp(fake.clock, UTC).isoformat())]
    assert [*intercom.changed_since(since + timedelta(hours=1))] == []


def test_solved_conversations_come_in_the_form_that_learning_reads(shop: Shop, fake: FakeIntercom) -> None:
    fake.says("It is on its way", PERSON)
    intercom = client(fake, shop)
    since = datetime.fromtimestamp(BEGAN, UTC)
    assert [*intercom.solved_since(since)] == []
    fake.state = "closed"
    (record,) = intercom.solved_since(since)
    read = exported.thread(record, frozenset())
    assert [(one.by, one.text) for one in read.said] == [
        ("customer", "Where is my order #1001?"),
        ("person", "It is on its way"),
    ]


def test_every_request_is_one_of_intercoms_own_contract(shop: Shop, fake: FakeIntercom) -> None:
    everything(client(fake, shop, proven=True), fake)
    with prism.judging("intercom/api.intercom.io-2.15.yaml") as judge:
        problems = [prism.judged(judge, one) for one in fake.asked]
        wrong = Asked("POST", "/conversations/1/reply", fake.asked[0].headers, b'{"body":"x"}')
        assert prism.judged(judge, wrong), "the judge lets everything pass"
    assert [one for one in problems if one] == []
    assert {one.method for one in fake.asked} == {"GET", "POST"}


def test_every_body_is_valid_by_intercoms_own_schemas(shop: Shop, fake: FakeIntercom) -> None:
    contract = prism.contract("intercom/api.intercom.io-2.15.yaml")
    everything(client(fake, shop, proven=True), fake)
    assert [problem for one in fake.asked for problem in schema.problems(contract, one)] == []
    wrong = Asked("POST", "/conversations/1/reply", {}, b'{"message_type":"shout","type":"admin","admin_id":"1"}')
    assert schema.problems(contract, wrong)


def everything(intercom: Intercom, fake: FakeIntercom) -> None:
    """Each kind of request once and more."""
    intercom.account()
    read = intercom.conversation(ID)
    intercom.say(read, Words("k1", REPLY, True, ("ai_replied",), waits=Waits.CUSTOMER))
    intercom.say(intercom.conversation(ID), Words("k2", "Customer: Ana", False, ("ai_handoff",), "legal", Waits.PEOPLE))
    fake.says("Thanks", CUSTOMER)
    intercom.say(intercom.conversation(ID), Words("k3", "You are welcome", True, waits=Waits.NOBODY))
    intercom.say(intercom.conversation(ID), Words("k4", "Again", False, team="nobody"))
    since = datetime.fromtimestamp(BEGAN - 1, UTC)
    list(intercom.changed_since(since))
    fake.state = "closed"
    list(intercom.solved_since(since))
