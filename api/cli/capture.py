"""`wismo orders capture` and `wismo orders despatch`: orders that come as files, and what partners are answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli import lines
from api.cli.order_input import Json, Number, found_order
from api.cli.show import timed_bar
from api.wiring import House, open_house
from connectors.capture import Captured, CaptureError, Verdict, files, marketplace, x12, x12_orders
from connectors.capture.take import Taken, take
from connectors.capture.x12 import Envelope, Interchange
from connectors.capture.x12_orders import Sent
from tools.orders.tracking import kept

Out = Annotated[Path | None, typer.Option("--out", help="Folder for the answers; default: outgoing-edi in the home.")]


def register(app: typer.Typer) -> None:
    app.command("capture")(capture)
    app.command("despatch")(despatch)


def capture(
    file: Annotated[Path, typer.Argument(help="X12 850, EDIFACT ORDERS, or a marketplace's table (CSV).")],
    mapping: Annotated[Path | None, typer.Option(help="TOML: whose columns a table has; see docs/capture.md.")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Orders that come as a file; each line accepted, held or rejected, with its reasons.

    The same file again changes nothing. X12 is answered by a 997 and an 855. Example: `wismo orders capture po.x12`
    """
    try:
        how = marketplace.mapping(mapping)
        text = files.text_of(file, how.encoding)
        interchange = x12.read(text) if x12.is_one(text) else None
        sent = list(x12_orders.orders(interchange)) if interchange else []
        found = [one.order for one in sent] if interchange else files.orders(text, how)
    except CaptureError as error:
        lines.unusable(f"{file}: {error}; nothing was taken")
    with open_house() as house:
        told = list(_shown(house, found, as_json))
        if interchange:
            _answered(house, interchange, list(zip(sent, told, strict=True)), out)
    lines.say(_summary(told))
    raise typer.Exit(0 if all(one.verdict is not Verdict.REJECTED for one in told) else 1)


def despatch(
    number: Number,
    partner: Annotated[str, typer.Option(help="Who it is for, as qualifier:id of their ISA, like ZZ:ACME.")],
    us: Annotated[str, typer.Option(help="Who we are, likewise.")] = "ZZ:WISMO",
    out: Out = None,
) -> None:
    """The despatch advice (X12 856) of each parcel, with the SSCC of its label.

    Example: `wismo orders despatch ACME-1 --partner ZZ:ACME`
    """
    envelope = Envelope(_party(us, "--us"), _party(partner, "--partner"), "1")
    with open_house() as house:
        order = found_order(house, number)
        if not order.shipments:
            lines.unusable(f"{order.number} has no parcel yet; see: wismo orders ship")
        issued = {kept(one["tracking"]): one["sscc"] for one in house.orders.labels(order.id) if not one["void"]}
        for at, parcel in enumerate(order.shipments, 1):
            sscc = issued.get(parcel.tracking_number, "")
            text = x12_orders.despatch(order, parcel, envelope, house.now(), sscc)
            _written(house, out, f"856-{order.number}-{at}.x12", text)


def _shown(house: House, found: Sequence[Captured], as_json: bool) -> Iterator[Taken]:
    with timed_bar() as bar:
        task = bar.add_task("orders", total=len(found))
        for one in take(house.orders, found):
            bar.advance(task)
            if as_json:
                lines.put(asdict(one) | {"verdict": one.verdict})
            elif one.verdict is not Verdict.ACCEPTED:
                _told(one)
            yield one


def _told(one: Taken) -> None:
    lines.say(f"{one.number} ({one.place}): {one.verdict}")
    for line in one.lines:
        lines.say(f"  line {line.place} {line.sku}: {line.verdict}{''.join(f'; {why}' for why in line.reasons)}")


def _summary(told: Sequence[Taken]) -> str:
    counts = [f"{sum(one.verdict is verdict for one in told)} {verdict}" for verdict in Verdict]
    return f"{len(told)} orders: {', '.join(counts)}"


def _answered(house: House, read: Interchange, pairs: Sequence[tuple[Sent, Taken]], out: Path | None) -> None:
    control, at = x12.clean(read.envelope.control), house.now()
    _written(house, out, f"997-{control}.x12", x12_orders.acknowledgement(read, at))
    if pairs:
        _written(house, out, f"855-{control}.x12", x12_orders.answers(read, pairs, at))


def _written(house: House, out: Path | None, name: str, text: str) -> None:
    folder = out or house.settings.home / "outgoing-edi"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "".join(char if char.isalnum() or char in "-._" else "_" for char in name)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        lines.unusable(f"cannot write {folder}: {error.strerror}")
    lines.say(f"written: {path}")


def _party(given: str, option: str) -> tuple[str, str]:
    qualifier, _, name = given.partition(":")
    if len(qualifier) != 2 or not 2 <= len(name) <= 15:
        lines.unusable(f"{option} {given}: write qualifier:id, like ZZ:ACME")
    return qualifier, name
