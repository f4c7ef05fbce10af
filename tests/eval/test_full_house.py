"""The house that `wismo bench ingest --full` measures in: its stored conversations are like one that was really held."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from agent.tables import conversations, journal
from connectors import tables as inbox_tables
from eval.bench.full_house import Post
from tests.desks import Counter
from tests.shop import ANA, Shop
from tools.orders.tables import outbox

STORED = 25


@pytest.fixture
def post(shop: Shop) -> Post:
    inbox_tables.metadata.create_all(shop.database.engine)
    order = shop.order("shipped")
    return Post(shop.database, Counter(shop, delivered=("zendesk",)).desk, ANA, order.number)


def test_every_stored_conversation_has_its_event_its_journal_and_its_reply(shop: Shop, post: Post) -> None:
    said: list[int] = []
    post.load(STORED, said.append)
    assert said == [STORED]
    with shop.database.read() as db:
        for table in (conversations, inbox_tables.inbox, outbox):
            assert db.execute(select(func.count()).select_from(table)).scalar() == STORED + 1, table.name
        entries = db.execute(select(journal.c.conversation)).scalars().all()
        assert len(entries) == len(set(entries)) == STORED + 1


def test_the_next_ticket_of_a_full_house_is_answered_like_the_first(shop: Shop, post: Post) -> None:
    post.load(STORED, lambda _: None)
    post.ticket()
    with shop.database.read() as db:
        (model,) = db.execute(select(journal.c.body).where(journal.c.conversation == "zendesk:model")).scalars()
        (fresh,) = db.execute(select(journal.c.body).where(journal.c.conversation == "zendesk:bench-1")).scalars()
        waiting = db.execute(select(func.count()).select_from(outbox).where(outbox.c.state == "due")).scalar()
    assert json.loads(fresh)["disposition"] == json.loads(model)["disposition"] == "answered"
    assert waiting == 0
