"""`wismo mirror`: the shop's own orders into the core, and what changed since; it goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from api.cli import lines
from api.cli.order_input import Json
from api.cli.show import timed_bar
from api.connected.buying import Buying
from api.wiring import open_house
from connectors.errors import ConnectorError
from connectors.shops.mirror import Mirrored


def register(app: typer.Typer) -> None:
    app.command("mirror")(mirror)


def mirror(
    from_start: Annotated[bool, typer.Option("--from-start", help="Every order, not only what changed since.")] = False,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="Every order by one file of Shopify's: faster for a first load.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The connected shop's orders into Wismo, each once; run it again after an interruption. Example: `wismo mirror`"""
    with open_house() as house, timed_bar() as bar:
        if house.buying.mirror is None:
            lines.unusable("no shop is connected; set WISMO_SHOPIFY_URL and its secret, see docs/commerce.md")
        task = bar.add_task("orders", total=None)
        try:
            made = _made(house.buying, bulk, from_start, lambda seen: bar.update(task, completed=seen))
        except ConnectorError as error:
            bar.stop()
            lines.unusable(f"{error}; what was taken stays, run it again to go on")
    for one in (*made.conflicts, *made.quarantined):
        lines.say(f"for a person: {one}")
    if as_json:
        lines.put(asdict(made))
    else:
        lines.say(f"{made.created} orders created, {made.merged} merged, {made.unchanged} unchanged")
    raise typer.Exit(1 if made.quarantined else 0)


def _made(buying: Buying, bulk: bool, from_start: bool, progress: Callable[[int], None]) -> Mirrored:
    assert buying.mirror
    if not bulk:
        return buying.mirror.run(progress, from_start=from_start)
    with buying.bulk() as file:
        return buying.mirror.at_once(file, progress)
