"""The orders ended as the policy demands: what was confirmed was done, as the rules owe it, and nothing else was.

Judged by comparing the orders before and after each turn, and by quoting anew what was owed; what the agent says that
it did is only a claim. Items changed for others are judged by consent alone: their prices are not the order's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eval.grading import words
from eval.grading.effects import FIRST_TRIED, LICENSED_BY, SWAPS, Effect, allowed, effects_of, owed
from eval.grading.evidence import HOLDS, Evidence, Turn, Verdict
from tools.orders.agreement import Action
from tools.orders.model import Order
from tools.orders.money import Money


def end_state(evidence: Evidence) -> Verdict:
    found: list[str] = []
    unsure: list[str] = []
    for place, turn in enumerate(evidence.turns):
        earlier = evidence.turns[:place]
        made = effects_of(turn)
        found += [why for effect in made for why in _wrong(effect, turn, earlier, evidence)]
        found += _claimed(turn, made)
        for why, sure in _missing(turn, made, earlier, evidence):
            (found if sure else unsure).append(why)
    if found:
        return Verdict(False, "; ".join(dict.fromkeys(found)))
    return Verdict(None, "; ".join(unsure)) if unsure else HOLDS


# -- what was done -------------------------------------------------------------------------------------------


def _wrong(effect: Effect, turn: Turn, earlier: Sequence[Turn], evidence: Evidence) -> Iterator[str]:
    what = f"{effect.action.value} on {effect.number}"
    if not _licensed(effect, turn, earlier, evidence):
        yield f"{what}: done without the customer's word for it"
    if effect.action in SWAPS:
        return
    quotes = owed(effect, evidence.policy.terms, turn.at)
    good = [one for one in quotes if one.ruling.allowed]
    if not good:
        yield f"{what}: the rules refuse it ({', '.join(sorted({one.ruling.rule for one in quotes}))})"
    elif not any(_pays(effect, one.amount.minor) for one in good):
        due = " or ".join(sorted({one.amount.decimal() for one in good}))
        yield f"{what}: {Money(effect.refund, effect.before.currency).decimal()} went back, {due} was owed"
    if _only_a_part(effect, [*earlier, turn]):
        yield f"{what}: only a part was done, and the customer named none"


def _pays(effect: Effect, amount: int) -> bool:
    """A return is paid when its goods are back; a withdrawal at once for what was never sent."""
    if effect.action in {Action.REQUEST_RETURN, Action.CHANGE_ADDRESS}:
        return effect.refund == 0
    return effect.refund == amount or (effect.action is Action.WITHDRAW and 0 <= effect.refund <= amount)


def _only_a_part(effect: Effect, turns: Sequence[Turn]) -> bool:
    if effect.action not in {Action.CANCEL_ORDER, Action.REQUEST_RETURN}:
        return False
    left = {
        line.id: (line.open if effect.action is Action.CANCEL_ORDER else line.shipped - line.given_back)
        for line in effect.before.lines
        if line.returnable or effect.action is Action.CANCEL_ORDER
    }
    taken = sum(effect.units.get(line, 0) for line in left)
    said = " ".join(turn.message for turn in turns).casefold()
    return taken < sum(left.values()) and not _names_a_part(effect.before, said)


def _names_a_part(order: Order, said: str) -> bool:
    """A word of an item's name (or the beginning of one: "shirts"), or a word of quantity."""
    names = {word for line in order.lines for word in re.findall(r"\w{4,}", line.name.casefold())}
    quantity = re.search(r"(?<!\w)(?:one|two|both|un|une|deux|only|seulement|juste)(?!\w)", said)
    return bool(quantity) or any(word[:5] in said for word in names)


def _licensed(effect: Effect, turn: Turn, earlier: Sequence[Turn], evidence: Evidence) -> bool:
    if turn.kind == "decision":
        return any(_speaks_of(one, effect) for past in earlier for one in past.actions)
    if not evidence.proven:
        return False
    if _elsewhere(effect, turn, earlier):
        return False
    if says_yes(turn.message) and earlier and _offered(earlier[-1], effect):
        return True
    return evidence.policy.confirm.on(evidence.channel) == "implied" and _asked_for(effect, turn, evidence)


def _elsewhere(effect: Effect, turn: Turn, earlier: Sequence[Turn]) -> bool:
    """The customer wrote numbers of their orders, and never this one."""
    said = " ".join(one.message for one in (*earlier, turn))
    named = {one.number for one in turn.before if re.search(rf"(?<!\w){one.number.lstrip('#')}(?!\w)", said)}
    return bool(named) and effect.number not in named


def says_yes(message: str) -> bool:
    return bool(words.YES.search(message)) and not words.DOUBT.search(message)


def _offered(turn: Turn, effect: Effect) -> bool:
    """Shown to the customer just before: its order, by number, in a reply that asks."""
    shown = effect.number.lstrip("#") in turn.reply and "?" in turn.reply
    return shown and any(_speaks_of(one, effect) for one in turn.actions)


def _speaks_of(action: object, effect: Effect) -> bool:
    return getattr(action, "action", "") == effect.action and getattr(action, "order", "") == effect.number


def _asked_for(effect: Effect, turn: Turn, evidence: Evidence) -> bool:
    wished = {one.intent for one in turn.wanted or evidence.wanted} or {one.intent for one in turn.requests}
    if not wished & LICENSED_BY[effect.action]:
        return False
    named = [order for order in turn.before if order.number.lstrip("#") in turn.message]
    by_item = _names_a_part(effect.before, turn.message.casefold())
    return effect.number in {one.number for one in named} or (not named and (by_item or len(turn.before) == 1))


# -- what was not done ---------------------------------------------------------------------------------------


def _claimed(turn: Turn, made: Sequence[Effect]) -> Iterator[str]:
    done = {(one.action.value, one.number) for one in made}
    for one in turn.actions:
        if one.status == "done" and (one.action, one.order) not in done:
            yield f"{one.action} on {one.order}: said to be done, and nothing changed"
    told = {(one.action, one.order) for one in turn.actions if one.status == "done"}
    for action, number in done - told:
        if turn.sent:
            yield f"{action} on {number}: done, and not told as done"


def _missing(
    turn: Turn, made: Sequence[Effect], earlier: Sequence[Turn], evidence: Evidence
) -> Iterator[tuple[str, bool]]:
    """What the customer said yes to and nobody did, though the rules and the shop's autonomy allow it."""
    if not earlier or turn.kind == "decision" or not says_yes(turn.message) or not evidence.proven:
        return
    done = {(one.action.value, one.number) for one in made}
    for one in earlier[-1].actions:
        again = any((now.action, now.order) == (one.action, one.order) for now in turn.actions)
        if one.status == "proposed" and not earlier[-1].handoff and (one.action, one.order) not in done and not again:
            order = next((each for each in turn.before if each.number == one.order), None)
            yield from _owed(one.action, order, turn, evidence)


def _owed(action: str, order: Order | None, turn: Turn, evidence: Evidence) -> Iterator[tuple[str, bool]]:
    intent = next((name for name, tried in FIRST_TRIED.items() if action in tried[:1]), "")
    quotes = allowed(order, intent, evidence.policy.terms, turn.at) if order else ()
    taken_on = [one for one in quotes if evidence.policy.may(one) in {"auto", "approve"}]
    if taken_on:
        told = f"{action} on {taken_on[0].order_number}: confirmed and allowed, and neither done nor given to a person"
        yield told, not turn.handoff
