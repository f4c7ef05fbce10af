"""The pages that the rooms of rules and of orders tell: rule ids, states, commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent import rules as path_rules
from tools.orders import rules
from tools.orders.model import RuleId
from tools.orders.registry import COMMANDS
from tools.orders.states import TRANSITIONS

HEAD = """# Rules

Every decision names the rule that made it: in the answer (`rules`), in the journal, and here. This page is made from
the code by `python -m api.upkeep.reference`; a test fails when it drifts.
"""


def rules_page() -> str:
    parts = [
        HEAD,
        _table("Of the path (agent/rules.py)", path_rules.RULES),
        _table("Of orders (tools/orders/rules.py)", rules.RULES),
    ]
    return "\n".join(parts)


STATES = ("<!-- states: made by python -m api.upkeep.reference -->", "<!-- end of states -->")
LISTED = ("<!-- commands: made by python -m api.upkeep.reference -->", "<!-- end of commands -->")
TITLES = {
    "order": "An order's lifecycle",
    "payment": "A payment",
    "fulfillment_order": "The work of a location",
    "shipment": "A parcel, as its scans tell",
    "return": "A return",
    "refund": "A refund",
    "exchange": "An exchange",
    "claim": "A claim",
}


def orders_page(written: str) -> str:
    """The page with its made parts as the code has them."""
    return _between(_between(written, STATES, "\n".join(_diagrams())), LISTED, _commands())


def _between(text: str, marks: tuple[str, str], made: str) -> str:
    before, _, rest = text.partition(marks[0])
    _, _, after = rest.partition(marks[1])
    return f"{before}{marks[0]}\n\n{made}\n{marks[1]}{after}"


def _diagrams() -> Iterator[str]:
    for kind, table in TRANSITIONS.items():
        targets = {after for following in table.values() for after in following}
        begins = [state for state in table if state not in targets]
        ends = sorted(targets - table.keys())
        arrows = [f"    [*] --> {state}" for state in begins]
        arrows += [f"    {state} --> {after}" for state, following in table.items() for after in sorted(following)]
        arrows += [f"    {state} --> [*]" for state in ends]
        yield "\n".join([f"### {TITLES[kind]}", "", "```mermaid", "stateDiagram-v2", *arrows, "```", ""])


def _commands() -> str:
    rows = (f"| `{name}` | {_says(command.__doc__)} |" for name, command in sorted(COMMANDS.items()))
    return "\n".join(["| command | what it is |", "|---|---|", *rows, ""])


def _says(words: str | None) -> str:
    return " ".join((words or "").split("\n\n")[0].split())


def _table(title: str, listed: Mapping[RuleId, str]) -> str:
    rows = "\n".join(f"| {rule} | {says} |" for rule, says in listed.items())
    return f"## {title}\n\n| id | what it says |\n|---|---|\n{rows}\n"
