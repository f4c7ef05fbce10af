"""What people did about a past ticket: the changes of its orders meanwhile, and what their words say was done.

Changes are the order core's events between the first message and the end of the ticket, by whoever is neither the
customer nor an agent of ours. Where the core knows of none, words count: "I have refunded 12.30 EUR".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.exports.past import PastConversation
from eval.conversation import Action
from tools.orders.agreement import Action as Kind
from tools.orders.model import OrderId
from tools.orders.rows import Row

LATER = timedelta(days=1)
"""A ticket that does not say when it was solved is taken to end a day after its last message."""
PAYS = frozenset({Kind.REFUND, Kind.CANCEL_ORDER})
NOT_PEOPLE = frozenset({"customer", "agent"})
Agreement = Literal["same", "different_amount", "different_action", "agent_only", "people_only", "neither"]
SAID: Mapping[Kind, re.Pattern[str]] = {
    Kind.CANCEL_ORDER: re.compile(
        r"(?i)\b(?:i|we)(?:['’]ve| have)?(?: just| now)? cancel+ed\b|\b(?:has|have) been cancel+ed\b"
        r"|\bis now cancel+ed\b|\b(?:j['’]ai|nous avons)(?: bien)? annulé|\b(?:a|est)(?: bien)?(?: été)? annulée?\b"
    ),
    Kind.REFUND: re.compile(
        r"(?i)\b(?:i|we)(?:['’]ve| have)?(?: just| now)? (?:refunded|issued (?:a|the|your) refund)\b"
        r"|\b(?:has|have) been refunded\b"
        r"|\b(?:j['’]ai|nous avons)(?: bien)? remboursé|\ba(?: bien)? été remboursée?\b"
    ),
    Kind.REQUEST_RETURN: re.compile(
        r"(?i)\breturn label\b.{0,40}\b(?:attached|sent|e-?mailed)\b|\byour return number is\b"
        r"|\b(?:i|we)(?:['’]ve| have)? (?:opened|registered|set up) (?:a|the|your) return\b"
        r"|\bétiquette de retour\b.{0,40}\b(?:jointe|envoyée)\b|\bvotre numéro de retour est\b"
    ),
    Kind.CHANGE_ADDRESS: re.compile(
        r"(?i)\b(?:i|we)(?:['’]ve| have)? (?:changed|updated|corrected) (?:the|your) (?:delivery |shipping )?address\b"
        r"|\baddress (?:has been|is now) (?:changed|updated|corrected)\b"
        r"|\badresse\b.{0,20}\ba(?: bien)? été (?:modifiée|corrigée|changée)\b"
    ),
}
MARK = "[€$£]|EUR|USD|GBP"
AMOUNT = re.compile(rf"(?i)(?:(?P<before>{MARK})\s?)?(?P<figure>\d{{1,6}}[.,]\d{{2}})(?:\s?(?P<after>{MARK}))?")
CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}


@dataclass(frozen=True, slots=True)
class People:
    """`sure`: the core knows of it; else it was only said. `reply` is the first public answer of a person.

    `handoffs`: how often they passed the ticket on among themselves, which is none of the agent's.
    """

    actions: tuple[Action, ...] = ()
    sure: bool = True
    reply: str = ""
    answers: int = 0
    handoffs: int = 0


def people(past: PastConversation, told: Mapping[OrderId, Sequence[Row]], numbers: Mapping[OrderId, str]) -> People:
    """`told` are the events of the orders concerned, `numbers` what customers call them; both by id."""
    until = (past.solved_at or past.turns[-1].at) + LATER * (past.solved_at is None)
    known = [
        one for order, rows in told.items() for one in _changed(rows, numbers.get(order, order), past.began, until)
    ]
    answers = [turn for turn in past.turns if turn.by == "person" and turn.public and turn.words]
    said = () if known else tuple(_said(turn.words for turn in answers))
    first = answers[0].words if answers else ""
    return People(tuple(known) or said, bool(known), first, len(answers), past.handoffs)


def agreement(agent: Iterable[Action], persons: Iterable[Action]) -> Agreement:
    """By what was done, the largest difference first. An amount that was not said agrees with every amount."""
    ours = {(one.action, one.order): one.amount for one in agent}
    theirs = {(one.action, one.order): one.amount for one in persons}
    if not ours or not theirs:
        return "neither" if not ours and not theirs else "agent_only" if ours else "people_only"
    if {kind for kind, _ in ours} != {kind for kind, _ in theirs}:
        return "different_action"
    amounts = [
        (amount, other)
        for (kind, order), amount in ours.items()
        for (same, named), other in theirs.items()
        if kind == same and named in ("", order) and other
    ]
    return "different_amount" if any(amount != other for amount, other in amounts) else "same"


def _changed(rows: Sequence[Row], number: str, since: datetime, until: datetime) -> Iterator[Action]:
    """One action of each kind; the money of a cancellation is the cancellation's."""
    currency, found = "EUR", dict[Kind, int]()
    for row in rows:
        currency = next((str(one["currency"]) for one in _rows(row, "orders") if "currency" in one), currency)
        if since <= row["at"] <= until and row["actor_kind"] not in NOT_PEOPLE and row["type"] != "order.placed":
            for kind, amount in _kinds(row):
                found[kind] = found.get(kind, 0) + amount
    if Kind.CANCEL_ORDER in found:
        found[Kind.CANCEL_ORDER] += found.pop(Kind.REFUND, 0)
    for kind, amount in found.items():
        yield Action(kind.value, number, amount, currency, "done")


def _kinds(row: Row) -> Iterator[tuple[Kind, int]]:
    for one in _rows(row, "refunds"):
        if "amount" in one and "id" in one:
            yield Kind.REFUND, int(one["amount"])
    if any("requested_at" in one for one in _rows(row, "exchanges")):
        yield Kind.REQUEST_EXCHANGE, 0
    elif any("requested_at" in one for one in _rows(row, "returns")):
        yield Kind.REQUEST_RETURN, 0
    for one in _rows(row, "orders"):
        if one.get("lifecycle") in ("cancelled", "cancelling"):
            yield Kind.CANCEL_ORDER, 0
        if "address" in one:
            yield Kind.CHANGE_ADDRESS, 0


def _rows(row: Row, table: str) -> Iterator[Mapping[str, Any]]:
    """Rows and values that this event wrote into a table; an inserted order is no change of one."""
    for operation, name, *rest in row["changes"]:
        if name == table and operation == "+":
            yield from rest[0]
        elif name == table and operation == "=":
            yield rest[1]


def _said(texts: Iterable[str]) -> Iterator[Action]:
    told = "\n".join(texts)
    found = {kind: pattern.search(told) for kind, pattern in SAID.items()}
    for kind, words in found.items():
        if words and not (kind is Kind.REFUND and found[Kind.CANCEL_ORDER]):
            amount, currency = _amount(told[words.start() : words.end() + 120]) if kind in PAYS else (0, "EUR")
            yield Action(kind.value, "", amount, currency, "done")


def _amount(text: str) -> tuple[int, str]:
    found = AMOUNT.search(text)
    if found is None:
        return 0, "EUR"
    unit = found["before"] or found["after"] or "EUR"
    return round(float(found["figure"].replace(",", ".")) * 100), CURRENCIES.get(unit, unit.upper())
