"""The reply in a model's words, around placeholders, checked before it is handed on. Questions keep the house's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from agent.brains import InvalidOutput
from agent.brains.model.asking import Ask, Model, json_in
from agent.brains.model.prompting import fenced, prompt, shown, system, user
from agent.brains.model.reading import Form, message_of, places, schema_of
from agent.brains.model.showing import fields_shown
from agent.case import Act, Approve, Case, Decision, Draft, Inform, Kind
from agent.checking import check_draft
from agent.checking.cases import context_of
from agent.policy import Policy
from agent.replies import around, compose, language_of, told_of
from agent.replies.sources import Sources, sources
from agent.replies.templates import PLACEHOLDER
from agent.rules import RULES
from tools.contract import Fact

PASSAGES = 4
PROBLEMS = 6
"""That a model is told of."""


class Letter(Form):
    text: str
    citations: tuple[str, ...]


class Writer:
    def __init__(self, model: Model, policy: Policy) -> None:
        self._model = model
        self._policy = policy
        self._prompt = prompt("write")
        self._system = system(self._prompt.filled(tone=policy.voice.tone))

    def __call__(self, case: Case) -> Draft:
        """Raises `BrainError`. Where nothing but the house's own words may be said, no model is asked."""
        worded = tuple(one for one in case["decisions"] if may_be_worded(one))
        if not worded or case["triage"].kind is not Kind.MESSAGE:
            return compose(case, self._policy)
        known, language = sources(case, self._policy), language_of(case, self._policy)
        points = [self._point(case, one) for one in worded]
        values = {name: fields_shown(known[name], self._policy, language) for name in _spoken_of(case, worded, known)}
        told = user(
            fenced("message", message_of(case["ticket"], self._policy)),
            fenced("decided", "\n".join(map(shown, points))),
            fenced("values", shown(values)),
            *(fenced(f"help page {one.id}", _page(one)) for one in _passages(case, worded)),
            f"Write in the language with the code {language}.",
        )
        ask = Ask("write", self._prompt, (self._system, told), schema_of(Letter))
        return self._model.structured(ask, lambda text: self._draft(case, worded, known, text))

    def _point(self, case: Case, decision: Decision) -> Mapping[str, Any]:
        asked = next(one for one in case["triage"].requests if one.id == decision.request)
        says = RULES.get(decision.rule, "")
        house = told_of(case, decision, self._policy)
        return {"asked": asked.text[:1_500], "intent": asked.intent, "because": says, "house": house}

    def _draft(self, case: Case, worded: tuple[Decision, ...], known: Sources, text: str) -> Draft:
        """Raises `InvalidOutput` for words that the check would refuse."""
        try:
            letter = Letter.model_validate(json_in(text))
        except ValidationError as error:
            raise InvalidOutput("wrong_shape", places(error)) from None
        if not letter.text.strip():
            raise InvalidOutput("empty", "text: it says nothing")
        pages = {one.id for one in case["facts"].facts(kind="passage")}
        cited = tuple(one for one in dict.fromkeys(letter.citations) if one in pages)
        draft = around(case, self._policy, letter.text.strip(), worded, cited, self._model.table.at("write"))
        context = context_of(case, draft.language, draft.citations, known, self._policy)
        problems = check_draft(draft.text, context)
        if problems:
            told = "; ".join(f"{one.code}: {one.text!r} ({one.says})" for one in problems[:PROBLEMS])
            raise InvalidOutput("not_borne_out", told)
        return draft


def may_be_worded(decision: Decision) -> bool:
    """What tells of facts, of a refusal or of what was done. A question, small talk and a hand-off are the house's."""
    if isinstance(decision, Inform):
        return bool(decision.facts or decision.proposal)
    return isinstance(decision, Act | Approve)


def _spoken_of(case: Case, worded: tuple[Decision, ...], known: Sources) -> Iterator[str]:
    """The ids that placeholders may name: of the facts, quotes and outcomes that were decided on."""
    named: list[str] = []
    for one in worded:
        named += one.facts if isinstance(one, Inform) else []
        proposal = one.proposal if isinstance(one, Inform | Act | Approve) else None
        named += [proposal.id, f"O{proposal.id}"] if proposal else []
    passages = {fact.id for fact in case["facts"].facts(kind="passage")} if "facts" in case else set()
    yield from (one for one in dict.fromkeys(named) if one in known and one not in passages)
    yield from (name for name in ("terms", "shop") if name in known)


def _passages(case: Case, worded: tuple[Decision, ...]) -> tuple[Fact, ...]:
    asked = dict.fromkeys(one.request for one in worded)
    found = [fact for request in asked for fact in case["facts"].facts(request, "passage")[:PASSAGES]]
    return tuple({fact.id: fact for fact in found}.values())


def _page(fact: Fact) -> str:
    title, heading, text = (str(fact.fields.get(name, "")) for name in ("title", "heading", "text"))
    return PLACEHOLDER.sub("", f"{title}\n{heading}\n{text}")[:2_500]
