"""The order core's rows but for its money: what schema 0003 has more, said of what schema 0001 kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]
PREFIX = "first:"
"""Before the numbers that were keys in schema 0001, and are words since."""
BUCKETS = ("on_hand", "damaged", "quality_control", "safety", "incoming")


def catalogue(rows: Rows) -> Rows:
    """Stock was never counted in a preview: what was for sale had plenty."""
    return {
        "customers": [row | {"version": 0} for row in rows["customers"]],
        "variants": [row | {"tracked": 0} for row in rows["variants"]],
        "payment_methods": [row | {"closed_at": None} for row in rows["payment_methods"]],
    }


def sale(rows: Rows) -> Rows:
    lines = [row | {"duty": 0, "replaces": None, "free": 0} for row in rows["order_lines"]]
    by_order = grouped(lines, "order_id")
    work = [row | {"hold_reason": None} for row in rows["fulfillment_orders"]]
    to_do = [
        {"fulfillment_order_id": one["id"], "line_id": line["id"], "quantity": line["quantity"]}
        | {"shipped": line["shipped"]}
        for one in work
        for line in by_order[one["order_id"]]
    ]
    heads = [_head(row, by_order[row["id"]]) for row in rows["orders"]]
    parts = {"orders": heads, "order_lines": lines, "fulfillment_orders": work, "fulfillment_lines": to_do}
    return parts | {"shipment_lines": _in_parcels(rows, lines), "tracking_events": without(rows, "tracking_events")}


def _head(order: Row, lines: Iterable[Row]) -> Row:
    """What of the tax is on no line is on the delivery."""
    of_lines = sum(line["net"] + line["tax"] for line in lines)
    on_delivery = order["total"] - order["shipping"] - of_lines
    more = {"tax": order["tax"] - on_delivery, "shipping_tax": on_delivery, "standard_shipping": order["shipping"]}
    return order | more | {"duty": 0, "credits": 0, "tax_included": 0, "version": order["version"] + 1}


def _in_parcels(rows: Rows, lines: list[Row]) -> list[Row]:
    """Units that were sent, and stood in no parcel, came in the order's last one."""
    inside = {(row["shipment_id"], row["line_id"]): dict(row) for row in rows["shipment_lines"]}
    last = {row["order_id"]: row["id"] for row in rows["shipments"]}
    held: dict[str, int] = defaultdict(int)
    for row in inside.values():
        held[row["line_id"]] += row["quantity"]
    for line in lines:
        missing, parcel = line["shipped"] - held[line["id"]], last.get(line["order_id"])
        if missing > 0 and parcel:
            empty = {"shipment_id": parcel, "line_id": line["id"], "quantity": 0}
            inside.setdefault((parcel, line["id"]), empty)["quantity"] += missing
    return list(inside.values())


def stock(rows: Rows) -> Rows:
    moved = [row | {"id": f"{PREFIX}{row['id']}", "bucket": "on_hand"} for row in rows["stock_movements"]]
    held = [
        row
        | {"id": f"{PREFIX}{row['id']}", "kind": "allocation", "expires_at": None, "reference": None}
        | {"state": "taken" if row["state"] == "consumed" else row["state"]}
        for row in rows["reservations"]
    ]
    return {"stock_movements": [*moved, *_unexplained(rows["stock_levels"], moved, last(rows))], "reservations": held}


def _unexplained(levels: list[Row], moved: list[Row], at: str) -> Iterable[Row]:
    """A level that its movements do not give is given by one more."""
    known: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in moved:
        known[row["sku"], row["location_id"], row["bucket"]] += row["quantity"]
    for level in levels:
        for bucket in BUCKETS:
            place = {"sku": level["sku"], "location_id": level["location_id"], "bucket": bucket}
            units = level[bucket] - known[level["sku"], level["location_id"], bucket]
            name = {"id": f"{PREFIX}{level['sku']}:{level['location_id']}:{bucket}"}
            if units:
                yield name | place | {"quantity": units, "reason": "correction", "reference": "first", "at": at}


def after_sale(rows: Rows) -> Rows:
    more = {"restocking_fee": 0, "method_id": None, "withdrawal": 0}
    restocked = {row["reference"] for row in rows["stock_movements"] if row["reason"] == "return"}
    seen = {row["body"].get("return"): row["at"] for row in rows["events"] if row["type"] == "return.inspected"}
    units = [
        row
        | {"restocked": row["accepted"] if row["return_id"] in restocked else 0}
        | {"damaged": 0, "quarantined": 0, "discarded": 0, "inspected_at": seen.get(row["return_id"])}
        for row in rows["return_lines"]
    ]
    return {"returns": [row | more for row in rows["returns"]], "return_lines": units}


def without(rows: Rows, name: str, *, column: str = "id") -> list[Row]:
    """A number that nothing points to."""
    return [{key: value for key, value in row.items() if key != column} for row in rows[name]]


def grouped(rows: Iterable[Row], by: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[by]].append(row)
    return found


def last(rows: Rows) -> str:
    """When anything was last recorded: what is brought over was so then."""
    told = [row["recorded_at"] for row in rows["events"]] + [row["at"] for row in rows["stock_movements"]]
    return max(told, default="1970-01-01T00:00:00.000000+00:00")
