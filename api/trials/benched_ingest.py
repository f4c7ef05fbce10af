"""Houses for `wismo bench ingest`: the demo shop on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from agent.desk import Desk
from api import demo
from api.settings import Settings
from api.wiring import House
from eval import postgres
from eval.bench import Figure, ingest
from eval.bench import full_house as filling

WEBHOOKS, TICKETS, ROUNDS = 3_000, 320, 60
FEW = 1_000
SERVE = ("serve", "--no-worker", "--port", "{port}")
NAMES = {
    1: "tickets to the sent reply, PostgreSQL, one worker",
    2: "tickets to the sent reply, PostgreSQL, two workers",
}
Say = Callable[[str], None]


@contextmanager
def demo_house(home: Path, url: str, say: Say) -> Iterator[House]:
    house = House(Settings(home=home, database_url=SecretStr(url)))
    try:
        demo.seed(house, 7, say)
        house.settings.api_token()
        yield house
    finally:
        house.close()


def on_sqlite(folder: Path, say: Say) -> list[Figure]:
    home = folder / "webhooks"
    say("webhooks on SQLite")
    House(Settings.apart(home)).settings.api_token()
    floor = ("api.trials.floor", "{port}", str(folder / "floor.db"))
    return ingest.webhooks("SQLite", floor, SERVE, ingest.environment(home, "http://127.0.0.1:9"), WEBHOOKS)


def on_postgres(folder: Path, say: Say) -> list[Figure]:
    """Raises `NoPostgres`."""
    home = folder / "postgres-home"
    with postgres.server(folder / "pg") as server, postgres.database(server) as url, postgres.database(server) as bare:
        say("webhooks on PostgreSQL")
        floor = ("api.trials.floor", "{port}", postgres.for_psycopg(bare))
        given = ingest.environment(folder / "webhooks", "http://127.0.0.1:9", bare)
        figures = ingest.webhooks("PostgreSQL", floor, SERVE, given, WEBHOOKS)
        with demo_house(home, url, say) as house:
            asked = _asked(house, TICKETS)
        say("workers on PostgreSQL")
        return figures + ingest.tickets(url, home, asked, NAMES)


def full_house(folder: Path, size: int, say: Say) -> list[Figure]:
    sizes, posts, houses = (FEW, size), [], []
    try:
        for count in sizes:
            house = House(Settings.apart(folder / f"house-{count}"))
            houses.append(house)
            demo.seed(house, 7, say)
            while house.deliver():  # what the seeding left to its provider
                pass
            (email, order), *_ = _asked(house, 1)
            post = filling.Post(house.database, _answering_a_helpdesk(house), email, order)
            say(f"storing {count:,} conversations")
            post.load(count, lambda _: None)
            posts.append(post)
        return filling.bench(posts[0], posts[1], sizes, ROUNDS)
    finally:
        for house in houses:
            house.close()


def _answering_a_helpdesk(house: House) -> Desk:
    """The house's own desk, but that its replies to a helpdesk go into the outbox though none is connected."""
    parts = (house.orders, house.tools, house.brain, house.policy, house.now, house.identity)
    return Desk(house.database, *parts, delivered=("zendesk",))


def _asked(house: House, count: int) -> list[tuple[str, str]]:
    """E-mail addresses and an order of each, over and over."""
    found = [
        (customer.email, order.number)
        for order in house.orders.newest(200)
        if (customer := house.orders.customer(order.customer_id))
    ]
    return [found[number % len(found)] for number in range(count)]
