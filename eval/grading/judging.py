"""Was what was asked answered? A model says so where there is one; the rules (answered.py) where it fails."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from agent.brains import BrainError, InvalidOutput
from agent.brains.model.asking import Ask, Model, json_in
from agent.brains.model.prompting import fenced, prompt, shortened, system, user
from agent.brains.model.reading import Form, places, schema_of
from eval.grading.answered import answered
from eval.grading.evidence import HOLDS, Evidence, Verdict

LONGEST_TALK = 24_000
"""Characters."""


class Judgement(Form):
    answered: bool
    why: str


def judge(model: Model) -> Callable[[Evidence], Verdict]:
    """A grader. What a person answers or still decides is open to it as well: their words are not known here."""
    instructions = prompt("judge")

    def judged(evidence: Evidence) -> Verdict:
        ruled = answered(evidence)
        if ruled.why.startswith(("a person", "nothing was asked")):
            return ruled
        told = user(fenced("conversation", shortened(_talk(evidence), LONGEST_TALK)))
        ask = Ask("judge", instructions, (system(instructions.text), told), schema_of(Judgement))
        try:
            found = model.structured(ask, _read)
        except BrainError:
            return ruled
        return HOLDS if found.answered else Verdict(False, found.why[:200] or "the judge says no more")

    return judged


def _read(text: str) -> Judgement:
    try:
        return Judgement.model_validate(json_in(text))
    except ValidationError as error:
        raise InvalidOutput("wrong_shape", places(error)) from None


def _talk(evidence: Evidence) -> str:
    said = ((turn.message, turn.reply) for turn in evidence.turns)
    return "\n\n".join(f"customer: {message}\n\nshop: {reply}" for message, reply in said)
