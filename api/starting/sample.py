"""The demo shop in place of exports, for trying the whole path: its rules, orders, help centre and past tickets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from api import demo
from api.starting import Answers, StepFailed, Told
from api.wiring import House

SEED = 7
TICKETS = 80
RULES = {
    "name": "Maison Lune",
    "country": "FR",
    "languages": "en, fr",
    "support": "help@maison-lune.example",
    "return_days": "30",
    "mode": "sent",
}


def answers(given: Answers) -> Answers:
    """What was given stays; the rest is the demo shop's."""
    return Answers(
        rules={**RULES, **given.rules},
        articles=(demo.WORLD / "help",),
        limit=given.limit,
        report=given.report,
        url=given.url,
        site=given.site,
        sample=True,
    )


def orders(house: House, told: Told) -> tuple[str, ...]:
    """Raises `StepFailed` where the home holds orders."""
    try:
        demo.must_be_empty(house)
    except demo.NotADemoHome:
        raise StepFailed(
            f"{house.settings.home} holds orders already; take another home: WISMO_HOME=.wismo-try wismo init --sample"
        ) from None
    made, customers = demo.fill(house, SEED, lambda step: told.progress(step, 0, 0))
    return (f"{len(made):,} orders of {len(customers)} customers who do not exist",)


@contextmanager
def tickets(house: House) -> Iterator[Path]:
    """Past tickets of those customers, in a file for as long as they are played."""
    from eval.world.past_tickets import of_the_shop

    with TemporaryDirectory(prefix="wismo-sample-") as folder:
        yield of_the_shop(house.database, house.orders, Path(folder) / "tickets.jsonl", TICKETS, SEED, house.now())
