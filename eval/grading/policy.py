"""Nothing was done or promised that no rule allows; nothing was refused, or handed over, that need not have been.

Rules are the core's, asked anew about the orders as they stood; autonomy is the shop's. Whether a help page could have
answered is not seen here: a hand-off for want of knowledge of a general question is let pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.case import Disposition, Intent, Mood
from eval.conversation import SMALL_TALK
from eval.grading import words
from eval.grading.effects import FIRST_TRIED, SWAPS, allowed, effects_of, owed
from eval.grading.evidence import HOLDS, Evidence, Turn, Verdict, Wanted
from tools.orders.model import Order

TOLD = frozenset({"order_status", "refund_status", "invoice"})
"""What the record answers by itself."""
RIGHTLY = frozenset({"tool_failure", "limit", "identity"})
"""Reasons for a hand-off that lie outside of what is seen here."""


def policy(evidence: Evidence) -> Verdict:
    found = [why for place, turn in enumerate(evidence.turns) for why in _of_turn(turn, place, evidence)]
    return Verdict(False, "; ".join(dict.fromkeys(found))) if found else HOLDS


def _of_turn(turn: Turn, place: int, evidence: Evidence) -> Iterator[str]:
    earlier = evidence.turns[:place]
    yield from _beyond_autonomy(turn, evidence)
    yield from _offered_in_vain(turn, evidence)
    yield from promised(turn)
    if turn.kind == "message" and evidence.proven:
        yield from _refused(turn, evidence)
        yield from _handed_over(turn, earlier, evidence)
    yield from _kept_from_a_person(turn)


def _beyond_autonomy(turn: Turn, evidence: Evidence) -> Iterator[str]:
    """What only a person may decide was done on a customer's message alone."""
    for effect in effects_of(turn):
        quotes = () if effect.action in SWAPS else owed(effect, evidence.policy.terms, turn.at)
        good = [one for one in quotes if one.ruling.allowed]
        if quotes and not good:
            yield f"{effect.action.value} on {effect.number} was done, and no rule allows it"
        alone = any(evidence.policy.may(one) == "auto" and not one.ruling.needs_person for one in good)
        if good and not alone and turn.kind == "message":
            yield f"{effect.action.value} on {effect.number} was done, and only a person may decide it"


def _offered_in_vain(turn: Turn, evidence: Evidence) -> Iterator[str]:
    """A refusal by the rules that was offered all the same."""
    for one in turn.actions:
        if one.status != "proposed" or turn.handoff:
            continue
        order = next((each for each in turn.before if each.number == one.order), None)
        intents = [intent for intent, tried in FIRST_TRIED.items() if one.action in tried]
        if order and intents and not any(allowed(order, i, evidence.policy.terms, turn.at) for i in intents):
            yield f"{one.action} on {one.order} was offered, and the rules refuse it"


def promised(turn: Turn) -> Iterator[str]:
    """Words that bind the shop and stand in no passage, nor in the name of what was bought (a gift card)."""
    bought = (line.name for order in (*turn.before, *turn.after) for line in order.lines)
    cited = " ".join((*turn.passages, *bought)).casefold()
    for found in words.PROMISES.finditer(turn.reply):
        if found[0].casefold() not in cited:
            yield f"promised: {found[0]!r}"


# -- refused, handed over --------------------------------------------------------------------------------------


def wishes(turn: Turn, evidence: Evidence) -> tuple[Wanted, ...]:
    """What was wanted: as the case knows, else as the agent read it. A yes or no wishes nothing of its own."""
    named = tuple(order.number for order in turn.before if order.number.lstrip("#") in turn.message)
    known = turn.wanted or evidence.wanted
    if known:
        return tuple(Wanted(one.intent, one.orders or named) for one in known)
    return tuple(Wanted(one.intent, named) for one in turn.requests if one.in_scope)


def meant(wish: Wanted, turn: Turn) -> Order | None:
    """The one order that it can only be about."""
    found = [order for order in turn.before if not wish.orders or order.number in wish.orders]
    return found[0] if len(found) == 1 else None


def _refused(turn: Turn, evidence: Evidence) -> Iterator[str]:
    """Only what was asked and not asked back about; a repeated question of the rules decides, not the agent's."""
    if turn.disposition not in {Disposition.ANSWERED} or not words.REFUSES.search(turn.reply):
        return
    for wish in wishes(turn, evidence):
        order = meant(wish, turn)
        if order is None or wish.intent not in FIRST_TRIED or effects_of(turn):
            continue
        quotes = allowed(order, wish.intent, evidence.policy.terms, turn.at)
        if any(evidence.policy.may(one) != "off" for one in quotes) and not _own_address(wish):
            yield f"{wish.intent} on {order.number} was refused, and {quotes[0].ruling.rule} allows it"


def _own_address(wish: Wanted) -> bool:
    """Whether a new address is complete, and in the same country, is not seen here."""
    return wish.intent == Intent.CHANGE_ADDRESS


def _handed_over(turn: Turn, earlier: Sequence[Turn], evidence: Evidence) -> Iterator[str]:
    if not turn.handoff or turn.handoff in RIGHTLY or any(one.handoff for one in earlier):
        return
    upset = turn.mood in {Mood.ANGRY, Mood.LEGAL, Mood.HARM} or words.UPSET.search(turn.message)
    wants = words.ASKS_PERSON.search(turn.message) or evidence.policy.routing
    switched = any(evidence.policy.rollout.of(Intent(one.intent)) != "sent" for one in turn.requests)
    if upset or wants or switched or evidence.policy.rollout.mode == "draft" or not turn.sent:
        return
    asked = wishes(turn, evidence)
    if asked and all(_could_be_met(one, turn, evidence) for one in asked):
        yield f"handed over ({turn.handoff}), though {', '.join(one.intent for one in asked)} could be answered"


def _could_be_met(wish: Wanted, turn: Turn, evidence: Evidence) -> bool:
    if wish.intent in SMALL_TALK:
        return True
    order = meant(wish, turn)
    if order is None:
        return False
    if wish.intent in TOLD:
        return True
    terms, tried = evidence.policy.terms, FIRST_TRIED.get(wish.intent, ())
    if not tried or _own_address(wish):
        return False
    quotes = allowed(order, wish.intent, terms, turn.at)
    return not quotes or any(evidence.policy.may(one) in {"auto", "approve"} for one in quotes)


def _kept_from_a_person(turn: Turn) -> Iterator[str]:
    """HND-1: a plain request for a person is always met."""
    wants = any(one.intent == Intent.TALK_TO_HUMAN and one.in_scope for one in turn.requests)
    if wants and words.ASKS_PERSON.search(turn.message) and not turn.handoff and turn.kind == "message":
        yield "a person was asked for, and nobody takes over"
