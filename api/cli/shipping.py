"""`wismo orders label`: what carriers take, a parcel's numbers, and its label as PDF and ZPL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli import lines
from api.cli.order_commands import run_command
from api.cli.order_input import PERSON, Json, Number, found_order
from api.cli.show_orders import refused
from api.connected.commerce import ShippingSettings
from api.wiring import House, open_house
from connectors.carriers import labels, rates
from connectors.carriers.labels import Label
from connectors.carriers.rates import Rate, RatesError
from tools.orders import addresses
from tools.orders.actions.labels import IssueLabel, VoidLabel
from tools.orders.commands import Refusal
from tools.orders.model import Order

GUESS = 500


def register(app: typer.Typer) -> None:
    app.command("label")(label)
    app.command("void-label")(void_label)


def label(
    number: Number,
    grams: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="What the parcel weighs; default: its units and the box.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only this service; default: the cheapest.")] = None,
    tracking: Annotated[str | None, typer.Option(help="The carrier's number, where it gave one.")] = None,
    ship: Annotated[bool, typer.Option("--ship", help="Send what is in hand under this number.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files; default: labels in the home.")] = None,
    as_json: Json = False,
) -> None:
    """A parcel's label as PDF and ZPL, by the cheapest carrier. Example: `wismo orders label 1001 --grams 700`

    The table of rates is rates.csv in the home, else the sandbox carriers'.
    """
    with open_house() as house:
        order = found_order(house, number)
        weight = grams or _weight(house, order)
        rate = _rate(house, order, weight, service)
        made = _issued(house, order, rate, weight, tracking, as_json)
        files = _written(house, made, out)
    _tell(rate, made, files, as_json)
    if ship:
        _sent(order, made, as_json)


def void_label(
    number: Number,
    sscc: Annotated[str | None, typer.Option(help="Which one; default: the newest that was not used.")] = None,
    as_json: Json = False,
) -> None:
    """A label that is not used: nothing is sent under it, its files go. Example: `wismo orders void-label 1001`"""
    with open_house() as house:
        order = found_order(house, number)
        wanted = VoidLabel(order_id=order.id, sscc=sscc)
        answer = house.orders.do(wanted, key=f"void:{order.id}:{order.version}", actor=PERSON)
        if isinstance(answer, Refusal):
            refused(answer.ruling, as_json)
        for kind in ("pdf", "zpl"):
            (house.settings.home / "labels" / f"{answer.result['sscc']}.{kind}").unlink(missing_ok=True)
    if as_json:
        lines.put(dict(answer.result))
    else:
        typer.echo(f"void: {answer.result['sscc']}, {answer.result['tracking']}")


def _tell(rate: Rate, made: Label, files: list[str], as_json: bool) -> None:
    told = {
        "carrier": rate.carrier,
        "service": rate.service,
        "price": str(rate.price.minor),
        "days": rate.days,
        "grams": made.grams,
        "currency": rate.price.currency,
        "tracking": made.tracking,
        "sscc": made.sscc,
        "files": files,
    }
    if as_json:
        lines.put(told)
        return
    for name, value in told.items():
        typer.echo(f"{name}: {' '.join(value) if isinstance(value, list) else value}")


def _sent(order: Order, made: Label, as_json: bool) -> None:
    """Under the label's number; the warehouse's work is begun first where it has not."""
    if any(one.state == "open" for one in order.work):
        run_command("start_fulfilment", {"order_id": order.id}, f"label:{made.sscc}:start", as_json)
    body = {"order_id": order.id, "tracking": made.tracking, "carrier": made.carrier}
    run_command("ship_order", body, f"label:{made.sscc}:ship", as_json)


def _weight(house: House, order: Order) -> int:
    """Of what is still to be sent, with its box; a guess is told as one."""
    units = {line.sku: 0 for line in order.lines if line.open}
    for line in order.lines:
        if line.open:
            units[line.sku] += line.open
    known = house.orders.grams(units)
    unknown = [sku for sku in units if not known.get(sku)]
    if unknown or not units:
        if unknown:
            lines.say(f"what {', '.join(unknown)} weighs is not known: {GUESS} g are reckoned with; give --grams")
        return GUESS
    return sum((known[sku] or 0) * count for sku, count in units.items()) + ShippingSettings().packaging_grams


def _rate(house: House, order: Order, grams: int, service: str | None) -> Rate:
    country = addresses.country_code(order.address.country)
    try:
        found = rates.offers(rates.table(house.settings.home / "rates.csv"), country, grams, service)
    except RatesError as error:
        lines.unusable(str(error))
    return found[0] if found else lines.unusable(f"nobody carries {grams} g to {country}; add a row to rates.csv")


def _issued(house: House, order: Order, rate: Rate, grams: int, tracking: str | None, as_json: bool) -> Label:
    given = ShippingSettings()
    wanted = IssueLabel(
        order_id=order.id,
        carrier=rate.carrier,
        service=rate.service,
        price=rate.price.minor,
        currency=rate.price.currency,
        grams=grams,
        company_prefix=given.gs1_prefix,
        tracking=tracking,
    )
    count = sum(one.type == "shipment.label_created" for one in house.orders.events(order.id))
    answer = house.orders.do(wanted, key=f"label:{order.id}:{count}", actor=PERSON)
    if isinstance(answer, Refusal):
        refused(answer.ruling, as_json)
    customer = house.orders.customer(order.customer_id)
    sender = tuple(given.sender.split("|")) if given.sender else (house.policy.shop.name,)
    to = labels.lines_of(customer.name if customer else "", order.address)
    made = answer.result
    return Label(rate.carrier, rate.service, made["tracking"], made["sscc"], sender, to, order.number, grams)


def _written(house: House, made: Label, out: Path | None) -> list[str]:
    folder = out or house.settings.home / "labels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{made.sscc}.pdf").write_bytes(labels.pdf(made))
        (folder / f"{made.sscc}.zpl").write_text(labels.zpl(made), encoding="utf-8")
    except OSError as error:
        lines.unusable(f"cannot write {folder}: {error.strerror}")
    return [str(folder / f"{made.sscc}.{kind}") for kind in ("pdf", "zpl")]
