"""A model judges whether what was asked was answered; the rules do where it fails, and people's labels measure both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from agent.brains.llm import Server
from agent.brains.model.asking import Model
from agent.case import Disposition
from agent.model_terms import ModelTable
from agent.policy import Policy
from eval.conversation import Request
from eval.grading.answered import answered
from eval.grading.evidence import Evidence, Turn, Verdict
from eval.grading.judging import judge
from eval.grading.labels import Label, agreements
from tests.fake_model import KEY, ScriptedModel, says, scripted

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


def talk(reply: str, disposition: Disposition = Disposition.ANSWERED, handoff: str = "") -> Evidence:
    asked = Request("return_policy", 0.9, True, disposition, "KNO-1")
    turn = Turn(NOW, "How long may I return it?", reply, (asked,), disposition, handoff=handoff)
    return Evidence((turn,), Policy())


def test_a_model_says_whether_it_was_answered_and_the_rules_do_where_it_fails(model: ScriptedModel) -> None:
    with closing(Server(model.url, KEY)) as server:
        judged = judge(Model(server, ModelTable(name="scripted"), wait=lambda _: None))
        model.on("judge", {"answered": True, "why": ""}, {"answered": False, "why": "no time is named"})
        assert judged(talk("Thirty days.")) == Verdict(True)
        assert judged(talk("It depends.")) == Verdict(False, "no time is named")
        model.on("judge", says("perhaps"), says("maybe"))
        assert judged(talk("Thirty days.")) == answered(talk("Thirty days."))
        assert judged(talk("A colleague takes over.", Disposition.HANDED_OFF, "limit")).holds is None
    assert "How long may I return it?" in json.dumps(model.asked("judge")[0])


def test_both_judges_are_measured_against_what_people_say() -> None:
    said = {"a": True, "b": False, "c": True, "d": False}
    rules = {"a": None, "b": False, "c": False, "d": False}
    graded = {one: {"answered": Verdict(rules[one]), "judge": Verdict(said[one])} for one in said}
    labels = [Label(one, "answered", holds, "lead") for one, holds in said.items()]
    labels += [Label(one, "judge", holds, "lead") for one, holds in said.items()]
    found = agreements(labels, graded, ("answered", "judge"))
    assert (found["judge"].kappa, found["judge"].n) == (1.0, 4)
    assert (found["answered"].agree, found["answered"].n, found["answered"].unsure) == (2, 3, 1)
