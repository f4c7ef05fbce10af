"""The past of an order, told as events with the rows that each wrote: of a new order, or what is new of a known one.

The same verbs for both: into gathered rows for a bulk load, or straight into the database for a merge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tools.orders import amounts, axes, ledger, tables
from tools.orders.importing import history, rows
from tools.orders.importing.history import Told
from tools.orders.importing.rows import IMPORT, Row, order_id
from tools.orders.importing.shape import OrderIn, cents
from tools.orders.model import ShipmentState, TrackingEvent
from tools.orders.work import Work, Writer

Scans = dict[str, list[TrackingEvent]]


class Teller:
    """One order's history into one `Work`. `lines` are the order's rows, `gift_card` the customer's only one."""

    def __init__(
        self,
        work: Work,
        given: OrderIn,
        currency: str,
        lines: Sequence[Row],
        gift_card: str | None,
        digest: str = "",
    ) -> None:
        self.work = work
        self.given = given
        self.currency = currency
        self.lines = lines
        self.gift_card = gift_card
        self.order = order_id(given)
        self.digest = digest
        self.parcels: dict[int, Row] = {}
        self.shipped: dict[str, int] = {line["id"]: line.get("shipped", 0) for line in lines}
        self.scans: Scans = {}
        self.fulfilment = "open"

    # -- the whole of a new order ----------------------------------------------------------------------------

    def everything(self) -> None:
        for told in history.of(self.given):
            self.tell(told)

    def tell(self, told: Told) -> None:
        if told.type == "order.placed":
            self.placed()
        elif told.type == "payment.captured":
            self.paid(told)
        elif told.type == "refund.succeeded":
            self.refunded(told)
        elif told.type == "fulfillment.started":
            self.work_state("in_progress")
        elif told.type == "order.cancelled":
            self.cancelled(told.at)
        else:
            self.scanned(told)
        self.work.event(told.type, told.body, at=told.at, reconstructed=not told.exact)

    def placed(self) -> None:
        head = rows.head(self.given, self.currency, self.digest)
        self.work.insert(tables.orders, head)
        self.work.insert(tables.order_lines, *self.lines)
        name = f"{self.order}:work:1"
        row = {"id": name, "order_id": self.order, "location_id": "main", "state": "open"}
        self.work.insert(tables.fulfillment_orders, row)
        to_do = [
            {"fulfillment_order_id": name, "line_id": one["id"], "quantity": one["quantity"]} for one in self.lines
        ]
        self.work.insert(tables.fulfillment_lines, *to_do)
        sale = amounts.sale(head["items_total"] - head["discount"], head["tax"], head["shipping"], 0)
        entries = {ledger.receivable(self.order): head["total"]} | {name: -value for name, value in sale.items()}
        self._post("import.placed", entries, head["placed_at"], f"{self.order}:placed")
        for number, parcel in enumerate(history.parcels_of(self.given)):
            if not history.scans(self.given, parcel):
                self._parcel(number)

    # -- facts -----------------------------------------------------------------------------------------------

    def paid(self, told: Told) -> None:
        one = self.given.payments[told.payment]
        number = sum(each.type == "payment" for each in self.given.payments[: told.payment + 1])
        row = rows.payment(self.given, one, number, self.currency, self.gift_card)
        self.work.insert(tables.payments, row)
        amount, key = row["amount"], f"{row['id']}:capture"
        self.work.insert(tables.payment_transactions, rows.moved(row["id"], key, "capture", amount, told.at))
        entries = {rows.account(one): amount, ledger.receivable(self.order): -amount}
        self._post("import.capture", entries, told.at, key)

    def refunded(self, told: Told) -> None:
        one = self.given.payments[told.payment]
        found = [each for each in rows.refunds_of(self.given, self.currency) if each[1] is one]
        for key, _, amount, parts in found:
            self.refund(key, amount, parts, told.at, rows.account(one))
        if self._all_back():
            for line in self.lines:
                if line.get("refunded", 0) < line["quantity"] and told.payment == self._last_refund():
                    self.work.add(
                        tables.order_lines, line["id"], {"refunded": line["quantity"] - line.get("refunded", 0)}
                    )

    def refund(self, key: str, amount: int, parts: Sequence[tuple[int, int]], at: datetime, account: str) -> None:
        """A refund of the past, settled."""
        self.work.insert(tables.refunds, rows.refund(key, self.given, amount, self.currency, at))
        for place, part in parts:
            tender, name = f"{self.order}:pay:{place}", f"{key}:{place}"
            sent = {"id": name, "refund_id": key, "payment_id": tender, "amount": part, "state": "succeeded"}
            self.work.insert(tables.refund_allocations, sent)
            self.work.insert(tables.payment_transactions, rows.moved(tender, name, "refund", part, at, name))
        self._post("import.refund", {"refunds": amount, account: -amount}, at, key)

    def cancelled(self, at: datetime) -> None:
        values = {"lifecycle": "cancelled", "cancelled_at": at, "cancel_reason": "import"}
        self.work.set(tables.orders, self.order, values)
        for line in self.lines:
            units = line["quantity"] - line.get("cancelled", 0) - self.shipped[line["id"]]
            self.work.add(tables.order_lines, line["id"], {"cancelled": units})
        self.work_state("cancelled")
        self._unpaid(at)

    def _unpaid(self, at: datetime) -> None:
        """What was never paid for is not owed after a cancellation; it is taken off the sale as a whole."""
        paid = sum(cents(one.amount, self.currency) for one in rows.payments_of(self.given))
        owed = cents(self.given.total, self.currency) - paid
        self._post(
            "import.cancelled", {"sales": owed, ledger.receivable(self.order): -owed}, at, f"{self.order}:unpaid"
        )

    def scanned(self, told: Told) -> None:
        assert told.scan
        parcel = self.parcels.get(told.parcel) or self._parcel(told.parcel)
        self.scan(parcel, told.scan)

    def scan(self, parcel: Row, scan: TrackingEvent) -> None:
        """Stores it, projects the parcel, counts its units once it has left."""
        self.work.insert(tables.tracking_events, rows.scan_row(parcel["id"], scan))
        known = self.scans.setdefault(parcel["id"], [])
        known.append(scan)
        state, arrival = axes.projected(known, ShipmentState(parcel["state"]))
        values: Row = {"state": state.value} if state.value != parcel["state"] else {}
        if arrival and parcel.get("delivered_at") != arrival.at:
            values |= {"delivered_at": arrival.at, "delivered_exactly": int(not arrival.reconstructed)}
        left = ShipmentState(parcel["state"]) in axes.NOT_GONE and state not in axes.NOT_GONE
        if values:
            self.work.set(tables.shipments, parcel["id"], values)
            parcel |= values
        if left:
            self._left(parcel)

    def _left(self, parcel: Row) -> None:
        by_id = {line["id"]: line for line in self.lines}
        for line, quantity in parcel["contents"]:
            open_units = by_id[line]["quantity"] - by_id[line].get("cancelled", 0) - self.shipped[line]
            units = min(quantity, open_units)
            if units > 0:
                self.work.add(tables.order_lines, line, {"shipped": units})
                self.shipped[line] += units
        self.work_state("shipped")

    def _parcel(self, number: int) -> Row:
        given = history.parcels_of(self.given)[number]
        return self.new_parcel(number, rows.parcel(self.given, given, number + 1))

    def new_parcel(self, number: int, row: Row) -> Row:
        given = history.parcels_of(self.given)[number]
        inside = list(rows.contents(self.given, given, self.lines))
        self.work.insert(tables.shipments, row)
        self.work.insert(
            tables.shipment_lines,
            *({"shipment_id": row["id"], "line_id": line, "quantity": units} for line, units in inside),
        )
        self.parcels[number] = {**row, "contents": inside}
        return self.parcels[number]

    def work_state(self, state: str) -> None:
        """The importer tells what was: it does not walk through the states between."""
        if self.fulfilment != state and self.fulfilment != "shipped":
            self.work.set(tables.fulfillment_orders, f"{self.order}:work:1", {"state": state})
            self.fulfilment = state

    def _post(self, kind: str, entries: Mapping[str, int], at: datetime, key: str) -> None:
        ledger.post(self.work, self.order, kind, self.currency, entries, at, key=key)

    def _all_back(self) -> bool:
        back = sum(cents(one.amount, self.currency) for one in self.given.payments if one.type == "refund")
        return bool(back) and back == sum(cents(one.amount, self.currency) for one in rows.payments_of(self.given))

    def _last_refund(self) -> int:
        return max(place for place, one in enumerate(self.given.payments) if one.type == "refund")


def new_order(
    writer: Writer,
    db: object,
    given: OrderIn,
    digest: str,
    currency: str,
    returnable: Mapping[str, bool],
    gift_card: str | None,
    now: datetime,
) -> None:
    """`returnable` is by product."""
    work = Work(db, writer, order_id(given), IMPORT, now, "import")  # type: ignore[arg-type]
    lines = list(rows.lines(given, currency, returnable))
    Teller(work, given, currency, lines, gift_card, digest).everything()
    work.finish()
