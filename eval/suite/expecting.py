"""What was expected of a turn or of a case against what came: each difference in words. Graders are elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.answer import Answer
from eval.suite.case import ActionOf, Expected, Outcome, pattern_of
from eval.suite.state import Differences


@dataclass(frozen=True, slots=True)
class Difference:
    """`where` is `turn 2` or `end`."""

    where: str
    what: str
    expected: str
    got: str


def of_turn(expected: Expected, answer: Answer, where: str) -> Iterator[Difference]:
    yield from _of_answer(expected, answer, where)
    for missing in (one for one in expected.must_say if not pattern_of(one).search(answer.reply)):
        yield Difference(where, "must_say", missing, answer.reply)
    for said in (one for one in expected.must_not_say if pattern_of(one).search(answer.reply)):
        yield Difference(where, "must_not_say", f"not: {said}", answer.reply)


def _of_answer(expected: Expected, answer: Answer, where: str) -> Iterator[Difference]:
    for what, wanted, got in _values(expected, answer):
        if wanted and got not in wanted:
            yield Difference(where, what, " or ".join(map(str, wanted)), str(got))
    if expected.intents is not None and set(expected.intents) != set(answer.intents):
        yield Difference(where, "intents", _listed(expected.intents), _listed(answer.intents))
    if not set(expected.rules) <= set(answer.rules):
        yield Difference(where, "rules", _listed(expected.rules), _listed(answer.rules))
    if set(expected.not_rules) & set(answer.rules):
        yield Difference(where, "not_rules", _listed(expected.not_rules), _listed(answer.rules))
    if expected.actions is not None and not _same_actions(expected.actions, answer.actions):
        yield Difference(where, "actions", _wanted(expected.actions), _done(answer.actions))


def _values(expected: Expected, answer: Answer) -> Iterator[tuple[str, Sequence[object], object]]:
    """What was expected (any of them, nothing: not looked at) and what came."""
    yield "disposition", expected.disposition, answer.disposition
    yield "handoff", expected.handoff, answer.handoff["reason"] if answer.handoff else "none"
    yield "language", [expected.language] if expected.language else [], answer.language
    yield "sent", [] if expected.sent is None else [expected.sent], answer.mode == "sent"


def at_the_end(expected: Outcome, answers: Sequence[Answer], changed: Differences) -> Iterator[Difference]:
    replies = "\n\n".join(one.reply for one in answers)
    if answers:
        yield from _of_answer(expected, answers[-1], "end")
    for missing in (one for one in expected.must_say if not pattern_of(one).search(replies)):
        yield Difference("end", "must_say", missing, "no reply says it")
    for said in (one for one in expected.must_not_say if pattern_of(one).search(replies)):
        yield Difference("end", "must_not_say", f"not: {said}", "a reply says it")
    yield from _of_world(expected, changed)


def _of_world(expected: Outcome, changed: Differences) -> Iterator[Difference]:
    wanted = {order.lstrip("#"): fields for order, fields in expected.end_state.items()}
    for order in sorted({*wanted, *changed}):
        fields, came = wanted.get(order, {}), changed.get(order, {})
        for name in sorted({*fields, *came}):
            if fields.get(name) != came.get(name):
                yield Difference("end", f"{order} {name}", _moved(fields.get(name)), _moved(came.get(name)))


def _same_actions(expected: Sequence[ActionOf], got: Sequence[dict[str, str]]) -> bool:
    left = list(got)
    for one in expected:
        found = next((each for each in left if _fits(one, each)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _fits(wanted: ActionOf, got: dict[str, str]) -> bool:
    return (
        wanted.action == got["action"]
        and (wanted.order is None or wanted.order.lstrip("#") == got["order_id"].lstrip("#"))
        and wanted.status in {None, got["status"]}
        and wanted.amount in {None, got["amount"]}
    )


def _wanted(actions: Sequence[ActionOf]) -> str:
    return _listed(" ".join(filter(None, (one.action, one.order, one.amount, one.status))) for one in actions)


def _done(actions: Sequence[dict[str, str]]) -> str:
    return _listed(f"{one['action']} {one['order_id']} {one['amount']} {one['status']}" for one in actions)


def _moved(pair: tuple[str, str] | None) -> str:
    return f"{pair[0]} -> {pair[1]}" if pair else "unchanged"


def _listed(words: Iterable[object]) -> str:
    return ", ".join(map(str, words)) or "none"
