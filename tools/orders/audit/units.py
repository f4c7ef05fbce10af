"""I4, I7: units of a line, on their way out and back, and the total that its lines make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from tools.orders.audit import scope


def lines(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I4: ordered = cancelled + open + shipped, and what came back or was repaid stays within."""
    where, given = scope.where("order_id", scope.orders_of(aggregates))
    for row in db.execute(
        text(f"SELECT id, quantity, cancelled, shipped, returned, refunded FROM order_lines{where}"), given
    ):
        if min(row[1:]) < 0 or row.cancelled + row.shipped > row.quantity or row.returned > row.shipped:
            yield f"line {row.id} counts {tuple(row[1:])}"
        if row.refunded > row.quantity:
            yield f"line {row.id} repaid {row.refunded} of {row.quantity}"
    joined, given = scope.where("l.order_id", scope.orders_of(aggregates))
    sent = (
        "SELECT l.id, l.shipped, coalesce(sum(s.quantity), 0) FROM order_lines l "
        "LEFT JOIN shipment_lines s ON s.line_id = l.id "
        f"LEFT JOIN shipments p ON p.id = s.shipment_id{joined} GROUP BY l.id, l.shipped"
    )
    for line, shipped, in_parcels in db.execute(text(sent), given):
        if shipped > in_parcels:
            yield f"line {line} shipped {shipped}, its parcels hold {in_parcels}"


def returns(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I4 for what comes back: nothing is restocked that was not received, in total and a line."""
    lines = "SELECT id FROM order_lines"
    where, given = scope.where("order_id", scope.orders_of(aggregates))
    sql = (
        "SELECT line_id, sum(received), sum(accepted), sum(restocked + damaged + quarantined + discarded) "
        f"FROM return_lines WHERE line_id IN ({lines}{where}) GROUP BY line_id"
    )
    returned = {row.id: row.returned for row in db.execute(text(f"SELECT id, returned FROM order_lines{where}"), given)}
    for line, received, accepted, disposed in db.execute(text(sql), given):
        if accepted > received or disposed > received or returned[line] != received:
            yield f"line {line}: received {received}, accepted {accepted}, disposed {disposed}"


def totals(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I7: the stored total, recomputed from the lines to the cent."""
    where, given = scope.where("o.id", scope.orders_of(aggregates))
    sql = (
        "SELECT o.id, o.total, o.shipping + o.shipping_tax - o.credits + coalesce(sum(l.net + l.tax + l.duty), 0) "
        f"FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id{where} "
        "GROUP BY o.id, o.total, o.shipping, o.shipping_tax, o.credits"
    )
    for order, total, computed in db.execute(text(sql), given):
        if total != computed:
            yield f"order {order}: total {total}, its parts give {computed}"
