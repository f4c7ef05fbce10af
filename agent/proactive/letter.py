"""The words of a message: templates by kind in the customer's language, and the same check that every reply passes.

It walks as a case: a ticket without a question, facts read from the record, one decision an order (PRO-1), a draft, the
check. So no figure, date or state is said that the record does not bear out; days come from the lane's own history,
with how many parcels it rests on, or are not said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent.case import (
    Case,
    ConversationId,
    Draft,
    Facts,
    Finding,
    Inform,
    Intent,
    Mood,
    Request,
    RequestId,
    Slots,
    Ticket,
    TicketId,
    ToolCall,
    Triage,
)
from agent.policy import Policy
from agent.proactive.choosing import leads
from agent.proactive.links import Purpose
from agent.replies.sources import Sources, sources
from agent.replies.templates import fill, sections_of, variant
from tools import views
from tools.contract import Caller, Fact, Level, Value
from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.store import Alert
from tools.orders.model import Customer, Order, RuleId

NAME = "proactive"
RULE = RuleId("PRO-1")
REQUEST = RequestId("1")


@dataclass(frozen=True, slots=True)
class About:
    """One order of a message: what was found, and what can be done; `urls` by purpose where there are links.

    `stop` is the address that ends these messages."""

    order: Order
    alerts: tuple[Alert, ...]
    offers: tuple[Purpose, ...]
    urls: Mapping[Purpose, str]
    stop: str = ""


def case_of(
    message: str,
    conversation: str,
    channel: str,
    customer: Customer,
    about: Sequence[About],
    policy: Policy,
    now: datetime,
) -> Case:
    """Up to the draft; the check comes next."""
    language = spoken_by(customer, policy)
    caller = Caller(Level.AUTHENTICATED, customer.email, customer.id, customer.name, "the address on file")
    ticket = Ticket(TicketId(message), ConversationId(conversation), channel, caller, "", now, language=language)
    facts = tuple(_fact(f"F{place}", one) for place, one in enumerate(about, 1))
    orders = tuple(one.order.number for one in about)
    request = Request(REQUEST, Intent.ORDER_STATUS, 1.0, True, Slots(orders=orders), "")
    case = Case(
        ticket=ticket,
        triage=Triage(language, Mood.NEUTRAL, "normal", False, (request,)),
        facts=Facts((Finding(ToolCall(REQUEST, "watch", {}), facts),), 1, True),
        decisions=tuple(Inform(REQUEST, RULE, facts=(fact.id,)) for fact in facts),
        outcomes=(),
    )
    return case | Case(draft=Draft(language, _text(case, about, language, channel, policy)))


def subject(about: Sequence[About], language: str, policy: Policy) -> str:
    """For a mail: the order's number, or that there are several; nothing else, for subjects are read over shoulders."""
    key = "subject_one" if len(about) == 1 else "subject_many"
    known = {"order": {"number": about[0].order.number}, "shop": {"name": policy.shop.name}}
    text = fill(variant(language, NAME, key), {}, known)
    return text.replace("{order.number}", about[0].order.number).replace("{shop.name}", policy.shop.name)


def spoken_by(customer: Customer, policy: Policy) -> str:
    """Theirs, where the shop answers in it and these words are written in it."""
    wanted = (customer.language or "", *policy.shop.languages, "en")
    return next(one for one in wanted if (one in policy.shop.languages or one == "en") and sections_of(one, NAME))


def _fact(name: str, about: About) -> Fact:
    """The order as the record has it, with what the watch found: days by the lane's history, and their source."""
    fact = views.order_fact(about.order)
    lead = leads(about.alerts)[0]
    more: dict[str, Value] = {}
    if lead.earliest and lead.latest and lead.facts.get("seen"):
        more = {"earliest": lead.earliest, "latest": lead.latest, "deliveries": int(lead.facts["seen"])}
    if lead.facts.get("before"):
        more["before"] = datetime.fromisoformat(str(lead.facts["before"]))
    links = {f"link_{purpose}": url for purpose, url in about.urls.items() if purpose in about.offers}
    can = {f"can_{purpose}": about.order.number for purpose in about.offers}
    if about.stop:
        more["stop"] = about.stop
    return replace(fact, id=name, source=f"order {about.order.number}", fields={**fact.fields, **more, **links, **can})


def _text(case: Case, about: Sequence[About], language: str, channel: str, policy: Policy) -> str:
    known = sources(case, policy)
    greeting = "named" if "name" in known["caller"] else "unknown"
    parts = [fill(variant(language, "frame", greeting), {}, known)] if channel == "mail" else []
    for place, one in enumerate(about, 1):
        parts += _paragraphs(f"F{place}", one, known, language)
    closing = "closing_mail" if channel == "mail" else "closing_chat"
    return "\n\n".join(
        part for part in (*parts, fill(variant(language, NAME, closing), {"order": "F1"}, known)) if part
    )


def _paragraphs(fact: str, about: About, known: Sources, language: str) -> Iterator[str]:
    roles = {"order": fact}
    for alert in leads(about.alerts):
        yield fill(variant(language, NAME, _key(alert, about.order)), roles, known)
    if about.offers:
        yield fill(variant(language, NAME, "offers" if about.urls else "answers"), roles, known)


def _key(alert: Alert, order: Order) -> str:
    """What the carrier said of a parcel that is lost, or late before it left, has words of its own."""
    if alert.kind is Kind.EXCEPTION:
        return str(alert.facts.get("code") or "exception")
    if alert.kind is Kind.LATE and order.fulfilment in {"unfulfilled", "in_warehouse"}:
        return "late_unsent"
    return alert.kind.value


def kept(message: str, about: Sequence[About]) -> dict[str, Any]:
    """For the journal: which alerts of which orders a message rests on."""
    return {"message": message, "alerts": {one.order.number: [alert.id for alert in one.alerts] for one in about}}
