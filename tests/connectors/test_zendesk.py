"""Zendesk end to end: an event in the inbox, the ticket read as it is now, the answer said once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from agent.case import Disposition
from connectors import inbox
from connectors.delivery import Delivery
from connectors.errors import Limited, Unauthorized
from connectors.exports import zendesk as exported
from connectors.helpdesks import Words
from connectors.helpdesks.turns import Manners, Turns
from connectors.helpdesks.zendesk import Access, Zendesk
from connectors.tables import metadata
from connectors.worker import Worker
from tests.connectors.fake_desk import FakeDesk
from tests.connectors.fake_zendesk import OTHER, PERSON, FakeZendesk, Trouble, serving
from tests.shop import NOW, Shop
from tools.orders import outbox


class House:
    def __init__(self, shop: Shop, fake: FakeZendesk) -> None:
        self.shop, self.fake = shop, fake
        with shop.database.write() as db:
            metadata.create_all(db)
        self.desk = FakeDesk(shop, "zendesk")
        self.zendesk = Zendesk(Access(fake.url, "wismo", "s3cret"), lambda: shop.time)
        turns = Turns(self.zendesk, self.desk, "zendesk", lambda: shop.time, Manners(per_hour=3))
        delivery = Delivery(shop.database, {"reply.zendesk": turns.deliver}, lambda: shop.time)
        self.worker = Worker(shop.database, {"zendesk": turns.read}, delivery, lambda: shop.time)

    def knock(self, key: str = "e1") -> bool:
        with self.shop.database.write() as db:
            return inbox.put(db, "zendesk", key, "5158", "{}", self.shop.time)

    def work(self, rounds: int = 1, minutes: float = 0) -> None:
        for _ in range(rounds):
            self.worker.run_once()
            self.shop.later(minutes=minutes)

    def waiting(self) -> tuple[int, int]:
        with self.shop.database.read() as db:
            return inbox.count(db, "new"), outbox.count(db, "due")


@pytest.fixture
def house(shop: Shop) -> Iterator[House]:
    shop.time = shop.time.replace(hour=14)
    with serving(FakeZendesk()) as fake:
        fake.says("Where is my order #1001?")
        made = House(shop, fake)
        yield made
        made.zendesk.close()
        assert fake.complaints == []


def test_a_ticket_is_answered_in_public_with_status_and_tags(house: House) -> None:
    house.knock()
    house.work()
    assert house.fake.public == ["<p>Your order is on its way.</p><p>Best &lt;wishes&gt;</p>"]
    assert (house.fake.status, house.fake.tags) == ("pending", ["ai_replied", "wismo_order_status"])
    assert house.waiting() == (0, 0)


def test_the_same_webhook_twice_is_one_turn(house: House) -> None:
    assert (house.knock("e1"), house.knock("e1"), house.knock("e2")) == (True, False, True)
    house.work(3)
    assert len(house.fake.public) == 1


def test_a_verified_requester_is_proven_and_nobody_else_is(house: House) -> None:
    house.knock()
    house.work()
    assert (house.desk.asked[0].email, house.desk.asked[0].verified) == ("ana@example.com", True)


@pytest.mark.parametrize(
    ("author", "verified", "flags"),
    [(OTHER, True, []), (501, False, []), (501, True, ["suspicious_sender"]), (501, True, [2])],
)
def test_a_copied_unverified_or_doubted_sender_proves_nothing(
    house: House, author: int, verified: bool, flags: list[Any]
) -> None:
    house.fake.verified = verified
    house.fake.says("and what about my refund?", author, metadata={"flags": flags})
    house.knock()
    house.work()
    assert house.desk.asked[0].verified is False


def test_consecutive_messages_are_one_turn_and_earlier_ones_are_history(house: House) -> None:
    house.fake.says("We are looking into it", PERSON)
    house.fake.says("Hello?")
    house.fake.says("It is urgent")
    house.knock()
    house.work()
    assert house.desk.asked[0].text == "Hello?\n\nIt is urgent"
    assert [turn.role for turn in house.desk.asked[0].history] == ["customer", "agent"]


def test_behind_a_persons_last_word_the_conversation_begins_anew_and_behind_our_own_it_goes_on(house: House) -> None:
    house.knock("e1")
    house.work()
    house.fake.says("and now?")
    house.knock("e2")
    house.work()
    house.fake.says("I have settled this with you by phone", PERSON)
    house.fake.says("One more question")
    house.knock("e3")
    house.work()
    assert [one.reopened for one in house.desk.asked] == [False, False, True]


@pytest.mark.parametrize(
    "why",
    [
        "own word last",
        "person's word last",
        "machine",
        "handed over",
        "switched off",
        "solved",
        "private note last",
        "chat",
    ],
)
def test_loops_are_stopped(house: House, why: str) -> None:
    fake = house.fake
    match why:
        case "own word last":
            fake.says("I am the bot", 900)
        case "person's word last":
            fake.says("I take this", PERSON)
        case "machine":
            fake.comments.clear()
            fake.says("Out of office", metadata={"flags": ["auto_submitted"]})
        case "handed over":
            fake.tags = ["ai_handoff"]
        case "switched off":
            fake.tags = ["ai_disabled"]
        case "solved":
            fake.status = "solved"
        case "chat":
            fake.via = "native_messaging"
        case _:
            fake.comments.clear()
            fake.says("internal", PERSON, public=False)
    house.knock()
    house.work()
    assert (house.desk.asked, fake.public) == ([], ["I am the bot"] if why == "own word last" else [])
    assert house.waiting() == (0, 0)


def test_too_many_replies_in_an_hour_are_a_loop(house: House) -> None:
    for minute in (50, 52, 54):
        house.fake.says("Automatic answer", 900, created_at=f"2026-11-20T13:{minute}:00Z")
        house.fake.says("Automatic answer to your answer", created_at=f"2026-11-20T13:{minute + 1}:00Z")
    house.knock()
    house.work()
    assert house.desk.asked == []


def test_a_hand_off_speaks_to_the_customer_and_tells_the_team_everything(house: House) -> None:
    house.desk.next = {
        "disposition": Disposition.HANDED_OFF,
        "handoff": {"reason": "legal", "team": "legal"},
        "note": "Customer: Ana",
    }
    house.knock()
    house.work()
    assert len(house.fake.public) == 1
    assert house.fake.notes == ["<p>Customer: Ana</p>"]
    assert (house.fake.group, house.fake.status, "ai_handoff" in house.fake.tags) == (32, "open", True)
    assert house.fake.updates[-1]["assignee_id"] is None


def test_a_crash_between_the_two_updates_of_a_hand_off_repeats_nothing(house: House) -> None:
    house.desk.next = {
        "disposition": Disposition.HANDED_OFF,
        "handoff": {"reason": "legal", "team": "legal"},
        "note": "Customer: Ana",
    }
    house.knock()
    house.fake.troubles = [Trouble("PUT", 200, times=0)]
    house.work()
    with house.shop.database.write() as db:
        db.exec_driver_sql("UPDATE outbox SET state = 'due'")
    house.work()
    assert (len(house.fake.public), len(house.fake.notes)) == (1, 1)


def test_draft_mode_only_suggests(house: House) -> None:
    house.desk.next = {"mode": "draft"}
    house.knock()
    house.work()
    assert (house.fake.public, len(house.fake.notes)) == ([], 1)
    assert "wismo_draft" in house.fake.tags


def test_a_queued_action_keeps_the_ticket_open_for_people(house: House) -> None:
    house.desk.next = {"disposition": Disposition.QUEUED, "approvals": ("A-1",)}
    house.knock()
    house.work()
    assert (house.fake.status, house.fake.notes) == ("open", ["<p>Waits for a person: A-1</p>"])


def test_a_person_who_took_over_meanwhile_is_not_talked_over(house: House) -> None:
    house.knock()
    house.worker._handlers["zendesk"](_event(house))
    house.fake.says("I am on it", PERSON, created_at="2026-11-20T23:00:00Z")
    house.work()
    assert house.fake.public == []
    assert len(house.fake.notes) == 1


def test_a_customer_who_went_on_meanwhile_is_not_answered_past(house: House) -> None:
    house.knock()
    house.worker._handlers["zendesk"](_event(house))
    house.fake.says("Forget it, I mean order #1002")
    house.work()
    assert house.fake.public == ["<p>Your order is on its way.</p><p>Best &lt;wishes&gt;</p>"]
    assert house.desk.asked[-1].text.endswith("#1002")


@pytest.mark.parametrize("status", [429, 500, 503, 409])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_zendesk_that_refuses_is_asked_again_and_nothing_is_lost_or_said_twice(
    house: House, method: str, status: int
) -> None:
    house.fake.troubles = [Trouble(method, status, times=2, headers={"retry-after": "7"} if status == 429 else {})]
    house.knock()
    house.work(6, minutes=2)
    assert len(house.fake.public) == 1
    assert house.waiting() == (0, 0)


def test_after_429_it_waits_as_long_as_it_was_told(house: House) -> None:
    house.fake.troubles = [Trouble("PUT", 429, headers={"retry-after": "90"})]
    house.knock()
    house.work()
    house.shop.later(seconds=80)
    house.work()
    assert house.fake.public == []
    house.shop.later(seconds=20)
    house.work()
    assert len(house.fake.public) == 1


@pytest.mark.parametrize("status", [500, 504])
def test_an_answer_that_was_lost_after_the_update_is_found_and_not_said_again(house: House, status: int) -> None:
    house.fake.troubles = [Trouble("PUT", status, applied=True)]
    house.knock()
    house.work(3, minutes=2)
    assert (len(house.fake.public), len(house.fake.updates)) == (1, 1)


def test_a_timeout_is_tried_again(house: House) -> None:
    house.zendesk._calls._http.timeout = httpx.Timeout(0.3)
    house.fake.troubles = [Trouble("PUT", 200, hang=0.6)]
    house.knock()
    house.work(3, minutes=2)
    assert len(house.fake.public) == 1


def test_a_ticket_that_was_deleted_is_done_with(house: House) -> None:
    house.fake.deleted = True
    house.knock()
    house.work()
    assert (house.desk.asked, house.waiting()) == ([], (0, 0))


def test_a_token_that_zendesk_no_longer_takes_is_asked_for_anew(house: House) -> None:
    house.knock()
    house.work()
    house.fake.valid_token = "rotated"
    house.fake.says("And now?")
    house.knock("e2")
    house.work()
    assert (len(house.fake.public), house.fake.tokens_given) == (2, 2)


def test_a_token_is_renewed_before_it_ends(house: House) -> None:
    house.knock()
    house.work()
    house.shop.later(hours=3)
    house.fake.says("And now?")
    house.knock("e2")
    house.work()
    assert house.fake.tokens_given == 2


def test_a_bot_user_that_is_no_agent_stays_silent(house: House) -> None:
    house.fake.role = "end-user"
    house.knock()
    house.work()
    assert (house.fake.public, house.waiting()) == ([], (1, 0))


def test_what_fails_for_ever_is_kept_as_dead_with_its_reason(house: House) -> None:
    house.fake.troubles = [Trouble("GET", 500, times=999)]
    house.knock()
    for _ in range(inbox.ATTEMPTS):
        house.work()
        house.shop.later(hours=1)
    with house.shop.database.read() as db:
        assert inbox.count(db, "dead") == 1
        assert "500" in db.exec_driver_sql("SELECT last_error FROM inbox").scalar_one()


def _event(house: House) -> inbox.Event:
    with house.shop.database.read() as db:
        return inbox.due(db, house.shop.time + timedelta(seconds=1))[0]


def test_a_redirect_to_another_host_is_not_followed_and_takes_no_secret_there() -> None:
    asked: list[httpx.Request] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"Location": "https://evil.example/steal"})

    access = Access("https://shop.zendesk.com", email="bot@example.com", api_token="secret")
    client = Zendesk(access, lambda: NOW, httpx.MockTransport(elsewhere))
    with pytest.raises(Unauthorized, match="is the address right"):
        client.conversation("42")
    assert {request.url.host for request in asked} == {"shop.zendesk.com"}


def test_tags_that_an_update_ignores_are_added(house: House) -> None:
    house.fake.ignores_additional_tags, house.fake.tags = True, ["vip"]
    house.knock()
    house.work()
    assert house.fake.tags == ["ai_replied", "vip", "wismo_order_status"]


def test_a_merge_is_written_in_a_colleagues_name_and_is_no_answer(house: House) -> None:
    merged = {"channel": "web", "source": {"rel": "merge"}}
    house.fake.says("Request #7 was closed and merged into this request", PERSON, via=merged)
    house.knock()
    house.work()
    assert [one.text for one in house.desk.asked] == ["Where is my order #1001?"]


def test_a_ticket_that_was_merged_into_another_is_left_alone(house: House) -> None:
    house.fake.status, house.fake.tags = "closed", ["closed_by_merge"]
    house.knock()
    house.work()
    assert (house.desk.asked, house.waiting()) == ([], (0, 0))


def test_thanks_solve_the_ticket_and_a_machines_thanks_are_not_answered(house: House) -> None:
    house.fake.says("It has arrived.", 900)
    house.fake.says("Thanks!")
    house.desk.next = {"intents": ("thanks",), "reply": "You are welcome."}
    house.knock("e1")
    house.work()
    assert (house.fake.public[-1], house.fake.status) == ("<p>You are welcome.</p>", "solved")
    house.fake.status = "open"
    house.fake.says("Thank you for your message, we will answer soon")
    house.knock("e2")
    house.work(2)
    assert (len(house.desk.asked), house.fake.public[-1], house.fake.status) == (
        1,
        "<p>You are welcome.</p>",
        "solved",
    )


def test_thanks_to_people_do_not_solve_their_ticket(house: House) -> None:
    house.fake.tags, house.fake.status = ["ai_handoff", "wismo_thanked"], "open"
    house.fake.says("I look into it", PERSON)
    house.fake.says("Thank you!")
    house.knock()
    house.work()
    assert (house.fake.status, house.desk.asked) == ("open", [])


def test_thanks_with_a_question_are_answered_again(house: House) -> None:
    house.fake.tags = ["wismo_thanked"]
    house.fake.says("It has arrived.", 900)
    house.fake.says("And my other order?")
    house.knock()
    house.work()
    assert [one.text for one in house.desk.asked] == ["And my other order?"]


def test_a_draft_leaves_the_status_to_people(house: House) -> None:
    house.fake.status, house.desk.next = "hold", {"mode": "draft"}
    house.knock()
    house.work()
    assert house.fake.status == "hold"


def test_a_suggestion_is_a_note_where_people_answer(house: House) -> None:
    house.fake.tags = ["ai_handoff"]
    suggesting = Manners(suggest=lambda one: f"About {one.text[:5]}")
    turns = Turns(house.zendesk, house.desk, "zendesk", lambda: house.shop.time, suggesting)
    house.knock()
    turns.read(_event(house))
    turns.read(_event(house))
    assert (house.fake.public, house.fake.notes) == ([], ["<p>Suggested reply:</p><p>About Where</p>"])
    assert (house.desk.asked, house.fake.status) == ([], "new")


@pytest.mark.parametrize(
    ("score", "told"), [("good", [("zendesk:5158", 5)]), ("bad", [("zendesk:5158", 1)]), ("offered", [])]
)
def test_how_content_the_customer_was_is_told(house: House, score: str, told: list[tuple[str, int]]) -> None:
    heard: list[tuple[str, int]] = []
    house.fake.score, house.fake.status = score, "solved"
    manners = Manners(rated=lambda conversation, given: heard.append((conversation, given)))
    house.knock()
    Turns(house.zendesk, house.desk, "zendesk", lambda: house.shop.time, manners).read(_event(house))
    assert heard == told


def test_a_poll_finds_what_changed_and_not_what_was_deleted(house: House) -> None:
    found = [*house.zendesk.changed_since(house.shop.time)]
    assert found == [("5158", f"stamp-{house.fake.stamp}")]


def test_solved_tickets_come_in_the_form_that_learning_reads(house: House) -> None:
    house.fake.says("It is on its way", PERSON)
    since = house.shop.time - timedelta(days=1)
    assert [*house.zendesk.solved_since(since)] == []
    house.fake.status = "solved"
    (record,) = house.zendesk.solved_since(since)
    read = exported.thread(record, frozenset())
    assert [(one.by, one.text) for one in read.said] == [
        ("customer", "Where is my order #1001?"),
        ("person", "It is on its way"),
    ]


def test_a_wrong_subdomain_loses_no_event(house: House) -> None:
    lost = Zendesk(
        Access("https://nobody.zendesk.com", "wismo", "s3cret"),
        lambda: house.shop.time,
        httpx.MockTransport(lambda _: httpx.Response(404, text="<html>No help desk here</html>")),
    )
    with pytest.raises(Unauthorized, match="subdomain"):
        lost.conversation("5158")


def test_no_ticket_gets_more_updates_than_zendesk_allows(house: House) -> None:
    read = house.zendesk.conversation("5158")
    for number in range(30):
        house.zendesk.say(read, Words(f"k{number}", "word", False))
        read = house.zendesk.conversation("5158")
        house.shop.later(seconds=15)
    with pytest.raises(Limited) as refused:
        house.zendesk.say(read, Words("k30", "word", False))
    assert refused.value.retry_after > timedelta(minutes=2)
    assert len(house.fake.updates) == 30
