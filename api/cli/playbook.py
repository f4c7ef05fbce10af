"""`wismo playbook …`: what is done for each intent, read aloud and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.case import Intent
from agent.playbooks import Playbook, PlaybookError, packaged, playbooks, read
from agent.playbooks.check import problems_in
from agent.policy import PolicyError
from api.cli import lines
from api.cli.show import console
from api.wiring import open_house

app = typer.Typer(help="What is done for each intent, read aloud and checked.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Every intent with what its playbook says; the shop's own are marked. Example: `wismo playbook list`"""
    with open_house() as house:
        own = house.policy.playbooks
    table = Table("intent", "says", "proposes", "", box=None, header_style="dim")
    for intent, one in own.items():
        mark = "own" if one != playbooks()[intent] else ""
        table.add_row(intent.value, one.says, ", ".join(one.propose), mark)
    console().print(table)


@app.command()
def show(intent: Annotated[Intent, typer.Argument(help="As `wismo playbook list` names it.")]) -> None:
    """One playbook as the file that it is; copy it to playbooks/INTENT.toml in the home to change it.

    Example: `wismo playbook show cancel_order`
    """
    with open_house() as house:
        own = house.settings.shop_file.parent / "playbooks" / f"{intent}.toml"
    typer.echo((own if own.exists() else packaged(intent)).read_text(encoding="utf-8"), nl=False)


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Playbooks; without one, all that are in use.")] = None,
) -> None:
    """Whether playbooks are right: actions, look-ups, rules, templates in each language, the proof that is needed.

    Exit 1 when one is not. Example: `wismo playbook check .wismo/playbooks/cancel_order.toml`
    """
    try:
        with open_house() as house:
            languages = house.policy.shop.languages
            asked = (
                dict(map(_named, files)) if files else {str(name): one for name, one in house.policy.playbooks.items()}
            )
    except (PlaybookError, PolicyError) as error:
        lines.unusable(str(error))
    wrong = [f"{name}: {problem}" for name, one in asked.items() for problem in problems_in(one, languages)]
    for problem in wrong:
        lines.say(problem)
    lines.say(f"{len(asked)} playbooks looked at, {len(wrong)} to mend")
    raise typer.Exit(1 if wrong else 0)


def _named(file: Path) -> tuple[str, Playbook]:
    try:
        Intent(file.stem)
        return file.stem, read(file)
    except ValueError as error:
        told = (
            str(error)
            if isinstance(error, PlaybookError)
            else f"{file.name}: no intent {file.stem!r}: {', '.join(Intent)}"
        )
        raise PlaybookError(told) from None
    except OSError as error:
        raise PlaybookError(f"cannot read {file}: {error.strerror}") from None
