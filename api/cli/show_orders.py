"""How orders look on a terminal: tables for people; and a refusal, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import typer
from babel.numbers import format_currency
from rich.table import Table

from api import orders as shapes
from api.cli import lines, show
from tools.orders.agreement import Quote, Ruling
from tools.orders.audit import Audit
from tools.orders.model import Order
from tools.orders.money import Money

COLOURS = {"on_hold": "yellow", "cancelled": "dim", "rejected": "dim", "cancelling": "yellow"}


def print_orders(found: Sequence[Order]) -> None:
    out = show.console()
    if not found:
        out.print("No orders yet. Take some in with: wismo orders import FILE, or look around with: wismo demo")
        return
    table = _table("number", "placed", "lifecycle", "payment", "fulfilment", "return", "total")
    for order in found:
        state = order.lifecycle.value
        table.add_row(
            order.number,
            f"{order.placed_at:%Y-%m-%d %H:%M}",
            f"[{COLOURS.get(state, 'default')}]{state}[/]",
            order.payment.value,
            order.fulfilment.value,
            order.returning.value,
            money(order.total),
        )
    out.print(table)


def print_order(order: Order) -> None:
    out = show.console()
    out.print(f"[bold]{order.number}[/bold]  {order.id}  placed {order.placed_at:%Y-%m-%d %H:%M} UTC")
    states = (order.lifecycle.value, order.payment.value, order.fulfilment.value, f"return {order.returning.value}")
    out.print(" · ".join(states) + (f"  on hold: {order.hold_reason}" if order.hold_reason else ""))
    out.print(f"to {order.address.one_line()}\n")
    out.print(_lines(order))
    for tender in order.tenders:
        back = f", {money(tender.refunded)} back" if tender.refunded else ""
        waiting = f", {money(tender.pending)} on its way back" if tender.pending else ""
        out.print(f"paid by {tender.kind} ({tender.state}): {money(tender.captured)}{back}{waiting}")
    for parcel in order.shipments:
        last = f", last scan {parcel.events[-1].at:%Y-%m-%d %H:%M} {parcel.events[-1].code}" if parcel.events else ""
        out.print(
            f"parcel {parcel.tracking_number or '—'} ({parcel.carrier or 'carrier unknown'}): {parcel.state}{last}"
        )
    for rma in order.returns:
        out.print(f"return {rma.number}: {rma.state}")
    for refund in order.refunds:
        out.print(f"refund of {money(refund.amount)}: {refund.state}")


def _lines(order: Order) -> Table:
    table = _table("#", "item", "units", "cancelled", "shipped", "back", "refunded", "amount")
    for line in order.lines:
        options = ", ".join(line.options.values())
        counts = (line.quantity, line.cancelled, line.shipped, line.returned, line.refunded)
        amount = money(line.net + line.tax)
        name = f"{line.name} ({options})" if options else line.name
        table.add_row(str(line.position), name, *(str(count) if count else "·" for count in counts), amount)
    delivery = order.shipping + order.shipping_tax
    if delivery:
        table.add_row("", "delivery", *("",) * 5, money(delivery))
    table.add_row("", "[bold]total[/bold]", *("",) * 5, f"[bold]{money(order.total)}[/bold]")
    return table


def print_quote(quote: Quote) -> None:
    out = show.console()
    out.print(f"[bold]{quote.action.value}[/bold] of order {quote.order_number}, by rule {quote.ruling.rule}")
    for line in quote.lines:
        out.print(f"  {line.quantity} × {line.name}: {money(line.amount)}")
    told = (
        ("delivery", quote.shipping),
        ("fee", quote.fee),
        ("to pay", quote.charge),
        ("back to the customer", quote.amount),
    )
    for words, amount in told:
        if amount:
            out.print(f"  {words}: [bold]{money(amount)}[/bold]")
    if quote.ruling.needs_person:
        out.print("  [yellow]a person decides this[/yellow]")


def print_audit(found: Audit) -> None:
    out = show.console()
    sizes = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.checked.items())
    out.print(f"checked {sizes}")
    for violation in found.violations:
        out.print(f"[red]{violation.invariant}[/red]  {violation.what}")
    if found.ok:
        out.print("[green]every invariant holds[/green]")
    else:
        out.print(f"[red]{len(found.violations)} violations[/red]")


def money(amount: Money) -> str:
    return format_currency(amount.decimal(), amount.currency, locale="en")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in columns:
        table.add_column(
            column,
            justify="right"
            if column in {"units", "cancelled", "shipped", "back", "refunded", "amount", "total"}
            else "left",
        )
    return table


def refused(ruling: Ruling, as_json: bool, code: int = 1) -> NoReturn:
    """Exits with `code`."""
    told = shapes.ruling_json(ruling)
    if as_json:
        lines.put({"result": "refused", "ruling": told})
    lines.say(f"refused: {ruling.code} ({ruling.rule}). {told['says']}")
    if ruling.accepts:
        lines.say(f"accepted would be: {ruling.accepts}")
    raise typer.Exit(code)
