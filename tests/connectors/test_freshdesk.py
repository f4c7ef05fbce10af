"""Freshdesk end to end, over HTTP: no lock, no key, tags that replace; nothing is said twice and no tag is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from agent.case import Disposition
from connectors.errors import Conflict, Unauthorized
from connectors.exports import freshdesk as exported
from connectors.helpdesks import Words
from connectors.helpdesks.freshdesk import Access, Freshdesk
from connectors.helpdesks.turns import Manners
from tests.connectors.counter import Counter
from tests.connectors.fake_freshdesk import CUSTOMER, KEY, OTHER, PATH, PERSON, SEAT, TICKET, FakeFreshdesk
from tests.connectors.vendor import Trouble, serving
from tests.shop import Shop

REPLY = "<p>Your order is on its way.</p><p>Best &lt;wishes&gt;</p>"
NOTE = "<p>Customer: Ana</p>"
HANDED_OVER = {
    "disposition": Disposition.HANDED_OFF,
    "handoff": {"reason": "legal", "team": "legal"},
    "note": "Customer: Ana",
}


def client(fake: FakeFreshdesk, shop: Shop) -> Freshdesk:
    return Freshdesk(Access(fake.url, KEY), lambda: shop.time)


@pytest.fixture
def fake() -> Iterator[FakeFreshdesk]:
    with serving(FakeFreshdesk()) as made:
        yield made
        assert made.complaints == []


@pytest.fixture
def counter(shop: Shop, fake: FakeFreshdesk) -> Iterator[Counter]:
    shop.time = shop.time.replace(hour=14)
    made = Counter(shop, client(fake, shop), "freshdesk", TICKET)
    yield made
    made.helpdesk.close()


def test_a_ticket_is_answered_once_waits_and_keeps_its_tags(counter: Counter, fake: FakeFreshdesk) -> None:
    assert (counter.knock("f1"), counter.knock("f1"), counter.knock("f2")) == (True, False, True)
    counter.work(3)
    assert fake.public == [REPLY]
    assert (fake.status, fake.tags) == (3, ["ai_replied", "vip", "wismo_order_status"])
    assert counter.waiting() == (0, 0)


def test_nobody_is_proven_by_an_address(counter: Counter) -> None:
    counter.knock()
    counter.work()
    assert (counter.desk.asked[0].email, counter.desk.asked[0].verified) == ("ana@example.com", False)


def test_somebody_else_in_the_ticket_is_a_stranger(counter: Counter, fake: FakeFreshdesk) -> None:
    fake.says("And my refund?", OTHER)
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].stranger


def test_every_page_of_a_long_ticket_is_read(counter: Counter, fake: FakeFreshdesk) -> None:
    for number in range(64):
        fake.says(f"word {number}", PERSON if number == 0 else CUSTOMER)
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].text.count("word") == 63


def test_conversations_that_come_in_any_order_are_read_in_theirs(counter: Counter, fake: FakeFreshdesk) -> None:
    for number in range(3):
        fake.says(f"word {number}")
    fake.conversations.reverse()
    counter.knock()
    counter.work()
    assert counter.desk.asked[0].text == "Where is my order #1001?\n\nword 0\n\nword 1\n\nword 2"


@pytest.mark.parametrize(
    "why", ["own", "person", "handed over", "switched off", "resolved", "closed", "auto reply", "begun by us"]
)
def test_loops_are_stopped(counter: Counter, fake: FakeFreshdesk, why: str) -> None:
    match why:
        case "own":
            fake.says("I am the seat", SEAT)
        case "person":
            fake.says("I take this", PERSON)
        case "handed over":
            fake.tags = ["ai_handoff"]
        case "switched off":
            fake.tags = ["ai_disabled"]
        case "resolved":
            fake.status = 4
        case "closed":
            fake.status = 5
        case "auto reply":
            fake.says("We answer soon", PERSON)
            fake.says("Out of office", auto_response=True)
        case _:
            fake.source = 10
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_a_private_note_and_an_automation_are_nobodys_answer(counter: Counter, fake: FakeFreshdesk) -> None:
    fake.says("Does anybody know her?", PERSON, private=True)
    fake.says("Your request was received", None)
    fake.says("Your request was received", PERSON, automation_id=5)
    counter.knock()
    counter.work()
    assert [one.text for one in counter.desk.asked] == ["Where is my order #1001?"]


def test_a_hand_off_speaks_then_notes_and_gives_it_to_the_group(counter: Counter, fake: FakeFreshdesk) -> None:
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work()
    assert (fake.public, fake.notes) == ([REPLY], [NOTE])
    assert (fake.group, fake.status, {"ai_handoff", "vip"} <= set(fake.tags)) == (32, 2, True)
    assert fake.responder is None


@pytest.mark.parametrize(("method", "path"), [("POST", "/reply"), ("POST", "/notes"), ("PUT", "/42"), ("GET", "/42")])
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 502, "applied": True},
        {"status": 201, "applied": True, "cut": True},
        {"status": 429, "headers": {"retry-after": "20"}},
    ],
    ids=["refused", "done and lost", "cut off", "limited"],
)
def test_whatever_step_fails_nothing_is_lost_or_said_twice(
    counter: Counter, fake: FakeFreshdesk, method: str, path: str, trouble: dict[str, Any]
) -> None:
    fake.troubles = [Trouble(method, times=2, path=path, **trouble)]
    counter.desk.next = HANDED_OVER
    counter.knock()
    counter.work(8, minutes=3)
    assert (fake.public, fake.notes, fake.group, fake.status) == ([REPLY], [NOTE], 32, 2)
    assert len(fake.tags) == len(set(fake.tags))
    assert "vip" in fake.tags
    assert counter.waiting() == (0, 0)


def test_a_tag_that_a_colleague_added_meanwhile_stays(shop: Shop, fake: FakeFreshdesk) -> None:
    freshdesk = client(fake, shop)
    read = freshdesk.conversation(TICKET)
    fake.tags = [*fake.tags, "urgent"]
    freshdesk.say(read, Words("k", "Hello", True, ("ai_replied",)))
    assert fake.tags == ["ai_replied", "urgent", "vip"]


def test_what_happened_since_it_was_read_is_a_conflict_and_nothing_is_said(shop: Shop, fake: FakeFreshdesk) -> None:
    freshdesk = client(fake, shop)
    read = freshdesk.conversation(TICKET)
    fake.says("Forget it, I mean #1002")
    with pytest.raises(Conflict):
        freshdesk.say(read, Words("k", "Hello", True))
    assert fake.public == []


def test_a_person_who_took_over_meanwhile_gets_a_note_instead(counter: Counter, fake: FakeFreshdesk) -> None:
    counter.knock()
    counter.answer_only()
    fake.says("I am on it", PERSON, created_at="2026-11-20T23:00:00Z")
    counter.work()
    assert (fake.public, len(fake.notes)) == ([], 1)


def test_thanks_resolve_the_ticket_and_more_thanks_are_not_answered(counter: Counter, fake: FakeFreshdesk) -> None:
    fake.says("It has arrived.", SEAT)
    fake.says("Thanks!")
    counter.desk.next = {"intents": ("thanks",), "reply": "You are welcome."}
    counter.knock("f1")
    counter.work()
    assert (fake.public[-1], fake.status) == ("<p>You are welcome.</p>", 4)
    fake.status = 2
    fake.says("Thank you for your message, we will answer soon")
    counter.knock("f2")
    counter.work(2)
    assert (len(counter.desk.asked), fake.public[-1], fake.status) == (1, "<p>You are welcome.</p>", 4)


@pytest.mark.parametrize("how", ["in the bin", "gone for good"])
def test_a_deleted_ticket_is_done_with(counter: Counter, fake: FakeFreshdesk, how: str) -> None:
    fake.deleted, fake.missing = how == "in the bin", how != "in the bin"
    counter.knock()
    counter.work()
    assert (counter.desk.asked, counter.waiting()) == ([], (0, 0))


def test_a_revoked_key_loses_nothing_and_says_its_remedy(counter: Counter, fake: FakeFreshdesk) -> None:
    fake.key = "another"
    counter.knock()
    counter.work()
    assert counter.waiting() == (1, 0)
    assert "wismo connect freshdesk" in counter.last_error()
    assert KEY not in counter.last_error()


def test_a_domain_that_is_not_there_is_told_as_such(shop: Shop) -> None:
    freshdesk = Freshdesk(
        Access("https://nobody.freshdesk.com", KEY),
        lambda: shop.time,
        httpx.MockTransport(lambda _: httpx.Response(404, text="<html>no such helpdesk</html>")),
    )
    with pytest.raises(Unauthorized, match="is the address right"):
        freshdesk.conversation(TICKET)


def test_the_accounts_own_limit_is_learned_from_its_answers(shop: Shop, fake: FakeFreshdesk) -> None:
    freshdesk = client(fake, shop)
    freshdesk.conversation(TICKET)
    assert freshdesk._calls._pace._limits[""].calls == 400


@pytest.mark.parametrize(("mark", "score"), [(103, 5), (100, 3), (-103, 1)])
def test_how_content_the_customer_was_is_told(shop: Shop, fake: FakeFreshdesk, mark: int, score: int) -> None:
    told: list[tuple[str, int]] = []
    manners = Manners(rated=lambda conversation, given: told.append((conversation, given)))
    fake.status = 4
    fake.ratings = [
        {"created_at": "2026-11-20T11:00:00Z", "ratings": {"default_question": mark}},
        {"created_at": "2026-11-20T10:00:00Z", "ratings": {"default_question": 102}},
    ]
    counter = Counter(shop, client(fake, shop), "freshdesk", TICKET, manners)
    counter.knock()
    counter.work()
    assert told == [("freshdesk:42", score)]


def test_an_account_without_surveys_has_no_ratings(shop: Shop, fake: FakeFreshdesk) -> None:
    fake.status, fake.ratings = 4, None
    assert client(fake, shop).conversation(TICKET).rating is None


def test_a_poll_finds_what_changed_since_and_nothing_older(shop: Shop, fake: FakeFreshdesk) -> None:
    fake.says("Hello?")
    freshdesk = client(fake, shop)
    assert [*freshdesk.changed_since(datetime(2026, 11, 20, 9, tzinfo=UTC))] == [(TICKET, fake.stamp)]
    assert [*freshdesk.changed_since(datetime(2026, 11, 20, 12, tzinfo=UTC))] == []


def test_solved_tickets_come_in_the_form_that_learning_reads(shop: Shop, fake: FakeFreshdesk) -> None:
    fake.says("It is on its way", PERSON)
    freshdesk, since = client(fake, shop), datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert [*freshdesk.solved_since(since)] == []
    fake.status = 5
    (record,) = freshdesk.solved_since(since)
    read = exported.thread(record, frozenset())
    assert [(one.by, one.who) for one in read.said] == [("customer", ""), ("person", str(PERSON))]
    assert record["id"] == int(TICKET)
    assert PATH in {one.path for one in fake.asked}
