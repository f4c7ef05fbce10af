"""Stripe's words and ours; apart from the SDK, which only a house that is connected to Stripe loads."""

from __future__ import annotations

from collections.abc import Mapping

from tools.orders.providers import State

VERSION = "2026-10-28.endive"
OURS = "wismo_transaction"
LONGEST_KEY = 255
INTENTS: Mapping[str, State] = {
    "succeeded": "succeeded",
    "requires_capture": "succeeded",
    "processing": "pending",
    "requires_action": "pending",
    "canceled": "failed",
    "requires_payment_method": "failed",
}
REFUNDS: Mapping[str, State] = {
    "succeeded": "succeeded",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "failed",
    "canceled": "failed",
}
