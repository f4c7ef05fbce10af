"""The last word before anything is sent: placeholders rendered, everything else borne out or refused.

What a draft says by itself (outside placeholders) may hold no figure, date, link or promise that a cited passage
does not hold, and may claim nothing done that no outcome bears out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache

import structlog

from agent.case import Case, Draft, HandOff, Reason, Reply
from agent.graph import Added
from agent.policy import Policy
from agent.replies import hand_off_text
from agent.replies.render import UnknownPlaceholder, render
from agent.replies.sources import Sources, sources
from agent.replies.templates import FOLDER, PLACEHOLDER
from tools.contract import Fact
from tools.orders.agreement import Result
from tools.orders.model import Lifecycle

FIGURE = re.compile(r"\d[\d.,:/]*")
LINK = re.compile(r"(?i)https?://[^\s)\]>]+|www\.[^\s)\]>]+|[\w.+-]+@[\w-]+\.[\w.-]+")
log = structlog.get_logger()


def check(case: Case, policy: Policy) -> Added:
    """First refusal: write again. Second: a person takes over, in words that state nothing."""
    draft, known = case["draft"], sources(case, policy)
    problems = tuple(_problems(case, draft, known, policy))
    if not problems:
        text = render(draft.text, known, draft.language, policy.terms.timezone)
        return {"reply": Reply(text, draft.language, _cited(case, draft), _earlier(case))}
    log.warning("check.refused", by=draft.by, problems=problems)
    if "reply" not in case:
        return {"reply": Reply("", draft.language, (), problems, "rewrite")}
    return {"reply": _given_up(case, policy, known, (*_earlier(case), *problems))}


def _earlier(case: Case) -> tuple[str, ...]:
    return case["reply"].problems if "reply" in case else ()


def _given_up(case: Case, policy: Policy, known: Sources, problems: tuple[str, ...]) -> Reply:
    draft = hand_off_text(case, policy, Reason.LOW_CONFIDENCE)
    text = render(draft.text, known, draft.language, policy.terms.timezone)
    return Reply(text, draft.language, (), problems, "hand_off")


def _problems(case: Case, draft: Draft, known: Sources, policy: Policy) -> Iterator[str]:
    try:
        render(draft.text, known, draft.language, policy.terms.timezone)
    except UnknownPlaceholder as error:
        yield f"unknown placeholder {error}"
    literal = PLACEHOLDER.sub(" ", draft.text)
    quoted = " ".join(str(fact.fields.get("text", "")) for fact in _passages(case, draft))
    for kind, pattern in (("link", LINK), ("figure", FIGURE)):
        for found in pattern.findall(literal):
            if found.rstrip(".,:/") not in quoted:
                yield f"unsupported {kind}: {found}"
    yield from _unborne_claims(case, draft, literal)


def _unborne_claims(case: Case, draft: Draft, literal: str) -> Iterator[str]:
    handed_off = any(isinstance(decision, HandOff) for decision in case["decisions"])
    for action, pattern in claims(draft.language).items():
        found = pattern.search(literal)
        if found and not (_borne_out(case, action) or (action == "promise" and handed_off)):
            yield f"claims {action} without an outcome: {found[0]}"


def _borne_out(case: Case, action: str) -> bool:
    """Done in this turn, or so on the record of an order that was read."""
    done = (one.outcome for one in case.get("outcomes", ()) if one.outcome)
    if any(outcome.result is Result.DONE and outcome.quote.action == action for outcome in done):
        return True
    if action == "refund" and any(o.outcome and o.outcome.result is Result.DONE for o in case.get("outcomes", ())):
        return True
    return any(_on_record(fact, action) for fact in (case["facts"].facts(kind="order") if "facts" in case else ()))


def _on_record(fact: Fact, action: str) -> bool:
    if action == "cancel_order":
        return fact.order is not None and fact.order.lifecycle is Lifecycle.CANCELLED
    return (action == "refund" and "refund" in fact.fields) or (action == "request_return" and "rma" in fact.fields)


def _passages(case: Case, draft: Draft) -> tuple[Fact, ...]:
    facts = case["facts"].facts(kind="passage") if "facts" in case else ()
    return tuple(fact for fact in facts if fact.id in draft.citations)


def _cited(case: Case, draft: Draft) -> tuple[str, ...]:
    """Citations as people know them: the source of each passage, once."""
    return tuple(dict.fromkeys(fact.source for fact in _passages(case, draft)))


@cache
def claims(language: str) -> Mapping[str, re.Pattern[str]]:
    path = FOLDER / language / "claims.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {action: re.compile(rf"(?i)(?:{'|'.join(patterns)})") for action, patterns in table.items()}
