"""The documentation is checked, not remembered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.graph import diagram
from agent.rulebook import RULES as PATH_RULES
from api.reference import rules_page
from tools.orders.rules import RULES as ORDER_RULES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readmes_picture_of_the_path_is_the_compiled_graph() -> None:
    drawn = re.search(r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert drawn
    assert drawn[1].strip() == diagram().strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_first_screen_of_the_readme_holds_the_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:24])
    assert "make demo" in first_screen
    assert "make test" in first_screen


def test_the_page_of_rules_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rules_page()


def test_every_rule_that_the_code_cites_is_explained_and_every_explained_rule_is_cited() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for room in ("agent", "tools") for path in (ROOT / room).rglob("*.py")
    )
    cited = re.findall(r"[\"']([A-Z]{3}-\d+)[\"']", code)
    explained = {str(rule) for rule in (*PATH_RULES, *ORDER_RULES)}
    assert set(cited) == explained
    assert {rule for rule in explained if cited.count(rule) < 2} == set()
