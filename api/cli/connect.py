"""`wismo connect WHOM`: what to do there, what to paste where, and whether it works, asked live."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import lines
from api.connected import connecting
from api.connected.connecting import GUIDES, Guide, Unfit
from api.connected.partners import Partner, partner
from api.operating.checks import Check
from api.wiring import open_house
from connectors.errors import ConnectorError

EXAMPLES = """Examples:

`wismo connect zendesk --url https://wismo.your-shop.com`

`wismo connect shopify --url https://wismo.your-shop.com --set url=your-shop`

`wismo connect intercom --check`

`wismo connect erp --check` (a system of shop.toml's [connectors])

`wismo connect freshdesk --url https://wismo.your-shop.com --set base_url=your-shop --no-input`
"""


def register(app: typer.Typer) -> None:
    app.command("connect", epilog=EXAMPLES)(connect)


def connect(
    whom: Annotated[
        str, typer.Argument(help=f"{', '.join(GUIDES)}, or a name of shop.toml's [connectors]; sunshine is Zendesk's.")
    ],
    url: Annotated[
        str, typer.Option(help="Where this Wismo is reached from the internet.", envvar="WISMO_PUBLIC_URL")
    ] = "https://YOUR-HOST",
    check: Annotated[bool, typer.Option("--check", help="Only ask it whether it works.")] = False,
    given: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, not asked for; repeatable.")] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing: --set, environment, what is kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result of the check as JSON, for programs.")] = False,
) -> None:
    """Connect a helpdesk, shop, payment provider or other system: what to click and paste there, then a live check.

    What you give is kept in helpdesks.env of the home, readable by its owner only; the environment wins over it.
    Exit code 1 where the check fails.
    """
    address = url.rstrip("/")
    if not check:
        _walk(whom, address, given or [], no_input)
    with open_house() as house:
        chosen = partner(house, whom) or _unknown(whom, list(house.policy.connectors))
        found = chosen.check(house)
        works = found.ok and found.asked
        _tell(found, as_json)
        if works and chosen.after and not check:
            try:
                for line in chosen.after(house, address):
                    lines.say(line)
            except ConnectorError as error:
                works = False
                lines.say(f"no  {whom}: {error}")
    raise typer.Exit(0 if works else 1)


def _unknown(whom: str, declared: list[str]) -> Partner:
    known = ", ".join((*GUIDES, *declared))
    lines.unusable(f"nobody is called {whom}; there are {known}; others: [connectors.{whom}] in shop.toml")


def _set(given: list[str], chosen: Partner) -> dict[str, str]:
    """Exit 2 for a name that there is not."""
    pairs = {name: value for name, _, value in (one.partition("=") for one in given)}
    wrong = [name for name in pairs if name not in chosen.settings]
    if wrong:
        lines.unusable(f"{chosen.name} has no setting {', '.join(wrong)}; it has {', '.join(chosen.settings)}")
    return pairs


def _walk(whom: str, url: str, given: list[str], no_input: bool) -> None:
    with open_house() as house:
        home = house.settings.home
        chosen = partner(house, whom) or _unknown(whom, list(house.policy.connectors))
    missing = [name for name in chosen.guide.made if not chosen.settings[name].now]
    kept = {name: connecting.fresh() for name in missing} | _fit(_set(given, chosen), chosen.guide)
    lines.say(f"Connecting {chosen.name}. At {chosen.where}:\n")
    for number, step in enumerate(chosen.guide.steps, 1):
        lines.say(f"{number}. {_filled(step, url, chosen, kept)}\n")
    if not no_input:
        kept |= _asked(chosen, kept)
    if kept:
        path = connecting.keep(home, {chosen.settings[name].variable: value for name, value in kept.items()})
        lines.say(f"kept in {path}, readable by its owner only")


def _filled(step: str, url: str, chosen: Partner, kept: dict[str, str]) -> str:
    """By hand, for the JSON in the steps has braces of its own."""
    known = {"webhook": f"{url}{chosen.webhook}"}
    for name in chosen.guide.made:
        known[name] = kept.get(name) or chosen.settings[name].now
    for name, value in known.items():
        step = step.replace(f"{{{name}}}", value)
    return step


def _asked(chosen: Partner, kept: dict[str, str]) -> dict[str, str]:
    """Enter keeps what is known; a secret is never shown, neither while it is typed nor as a default."""
    answers: dict[str, str] = {}
    for name in chosen.guide.asked:
        if name in kept:
            continue
        one = chosen.settings[name]
        told = f" ({one.says})" if one.says else ""
        shown = "(kept)" if one.secret and one.now else one.now
        said = typer.prompt(f"{name}{told}", default=shown, hide_input=one.secret, show_default=bool(shown), err=True)
        if said.strip() and said != shown:
            answers |= _fit({name: said}, chosen.guide)
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
