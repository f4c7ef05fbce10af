"""Nothing is lost and nothing is said twice, whatever dies. `make chaos` runs the issue's size, `make prove` a short one."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from agent import journal
from api import demo
from api.settings import Settings
from api.wiring import House
from eval import postgres
from eval.bench.many_tickets import Desk, Ticket, serving
from tests.chaos.storm import (
    ASKED,
    PERSON,
    Customer,
    Customers,
    Process,
    environment,
    free_port,
    listening,
    wait_for,
    wrongs,
)
from tests.desks import intents

pytestmark = pytest.mark.proof
FULL = os.environ.get("WISMO_CHAOS") == "full"
MESSAGES = 10 if FULL else 5
PATIENCE = 580 if FULL else 150
CALM = 400 if FULL else 60
"""Seconds after which nothing fails any more: what was put off for minutes is to be seen in the end, too."""


SLEEPS = 35.0


@contextmanager
def shop(home: Path, url: str) -> Iterator[House]:
    """The demo shop, in this process only to fill it and to look at it afterwards."""
    intents()
    house = House(Settings(home=home, database_url=url))
    try:
        demo.seed(house, 7, lambda _: None)
        house.settings.api_token()
        yield house
    finally:
        house.close()


def customers_of(house: House, count: int, random: Random, desk: Desk) -> dict[int, Customer]:
    """Each asks about an order of theirs; one in five wants a person in the end."""
    made: dict[int, Customer] = {}
    seen: set[str] = set()
    for order in house.orders.newest(5_000):
        customer = house.orders.customer(order.customer_id)
        if customer is None or customer.email in seen or len(made) == count:
            continue
        seen.add(customer.email)
        number = len(made) + 1
        messages = [random.choice(ASKED).format(order=order.number) for _ in range(MESSAGES)]
        messages[-1] = PERSON if number % 5 == 0 else messages[-1]
        desk.tickets[number] = Ticket(number, customer.email)
        made[number] = Customer(desk.tickets[number], messages)
    assert len(made) == count
    return made


def storm(everybody: Customers, victims: Sequence[Process], folder: Path | None, every: float) -> float:
    """Until all is answered: a process dies every so many seconds, the database (in `folder`) twice. Seconds it took.

    Where there are several victims the last one sleeps first, for longer than anything waits for it.
    """
    stop, started = threading.Event(), time.monotonic()
    writers = [threading.Thread(target=everybody.run, args=(stop,)) for _ in range(6)]
    for number in everybody.all:
        everybody.due.put(number)
    for writer in writers:
        writer.start()
    restarts, next_death, turn = [1.5 * every, 3.5 * every], every, 0
    time.sleep(3)  # until work was begun
    waking = victims[-1].sleep(SLEEPS) if len(victims) > 1 else None
    try:
        while not everybody.done and time.monotonic() - started < PATIENCE:
            time.sleep(0.2)
            passed = time.monotonic() - started
            for one in victims:
                one.revive()
            if passed > CALM:
                everybody.desk.share = 0.0
                continue
            if passed > next_death:
                victims[turn % (len(victims) - bool(waking and waking.is_alive()))].kill()
                turn, next_death = turn + 1, next_death + every
            if folder and restarts and passed > restarts[0]:
                restarts.pop(0)
                postgres.restart(folder)
    finally:
        took = time.monotonic() - started
        stop.set()
        if waking:
            waking.join()
        for writer in writers:
            writer.join()
    return took


def settled(house: House) -> bool:
    with house.database.read() as db:
        inbox = db.execute(text("SELECT count(*) FROM inbox WHERE state = 'new'")).scalar_one()
        outbox = db.execute(text("SELECT count(*) FROM outbox WHERE state = 'due' AND kind = 'reply.zendesk'"))
        return not inbox and not outbox.scalar_one()


def story(house: House, ticket: str) -> str:
    """What both boxes and the journal have of a ticket that went wrong."""
    inbox = "SELECT key, state, attempts, received_at, due_at, last_error FROM inbox WHERE conversation = :ticket"
    outbox = "SELECT key, state, attempts, created_at, sent_at, last_error, body FROM outbox WHERE lane = 'zendesk:' || :ticket"
    turns = "SELECT sequence, ticket, at, body FROM journal WHERE conversation = 'zendesk:' || :ticket"
    with house.database.read() as db:
        told = [
            str(tuple(str(value)[:600] for value in row))
            for query in (
                f"{inbox} ORDER BY received_at",
                f"{outbox} ORDER BY created_at",
                f"{turns} ORDER BY sequence",
            )
            for row in db.execute(text(query), {"ticket": ticket}).all()[-4:]
        ]
    return "\n".join(told)


def judge(house: House, everybody: Customers) -> None:
    """As the helpdesk saw it, as the auditor sees it, and as the journal has it."""
    wait_for(lambda: settled(house), 60)
    found = [wrong for one in everybody.all.values() for wrong in wrongs(one.ticket)]
    assert found == [], "\n".join(map(str, [*found, *(story(house, wrong.partition(":")[0]) for wrong in found[:3])]))
    assert everybody.done
    for one in everybody.all.values():
        wanted = one.messages[-1] == PERSON
        assert any(mark.endswith(":note") for mark in one.ticket.notes) >= wanted, one.ticket.number
    assert house.orders.audit().violations == ()
    with house.database.read() as db:
        assert [link for link in journal.links(db) if link.broken] == []
        for table in ("inbox", "outbox"):
            dead = db.execute(text(f"SELECT last_error FROM {table} WHERE state = 'dead'")).scalars().all()
            assert all(dead), table


def told(name: str, everybody: Customers, victims: Sequence[Process], took: float) -> None:
    tickets = sum(one.written for one in everybody.all.values())
    deaths, sleeps = sum(one.deaths for one in victims), sum(one.sleeps for one in victims)
    desk = everybody.desk
    print(  # noqa: T201
        f"\nproof: {name}: {tickets:,} tickets of {len(everybody.all)} conversations in {took:.0f} s, {deaths} processes "
        f"killed, {sleeps} stopped for {SLEEPS:.0f} s, {desk.failed:,} of {desk.calls:,} calls failed, {everybody.knocks:,} knocks ({everybody.refused} refused)"
    )


def test_many_processes_on_postgresql() -> None:
    """2 API processes, 3 workers, kill -9, the database restarted, a helpdesk that fails one call in five."""
    conversations, every = (200, 20.0) if FULL else (24, 12.0)
    random = Random(7)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wismo-chaos-")))
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wismo-pg-")))
        try:
            url = stack.enter_context(postgres.database(stack.enter_context(postgres.server(data))))
        except postgres.NoPostgres as missing:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"NOT RUN: no PostgreSQL here; {missing}")
        house = stack.enter_context(shop(folder / "home", url))
        everybody, processes = _begun(stack, house, folder, conversations, random, url)
        workers = processes[2:]
        took = storm(everybody, workers, data, every)
        judge(house, everybody)
        told("chaos on PostgreSQL", everybody, workers, took)
        assert [one.end() for one in processes] == [0] * len(processes)


def _begun(
    stack: ExitStack, house: House, folder: Path, conversations: int, random: Random, url: str
) -> tuple[Customers, list[Process]]:
    desk = stack.enter_context(serving(Desk({}, lambda number: everybody.due.put(number), Random(11))))
    ports = [free_port() for _ in range(2 if url else 1)]
    doors = [f"http://127.0.0.1:{port}" for port in ports]
    everybody = Customers(desk, customers_of(house, conversations, random, desk), doors, random)
    given = environment(folder / "home", desk, **({"WISMO_DATABASE_URL": url} if url else {}))
    alone = ["--no-worker"] if url else []
    commands = [["serve", "--port", str(port), *alone] for port in ports]
    commands += [["worker", "--concurrency", "4"]] * (3 if url else 0)
    processes = [Process(command, given, folder / f"{at}.log") for at, command in enumerate(commands)]
    for one in processes:
        stack.callback(one.end)
    for port in ports:
        assert wait_for(listening(port), 90), "an API process did not begin to listen"
    return everybody, processes


def test_one_process_on_sqlite() -> None:
    """API and worker in one process, killed with kill -9 while it works."""
    conversations, every = (40, 30.0) if FULL else (12, 20.0)
    random = Random(8)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wismo-chaos-")))
        house = stack.enter_context(shop(folder / "home", ""))
        everybody, processes = _begun(stack, house, folder, conversations, random, "")
        took = storm(everybody, processes, None, every)
        judge(house, everybody)
        told("chaos on SQLite", everybody, processes, took)
        assert [one.end() for one in processes] == [0]
