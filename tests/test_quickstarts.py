"""Every command of the quickstarts is run in an empty home, in order, or says beside itself why it is not."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desks import intents

EVERY = sorted((Path(__file__).parent.parent / "docs" / "quickstart").glob("*.md"))
PAGES = [page for page in EVERY if page.stem != "first-hour"]
"""What the first hour says to type needs a shop's own files: tests/api/test_init.py does that."""
CODES = {"exits 1": {1}, "exits 0 or 1": {0, 1}}


def commands(page: Path) -> list[tuple[str, str]]:
    """(command, what is said beside it) of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [(line.partition("  #")[0].strip(), line.partition("# ")[2].strip()) for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_quickstart_says_to_type_works_in_an_empty_home(page: Path, tmp_path: Path) -> None:
    intents()
    own = {name: value for name, value in os.environ.items() if not name.startswith("WISMO_")}
    settings = {**own, "WISMO_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path(__file__).parent.parent)}
    ran = 0
    for command, said in commands(page):
        if said.startswith("not run"):
            continue
        words = shlex.split(command)
        if words[0] == "export":
            settings |= dict(pair.split("=", 1) for pair in words[1:])
            continue
        assert words[0] == "wismo", command
        arguments = [sys.executable, "-m", "api.cli", *words[1:]]
        done = subprocess.run(arguments, env=settings, cwd=tmp_path, capture_output=True, text=True, check=False)
        wanted = next((codes for start, codes in CODES.items() if said.startswith(start)), {0})
        assert done.returncode in wanted, (command, done.stderr)
        assert "Traceback" not in done.stderr, (command, done.stderr)
        ran += 1
    assert ran


def test_the_five_quickstarts_are_a_page_each() -> None:
    assert [page.stem for page in PAGES] == ["intercom", "model", "postgresql", "widget", "zendesk"]
    assert [page.stem for page in PAGES if len(page.read_text(encoding="utf-8").splitlines()) > 60] == []
