"""`wismo privacy export|erase|age`: what is held of a person, and away with it."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from api.cli import lines, show
from api.privacy.erasing import Erasure, OpenWork, erase, planned
from api.privacy.exporting import export
from api.privacy.subject import UnknownSubject
from api.wiring import open_house

app = typer.Typer(help="Personal data of a customer: export it, erase it, let it age.", no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="A customer's id or e-mail address.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command("export")
def export_one(
    who: Who, out: Annotated[Path | None, typer.Option(help="A file, readable by its owner only.")] = None
) -> None:
    """Everything that is held of a customer, as one JSON document.

    Example: `wismo privacy export ana@example.com --out ana.json`
    """
    with open_house() as house:
        try:
            held = export(house.database, house.orders, who, house.now(), house.keyed)
        except UnknownSubject as error:
            lines.unusable(str(error))
    written = json.dumps(held, ensure_ascii=False, indent=1)
    if out is None:
        return typer.echo(written)
    draft = out.with_name(f".{out.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(written)
    draft.replace(out)
    return lines.say(f"written to {out}: keep it as carefully as the person would")


@app.command("erase")
def erase_one(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only what would be done is shown.")] = False,
    by: Annotated[str | None, typer.Option(help="Who answers for it; your user name by default.")] = None,
    as_json: Json = False,
) -> None:
    """Erase a customer's personal data from every table and file. It can not be undone; orders stay, without a person.

    Example: `wismo privacy erase ana@example.com --yes`
    """
    with open_house() as house:
        try:
            if not yes:
                plan = planned(house.database, house.orders, who, house.keyed)
                told = ", ".join(f"{count} {what}" for what, count in plan.items())
                return lines.put({"would_erase": plan}) if as_json else lines.say(f"would erase: {told}; do it: --yes")
            home = house.settings.home
            answers_for_it = by or getpass.getuser()
            done = erase(house.database, house.orders, home, who, answers_for_it, house.now(), house.publish_learned)
        except UnknownSubject as error:
            lines.unusable(str(error))
        except OpenWork as error:
            lines.unusable("not yet, for something is unfinished: " + "; ".join(error.what))
    return _told(done, as_json)


@app.command("age")
def let_age(as_json: Json = False) -> None:
    """Take the words out of what is older than `retention.personal_days`; the worker does it by itself.

    Example: `wismo privacy age`
    """
    with open_house() as house:
        aged, days = house.age(), house.policy.retention.personal_days
    if aged is None:
        return lines.say("retention.personal_days is 0: everything is kept")
    if as_json:
        return lines.put({name: getattr(aged, name) for name in ("days", "messages", "letters", "approvals")})
    return lines.say(
        f"older than {days} days: {aged.messages} messages, {aged.letters} letters and {aged.approvals} approvals lost "
        f"their words; {aged.days} days were frozen"
    )


def _told(done: Erasure, as_json: bool) -> None:
    left = [{"where": place.where, "rows": place.rows} for place in done.left]
    if as_json:
        lines.put({"erasure": done.id, "counts": done.counts, "left": left})
    else:
        out = show.console()
        out.print(f"erased ({done.id})")
        for what, count in sorted(done.counts.items()):
            out.print(f"  {count:6} {what}")
        for place in done.left:
            out.print(f"  still found: {place.where} ({place.rows})")
        if not done.left:
            out.print("searched every table and every file: nothing of them is left")
    raise typer.Exit(1 if done.left else 0)
