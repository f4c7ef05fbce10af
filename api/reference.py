"""Documentation that is made from the code: the rules by id. `python -m api.reference` writes it; a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent import rulebook
from tools.orders import rules
from tools.orders.model import RuleId

HEAD = """# Rules

Every decision names the rule that made it: in the answer (`rules`), in the journal, and here. This page is made from
the code by `python -m api.reference`; a test fails when it drifts.
"""


def rules_page() -> str:
    parts = [
        HEAD,
        _table("Of the path (agent/rulebook.py)", rulebook.RULES),
        _table("Of orders (tools/orders/rules.py)", rules.RULES),
    ]
    return "\n".join(parts)


def _table(title: str, listed: Mapping[RuleId, str]) -> str:
    rows = "\n".join(f"| {rule} | {says} |" for rule, says in listed.items())
    return f"## {title}\n\n| id | what it says |\n|---|---|\n{rows}\n"


def main() -> None:
    Path("docs/rules.md").write_text(rules_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
