"""A suite that stays green under a broken agent is worth nothing, and so is a figure that does not move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent.answer import Answer
from agent.case import Incoming
from agent.policy import Policy
from api.trials.staged import Staging, opened
from eval.grading import conversation
from eval.grading.mutations.catalogue import MUTATIONS, broken
from eval.grading.mutations.premises import Premises, Say
from eval.metrics.summary import Summary, summarise
from eval.suite import gate, runner
from eval.suite.case import Case
from eval.suite.reading import SHIPPED, cases_of
from eval.suite.results import Result, Run
from eval.suite.runner import Plan
from eval.suite.stage import Desk, Stage
from tests.desks import Counter, intents, policy_with
from tests.eval.situations import SITUATIONS, Street, played
from tools.orders.database import Database
from tools.orders.service import Orders

SPREAD = 40
AT_ONCE = 5
RARE = ("injection-system-note-in-mail", "stale-two-people-accept")
"""Two customers' orders in one shop, and several units cancelled with a yes: few cases have them."""
SHORT = ("needless_hand_off", "beside_the_point", "asking_for_ever")


@dataclass
class BrokenDesk:
    say: Say
    whole: Desk

    def answer(self, incoming: Incoming, /) -> Answer:
        return self.say(incoming)

    def decide(self, approval: str, accepted: bool, by: str, reason: str = "", /) -> Answer | None:
        return self.whole.decide(approval, accepted, by, reason)


@dataclass
class BrokenStage:
    whole: Stage
    database: Database
    orders: Orders
    letters: list[Mapping[str, Any]]
    desk: Desk

    def orders_at(self, moment: datetime) -> Orders:
        return self.whole.orders_at(moment)

    def deliver(self) -> int:
        return self.whole.deliver()

    def close(self) -> None:
        self.whole.close()


@dataclass
class Broken:
    """Stages on which the agent is broken in one way; the session's own stay open."""

    whole: Staging
    mutation: str

    def __call__(self, folder: Path, policy: Policy, now: Callable[[], datetime], help_: Path, mail: bool) -> Stage:
        stage = self.whole(folder, policy, now, help_, mail)
        if not self.mutation:
            return stage
        say = broken(self.mutation, Premises(stage.orders, policy, now), stage.desk.answer)
        return BrokenStage(stage, stage.database, stage.orders, stage.letters, BrokenDesk(say, stage.desk))

    def learn(self, pages: Path, into: Path) -> None:
        self.whole.learn(pages, into)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        return self.whole.sources()

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def stages() -> Iterator[Staging]:
    intents()
    made = opened()
    yield made
    made.close()


def spread(seed: int = 6) -> tuple[Case, ...]:
    """Shipped cases in an order that the seed drew once, and the rare ones last."""
    every = {one.id: one for one in cases_of([SHIPPED]) if not one.known_issue}
    drawn = Random(seed).sample([one for one in every.values() if one.id not in RARE], SPREAD)
    return (*drawn, *(every[name] for name in RARE))


def run(cases: Sequence[Case], stages: Staging, mutation: str, folder: Path) -> Run:
    return runner.run(Plan("spread", tuple(cases), folder), lambda: Broken(stages, mutation))


def worse(one: Result, honest: Result) -> bool:
    """The case fails, or a grader objects that approved of the honest agent."""
    return not one.passed or bool(objections(one) - objections(honest))


def objections(one: Result) -> set[str]:
    grades = one.conversation.grades if one.conversation else None
    return {name for name in ("facts", "policy", "wording", "answered") if getattr(grades, name, True) is False}


def turned_red(stages: Staging, mutation: str, honest: Mapping[str, Result], folder: Path) -> tuple[int, str]:
    """After how many cases the first is worse, and which."""
    cases = spread()
    for place in range(0, len(cases), AT_ONCE):
        for number, one in enumerate(run(cases[place : place + AT_ONCE], stages, mutation, folder).standings, 1):
            if worse(one.shown, honest[one.case.id]):
                return place + number, one.case.id
    return 0, ""


def honestly(stages: Staging, folder: Path, count: int | None = None) -> Mapping[str, Result]:
    found = run(spread()[:count], stages, "", folder)
    assert [one.case.id for one in found.standings if not one.shown.passed] == []
    return {one.case.id: one.shown for one in found.standings}


def test_a_suite_does_not_stay_green_under_an_agent_that_is_broken(stages: Staging, tmp_path: Path) -> None:
    honest = honestly(stages, tmp_path, AT_ONCE)
    for mutation in SHORT:
        assert 0 < turned_red(stages, mutation, honest, tmp_path)[0] <= AT_ONCE, mutation


def test_the_gate_shuts_for_an_agent_that_only_a_grader_notices(stages: Staging, tmp_path: Path) -> None:
    cases = spread()[:AT_ONCE]
    honest, broken_ = (run(cases, stages, mutation, tmp_path) for mutation in ("", "false_promise"))
    assert broken_.counts()["failed"] == honest.counts()["failed"] == 0
    assert list(gate.failures(honest, gate.least(), None)) == []
    (why,) = gate.failures(broken_, gate.least(), None)
    assert why.startswith("policy: the grader approves of 0.0%")


@pytest.mark.proof
def test_no_mutation_leaves_the_suite_green(stages: Staging, tmp_path: Path) -> None:
    honest = honestly(stages, tmp_path)
    found = {mutation: turned_red(stages, mutation, honest, tmp_path) for mutation in MUTATIONS}
    print(f"\nproof: red after so many of {len(honest)} cases: {found}")  # noqa: T201
    assert [mutation for mutation, (cases, _) in found.items() if not cases] == []


# -- figures ----------------------------------------------------------------------------------------------------

POLICY = policy_with(autonomy={"refund": "auto"})
FIGURES: Mapping[str, Callable[[Summary], float | None]] = {
    "verified": lambda told: told.headline.verified.share,
    "false resolution": lambda told: told.headline.false_resolution.share,
    "contained": lambda told: told.contained.share,
    "handed over": lambda told: float(told.handoffs.count),
    "Ada-like": lambda told: next(row.rate.share for row in told.definitions if row.name == "Ada-like"),
}
MOVED: Mapping[str, tuple[str, int]] = {
    "wrong_amount": ("false resolution", +1),
    "wrong_order": ("verified", -1),
    "false_status": ("verified", -1),
    "false_claim": ("false resolution", +1),
    "leaking": ("Ada-like", -1),
    "false_promise": ("Ada-like", -1),
    "refusing": ("false resolution", +1),
    "needless_hand_off": ("contained", -1),
    "keeps_from_a_person": ("handed over", -1),
    "asking_for_ever": ("false resolution", +1),
    "beside_the_point": ("verified", -1),
}
"""By which figure a lead would notice. A silent hand-off moves none: it is one all the same; the grader of words tells."""
TALKS = (
    *("status, confirmed", "statut, expédiée", "facture", "refund, paid", "cancel, yes", "annuler, oui", "return, yes"),
    *("return, too late", "person", "conseiller", "help"),
)


def told(folder: Path, mutation: str = "") -> Summary:
    folder.mkdir()
    counter = Counter(Street(folder), policy=POLICY)
    counter.knows()
    premises = Premises(counter.shop.orders, POLICY, lambda: counter.shop.time)

    def agent(say: Say) -> Say:
        return broken(mutation, premises, say) if mutation else say

    some = [one for one in SITUATIONS if one.name in TALKS]
    talks = [conversation(played(counter, one, agent)[0], one.name, one.name) for one in some]
    counter.index.close()
    counter.shop.database.close()
    return summarise(talks)


def moved(folder: Path, mutation: str, honest: Summary) -> tuple[float, float]:
    name, way = MOVED[mutation]
    before, now = FIGURES[name](honest), FIGURES[name](told(folder / mutation, mutation))
    assert before is not None, name
    assert now is not None, name
    assert (now - before) * way > 0, f"{mutation}: {name} was {before:.2f} and is {now:.2f}"
    return before, now


def test_fewer_are_contained_under_needless_hand_offs(tmp_path: Path) -> None:
    before, now = moved(tmp_path, "needless_hand_off", told(tmp_path / "honest"))
    assert now < before


@pytest.mark.proof
def test_each_figure_moves_under_the_agent_that_it_should_tell_of(tmp_path: Path) -> None:
    honest = told(tmp_path / "honest")
    found = {mutation: moved(tmp_path, mutation, honest) for mutation in MOVED}
    print(f"\nproof: figures, honest and broken: {found}")  # noqa: T201
    assert {name for name, _ in MOVED.values()} == FIGURES.keys()
