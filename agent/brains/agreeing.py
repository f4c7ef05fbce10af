"""A customer's yes and no to what was offered, read in their own words. What a yes may do is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.brains import reading
from agent.brains.segments import HESITATES
from agent.case import OpenProposal
from agent.meaning.words import counts, folded, small, tokens
from agent.policy import Policy

SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
# After a yes such a question is another matter; what else is asked may be a doubt about the offer.
WHERE_ELSE = re.compile(r"(?i)\W*(?:(?:and|also|et|aussi)\b\W*)*(?:where|when|où|quand)\b[^?]*\?+\W*")
COURTESY = re.compile(
    r"(?i)\b(?:please|pls|plz|thanks?(?: you)?|merci(?: beaucoup)?|s['’]il (?:vous|te) pla[iî]t|svp|stp)\b"
)
REFUSES = re.compile(
    r"(?i)\W*(?:(?:oh|ok|okay|actually|ah|bon|finalement|hmm?)\W+)*(?:no[,.! ]+(?:thanks|thank you|thx|need)|never ?mind|nevermind"
    r"|forget (?:it|about it|that)|don['’]?t bother|no need|(?:no|nope|non)\b.{0,40}\b(?:keep\w*|leave it|gard\w+|laiss\w+)"
    r"|non[,.! ]+(?:merci|ce n['’]est pas la peine)|laissez?[- ]tomber|tant pis|(?:ce n['’]est )?pas la peine|oublie[rz]? (?:ça|cela))(?!\w)"
)
MONEY_BACK = re.compile(r"(?i)(?:refund|rembours|money)\w*")
PAYS_BACK = frozenset({"cancel_order", "request_return", "withdraw"})
ACTIONS = (
    "cancel_order",
    "change_address",
    "request_return",
    "refund",
    "withdraw",
    "change_items",
    "request_exchange",
    "change_payment",
)
# Words that carry out nothing of their own beside the word of the action.
PASSING = frozenset(
    [
        "go",
        "ahead",
        "proceed",
        "ask",
        "open",
        "start",
        "make",
        "create",
        "do",
        "file",
        "register",
        "claim",
        "request",
        "issue",
        "send",
        "get",
        "now",
        "whole",
        "entire",
        "full",
        "that",
        "demander",
        "demandez",
        "demande",
        "faire",
        "faites",
        "fais",
        "lancer",
        "lancez",
        "lance",
        "ouvrir",
        "ouvrez",
        "ouvre",
        "creer",
        "creez",
        "enregistrer",
        "effectuer",
        "effectuez",
        "proceder",
        "l",
        "d",
        "m",
        "annulation",
        "cancellation",
    ]
)
# Words that say of what, or how much: with them a yes is to something else.
NARROWS = frozenset(
    [
        "other",
        "another",
        "different",
        "first",
        "second",
        "third",
        "last",
        "half",
        "some",
        "any",
        "each",
        "new",
        "same",
        "autre",
        "autres",
        "premier",
        "premiere",
        "seconde",
        "dernier",
        "derniere",
        "moitie",
        "certains",
        "nouveau",
        "nouvelle",
    ]
) | (frozenset(counts()) - {"a", "an", "both"})
MOST = 14
"""Words; who says more than a yes says something of their own."""


def says_yes(text: str, languages: Iterable[str]) -> bool:
    """A word of agreement, and none of doubt. Behind a yes a question about where things are is no doubt."""
    spoken = tuple(languages)
    first, *others = _sentences(text)
    own = text
    if reading.matches(first, "consent", "yes", spoken):
        own = " ".join((first, *(one for one in others if not _elsewhere(one))))
    return bool(reading.matches(own, "consent", "yes", spoken)) and not HESITATES.search(own)


def _sentences(text: str) -> list[str]:
    return [one for one in SENTENCE.split(text) if one.strip()] or [""]


def _elsewhere(sentence: str) -> bool:
    """It asks where something is, and holds no word of doubt."""
    return bool(WHERE_ELSE.fullmatch(sentence)) and not HESITATES.search(sentence.replace("?", " "))


def repeats(text: str, proposals: Sequence[OpenProposal], policy: Policy) -> bool:
    """ "Yes, cancel it": a yes with the word of what was offered, and nothing that would narrow or widen it."""
    spoken, words = policy.shop.languages, text.split()
    if not proposals or not 1 < len(words) <= MOST or not says_yes(text, spoken):
        return False
    begins = reading.matches(" ".join(words[:2]), "consent", "yes", spoken)
    named = {_plain(order) for order in reading.order_numbers(text, policy)}
    offered = {_plain(str(one.arguments["order"])) for one in proposals}
    said = reading.mask(text, policy).replace(reading.ORDER_MASK, " ")
    return bool(begins) and named in (set(), offered) and _only_of({one.tool for one in proposals}, said, spoken)


def _only_of(tools: set[str], said: str, spoken: Sequence[str]) -> bool:
    """A word of the action itself, no word of another, no number, and no goods."""
    if re.search(r"\d", said):
        return False
    words = re.findall(r"[^\W\d_]+", COURTESY.sub(" ", said))
    own = [word for word in words if _of_action(word, tools, spoken)]
    rest = [word for word in words if word not in own]
    others = set(ACTIONS) - tools
    return bool(own) and all(_passes(word, spoken) and not _of_action(word, others, spoken) for word in rest)


def _of_action(word: str, tools: Iterable[str], spoken: Sequence[str]) -> bool:
    tools = set(tools)
    paid_back = bool(tools & PAYS_BACK) and MONEY_BACK.fullmatch(word) is not None
    return paid_back or any(reading.matches(word, "consent", tool, spoken) for tool in tools)


def _passes(word: str, spoken: Sequence[str]) -> bool:
    if folded(word) in NARROWS:
        return False
    said = tokens(word)
    agrees = bool(reading.matches(word, "consent", "yes", spoken))
    return agrees or (bool(said) and (said[0] in small() or said[0] in PASSING))


def refuses(text: str) -> bool:
    """ "No thanks, I will glue it", "never mind": a no with its reason, which names nothing that is wanted instead."""
    return REFUSES.match(text) is not None


def _plain(number: str) -> str:
    return number.lstrip("#").upper()
