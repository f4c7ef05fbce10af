"""What commands with `--record` and `--replay` share: the house of such a run, and clear words where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from agent.brains import EndsTheRun
from agent.policy import Policy
from api.cli import lines
from api.trials.recorded import NoModel, Traffic
from api.wiring import House, open_house

Budget = Annotated[
    float, typer.Option(min=0, help="With a model: this run spends no more, in the shop's currency; 0: up to the cap.")
]


@contextmanager
def ending() -> Iterator[None]:
    """A replay without an answer, or no money left: the command ends, and says why."""
    try:
        yield
    except EndsTheRun as error:
        lines.unusable(str(error))


def cents(budget: float) -> int:
    return round(budget * 100)


@contextmanager
def opened(traffic: Traffic) -> Iterator[House]:
    """This environment's house, its model's traffic kept or played."""
    checked(traffic)
    with open_house(traffic.clock()) as house:
        try:
            traffic.into(house)
        except NoModel as error:
            lines.unusable(str(error))
        with ending():
            yield house


def begun(traffic: Traffic, policy: Policy, now: datetime) -> Traffic:
    """For an evaluation, whose houses are its own: what is wrong is said before anything is played."""
    checked(traffic)
    try:
        if traffic:
            traffic.applied(policy)
            traffic.begin(policy, now)
    except NoModel as error:
        lines.unusable(str(error))
    return traffic


def checked(traffic: Traffic) -> Traffic:
    if traffic.record and traffic.replay:
        lines.unusable("give --record or --replay, not both")
    try:
        traffic.clock()
    except NoModel as error:
        lines.unusable(str(error))
    return traffic
