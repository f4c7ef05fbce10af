"""A strict Stripe over real HTTP: form fields, idempotency keys with replay and conflict, states that only go forward."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from connectors.payments.stripe_words import VERSION
from tests.connectors.vendor import Answer, Asked, FakeVendor

KEY = "sk_test_wismo"
INTENT_FIELDS = {"amount", "currency", "payment_method", "capture_method", "confirm", "off_session"}
REFUND_FIELDS = {"amount", "payment_intent", "charge"}


@dataclass
class FakeStripe(FakeVendor):
    """Payment methods whose name holds `declined` are declined; refunds begin in `refunds_are`."""

    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    refunds_are: str = "succeeded"

    def refused(self, status: int) -> Any:
        return _error("rate_limit_error" if status == 429 else "api_error", "rate_limit" if status == 429 else "")

    def routed(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, _error("invalid_request_error", "invalid_api_key"), {}
        if asked.headers.get("stripe-version") != VERSION:
            self.complaints.append(f"version {asked.headers.get('stripe-version')}")
        if asked.method == "GET":
            return self._read(asked)
        return self._once(asked)

    def _once(self, asked: Asked) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        if not key:
            self.complaints.append(f"{asked.path} without an idempotency key")
        content = f"{asked.path} {asked.raw.decode()}"
        if key in self.kept:
            before, answer = self.kept[key]
            return answer if before == content else (400, _error("idempotency_error", ""), {})
        answer = self._done(asked, {name: one[-1] for name, one in parse_qs(asked.raw.decode()).items()})
        self.kept[key] = (content, answer)
        return answer

    def _read(self, asked: Asked) -> Answer:
        if asked.path == "/v1/account":
            return 200, {"id": "acct_1", "object": "account"}, {}
        found = self.intents.get(asked.path.rpartition("/")[2])
        return (200, found, {}) if found else self.unexpected(asked)

    def _done(self, asked: Asked, given: dict[str, str]) -> Answer:
        match asked.path.split("/")[2:]:
            case ["payment_intents"]:
                return self._intent(given)
            case ["payment_intents", name, "capture"]:
                return self._captured(self.intents[name], int(given["amount_to_capture"]))
            case ["payment_intents", name, "cancel"]:
                return self._moved(self.intents[name], "requires_capture", "canceled")
            case ["refunds"]:
                return self._refund(given)
        return self.unexpected(asked)

    def _intent(self, given: dict[str, str]) -> Answer:
        self._only(given, INTENT_FIELDS)
        name = f"pi_{len(self.intents) + 1}"
        intent = {"id": name, "object": "payment_intent", "amount": int(given["amount"]), "amount_received": 0}
        intent |= {
            "currency": given["currency"],
            "capture_method": given["capture_method"],
            "metadata": _metadata(given),
        }
        if "declined" in given["payment_method"]:
            self.intents[name] = intent | {"status": "requires_payment_method"}
            return (
                402,
                _error(
                    "card_error", "card_declined", payment_intent=self.intents[name], decline_code="insufficient_funds"
                ),
                {},
            )
        manual = given["capture_method"] == "manual"
        intent["status"] = "requires_capture" if manual else "succeeded"
        intent["amount_received"] = 0 if manual else intent["amount"]
        self.intents[name] = intent
        return 200, intent, {}

    def _captured(self, intent: dict[str, Any], amount: int) -> Answer:
        if amount > intent["amount"]:
            return 400, _error("invalid_request_error", "amount_too_large"), {}
        answer = self._moved(intent, "requires_capture", "succeeded")
        if answer[0] == 200:
            intent["amount_received"] = amount
        return answer

    def _moved(self, intent: dict[str, Any], before: str, after: str) -> Answer:
        if intent["status"] != before:
            return 400, _error("invalid_request_error", "payment_intent_unexpected_state"), {}
        intent["status"] = after
        return 200, intent, {}

    def _refund(self, given: dict[str, str]) -> Answer:
        self._only(given, REFUND_FIELDS)
        intent, amount = self.intents[given["payment_intent"]], int(given["amount"])
        back = sum(one["amount"] for one in self.refunds.values() if one["payment_intent"] == intent["id"])
        if amount + back > intent["amount_received"]:
            return 400, _error("invalid_request_error", "charge_already_refunded"), {}
        name = f"re_{len(self.refunds) + 1}"
        made = {
            "id": name,
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "status": self.refunds_are,
        }
        self.refunds[name] = made | {"payment_intent": intent["id"], "metadata": _metadata(given)}
        return 200, self.refunds[name], {}

    def _only(self, given: dict[str, str], known: set[str]) -> None:
        unknown = {name for name in given if name not in known and not name.startswith("metadata[")}
        if unknown:
            self.complaints.append(f"unknown fields {sorted(unknown)}")


def _metadata(given: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in given.items() if name.startswith("metadata[")}


def _error(kind: str, code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "Ana Lee's card", **more}}
