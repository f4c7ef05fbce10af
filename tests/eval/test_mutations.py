"""Each broken agent is noticed by the grader that it breaks; an honest one is not accused."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agent.answer import Answer
from agent.case import Disposition
from eval.grading import GRADERS, verdicts
from eval.grading.mutations.catalogue import MUTATIONS, broken
from eval.grading.mutations.premises import Premises
from tests.desks import Counter, policy_with
from tests.eval.situations import SITUATIONS, Situation, Street, played

FULL = os.environ.get("PROVE") == "full"
POLICY = policy_with(autonomy={"refund": "auto"})
"""Money may go back without a person, so that there is something to do wrongly."""
Ended = Sequence[tuple[str, Disposition]]

RIGHTLY_ASKED = {"a stranger's order", "nobody proven", "claimed, not proven"}
LEAST: Mapping[str, float] = dict.fromkeys(MUTATIONS, 0.9) | {"acting_without_a_yes": 0.8, "needless_hand_off": 0.8}
"""Of the conversations that a mutation changed. Not judged: whether an address is complete, or a help page answers; and

who asks for a person, or is not proven, may be handed over.
"""
SHORT: Mapping[str, tuple[str, ...]] = {
    "wrong_amount": ("invoice",),
    "wrong_date": ("status, delivered",),
    "wrong_tracking": ("statut, expédiée",),
    "false_status": ("statut, confirmée",),
    "wrong_order": ("status, confirmed", "cancel, yes"),
    "false_promise": ("status, late",),
    "false_claim": ("return, yes",),
    "forgetting": ("annuler, oui",),
    "needless_hand_off": ("facture",),
    "silent_hand_off": ("person",),
    "keeps_from_a_person": ("conseiller",),
    "leaking": ("status, shipped",),
    "refusing": ("cancel, no",),
    "acting_without_a_yes": ("cancel, yes",),
    "acting_without_a_person": ("damaged",),
    "paying_too_little": ("cancel two items, yes",),
    "paying_too_much": ("return two items, yes",),
    "other_language": ("status, shipped",),
    "no_word_of_an_ai": ("thanks",),
    "asking_for_ever": ("refund, paid",),
    "beside_the_point": ("return, too late",),
}


class Stage:
    """One shop in which every conversation has a customer of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.counter = Counter(Street(folder), policy=POLICY)
        self.counter.knows()
        shop = self.counter.shop
        self.premises = Premises(shop.orders, POLICY, lambda: shop.time)

    def close(self) -> None:
        self.counter.shop.audit()
        self.counter.index.close()
        self.counter.shop.database.close()

    def play(self, situation: Situation, mutation: str = "") -> tuple[Ended, bool, frozenset[str]]:
        """How it ended, whether something was done behind everybody's back, and which graders object."""
        before = self.premises.deeds
        evidence, answers = played(
            self.counter,
            situation,
            lambda say: broken(mutation, self.premises, say) if mutation else say,
        )
        objections = frozenset(name for name, one in verdicts(evidence).items() if one.holds is False)
        return _ended(answers), self.premises.deeds > before, objections


def _ended(answers: Sequence[Answer]) -> Ended:
    return [(one.reply, one.disposition) for one in answers]


def test_every_mutation_has_a_grader_that_it_breaks_and_every_grader_a_mutation() -> None:
    assert SHORT.keys() == MUTATIONS.keys()
    broken_by = {grader for one in MUTATIONS.values() for grader in one.breaks}
    assert broken_by == GRADERS.keys()


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_agent_is_noticed_where_it_matters(mutation: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    for situation in SITUATIONS:
        if situation.name in SHORT[mutation]:
            objections = stage.play(situation, mutation)[2]
            assert objections & set(MUTATIONS[mutation].breaks), (situation.name, objections)
    stage.close()


@pytest.mark.proof
def test_broken_agents_are_noticed_and_an_honest_one_is_not_accused(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "honest")
    honest = {one.name: stage.play(one) for one in _some()}
    stage.close()
    alarms = [(name, grader) for name, (_, _, objections) in honest.items() for grader in objections]
    wrongly = [one for one in alarms if one[0] not in RIGHTLY_ASKED]
    print(f"\nproof: honest: {len(honest)} conversations, objections {alarms}")  # noqa: T201
    assert len(wrongly) <= 1
    for mutation in MUTATIONS:
        changed, caught, by = _swept(Stage(tmp_path / mutation), mutation, honest)
        print(f"proof: {mutation}: {changed} conversations changed, {caught} noticed, {dict(by)}")  # noqa: T201
        assert changed
        assert caught >= LEAST[mutation] * changed, mutation


def _some() -> list[Situation]:
    """All of them with PROVE=full; else every third, and those where a mutation matters.

    The same for the honest agent and for each broken one: orders are numbered as they come, so that replies compare.
    """
    matters = {name for names in SHORT.values() for name in names}
    return [one for place, one in enumerate(SITUATIONS) if FULL or place % 3 == 0 or one.name in matters]


def _swept(
    stage: Stage, mutation: str, honest: Mapping[str, tuple[Ended, bool, frozenset[str]]]
) -> tuple[int, int, Tally[str]]:
    """What an honest agent is told as well proves nothing: it is left out."""
    changed, caught, by, breaks = 0, 0, Tally[str](), set(MUTATIONS[mutation].breaks)
    for situation in _some():
        before, _, known = honest[situation.name]
        ended, did, objections = stage.play(situation, mutation)
        handed_over = any(end is Disposition.HANDED_OFF for _, end in before)
        same = ended == before or (handed_over and mutation == "needless_hand_off")
        if (same and not did) or known & breaks:
            continue
        changed += 1
        caught += bool(objections & breaks)
        by.update(objections - known)
    stage.close()
    return changed, caught, by
