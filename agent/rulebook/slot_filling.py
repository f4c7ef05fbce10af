"""No proposal could be made yet: which order, which items, for what, where to?"""

from __future__ import annotations

from agent import consent
from agent.brains.addresses import missing_of
from agent.case import Decision, Reason
from agent.meaning.items import named_lines
from agent.meaning.orders import Meant
from agent.meaning.variants import clauses, variant_meant
from agent.rulebook.informing import from_help, is_general, no_orders
from agent.rulebook.matter import Matter


def incomplete(matter: Matter) -> Decision:
    """No proposal yet: which order, which items, for what, where to? A general question is answered as one."""
    if is_general(matter):
        return from_help(matter)
    meant = matter.meant
    if not meant.orders and not matter.facts.facts(matter.request.id, "order"):
        return no_orders(matter)
    if len(meant.orders) > matter.policy.limits.orders_per_message:
        return matter.hand_off("LIM-1", Reason.LIMIT)
    asked: Decision | None
    if meant.unclear or not meant.orders:
        asked = matter.ask("SLT-1", "order", facts=tuple(fact.id for fact in meant.orders))
    else:
        asked = _missing_slot(matter, meant)
    return asked or matter.hand_off("SLT-3", Reason.LOW_CONFIDENCE)


def condition_unmet(matter: Matter) -> Decision | None:
    """Only where the customer's own words make a condition, whatever a brain says of it."""
    found = matter.facts.facts(matter.request.id, "unmet")
    if not (found and consent.CONDITION.search(matter.request.text)):
        return None
    looked_at = matter.facts.facts(matter.request.id, "variants") or matter.meant.orders
    return matter.inform("CND-1", "condition_unmet", tuple(one.id for one in looked_at[:3]))


def _missing_slot(matter: Matter, meant: Meant) -> Decision | None:
    """What the playbook needs besides the order; nothing else to ask for: a person."""
    needs = matter.playbook.needs
    if "address" in needs:
        lacks = missing_of(matter.request.text)
        return matter.ask("SLT-2", lacks, times=1 if lacks == "address" else 3)
    if "variant" in needs:
        lines = _lines_named(matter, meant)
        if not lines:
            return matter.ask("SLT-4", "items", facts=tuple(fact.id for fact in meant.orders))
        return _sold_out(matter, meant) or matter.ask("SLT-5", "variant", facts=lines)
    return matter.hand_off("HND-5", Reason.NOT_PERMITTED)


def _lines_named(matter: Matter, meant: Meant) -> tuple[str, ...]:
    """The catalogue's facts of the lines that are named, or of the only one."""
    lines = [line for fact in meant.orders if fact.order for line in fact.order.lines]
    named = {one.line.name for one in named_lines(matter.request.text, lines)}
    facts = matter.facts.facts(matter.request.id, "variants")
    return tuple(one.id for one in facts if one.fields["name"] in named or len(lines) == 1)


def _sold_out(matter: Matter, meant: Meant) -> Decision | None:
    """What was wished for is no question: it is sold, and there is none of it now."""
    for fact in meant.orders:
        made = (one for one in matter.facts.of(matter.request.id) if one.call.tool == "read_variants")
        found = next((f.answer for f in made if fact.order and f.call.arguments["order"] == fact.order.number), ())
        lines = fact.order.lines if fact.order and isinstance(found, tuple) else ()
        named = {one.line.id: (one.place,) for one in named_lines(matter.request.text, lines)}
        spoken = clauses(matter.request.text, named or {line.id: (0,) for line in lines[:1]})
        for line, sold in zip(lines, found if isinstance(found, tuple) else (), strict=False):
            wished = variant_meant(spoken[line.id], line, sold.variants).sold_out if line.id in spoken else None
            if wished:
                missing = "sold_out" if "choices" in sold.fields else "none_left"
                return matter.ask("SLT-6", missing, times=2, facts=(sold.id,), wished=wished.words)
    return None
