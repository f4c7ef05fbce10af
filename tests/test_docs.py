"""The documentation is checked, not remembered."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from agent.graph import diagram
from agent.policy import Policy, default_text
from agent.rules import RULES as PATH_RULES
from api.cli import app
from api.connected.connecting import RULE, TRIGGER
from api.connected.helpdesks import VENDORS
from api.settings import ModelSettings, Settings
from api.upkeep.reference import PAGES as MADE_PAGES
from api.upkeep.reference import commands, variables
from api.upkeep.supply import LICENCES
from tools.orders.rules import RULES as ORDER_RULES
from tools.orders.states import TRANSITIONS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


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


@pytest.mark.parametrize("name", MADE_PAGES)
def test_a_page_that_is_made_from_the_code_is_what_the_code_says(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == MADE_PAGES[name](written), "run: python -m api.upkeep.reference"


def test_every_transition_table_of_the_order_core_is_drawn() -> None:
    written = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
    assert written.count("stateDiagram-v2") == len(TRANSITIONS)


def test_every_key_of_shop_toml_and_every_setting_says_what_it_is() -> None:
    for name in ("shop-toml.md", "settings.md"):
        rows = re.findall(r"(?m)^\| (`.*) \|$", (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8"))
        assert [row for row in rows if not re.split(r" \| ", row)[3].strip()] == []


def test_every_option_of_the_command_line_says_what_it_is() -> None:
    every = list(commands.every(typer.main.get_command(app)))
    assert [path for path, one in every if not one.help] == []
    assert [(path, one.name) for path, command in every for one in command.params if not getattr(one, "help", "")] == []


def test_the_settings_that_the_documentation_names_are_read_by_the_code() -> None:
    own = {"WISMO_TEST_ORDERS_ON", "WISMO_TEST_POSTGRES", "WISMO_CHAOS", "WISMO_FAULT", "WISMO_FAVA"}
    for page in PAGES:
        named = re.findall(r"\bWISMO_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", page.read_text(encoding="utf-8"))
        assert set(named) - variables.names() - own == set(), page.name


def test_every_rule_that_the_code_cites_is_explained_and_every_explained_rule_is_cited() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for room in ("agent", "tools", "api") for path in (ROOT / room).rglob("*.py")
    )
    cited = re.findall(r"[\"']([A-Z]{3}-\d+)[\"']", code)
    explained = {str(rule) for rule in (*PATH_RULES, *ORDER_RULES)}
    assert set(cited) - set(LICENCES) == explained
    assert {rule for rule in explained if cited.count(rule) < 2} == set()


def test_every_command_in_the_documentation_exists() -> None:
    known = typer.main.get_command(app)
    assert isinstance(known, typer.core.TyperGroup)
    for page in PAGES:
        for words in re.findall(r"(?m)^(?:\.venv/bin/)?wismo ([a-z][a-z -]*)", page.read_text(encoding="utf-8")):
            first, *rest = words.split()
            command = known.commands[first]
            if isinstance(command, typer.core.TyperGroup):
                alone = command.invoke_without_command and (not rest or rest[0].startswith("-"))
                assert alone or rest[0] in command.commands, words


def test_every_make_target_in_the_documentation_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {target for page in PAGES for target in re.findall(r"`?make ([a-z]+)`?", page.read_text(encoding="utf-8"))}
    assert named & {"demo", "test", "setup"} <= targets


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    helpdesks: list[tuple[type[BaseSettings], str]] = [
        (one.settings, f"WISMO_{one.channel.upper()}_") for one in VENDORS
    ]
    tables: list[tuple[type[BaseSettings], str]] = [(Settings, "WISMO_"), (ModelSettings, "WISMO_LLM_"), *helpdesks]
    for table, prefix in tables:
        missing = [name for name in table.model_fields if f"{prefix}{name.upper()}" not in text]
        assert missing == []


def test_what_is_pasted_at_a_helpdesk_is_the_same_in_the_documentation_and_in_the_command() -> None:
    text = (ROOT / "docs" / "helpdesks.md").read_text(encoding="utf-8")
    assert TRIGGER in text
    assert RULE in text


def test_the_default_shop_toml_says_the_defaults() -> None:
    written, built_in = Policy.model_validate(tomllib.loads(default_text())), Policy()
    for table in Policy.model_fields:
        one, other = getattr(written, table), getattr(built_in, table)
        names = type(one).model_fields if isinstance(one, BaseModel) else ()
        said = [getattr(one, name) for name in names] or one
        assert said == ([getattr(other, name) for name in names] or other), table
