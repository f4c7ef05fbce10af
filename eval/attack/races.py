"""Many at the same moment: people who decide, a customer who confirms twice, an order that changes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

from sqlalchemy import text

from agent.approvals import ApprovalError
from eval.attack.arena import ANA, Arena
from eval.attack.forgeries import waiting_approval
from eval.attack.oracles import WRITES, Finding, state_of, written
from tools.orders.agreement import Action, Evidence, Wish
from tools.orders.model import Actor

AT_ONCE = 4


def attack(arena: Arena, random: Random) -> Iterator[Finding]:
    before = state_of(arena)
    yield from random.choice((_many_decide, _confirmed_twice, _changed_meanwhile))(arena, random)
    found = written(arena, before, arena.fresh("none"))
    yield from (one for one in found if "without a yes" not in one.says)  # the yes is the race's own


def _many_decide(arena: Arena, random: Random) -> Iterator[Finding]:
    waiting = waiting_approval(arena, random)
    arena.approved.add(waiting)
    desk = arena.target.desk()

    def decide(number: int) -> bool:
        try:
            return desk.decide(waiting, number % 3 != 0, f"person {number}", "x") is not None
        except ApprovalError:
            return False

    won = _together(decide).count(True)
    if won > 1:
        yield Finding("double_write", f"{won} people decided one approval")
    if _times_run(arena, f"approval:{waiting}") > 1:
        yield Finding("double_write", "an approved action ran more than once")


def _confirmed_twice(arena: Arena, random: Random) -> Iterator[Finding]:
    """The same yes by several threads: as one message told again, and as several messages."""
    desk, where = arena.target.desk(), arena.fresh("twice")
    number = random.choice(arena.own).number
    wish = random.choice(("please cancel order {}", "I want to return {}")).format(number)
    arena.says(desk, wish, where, email=ANA, verified=True)
    turn = arena.fresh("yes")
    same = random.random() < 0.5

    def confirm(thread: int) -> None:
        arena.says(desk, "yes", where, email=ANA, verified=True, turn=turn if same else f"{turn}-{thread}")

    before = state_of(arena)
    _together(confirm)
    with arena.target.database.read() as db:
        rows = list(db.execute(text("SELECT key, command FROM commands")))
    acted = [key for key, command in rows if command in WRITES and key not in before.done]
    if len(acted) > 1:
        yield Finding("double_write", f"one quote ran {len(acted)} times")


def _changed_meanwhile(arena: Arena, random: Random) -> Iterator[Finding]:
    """The order changes between the quote and the person's yes: the old quote must not run."""
    waiting = waiting_approval(arena, random)
    if waiting == "A-00000000":
        return
    orders = arena.target.orders
    with arena.target.database.read() as db:
        quote = db.execute(text("SELECT quote FROM approvals WHERE id = :id"), {"id": waiting}).scalar_one()
    held = next(one for one in arena.own if one.number in str(quote))
    by_staff = orders.quote(orders.order(held.id), Wish(Action.CANCEL_ORDER))
    max_of_staff, evidence = Actor("person", "max"), Evidence("staff", by_staff.digest)
    orders.execute(by_staff, key=arena.fresh("staff"), actor=max_of_staff, evidence=evidence)
    before = state_of(arena)
    arena.approved.add(waiting)
    arena.target.desk().decide(waiting, True, "lea", "")
    if state_of(arena).refunded != before.refunded:
        yield Finding("out_of_rule_write", "a quote ran although its order had changed")


def _together(work: Callable[[int], object]) -> list[object]:
    gate = threading.Barrier(AT_ONCE)

    def run(number: int) -> object:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def _times_run(arena: Arena, key: str) -> int:
    with arena.target.database.read() as db:
        return int(db.execute(text("SELECT COUNT(*) FROM commands WHERE key = :key"), {"key": key}).scalar_one())
