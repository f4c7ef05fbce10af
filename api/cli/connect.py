"""`wismo connect VENDOR`: what to do at the helpdesk, what to paste where, and whether it works, asked live."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from api import connecting
from api.checks import Check
from api.cli import lines
from api.connecting import GUIDES, Guide, Unfit
from api.doctor import connection
from api.helpdesks import Vendor, vendor_of
from api.settings import HelpdeskSettings
from api.wiring import open_house

EXAMPLES = """Examples:

`wismo connect zendesk --url https://wismo.your-shop.com`

`wismo connect intercom --check`

`wismo connect freshdesk --url https://wismo.your-shop.com --set base_url=your-shop --no-input`
"""


class Which(StrEnum):
    ZENDESK = "zendesk"
    INTERCOM = "intercom"
    FRESHDESK = "freshdesk"
    SUNSHINE = "sunshine"


def register(app: typer.Typer) -> None:
    app.command("connect", epilog=EXAMPLES)(connect)


def connect(
    vendor: Annotated[Which, typer.Argument(help="The helpdesk; sunshine is Zendesk's messaging.")],
    url: Annotated[
        str, typer.Option(help="Where this Wismo is reached from the internet.", envvar="WISMO_PUBLIC_URL")
    ] = "https://YOUR-HOST",
    check: Annotated[bool, typer.Option("--check", help="Only ask the helpdesk whether it works.")] = False,
    given: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, not asked for; repeatable.")] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing: --set, environment, what is kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result of the check as JSON, for programs.")] = False,
) -> None:
    """Connect a helpdesk step by step: what to click and paste there, what Wismo must know, then a live check.

    What you give is kept in helpdesks.env of the home, readable by its owner only; the environment wins over it.
    Exit code 1 where the check fails.
    """
    chosen = vendor_of(vendor.value)
    assert chosen
    if not check:
        _walk(chosen, GUIDES[vendor.value], url.rstrip("/"), _set(given or [], chosen), no_input)
    with open_house() as house:
        found = connection(house, chosen)
    _tell(found, as_json)
    raise typer.Exit(0 if found.ok and found.asked else 1)


def _set(given: list[str], vendor: Vendor[Any]) -> dict[str, str]:
    """Exit 2 for a name that there is not."""
    pairs = {name: value for name, _, value in (one.partition("=") for one in given)}
    known = list(vendor.settings.model_fields)
    wrong = [name for name in pairs if name not in known]
    if wrong:
        lines.unusable(f"{vendor.channel} has no setting {', '.join(wrong)}; it has {', '.join(known)}")
    return pairs


def _walk(vendor: Vendor[Any], guide: Guide, url: str, given: dict[str, str], no_input: bool) -> None:
    with open_house() as house:
        home, now = house.settings.home, house.connections.given[vendor.channel]
    missing = [name for name in guide.made if not vendor.text(now, name)]
    kept = {name: connecting.fresh() for name in missing} | _fit(given, guide)
    known = {name: kept.get(name) or vendor.text(now, name) for name in ("webhook_secret", "webhook_path")}
    lines.say(f"Connecting {vendor.channel}. At the helpdesk:\n")
    for number, step in enumerate(guide.steps, 1):
        lines.say(f"{number}. {_filled(step, url, vendor.channel, known)}\n")
    if not no_input:
        kept |= _asked(vendor, guide, now, kept)
    if kept:
        path = connecting.keep(home, {connecting.variable(vendor, name): value for name, value in kept.items()})
        lines.say(f"kept in {path}, readable by its owner only")


def _filled(step: str, url: str, channel: str, known: dict[str, str]) -> str:
    """By hand, for the JSON in the steps has braces of its own."""
    for name, value in {"webhook": f"{url}/webhooks/{channel}", **known}.items():
        step = step.replace(f"{{{name}}}", value)
    return step


def _asked(vendor: Vendor[Any], guide: Guide, now: HelpdeskSettings, kept: dict[str, str]) -> dict[str, str]:
    """Enter keeps what is known; a secret is never shown, neither while it is typed nor as a default."""
    answers: dict[str, str] = {}
    for name in guide.asked:
        if name in kept:
            continue
        secret = vendor.is_secret(name)
        before = vendor.text(now, name)
        told = f" ({field})" if (field := vendor.settings.model_fields[name].description) else ""
        shown = "(kept)" if secret and before else before
        said = typer.prompt(f"{name}{told}", default=shown, hide_input=secret, show_default=bool(shown), err=True)
        if said.strip() and said != shown:
            answers |= _fit({name: said}, guide)
    return answers


def _fit(given: dict[str, str], guide: Guide) -> dict[str, str]:
    try:
        return {name: connecting.fit(name, value, guide) for name, value in given.items()}
    except Unfit as error:
        lines.unusable(str(error))


def _tell(found: Check, as_json: bool) -> None:
    if as_json:
        return lines.put({"name": found.name, "ok": found.ok and found.asked, "says": found.says})
    return lines.say(f"{'ok' if found.ok and found.asked else 'no'}  {found.name}: {found.says}")
