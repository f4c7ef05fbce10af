"""What a customer's record says beside the order at hand: the figures that risk is judged by. No judgement here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.orders.model import Event, Order

PAID_BACK = {"succeeded", "pending", "submitting", "approved", "unknown"}


@dataclass(frozen=True, slots=True)
class History:
    """Money in minor units of the order's currency, over the customer's orders in it. Moments in UTC."""

    orders: int
    bought: int
    given_back: int
    refunds_at: tuple[datetime, ...]
    address_changed_at: datetime | None
    delivered: bool
    open_dispute: bool

    def refunds_since(self, moment: datetime) -> int:
        return sum(at > moment for at in self.refunds_at)

    def changed_address_within(self, days: int, now: datetime) -> bool:
        return self.address_changed_at is not None and now - self.address_changed_at <= timedelta(days=days)


def of(order: Order, others: Sequence[Order], events: Sequence[Event]) -> History:
    """`others` are all orders of the customer, `events` those of the order at hand."""
    same = [one for one in others if one.currency == order.currency]
    refunds = [refund for one in same for refund in one.refunds if refund.state in PAID_BACK]
    return History(
        orders=len(same),
        bought=sum(tender.captured.minor for one in same for tender in one.tenders),
        given_back=sum(refund.amount.minor for refund in refunds),
        refunds_at=tuple(refund.requested_at for refund in refunds),
        address_changed_at=max((one.at for one in events if _moved(one)), default=None),
        delivered=any(parcel.delivered_at for parcel in order.shipments),
        open_dispute=any(tender.open_dispute for one in same for tender in one.tenders),
    )


def _moved(event: Event) -> bool:
    body: Mapping[str, object] = event.body
    return event.type == "order.changed" and "address" in body
