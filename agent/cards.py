"""What a reply says once more in a form that a chat can draw: orders, quotes, outcomes, and what is asked for.

Cards are made from facts, proposals and outcomes of the case, never from its text. Amounts are decimal strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agent.case import Act, Approve, Ask, Case, Decision, Done, Inform
from agent.policy import Policy
from agent.replies.render import say
from tools.contract import Fact, Level, Term
from tools.orders.agreement import Quote, Result
from tools.orders.model import Order, Shipment
from tools.orders.money import Money

SHOWN_ON = frozenset({"widget"})
"""Channels whose customers see cards."""
MOST, MOST_SCANS, MOST_CHOICES = 4, 12, 8
FORMS: Mapping[str, str] = {"code": "code", "code_again": "code", "email": "email"}
"""What is asked for, and the form in which it is given."""

Card = dict[str, Any]


def cards_of(case: Case, policy: Policy) -> tuple[Card, ...]:
    """In the order of the decisions; none of a reply that did not pass the check."""
    ticket = case["ticket"]
    if ticket.channel not in SHOWN_ON or case["reply"].verdict == "hand_off":
        return ()
    done = {one.proposal: one for one in case.get("outcomes", ())}
    made = [card for decision in case["decisions"] for card in _of(case, decision, done, policy)]
    return tuple(one for n, one in enumerate(made) if one not in made[:n])


def _of(case: Case, decision: Decision, done: Mapping[str, Done], policy: Policy) -> Iterator[Card]:
    match decision:
        case Ask(proposal=offered) if offered is not None and decision.missing == "confirm":
            yield _quote(offered.quote)
        case Ask(missing=missing) if missing in FORMS:
            yield {"kind": FORMS[missing]}
        case Ask(missing="order"):
            yield from _choice(case, decision)
        case Act() | Approve():
            yield from _outcome(decision.proposal.quote, done.get(decision.proposal.id))
        case Inform(proposal=None):
            yield from _orders(case, decision, policy)


# -- orders ------------------------------------------------------------------------------------------------


def _orders(case: Case, decision: Inform, policy: Policy) -> Iterator[Card]:
    told = [one for one in case["facts"].facts(decision.request, "order") if one.id in decision.facts]
    for fact in told[:MOST]:
        yield _order(fact, case, policy)


def _order(fact: Fact, case: Case, policy: Policy) -> Card:
    """No more than the fact's fields say: they are what this caller may hear."""
    fields, status = fact.fields, fact.fields["status"]
    assert isinstance(status, Term)
    whole = case["ticket"].caller.level >= Level.VERIFIED and fact.order is not None
    return {
        "kind": "order",
        "number": str(fields["number"]),
        "status": status.key.partition(".")[2],
        "status_text": say(status, case["reply"].language, policy.terms.timezone),
        "promised": _moment(fields.get("promised")),
        "delivered": _moment(fields.get("delivered")),
        **(_whole(fact.order) if whole and fact.order else {}),
    }


def _whole(order: Order) -> Card:
    return {
        "placed": order.placed_at.isoformat(),
        "total": _money(order.total),
        "items": [
            {"name": line.name, "options": ", ".join(line.options.values()), "quantity": line.quantity}
            for line in order.lines
        ],
        "parcels": [_parcel(one) for one in order.shipments[-MOST:]],
    }


def _parcel(parcel: Shipment) -> Card:
    """Scans newest first; those that were made up to fill a gap stay out."""
    scans = [one for one in parcel.events if not one.reconstructed]
    newest = sorted(scans, key=lambda one: one.at, reverse=True)[:MOST_SCANS]
    return {
        "carrier": parcel.carrier or "",
        "tracking": parcel.tracking_number,
        "state": parcel.state.value,
        "scans": [{"at": one.at.isoformat(), "code": one.code, "place": one.place} for one in newest],
    }


def _choice(case: Case, ask: Ask) -> Iterator[Card]:
    facts = case["facts"].facts(ask.request, "order")
    meant = [one for one in facts if one.id in ask.facts] or list(facts)
    if meant and case["ticket"].caller.level >= Level.VERIFIED:
        yield {"kind": "choose", "options": [_option(one) for one in meant[:MOST_CHOICES]]}


def _option(fact: Fact) -> Card:
    items = fact.fields.get("items")
    return {"say": str(fact.fields["number"]), "about": ", ".join(items) if isinstance(items, tuple) else ""}


# -- quotes and what became of them ------------------------------------------------------------------------


def _quote(quote: Quote) -> Card:
    """What the customer agrees to by the digest, to the cent."""
    return {
        "kind": "quote",
        "digest": quote.digest,
        "action": quote.action.value,
        "order": quote.order_number,
        "lines": [
            {"name": one.name, "quantity": one.quantity, "amount": _money(one.amount), "becomes": becomes}
            for one, becomes in zip(quote.lines, _becomes(quote), strict=True)
        ],
        "amount": _money(quote.amount),
        "fee": _money(quote.fee),
        "shipping": _money(quote.shipping),
        "charge": _money(quote.charge),
        "address": quote.address.one_line() if quote.address else "",
    }


def _becomes(quote: Quote) -> list[str]:
    swapped = {swap.line_id: words for swap, words in zip(quote.swaps, quote.becomes, strict=False)}
    return [swapped.get(line.line_id, "") for line in quote.lines]


def _outcome(quote: Quote, done: Done | None) -> Iterator[Card]:
    """A quote that changed is shown as it is now, to be agreed to anew."""
    if done is None:
        return
    made = done.outcome
    if made and made.result is Result.CHANGED:
        return
    state = "queued" if made is None else "done" if made.result is Result.DONE else "refused"
    yield {
        "kind": "outcome",
        "state": state,
        "action": quote.action.value,
        "order": quote.order_number,
        "amount": _money(made.quote.amount if made else quote.amount),
        "reference": made.reference if made else "",
        "settled": bool(made and made.settled),
    }


def _money(money: Money | None) -> Card | None:
    return {"amount": money.decimal(), "currency": money.currency} if money and money.minor else None


def _moment(value: object) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None
