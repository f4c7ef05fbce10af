"""What the people's own tags say a ticket is about, where a tag is called like an intent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from agent.case import Intent

ALSO: Mapping[str, Intent] = {
    "wismo": Intent.ORDER_STATUS,
    "where_is_my_order": Intent.ORDER_STATUS,
    "tracking": Intent.ORDER_STATUS,
    "delivery": Intent.DELIVERY_INFO,
    "shipping": Intent.DELIVERY_INFO,
    "cancel": Intent.CANCEL_ORDER,
    "cancellation": Intent.CANCEL_ORDER,
    "address_change": Intent.CHANGE_ADDRESS,
    "return": Intent.RETURN_REQUEST,
    "exchange": Intent.EXCHANGE_REQUEST,
    "refund": Intent.REFUND_REQUEST,
    "damaged": Intent.MISSING_OR_DAMAGED,
    "defective": Intent.MISSING_OR_DAMAGED,
    "missing_item": Intent.MISSING_OR_DAMAGED,
    "wrong_item": Intent.MISSING_OR_DAMAGED,
    "payment_failed": Intent.PAYMENT_PROBLEM,
    "double_charge": Intent.PAYMENT_PROBLEM,
    "product": Intent.PRODUCT_QUESTION,
    "stock": Intent.PRODUCT_QUESTION,
    "promo": Intent.DISCOUNT_QUESTION,
    "coupon": Intent.DISCOUNT_QUESTION,
    "discount": Intent.DISCOUNT_QUESTION,
    "login": Intent.ACCOUNT,
    "password": Intent.ACCOUNT,
    "unsubscribe": Intent.NEWSLETTER,
}


def tagged(tags: Iterable[str]) -> Intent | None:
    """None where no tag is called like an intent, or tags say different ones."""
    found = {intent for intent in map(_meant, tags) if intent}
    return next(iter(found)) if len(found) == 1 else None


def _meant(tag: str) -> Intent | None:
    name = re.sub(r"\W+", "_", tag.casefold()).strip("_")
    forms = (name, name.removesuffix("s"), name.removesuffix("_request"), name.removeprefix("intent_"))
    known = {**{intent.value: intent for intent in Intent}, **ALSO}
    return next((known[form] for form in forms if form in known), None)
