"""The last word before anything is sent: placeholders rendered, everything else borne out or refused (agent.checking).

First refusal: it is written again. Second: a person takes over, in words that state nothing.
"""

from __future__ import annotations

import structlog

from agent.case import Case, Draft, Reason, Reply
from agent.checking import check_draft
from agent.checking.cases import context_of
from agent.graph import Added
from agent.policy import Policy
from agent.replies import hand_off_text
from agent.replies.render import render
from agent.replies.sources import Sources, sources
from tools.contract import Fact

log = structlog.get_logger()


def check(case: Case, policy: Policy) -> Added:
    draft, known = case["draft"], sources(case, policy)
    problems = check_draft(draft.text, context_of(case, draft.language, draft.citations, known, policy))
    if not problems:
        text = render(draft.text, known, draft.language, policy.terms.timezone)
        return {"reply": Reply(text, draft.language, _cited(case, draft), _earlier(case))}
    told = tuple(f"{one.code}: {one.text}" for one in problems)
    log.warning("check.refused", by=draft.by, problems=sorted({one.code for one in problems}))
    if "reply" not in case:
        return {"reply": Reply("", draft.language, (), told, "rewrite")}
    return {"reply": _given_up(case, policy, known, (*_earlier(case), *told))}


def _earlier(case: Case) -> tuple[str, ...]:
    return case["reply"].problems if "reply" in case else ()


def _given_up(case: Case, policy: Policy, known: Sources, problems: tuple[str, ...]) -> Reply:
    draft = hand_off_text(case, policy, Reason.LOW_CONFIDENCE)
    text = render(draft.text, known, draft.language, policy.terms.timezone)
    return Reply(text, draft.language, (), problems, "hand_off")


def _cited(case: Case, draft: Draft) -> tuple[str, ...]:
    """Citations as people know them: the source of each passage, once."""
    facts = case["facts"].facts(kind="passage") if "facts" in case else ()
    cited: tuple[Fact, ...] = tuple(fact for fact in facts if fact.id in draft.citations)
    return tuple(dict.fromkeys(fact.source for fact in cited))
