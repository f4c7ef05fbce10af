"""Plays one case in a world of its own: a copied empty database, a clock that stands still, its own policy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agent import approvals, conversations
from agent.answer import Answer
from agent.case import ConversationId, Incoming
from agent.policy import Policy
from eval.conversation import Conversation, Grades
from eval.grading import Wanted, Watch, grade
from eval.suite import customers, expecting, shop, state, told
from eval.suite.case import Case, Scripted, Sender, Step
from eval.suite.expecting import Difference
from eval.suite.happening import happen
from eval.suite.scripted import Speaker
from eval.suite.stage import Stage
from eval.world import catalogue

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""A Friday. Every case begins at this moment."""
RULES: Mapping[str, Any] = tomllib.loads((Path(catalogue.__file__).parent / "shop.toml").read_text(encoding="utf-8"))
"""The demo shop's: a case lays its own tables over them."""
CODE = re.compile(r"\b\d{6}\b")
ON_WORDS = frozenset({"must_say", "must_not_say"})
ON_READING = frozenset({"disposition", "handoff", "language", "sent", "intents", "rules", "not_rules", "actions"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript: who, and what; `note` says what came of an agent's turn."""

    who: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one case. `differences` is empty where all was as expected."""

    case: Case
    differences: tuple[Difference, ...]
    transcript: tuple[Line, ...]
    conversation: Conversation
    changed: state.Differences


@dataclass
class World:
    """One case on its stage, while it is played."""

    case: Case
    stage: Stage
    clock: Clock
    random: Random
    watch: Watch
    answers: list[Answer] = field(default_factory=list)
    transcript: list[Line] = field(default_factory=list)
    turns: int = 0
    taken_over: bool = False

    @property
    def conversation(self) -> str:
        return f"case:{self.case.id}"


class Clock:
    """Stands still but for what a case lets pass."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def policy_of(case: Case) -> Policy:
    own = {name: _over(RULES.get(name), given) for name, given in case.shop.policy.items()}
    return Policy.model_validate({**RULES, **own})


def _over(base: Any, own: Any) -> Any:
    return {**base, **own} if isinstance(base, Mapping) and isinstance(own, Mapping) else own


def play(case: Case, stage: Stage, clock: Clock, folder: Path, seed: int, trial: int) -> Played:
    shop.stock(case, clock.time, folder, stage.orders_at)
    _settled(stage)
    before = state.views(stage.database)
    watch = Watch(stage.database, stage.orders, policy_of(case), clock)
    world = World(case, stage, clock, Random(f"{seed}:{case.id}:{trial}"), watch)
    found: list[Difference] = []
    for number, step in enumerate(case.turns, 1):
        found += _turn(world, step, f"turn {number}")
    changed = state.difference(before, state.views(stage.database))
    found += expecting.at_the_end(case.expect, world.answers, changed)
    found += _around(world, changed)
    name, channel = world.conversation, case.channel
    kept = told.conversation(stage.database, name, channel, case.customer, world.taken_over)
    given = grade(watch.evidence(strangers=_strangers(case)))
    kept = replace(kept, grades=graded(given, found))
    return Played(case, tuple(found), tuple(world.transcript), kept, changed)


def graded(given: Grades, found: Sequence[Difference]) -> Grades:
    """The graders' word; of the end state and of the words the case knows more, and objects as well."""
    world = [one for one in found if one.where == "end" and one.what not in ON_WORDS | ON_READING]
    words = [one for one in found if one.what in ON_WORDS]
    told = {name: some[0] for name, some in (("end_state", world), ("wording", words)) if some}
    ends, spoken = given.end_state is not False and not world, given.wording is not False and not words
    settled = {name for name, holds in (("end_state", ends), ("wording", spoken)) if holds}
    why = {name: said for name, said in given.why.items() if name not in settled}
    why |= {name: f"{one.what}: {one.got}" for name, one in told.items()}
    return replace(given, end_state=ends, wording=spoken, why=why)


def _strangers(case: Case) -> Iterator[str]:
    """Names and addresses of everybody in the shop who does not write here."""
    people = {**customers.CUSTOMERS, **{name: one.model_dump() for name, one in case.shop.customers.items()}}
    writing = {case.customer, *(one.sender for one in case.turns if isinstance(one.sender, str))}
    addresses = {one.sender.email for one in case.turns if isinstance(one.sender, Sender)}
    for name, one in people.items():
        if name not in writing and one["email"] not in addresses:
            yield from (one["name"], one["email"])


def _around(world: World, changed: state.Differences) -> Iterator[Difference]:
    """What is asked of the desk rather than of an order; and the books of what was changed must hold in every case."""
    expected, now = world.case.expect, world.clock.time
    with world.stage.database.read() as db:
        waiting = len(approvals.waiting(db, now))
        thread, _ = conversations.load(db, ConversationId(world.conversation))
    if expected.waiting not in (None, waiting):
        yield Difference("end", "waiting", f"{expected.waiting} approvals", str(waiting))
    if expected.with_person not in (None, thread.with_person):
        yield Difference("end", "with_person", str(expected.with_person), str(thread.with_person))
    touched = [one.id for one in world.stage.orders.newest(500) if one.number.lstrip("#") in changed]
    for violation in world.stage.orders.audit(touched).violations if touched else ():
        yield Difference("end", "audit", "sound books", str(violation))


def _turn(world: World, step: Step, where: str) -> Iterator[Difference]:
    world.clock.time += timedelta(**{str(unit): count for unit, count in step.after.items()})
    if step.customer:
        yield from _scripted(world, step, step.customer, where)
    elif step.say is not None:
        wanted = [Wanted(one) for one in step.expect.intents or ()]
        yield from expecting.of_turn(step.expect, _says(world, step, step.say, wanted), where)
    elif step.approve is not None or step.reject is not None:
        yield from _decided(world, step, where)
    elif step.happens:
        said = happen(world.stage.orders, step.happens, where, world.clock.time)
        world.transcript.append(Line("shop", f"{step.happens.order}: {step.happens.what}", said))
    else:
        _take_over(world)


def _scripted(world: World, step: Step, script: Scripted, where: str) -> Iterator[Difference]:
    """What is expected of the turn is expected of the last answer."""
    speaker = Speaker(script, world.random)
    text: str | None = speaker.opens()
    while text is not None:
        answer = _says(world, step, text)
        text = speaker.reacts(answer)
    yield from expecting.of_turn(step.expect, answer, where)


def _says(world: World, step: Step, text: str, wanted: Sequence[Wanted] = ()) -> Answer:
    """`again`: the same message delivered once more, as helpdesks do; it is no turn of its own."""
    again, say = step.again and world.turns > 0, world.stage.desk.answer
    world.turns += not again
    incoming = _incoming(world, step, text)
    answer = say(incoming) if again else world.watch.says(say, incoming, wanted)
    world.transcript.append(Line("customer", text))
    return _kept(world, answer)


def _incoming(world: World, step: Step, text: str) -> Incoming:
    sender = _sender(world.case, step.sender)
    return Incoming(
        f"{world.conversation}:{world.turns}",
        world.conversation,
        step.channel or world.case.channel,
        text.replace("{code}", _code(world)),
        sender.email,
        sender.verified,
        step.subject,
        stranger=sender.stranger,
    )


def _kept(world: World, answer: Answer) -> Answer:
    _settled(world.stage)
    world.answers.append(answer)
    ended = ", ".join(f"{one['intent']} {one['disposition']} {one['rule']}" for one in answer.requests)
    world.transcript.append(Line("agent", answer.reply, f"{ended} ({answer.mode})"))
    return answer


def _settled(stage: Stage) -> None:
    """The sandbox providers have answered."""
    while stage.deliver():
        pass


def _code(world: World) -> str:
    """The one-time code of the newest letter, as its reader would copy it."""
    found = [code for letter in world.stage.letters for code in CODE.findall(str(letter))]
    return found[-1] if found else "no code came"


def _sender(case: Case, given: Sender | str | None) -> Sender:
    """A customer's name stands for their proven address."""
    if isinstance(given, Sender):
        return given
    name = given or case.customer
    own = case.shop.customers.get(name)
    return Sender(email=own.email if own else customers.CUSTOMERS[name]["email"])


def _decided(world: World, step: Step, where: str) -> Iterator[Difference]:
    """A person's word on what waits: the oldest first. By `approve: NAME`, or `reject: REASON`."""
    with world.stage.database.read() as db:
        waiting = approvals.waiting(db, world.clock.time)
    if not waiting:
        yield Difference(where, "approval", "one that waits", "none waits")
        return
    accepted = step.approve is not None
    by = step.approve if step.approve else "lead"
    approval, decide = str(waiting[0].id), world.stage.desk.decide
    answer = world.watch.decides(lambda: decide(approval, accepted, by, step.reject or ""))
    world.transcript.append(Line("person", f"{by} {'accepts' if accepted else 'rejects'} {waiting[0].quote.action}"))
    if answer is not None:
        yield from expecting.of_turn(step.expect, _kept(world, answer), where)


def _take_over(world: World) -> None:
    """As the helpdesk would tell it: from now on the conversation is a person's."""
    name = ConversationId(world.conversation)
    with world.stage.database.write() as db:
        thread, language = conversations.load(db, name)
        taken = replace(thread, with_person=True)
        conversations.save(db, name, world.case.channel, language or "en", taken, world.clock.time)
    world.taken_over = True
    world.transcript.append(Line("person", "takes over"))
