"""tau-bench's retail tasks as conversations: Wismo is the agent, a model plays the customer, the final state is scored.

Scored as the benchmark does: every record that the ground truth or the agent may have touched must be as the ground
truth leaves it, and what the task wants told must stand in a reply. A hand-off is the benchmark's transfer and ends the
talk. Otherwise than there, the channel says who the customer is: Wismo believes no name and postcode.
Source: sierra-research/tau-bench and tau2-bench (MIT); their data is no part of Wismo.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.answer import Answer
from agent.brains import BrainError, InvalidOutput
from agent.brains.model.asking import Ask, Model
from agent.brains.model.prompting import Message, prompt, system
from agent.case import Incoming
from eval.metrics.passk import pass_k
from eval.past.intervals import bootstrap
from eval.tau.replay import play
from eval.tau.shop import Base
from eval.tau.tickets import WRITES, Bench, changed_by, plain, tickets
from tools.orders.database import Database

Record = dict[str, Any]
STOP = ("###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###")
MOST_TURNS = 20
GREETING = "Hi! How can I help you today?"
NAMES: Mapping[str, str] = {own: theirs for theirs, own in WRITES.items()} | {"refund": "return_delivered_order_items"}
"""Our actions by the benchmark's names of its tools."""


@dataclass(frozen=True, slots=True)
class Task:
    """`told` are the words that must stand in a reply."""

    number: str
    email: str
    instruction: str
    truth: tuple[tuple[str, Record], ...]
    told: tuple[str, ...] = ()


@dataclass(slots=True)
class Talk:
    """`calls` are what Wismo did, by the benchmark's tool names; `why` is empty for a success."""

    task: str
    trial: int
    turns: list[tuple[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    transferred: bool = False
    why: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.why

    def as_json(self) -> Record:
        return {
            "task": self.task,
            "trial": self.trial,
            "succeeded": self.succeeded,
            "why": self.why,
            "calls": self.calls,
            "transferred": self.transferred,
            "turns": [{"customer": said, "agent": reply} for said, reply in self.turns],
        }


def tasks_of(given: Iterable[Record], users: Mapping[str, Record]) -> Iterator[Task]:
    """Of version 1 (`instruction`) or of version 2 (`user_scenario`)."""
    for number, one in enumerate(given):
        if "instruction" in one:
            truth = tuple((each["name"], each["kwargs"]) for each in one["actions"])
            yield Task(str(number), users[one["user_id"]]["email"], one["instruction"], truth, tuple(one["outputs"]))
        else:
            yield _second(one, users)


def _second(one: Record, users: Mapping[str, Record]) -> Task:
    mail = next(iter(tickets([one], users)))
    told = one["user_scenario"]["instructions"]
    names = ("reason_for_call", "known_info", "unknown_info", "task_instructions")
    said = "\n".join(str(told[name]) for name in names if told.get(name))
    return Task(
        mail.number, mail.email, said, mail.truth, tuple(one["evaluation_criteria"].get("communicate_info") or ())
    )


class Customer:
    """Played by a model through the same API as Wismo's own."""

    def __init__(self, model: Model, task: Task) -> None:
        self._model, self._prompt = model, prompt("customer")
        self._said: list[Message] = [
            system(self._prompt.filled(task=task.instruction)),
            {"role": "user", "content": GREETING},
        ]

    def says(self) -> str:
        """Raises `BrainError`."""
        text = self._model.say(Ask("customer", self._prompt, tuple(self._said))).text.strip()
        if not text:
            raise InvalidOutput("empty", "the customer says nothing")
        self._said.append({"role": "assistant", "content": text})
        return text

    def hears(self, reply: str) -> None:
        self._said.append({"role": "user", "content": reply or "(no answer)"})


def talk(task: Task, trial: int, base: Base, seeded: Path, folder: Path, bench: Bench, model: Model) -> Talk:
    """One try on a fresh copy of the shop."""
    wanted = play(base, seeded, folder / "truth.db", task.truth)
    copy = folder / "talk.db"
    for old in folder.glob("talk.db*"):
        old.unlink()
    shutil.copyfile(seeded, copy)
    database = Database(copy)
    made = Talk(task.number, trial)
    try:
        answers = tuple(_spoken(task, made, Customer(model, task), bench(database).answer))
        state = changed_by(base, database, wanted.changed, answers)
    except BrainError as error:
        made.why = f"the customer's model failed: {error.code}"
        return made
    finally:
        database.close()
    made.calls = [NAMES.get(one["action"], one["action"]) for each in answers for one in each.actions if _done(one)]
    made.calls += ["transfer_to_human_agents"] * made.transferred
    made.why = _why(task, plain(state) == plain(wanted.changed), made)
    return made


def _spoken(task: Task, made: Talk, customer: Customer, answers: Callable[[Incoming], Answer]) -> Iterator[Answer]:
    where = f"tau:{task.number}:{made.trial}"
    for turn in range(MOST_TURNS):
        said = customer.says()
        if any(mark in said for mark in STOP):
            return
        answer = answers(Incoming(f"{where}:{turn}", where, "chat", said, task.email, True))
        made.turns.append((said, answer.reply))
        customer.hears(answer.reply)
        yield answer
        if answer.handoff:
            made.transferred = True
            return


def _done(action: Mapping[str, str]) -> bool:
    return action["status"] == "done"


def _why(task: Task, same: bool, made: Talk) -> str:
    if not same:
        return "handed over" if made.transferred else "another final state"
    said = "\n".join(reply for _, reply in made.turns).lower().replace(",", "")
    missing = [one for one in task.told if one.lower().replace(",", "") not in said]
    return f"not told: {', '.join(missing)}" if missing else ""


def summary(talks: Sequence[Talk], trials: int, seed: int) -> Record:
    """pass^1 … pass^k, each with the 95 % interval of a bootstrap over the tasks."""
    by_task: dict[str, list[bool]] = {}
    for one in talks:
        by_task.setdefault(one.task, []).append(one.succeeded)
    tries = list(by_task.values())
    told: Record = {"tasks": len(tries), "trials": trials}
    for k in range(1, trials + 1):
        values = [value for value in (pass_k([one], k) for one in tries) if value is not None]
        found = bootstrap(values, seed)
        told[f"pass^{k}"] = {"share": pass_k(tries, k), **_interval(found, len(values))}
    return told


def _interval(found: Any, count: int) -> Record:
    return {"low": found.low / count, "high": found.high / count} if count else {}
