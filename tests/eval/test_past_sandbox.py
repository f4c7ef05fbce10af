"""The sandbox shows orders as they were, and nothing that is done in it reaches the shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.tables import metadata as agent_tables
from eval.past.preparing import usability
from tests.shop import ANA, BOB, NOW, Shop
from tools.orders import replay
from tools.orders.actions.stock import ReceiveStock
from tools.orders.agreement import Action, Evidence, Result, Wish
from tools.orders.database import Database
from tools.orders.model import Actor, Lifecycle, Order
from tools.orders.sandbox import Concerned, Sandbox, copied
from tools.orders.service import Orders

AGENT = Actor("agent", "test")


@pytest.fixture
def sandbox(shop: Shop, tmp_path: Path) -> Iterator[Sandbox]:
    """Of the shop as it stands when the test first enters it."""
    made: list[tuple[Sandbox, Database]] = []

    class Late:
        def __getattr__(self, name: str) -> object:
            if not made:
                source = Database(copied(shop.database, tmp_path / "copy.db"))
                made.append((Sandbox(source, tmp_path / "sandbox.db", agent_tables), source))
            return getattr(made[0][0], name)

    yield Late()  # type: ignore[misc]
    for one, source in made:
        one.close()
        source.close()


def core(sandbox: Sandbox, shop: Shop) -> Orders:
    return Orders(sandbox.database, lambda: shop.terms, sandbox.now)


def enter(sandbox: Sandbox, moment: datetime, email: str = ANA, *numbers: str) -> None:
    sandbox.open(sandbox.concerned(Concerned(email, numbers)), moment)


def seen(sandbox: Sandbox, shop: Shop, number: str) -> Order | None:
    return core(sandbox, shop).order_by_number(number)


def cancel(sandbox: Sandbox, shop: Shop, order: Order) -> Result:
    orders = core(sandbox, shop)
    quote = orders.quote(orders.order(order.id), Wish(Action.CANCEL_ORDER))
    return orders.execute(quote, key="k", actor=AGENT, evidence=Evidence("k", quote.digest)).result


def test_an_order_is_as_it_was_at_every_moment_of_its_life(shop: Shop, sandbox: Sandbox) -> None:
    began = shop.time
    order = shop.place(("shirt", 2), ("mug", 1))
    shop.provider_answers()
    shop.later(days=1)
    shipped = shop.sent(("mug", 1))
    shop.later(days=2)
    shop.do(shipped, Action.REQUEST_RETURN)
    shop.later(days=4)
    shop.come_back(shipped)
    shop.do(order, Action.CANCEL_ORDER)
    shop.provider_answers()
    for hours in range(0, 24 * 9, 7):
        moment = began + timedelta(hours=hours)
        enter(sandbox, moment)
        for one in (order, shipped):
            with shop.database.read() as db:
                assert seen(sandbox, shop, one.number) == replay.order_at(db, one.id, moment)


def test_later_turns_see_what_happened_in_between(shop: Shop, sandbox: Sandbox) -> None:
    order = shop.place(("shirt", 1))
    began = shop.time
    shop.provider_answers()
    shop.later(days=1)
    later = shop.sent(("mug", 1))
    enter(sandbox, began)
    assert seen(sandbox, shop, later.number) is None
    sandbox.forward(shop.time)
    for one in (order, later):
        with shop.database.read() as db:
            assert seen(sandbox, shop, one.number) == replay.order_at(db, one.id, shop.time)


def test_an_order_that_the_agent_acted_on_stays_as_the_agent_left_it(shop: Shop, sandbox: Sandbox) -> None:
    order, other = shop.order("pending"), shop.place(("mug", 1))
    began = shop.time
    shop.later(days=1)
    shop.provider_answers()
    enter(sandbox, began)
    assert cancel(sandbox, shop, order) is Result.DONE
    assert sandbox.touched() == {order.id}
    sandbox.forward(shop.time)
    ended, went_on = seen(sandbox, shop, order.number), seen(sandbox, shop, other.number)
    assert ended
    assert ended.lifecycle is Lifecycle.CANCELLED
    with shop.database.read() as db:
        assert went_on == replay.order_at(db, other.id, shop.time)
    assert sandbox.touched() == {order.id}


def test_nothing_done_in_the_sandbox_reaches_the_shop(shop: Shop, sandbox: Sandbox) -> None:
    order = shop.order("pending")
    before = b"".join(map(str.encode, _dump(shop.database)))
    enter(sandbox, shop.time)
    assert cancel(sandbox, shop, order) is Result.DONE
    assert b"".join(map(str.encode, _dump(shop.database))) == before
    assert shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


def test_the_next_conversation_finds_no_trace_of_the_last(shop: Shop, sandbox: Sandbox) -> None:
    order = shop.order("pending")
    for _ in range(2):
        enter(sandbox, shop.time)
        assert cancel(sandbox, shop, order) is Result.DONE
    enter(sandbox, shop.time, BOB)
    assert seen(sandbox, shop, order.number) is None


def test_what_was_reserved_then_can_be_given_back(shop: Shop, sandbox: Sandbox) -> None:
    shop.done(ReceiveStock(sku="lamp", location_id="main", quantity=1))
    order = shop.place(("lamp", 1))
    began = shop.time
    shop.provider_answers()
    shop.later(days=1)
    shop.do(order, Action.CANCEL_ORDER)
    for _ in range(2):
        enter(sandbox, began)
        assert cancel(sandbox, shop, order) is Result.DONE


def test_a_strangers_order_is_there_when_it_is_named(shop: Shop, sandbox: Sandbox) -> None:
    order = shop.order("pending")
    enter(sandbox, shop.time, BOB, order.number)
    orders = core(sandbox, shop)
    bob = orders.customer_by_email(BOB)
    assert bob
    assert orders.order_of(bob.id, order.number) is None
    assert orders.order_by_number(order.number)


def test_a_ticket_says_whether_its_orders_past_is_known(shop: Shop, sandbox: Sandbox) -> None:
    recorded, imported = shop.place(("mug", 1)), shop.order("delivered")
    shop.later(days=1)

    def told(email: str, *numbers: str, moment: datetime = NOW + timedelta(days=1)) -> str:
        return usability(sandbox.concerned(Concerned(email, numbers)), moment)[0].value

    assert told(BOB) == "not_tied"
    assert told("nobody@mail.example", "#99999") == "unusable"
    assert told("nobody@mail.example", recorded.number) == "recorded"
    assert told(ANA, imported.number) == "reconstructed"
    assert told("nobody@mail.example", recorded.number, moment=NOW - timedelta(days=400)) == "unusable"
    assert told(ANA, moment=NOW - timedelta(days=400)) == "not_tied"


def _dump(database: Database) -> list[str]:
    with database.read() as db:
        names = [row[0] for row in db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [str(tuple(row)) for name in sorted(names) for row in db.exec_driver_sql(f"SELECT * FROM {name}")]
