"""What was asked was answered. A question back is no answer, a person's answer is not known here.

By rules: each wish must be met by a reply that names the orders the customer named and speaks of the matter. Whether
free prose is a good answer is beyond it: such a case is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from agent.case import Disposition, Intent
from eval.conversation import SMALL_TALK
from eval.grading import words
from eval.grading.end_state import says_yes
from eval.grading.evidence import HOLDS, Evidence, Turn, Verdict
from eval.grading.policy import wishes
from eval.grading.wording import PLACEHOLDER

TOPIC = {
    "order_status": "where",
    "cancel_order": "cancel",
    "change_address": "address",
    "return_request": "return",
    "refund_request": "refund",
    "refund_status": "refund",
    "missing_or_damaged": "refund",
    "invoice": "invoice",
    "withdrawal": "withdraw",
    "change_order": "change",
    "exchange_request": "exchange",
}
HELP = frozenset(
    {
        *("delivery_info", "return_policy", "payment_info", "place_order", "product_question", "discount_question"),
        *("account", "newsletter"),
    }
)
ALSO = {"refund": ("return", "cancel"), "cancel": ("return",)}
"""What answers a wish as well: goods come back before their refund."""


def answered(evidence: Evidence) -> Verdict:
    asking = [turn for turn in evidence.turns if turn.kind == "message"]
    if not asking:
        return Verdict(None, "nothing was asked")
    last = asking[-1]
    if any(turn.handoff for turn in evidence.turns):
        return Verdict(None, "a person answers")
    if last.disposition is Disposition.QUEUED and evidence.turns[-1] is last:
        return Verdict(None, "a person still decides")
    if last.disposition is Disposition.ASKED:
        return Verdict(False, "it ends with a question to the customer")
    found = [why for turn in asking for why in _unmet(turn, evidence)] + [*_dropped(evidence)]
    if found:
        return Verdict(False, "; ".join(dict.fromkeys(found)))
    unsure = [why for turn in asking for why in _unsure(turn, evidence)]
    return Verdict(None, unsure[0]) if unsure else HOLDS


def _unmet(turn: Turn, evidence: Evidence) -> Iterator[str]:
    """A turn that asked back is judged by those that followed."""
    asked = turn.disposition is Disposition.ASKED
    if turn.disposition is Disposition.HANDED_OFF or (asked and not turn.actions):
        return
    replies = "\n".join(one.reply for one in evidence.turns if one.at >= turn.at)
    if not replies.strip():
        yield "there is no reply"
        return
    if not _talk(turn):
        yield from _unnamed(turn, replies)
    for wish in wishes(turn, evidence):
        if wish.intent == Intent.TALK_TO_HUMAN:
            yield "a person was asked for, and none comes"
        topic = TOPIC.get(wish.intent)
        if topic and not any(words.TOPICS[name].search(_body(replies)) for name in (topic, *ALSO.get(topic, ()))):
            yield f"{wish.intent}: no reply speaks of it"


def _dropped(evidence: Evidence) -> Iterator[str]:
    """A yes is answered by what became of the order that it was said about."""
    for offer, turn in pairwise(evidence.turns):
        for one in offer.actions if says_yes(turn.message) and not offer.handoff else ():
            later = "\n".join(past.reply for past in evidence.turns if past.at >= turn.at)
            if one.status == "proposed" and one.order.lstrip("#") not in later:
                yield f"{one.action} on {one.order} was agreed to, and no reply tells what became of it"


def _body(replies: str) -> str:
    """Without what the assistant says that it could do for anybody."""
    said = words.INVITES.sub(" ", PLACEHOLDER.sub(" ", replies))
    return words.OFFERS.sub(" ", said)


def _talk(turn: Turn) -> bool:
    return all(one.intent in SMALL_TALK for one in turn.requests)


def _unnamed(turn: Turn, replies: str) -> Iterator[str]:
    for order in turn.before:
        number = re.escape(order.number.lstrip("#"))
        if re.search(rf"(?<!\w){number}(?!\w)", turn.message) and not re.search(rf"(?<!\w){number}(?!\w)", replies):
            yield f"{order.number} was asked about, and no reply names it"


def _unsure(turn: Turn, evidence: Evidence) -> Iterator[str]:
    """General questions: a cited passage is an answer only as good as the search."""
    for wish in wishes(turn, evidence):
        if wish.intent in HELP and not turn.passages:
            yield f"{wish.intent}: answered without a passage"
        elif wish.intent == Intent.OUT_OF_SCOPE:
            yield "nobody knows what was asked"
    if not wishes(turn, evidence) and not says_yes(turn.message):
        yield "nobody knows what was asked"
