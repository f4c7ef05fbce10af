"""The table of contents of the command line: whole, true, and cheap to read."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from api.cli import app, contents
from api.cli.contents import COMMANDS, loaded

CLI = Path(contents.__file__).parent


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_table_says_and_has_help_of_its_own(name: str) -> None:
    command = loaded(name)
    assert command.name == name
    assert command.help


def test_no_command_is_missing_from_the_table() -> None:
    """Whatever a module registers at the top is told in `wismo --help`."""
    families = {module for place in COMMANDS.values() for module in place.more}
    for module in {place.module for place in COMMANDS.values() if place.family is None} - families:
        alone = typer.Typer()
        import_module(f"api.cli.{module}").register(alone)
        assert set(typer.main.get_group(alone).commands) <= set(COMMANDS), module


def test_a_command_that_there_is_not_is_told_so() -> None:
    known = typer.main.get_command(app)
    assert isinstance(known, contents.Contents)
    assert known.get_command(None, "nothing") is None
    assert list(known.commands) == list(COMMANDS)


def test_the_help_loads_no_command_and_nothing_heavy() -> None:
    ask = "import sys; sys.argv = ['wismo', '--help']; from api.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    told = "print(sorted({'langgraph', 'openai', 'sqlalchemy', 'fastapi', 'numpy', 'api.wiring'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", ask + told], capture_output=True, text=True, check=True, cwd=CLI.parents[1]
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Running it" in done.stdout
