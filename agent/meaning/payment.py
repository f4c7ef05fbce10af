"""Which of the customer's means of payment the words mean."""

from __future__ import annotations

from agent.meaning.words import folded, listed
from tools.orders.catalogue import Account, Method
from tools.orders.model import Order

KINDS = ("paypal", "gift_card", "store_credit", "credit_card")


def original(order: Order) -> str | None:
    """What the order was paid with, where it was one thing."""
    paid = [one for one in order.tenders if one.method_id]
    return paid[0].method_id if paid else None


def method_meant(text: str, account: Account, order: Order) -> Method | None:
    """None where no means is named, or several of the customer's fit."""
    plain = folded(text)
    if listed("payment", "original").search(plain):
        return next((one for one in account.methods if one.id == original(order)), None)
    for kind in KINDS:
        if listed("payment", kind).search(plain):
            return _of(kind, plain, account, order)
    return None


def names_one(text: str) -> bool:
    """Whether a means of payment is named at all: the customer's word on who pays."""
    return any(listed("payment", kind).search(folded(text)) for kind in (*KINDS, "original"))


def _of(kind: str, plain: str, account: Account, order: Order) -> Method | None:
    fitting = [one for one in account.methods if one.kind == kind]
    if listed("payment", "other").search(plain):
        fitting = [one for one in fitting if one.id != original(order)]
    own = [one for one in fitting if one.id == original(order)]
    return fitting[0] if len(fitting) == 1 else own[0] if own else None
