"""What people see of the inbox and the outbox, and what they may do: again, or away with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from api import migrations
from connectors import backlog, inbox
from connectors.backlog import INBOX, OUTBOX, Box, NoSuchItem, NotPossible, State
from connectors.delivery import Delivery
from connectors.errors import Rejected
from connectors.worker import Worker
from tests.shop import NOW
from tools.orders import outbox
from tools.orders.database import Database
from tools.orders.outbox import Message

SECOND = timedelta(seconds=1)


@pytest.fixture
def database(each_database: Path | str) -> Iterator[Database]:
    made = Database(each_database)
    migrations.upgrade(made)
    yield made
    made.close()


def event(db: Connection, key: str, conversation: str = "77", at: timedelta = timedelta()) -> None:
    inbox.put(db, "zendesk", key, conversation, '{"id": 1}', NOW + at)


def give_up(database: Database, error: str = "Unauthorized: /api: 401") -> None:
    """Whatever waits fails for good."""
    with database.write() as db:
        for thread in inbox.threads_due(db, NOW + timedelta(hours=1)):
            claim = inbox.claim(db, thread, "me", NOW + timedelta(hours=1))
            assert claim
            inbox.put_off(db, claim, "me", error, NOW, for_good=True)
        for item in backlog.listed(db, OUTBOX, (State.WAITING,)):
            outbox.failed(db, item.id, error, NOW, for_good=True)


def test_what_was_given_up_stands_before_what_waits_with_its_reason_and_a_remedy(database: Database) -> None:
    with database.write() as db:
        event(db, "later", at=SECOND)
    give_up(database)
    with database.write() as db:
        event(db, "earlier")
    with database.read() as db:
        first, second = backlog.listed(db, INBOX)
    assert (first.id, first.state, first.attempts) == ("zendesk/later", State.DEAD, 1)
    assert (second.id, second.state) == ("zendesk/earlier", State.WAITING)
    assert "wismo inbox replay zendesk/later" in backlog.remedy(INBOX, first)
    assert "doctor" in backlog.remedy(INBOX, first)


def test_items_are_found_by_kind_and_age(database: Database) -> None:
    with database.write() as db:
        event(db, "old")
        event(db, "young", conversation="78", at=timedelta(minutes=9))
        outbox.put(db, "reply:1", "reply.zendesk", {"id": "1"}, NOW)
        outbox.put(db, "code:1", "mail.code", {"to": "x"}, NOW)
    with database.read() as db:
        old = backlog.listed(db, INBOX, before=NOW + timedelta(minutes=5))
        codes = backlog.listed(db, OUTBOX, kind="mail.code")
    assert [one.id for one in old] == ["zendesk/old"]
    assert [one.id for one in codes] == ["code:1"]


def test_counts_go_by_kind_and_state_and_name_the_oldest(database: Database) -> None:
    with database.write() as db:
        event(db, "a")
        event(db, "b", conversation="78", at=SECOND)
        outbox.put(db, "reply:1", "reply.zendesk", {}, NOW)
        outbox.sent(db, "reply:1", NOW)
    with database.read() as db:
        (waiting,), (sent,) = backlog.counts(db, INBOX), backlog.counts(db, OUTBOX)
    assert (waiting.kind, waiting.state, waiting.number, waiting.oldest) == ("zendesk", State.WAITING, 2, NOW)
    assert (sent.kind, sent.state, sent.number) == ("reply.zendesk", State.DONE, 1)


def test_a_replayed_event_is_worked_in_the_next_round_and_it_is_kept_who_said_so(database: Database) -> None:
    with database.write() as db:
        event(db, "e1")
    give_up(database)
    seen: list[str] = []
    worker = Worker(
        database, {"zendesk": lambda one: seen.append(one.key)}, Delivery(database, {}, lambda: NOW), lambda: NOW
    )
    worker.run_once()
    assert seen == []
    with database.write() as db:
        backlog.again(db, INBOX, backlog.one(db, INBOX, "zendesk/e1"), "mia", NOW)
    worker.run_once()
    assert seen == ["e1"]
    with database.read() as db:
        item = backlog.one(db, INBOX, "zendesk/e1")
        (done,) = backlog.history(db, INBOX, item)
    assert item.state is State.DONE
    assert (done.what, done.by) == ("replayed", "mia")


def test_a_dropped_event_is_never_worked_and_those_behind_it_are(database: Database) -> None:
    seen: list[str] = []
    delivery = Delivery(database, {}, lambda: NOW + timedelta(hours=1))
    worker = Worker(database, {"zendesk": lambda one: seen.append(one.key)}, delivery, lambda: NOW + timedelta(hours=1))
    with database.write() as db:
        event(db, "first")
        event(db, "second", at=SECOND)
        backlog.drop(db, INBOX, backlog.one(db, INBOX, "zendesk/first"), "mia", "spam", NOW)
    worker.run_once()
    assert seen == ["second"]
    with database.read() as db:
        item = backlog.one(db, INBOX, "zendesk/first")
        (said,) = backlog.history(db, INBOX, item)
    assert (item.state, said.what, said.reason) == (State.DROPPED, "dropped", "spam")


def test_a_dropped_message_does_not_leave_and_a_replayed_one_leaves_once(database: Database) -> None:
    left: list[str] = []

    def carry(message: Message) -> None:
        left.append(message.key)

    delivery = Delivery(database, {"reply.zendesk": carry}, lambda: NOW)
    with database.write() as db:
        outbox.put(db, "reply:1", "reply.zendesk", {"id": "1"}, NOW)
        outbox.put(db, "reply:2", "reply.zendesk", {"id": "2"}, NOW)
        backlog.drop(db, OUTBOX, backlog.one(db, OUTBOX, "reply:1"), "mia", "answered by telephone", NOW)
    delivery.run_once()
    delivery.run_once()
    assert left == ["reply:2"]
    with database.write() as db:
        backlog.again(db, OUTBOX, backlog.one(db, OUTBOX, "reply:1"), "mia", NOW)
    delivery.run_once()
    assert left == ["reply:2", "reply:1"]


def test_what_was_sent_goes_again_only_when_that_is_said_and_a_forgotten_secret_never(database: Database) -> None:
    with database.write() as db:
        for key, kind in (("reply:1", "reply.zendesk"), ("code:1", "mail.code")):
            outbox.put(db, key, kind, {"id": "1"}, NOW)
            outbox.sent(db, key, NOW, forget=kind == "mail.code")
    with database.write() as db:
        reply, code = backlog.one(db, OUTBOX, "reply:1"), backlog.one(db, OUTBOX, "code:1")
        with pytest.raises(NotPossible, match="--even-if-done"):
            backlog.again(db, OUTBOX, reply, "mia", NOW)
        with pytest.raises(NotPossible, match="forgotten"):
            backlog.again(db, OUTBOX, code, "mia", NOW, even_if_done=True)
        backlog.again(db, OUTBOX, reply, "mia", NOW, even_if_done=True)
        assert backlog.one(db, OUTBOX, "reply:1").state is State.WAITING


def test_a_message_that_moves_money_is_not_dropped(database: Database) -> None:
    with database.write() as db:
        outbox.put(db, "payment:1", "payment.refund", {"amount": 5}, NOW)
        with pytest.raises(NotPossible, match="moves money"):
            backlog.drop(db, OUTBOX, backlog.one(db, OUTBOX, "payment:1"), "mia", "no", NOW)
        assert backlog.one(db, OUTBOX, "payment:1").state is State.WAITING


@pytest.mark.parametrize(("box", "name"), [(INBOX, "zendesk/none"), (INBOX, "none"), (OUTBOX, "none")])
def test_an_unknown_item_is_named_with_the_command_that_lists_them(database: Database, box: Box, name: str) -> None:
    with database.read() as db, pytest.raises(NoSuchItem, match=f"wismo {box.name} list"):
        backlog.one(db, box, name)


def test_what_waits_for_long_is_counted_and_what_is_due_later_counts_too(database: Database) -> None:
    with database.write() as db:
        event(db, "a")
        event(db, "b", conversation="78", at=timedelta(minutes=14))
    with database.read() as db:
        now = NOW + timedelta(minutes=15)
        assert backlog.overdue(db, INBOX, now, timedelta(minutes=10)) == (1, timedelta(minutes=15))
        assert backlog.overdue(db, OUTBOX, now, timedelta(minutes=10)) == (0, timedelta())


def test_a_refusal_says_to_change_what_it_names(database: Database) -> None:
    def refuse(_: Message) -> None:
        raise Rejected("550 no such mailbox")

    with database.write() as db:
        outbox.put(db, "code:1", "mail.code", {"to": "x"}, NOW)
    Delivery(database, {"mail.code": refuse}, lambda: NOW).run_once()
    give_up(database, "Rejected: 550 no such mailbox")
    with database.read() as db:
        assert "refused as it is" in backlog.remedy(OUTBOX, backlog.one(db, OUTBOX, "code:1"))
