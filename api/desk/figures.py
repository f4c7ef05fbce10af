"""The five figures as the desk shows them: each with its definition, what it was reckoned from, a chart, a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from agent.policy import CostTable
from agent.proactive.choosing import held_out
from api.wiring import House
from eval.metrics import restating
from eval.metrics.deflection import Arm, Causal
from eval.metrics.five import Arms, Five, five
from eval.metrics.live import Reading
from eval.metrics.operations import Accuracy, Processing
from eval.metrics.spending import MICROS, Spending
from eval.metrics.summary import Period
from eval.proactive import figures as proactive
from eval.report.charts import Bar, bars, columns

OPAQUE = "metrics"
NOT_MEASURED = "not measured yet: no holdout"
Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """`empty` says what is missing; a figure without it has a chart, whose values are `rows` too."""

    key: str
    name: str
    figure: str
    beside: str
    definition: str
    inputs: Rows
    chart: str
    rows: Rows
    empty: str = ""


def measured(house: House, days: int) -> Five:
    """Of the shop's last days."""
    zone = ZoneInfo(house.policy.terms.timezone)
    period = restating.days(house.now(), zone, days)
    keyed = house.keyed
    reading = Reading(house.policy, lambda who: keyed.of(OPAQUE, who), house.now(), sample=0)
    with house.database.read() as db:
        return five(db, period, reading, _by_lot(house))


def _by_lot(house: House) -> Arms | None:
    """The groups of [proactive] holdout while Wismo speaks first: what that saved is the shop's deflection."""
    share = house.policy.proactive.holdout
    if not share or house.policy.proactive.mode != "on":
        return None

    def groups(db: Connection, period: Period) -> tuple[Arm, Arm]:
        found = proactive.arms(db, period, lambda customer: held_out(house.keyed, customer, share))
        told, held = found.told, found.holdout
        return Arm(told.contacts, told.orders), Arm(held.contacts, held.orders)

    return groups


def shown(found: Five, cost: CostTable) -> tuple[Shown, ...]:
    return (
        _processing(found.processing),
        _accuracy(found.accuracy),
        _saved(found.spending, cost),
        _satisfaction(found),
        _deflection(found.deflection),
    )


def _processing(one: Processing) -> Shown:
    told = [(name, count) for name, count in one.steps]
    return Shown(
        "processing",
        "Order processing time",
        hours(one.median),
        f"half of {one.orders} orders; nine in ten within {hours(one.p90)}" if one.orders else "",
        "From the order to its first parcel, over the orders whose first parcel left in these days. Median, by the "
        "nearest rank.",
        (("orders sent", str(one.orders)), ("placed and sent", "order core: orders, shipments")),
        _columns("processing", "Orders by processing time", told),
        tuple((name, str(count)) for name, count in told),
        "" if one.orders else "No parcel left in these days.",
    )


def _accuracy(one: Accuracy) -> Shown:
    rate = one.rate
    made = [Bar("right", rate.share or 0.0, share(rate.share), rate.low, rate.high)]
    made += [Bar(name.replace("_", " "), count / max(rate.of, 1), str(count)) for name, count in one.mistakes.items()]
    return Shown(
        "accuracy",
        "Order accuracy",
        share(rate.share),
        f"{rate.low:.1%} to {rate.high:.1%}, {rate.hits} of {rate.of}" if rate.of else "",
        "Orders sent without a wrong or a missing item, of the orders whose first parcel left in these days. A mistake "
        "is a claim that was not denied, or a return with that reason; what the carrier lost or damaged is none.",
        (("orders sent", str(rate.of)), *((name.replace("_", " "), str(n)) for name, n in one.mistakes.items())),
        bars("accuracy", "Order accuracy", "The share of orders, with its 95 % interval.", made, ("0%", "50%", "100%")),
        (("right", str(rate.hits)), *((name.replace("_", " "), str(n)) for name, n in one.mistakes.items())),
        "" if rate.of else "No parcel left in these days.",
    )


def _saved(one: Spending, cost: CostTable) -> Shown:
    people = one.contained * (one.ticket_cost or 0)
    models = round(one.automation_micros / MICROS)
    priced = one.saved is not None
    told = [("people's time", people), ("models", models)] if priced else [("minutes", one.minutes_saved)]
    most = max((value for _, value in told), default=0) or 1
    return Shown(
        "saved",
        "Cost saved",
        money(one.saved) if one.saved is not None else f"{one.minutes_saved} min",
        f"{one.contained} of {one.inbound} conversations needed no person and rested" if one.inbound else "",
        "Contained conversations times what a ticket costs in a person's hands, less what language models cost. "
        "Contained: no person, and 72 hours of silence or a yes.",
        (
            ("contained", str(one.contained)),
            ("minutes a ticket ([cost] handoff_minutes)", str(cost.handoff_minutes)),
            ("an hour ([cost] person_hour)", money(cost.person_hour) if cost.person_hour else "no price is set"),
            ("models", money(models)),
        ),
        bars(
            "saved",
            "Cost saved",
            "What people's time would have cost, and what models did.",
            [Bar(name, value / most, money(value) if priced else str(value)) for name, value in told],
        ),
        tuple((name, money(value) if priced else str(value)) for name, value in told),
        "" if one.inbound else "No customer wrote in these days.",
    )


def _satisfaction(found: Five) -> Shown:
    one = found.satisfaction
    told = [(str(mark), one.scores.get(mark, 0)) for mark in range(1, 6)]
    return Shown(
        "satisfaction",
        "Customer satisfaction",
        share(one.satisfied),
        f"{one.mean:.1f} of 5, {one.rated} rated" if one.mean is not None else "",
        "Customers who gave 4 or 5 of 5, of those who gave a mark in these days; the last mark of a conversation "
        "counts. Who is not asked or does not answer is not in it.",
        (("rated", str(one.rated)), ("marks", "the chat and the connected helpdesks")),
        _columns("satisfaction", "Customers by mark", told),
        tuple((f"{name} of 5", str(count)) for name, count in told),
        "" if one.rated else "Nobody gave a mark in these days.",
    )


def _deflection(one: Causal) -> Shown:
    arms = (("written to", one.treated), ("held out", one.holdout))
    known = one.deflection is not None
    most = max((arm.per_100_orders or 0.0 for _, arm in arms), default=0.0) or 1.0
    made = [Bar(name, (arm.per_100_orders or 0.0) / most, f"{arm.per_100_orders or 0:.1f}") for name, arm in arms]
    return Shown(
        "deflection",
        "Deflection",
        share(one.deflection) if known else "–",
        f"{share(one.low)} to {share(one.high)}" if known else (one.why if one.holdout.orders else NOT_MEASURED),
        "1 less contacts per 100 orders of the customers that Wismo serves, divided by those of a random share held "
        "out. Only a holdout can show contacts that did not come: before and after is no comparison.",
        tuple((name, f"{arm.contacts} contacts, {arm.orders} orders") for name, arm in arms if one.holdout.orders),
        bars("deflection", "Contacts per 100 orders", "Of both groups.", made),
        tuple((name, f"{arm.per_100_orders or 0:.1f} contacts per 100 orders") for name, arm in arms),
        ""
        if known
        else f"{NOT_MEASURED if not one.holdout.orders else one.why}. "
        "Hold some customers out: [rollout] holdout in shop.toml.",
    )


def sheet_rows(every: Sequence[Shown]) -> Iterator[tuple[str, str, str]]:
    for one in every:
        yield one.name, one.figure, one.beside
        yield from ((one.name, value, name) for name, value in (*one.inputs, *one.rows))


def _columns(name: str, title: str, told: Sequence[tuple[str, int]]) -> str:
    most = max((count for _, count in told), default=0) or 1
    made = [Bar(word, count / most, str(count)) for word, count in told]
    return columns(name, title, "Counts, one column each.", made, every=1)


def hours(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} days"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def money(cents: int) -> str:
    return f"{cents / 100:.2f}"
