"""The parts of a report that are single conversations, told whole: what was said, known, decided, done, and found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.report.contents import Case, Counterfactual, Difference, Pair
from eval.report.parts import Explained, Field, Note, Part
from eval.report.wording import plain

VERDICTS = {"better": "better", "worse": "worse", "other": "otherwise", "words": "only other words", "same": "the same"}


def worst(cases: Sequence[Case]) -> tuple[Part, ...]:
    return tuple(Explained(one.title or one.id, one.id, tuple(_explained(one))) for one in cases)


def _explained(one: Case) -> Iterator[Field]:
    path = {
        "Message": one.message,
        "Who asks": one.identity,
        "Read as": plain(one.intent),
        "Facts": "\n".join(one.facts),
        "Rule": one.rule,
        "Action": one.action,
        "Reply": one.reply,
    }
    yield from (Field(name, text) for name, text in path.items() if text)
    yield from (Field(f"Came otherwise: {_place(each)}", _against(each)) for each in one.differences)
    yield from (Field(f"Grader: {plain(name)}", text) for name, text in one.why.items())
    if one.known_issue:
        yield Field("Known issue", one.known_issue)
    if one.transcript:
        said = (f"{each.who}: {each.text}" + (f"\n    {each.note}" if each.note else "") for each in one.transcript)
        yield Field("All that was said", "\n".join(said))


def _place(one: Difference) -> str:
    return f"{one.where}, {one.what}" if one.where else one.what


def _against(one: Difference) -> str:
    return f"expected: {one.expected}\ngot: {one.got}"


def pairs(two: Counterfactual) -> Iterator[Part]:
    if not two.pairs:
        yield Note("No ticket came otherwise.")
    for one in two.pairs:
        yield Explained(f"{one.id}: {VERDICTS[one.verdict]}", one.says, tuple(_compared(one, two)))


def _compared(one: Pair, two: Counterfactual) -> Iterator[Field]:
    yield Field("Message", one.message)
    for side, reply, action, money in (
        (two.before, one.before, one.action_before, one.money_before),
        (two.after, one.after, one.action_after, one.money_after),
    ):
        yield Field(f"Reply under {side}", reply)
        if action or money:
            yield Field(f"Action under {side}", f"{action} {money}".strip())
