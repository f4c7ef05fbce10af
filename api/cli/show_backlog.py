"""How items of the inbox and the outbox are shown: without words, names and addresses of customers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from api.cli import lines
from api.cli.show import console
from api.operating.logs import hidden
from connectors import backlog
from connectors.backlog import Box, Count, Handled, Item, State

SAID = {
    State.WAITING: "waits for the next round",
    State.DROPPED: "will not be worked",
    State.DEAD: "was given up",
    State.DONE: "is done",
}
COLOURS = {State.DEAD: "red", State.WAITING: "yellow", State.DONE: "green", State.DROPPED: "dim"}
TOLD = frozenset(
    (
        *("id", "kind", "type", "key", "conversation", "ticket", "transaction", "payment", "order", "refund"),
        *("amount", "currency", "state", "mode", "disposition", "language", "intents", "rules", "approvals"),
        *("action", "status", "tool", "reason", "team", "channel", "at", "written_at", "erased"),
    )
)
"""Names whose values are ids, amounts, states and moments; everything else may be a person's."""


def line(box: Box, one: Item, now: datetime) -> dict[str, Any]:
    """For programs; `do` is the remedy of one that was given up."""
    shown: dict[str, Any] = {
        "id": hidden(one.id),
        "kind": one.kind,
        "state": one.state.value,
        "attempts": one.attempts,
        "since": one.since.isoformat(),
        "due_at": one.due_at.isoformat(),
        "age_seconds": int((now - one.since).total_seconds()),
        "reason": hidden(one.error) if one.error else None,
    }
    return shown | ({"do": backlog.remedy(box, one)} if one.state is State.DEAD else {})


def whole(box: Box, one: Item, now: datetime, history: Sequence[Handled], personal: bool) -> dict[str, Any]:
    body = _body(one.body)
    people = [{"what": h.what, "by": h.by, "reason": h.reason, "at": h.at.isoformat()} for h in history]
    shown = line(box, one, now) | ({"conversation": hidden(one.conversation)} if one.conversation else {})
    return shown | {"people": people, "body": body if personal else without_words(body)}


def count_line(one: Count, now: datetime) -> dict[str, Any]:
    age = int((now - one.oldest).total_seconds())
    return {"kind": one.kind, "state": one.state.value, "number": one.number, "oldest_seconds": age}


def print_counts(box: Box, found: Sequence[Count], now: datetime) -> None:
    if not found:
        return lines.say(EMPTY[box.name])
    table = _table("kind", "state", "number", "oldest")
    for one in sorted(found, key=lambda one: (list(State).index(one.state), one.kind)):
        colour = COLOURS[one.state]
        table.add_row(one.kind, Text(one.state.value, colour), f"{one.number:,}", age(now - one.oldest))
    console().print(table)
    if any(one.state is State.DEAD for one in found):
        lines.say(f"some were given up; why, and what to do: wismo {box.name} list")
    return None


def print_list(box: Box, found: Sequence[Item], now: datetime, limit: int) -> None:
    table = _table("id", "kind", "state", "age", "tries", "next", "why, and what to do")
    for one in found:
        state = Text(one.state.value, COLOURS[one.state])
        due = "" if one.state is not State.WAITING else "now" if one.due_at <= now else f"in {age(one.due_at - now)}"
        table.add_row(hidden(one.id), one.kind, state, age(now - one.since), str(one.attempts), due, _why(box, one))
    console().print(table)
    if len(found) == limit:
        lines.say(f"the first {limit}; more with --limit")


def print_whole(shown: Mapping[str, Any]) -> None:
    out = console()
    for name, value in shown.items():
        if name == "body":
            out.print(Text("body", "dim"))
            out.print(Text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)))
        elif name == "people":
            for one in value:
                out.print(Text.assemble((one["what"], "dim"), f"  {one['at']} by {one['by']}  {one['reason']}"))
        elif value is not None:
            out.print(Text.assemble((name, "dim"), f"  {value}"))


def nothing(box: Box, whole: Sequence[Count]) -> str:
    if not whole:
        return EMPTY[box.name]
    done = sum(one.number for one in whole if one.state is State.DONE)
    return f"nothing of that kind; {done:,} done. Other states: --state done, --state dropped"


def without_words(value: Any, name: str = "") -> Any:
    """The shape of it: ids, amounts, states; of everything else only how much there is."""
    if isinstance(value, Mapping):
        return {hidden(str(key)): without_words(one, str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [without_words(one, name) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if name in TOLD:
        return hidden(value) if isinstance(value, str) else value
    return f"[{len(value)} characters]" if isinstance(value, str) else "[number]"


def age(passed: timedelta) -> str:
    seconds = max(0, int(passed.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


EMPTY = {
    "inbox": "the inbox is empty: no helpdesk has told us of anything yet (what is connected: wismo doctor)",
    "outbox": "the outbox is empty: nothing was to leave yet",
}


def _why(box: Box, one: Item) -> Text:
    if not one.error:
        return Text("")
    told = Text(hidden(one.error))
    return told.append(f"\n→ {backlog.remedy(box, one)}", "bold") if one.state is State.DEAD else told


def _body(kept: Any) -> Any:
    """The inbox keeps the bytes as they came, which need not be JSON."""
    if not isinstance(kept, str):
        return kept
    try:
        return json.loads(kept)
    except ValueError:
        return kept


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
