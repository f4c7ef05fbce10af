"""Stripe behind the core's `Payments` port, by its own SDK. Our request's id is its idempotency key and its metadata.

A refund has no reason: `fraudulent` would put the customer's card on block lists, and nobody here may decide that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import stripe

from connectors.errors import Limited, Rejected, Unauthorized, Unreachable
from connectors.payments.stripe_words import INTENTS, LONGEST_KEY, OURS, REFUNDS, VERSION
from tools.orders.providers import Answer, Charge, State

TIMEOUT = 20.0


class StripePayments:
    """`url` is Stripe's own unless a test says otherwise. Retries are the outbox's, never the SDK's."""

    def __init__(self, secret_key: str, url: str = "", timeout: float = TIMEOUT) -> None:
        self._stripe = stripe.StripeClient(
            secret_key,
            stripe_version=VERSION,
            base_addresses={"api": url} if url else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    def authorize(self, charge: Charge) -> Answer:
        return self._intent(charge, "manual")

    def capture(self, charge: Charge) -> Answer:
        """Of what was authorised; without a reference a sale at once."""
        if not charge.reference:
            return self._intent(charge, "automatic")
        intents, asked = self._stripe.v1.payment_intents, {"amount_to_capture": charge.amount.minor}
        return _told(lambda: intents.capture(str(charge.reference), _given(asked, charge), _once(charge)), INTENTS)

    def void(self, charge: Charge) -> Answer:
        """What was captured in part is given free by that capture: then there is nothing to cancel, and all is well."""
        intents = self._stripe.v1.payment_intents
        answer = _told(lambda: intents.cancel(str(charge.reference), {}, _once(charge)), {"canceled": "succeeded"})
        if answer.code != "payment_intent_unexpected_state":
            return answer
        ended: Mapping[str, State] = {"canceled": "succeeded", "succeeded": "succeeded"}
        return _told(lambda: intents.retrieve(str(charge.reference)), ended)

    def refund(self, charge: Charge) -> Answer:
        where = "charge" if str(charge.reference).startswith("ch_") else "payment_intent"
        asked = _given({where: str(charge.reference), "amount": charge.amount.minor}, charge)
        return _told(lambda: self._stripe.v1.refunds.create(asked, _once(charge)), REFUNDS)

    def account(self) -> str:
        """Whose key this is. Raises `ConnectorError`."""
        try:
            return str(_asked(lambda: self._stripe.v1.accounts.retrieve_current()).id)
        except (NotKnown, Refusal) as error:
            raise Unreachable(f"Stripe does not tell the account: {error}") from None

    def _intent(self, charge: Charge, capture: str) -> Answer:
        asked = {
            "amount": charge.amount.minor,
            "currency": charge.amount.currency.lower(),
            "payment_method": charge.token or "",
            "capture_method": capture,
            "confirm": True,
            "off_session": True,
        }
        return _told(lambda: self._stripe.v1.payment_intents.create(_given(asked, charge), _once(charge)), INTENTS)


def _given(asked: Mapping[str, Any], charge: Charge) -> Any:
    return {**asked, "metadata": {OURS: charge.key, "order": charge.order}}


def _once(charge: Charge) -> Any:
    key = charge.key if len(charge.key) <= LONGEST_KEY else hashlib.sha256(charge.key.encode()).hexdigest()
    return {"idempotency_key": key}


def _told(ask: Callable[[], Any], states: Mapping[str, State]) -> Answer:
    """No answer, or one that is no decision (5xx), is `unknown`: the same key is asked again."""
    try:
        found = _asked(ask)
    except NotKnown as error:
        return Answer("unknown", code=str(error))
    except Refusal as refused:
        return Answer("failed", refused.reference, str(refused))
    return Answer(states.get(found.status, "unknown"), found.id, _reason(found))


def _reason(found: Any) -> str:
    return str(getattr(found, "failure_reason", None) or getattr(found, "cancellation_reason", None) or "")


class NotKnown(Exception):
    pass


class Refusal(Exception):
    """A decision of Stripe's or the bank's; `reference` is the payment that was refused."""

    def __init__(self, code: str, reference: str = "") -> None:
        super().__init__(code)
        self.reference = reference


def _asked(ask: Callable[[], Any]) -> Any:
    """Raises `NotKnown`, `Refusal`, `ConnectorError`. Stripe's words may hold a customer's: only codes are kept."""
    try:
        return ask()
    except stripe.CardError as error:
        told = _body(error)
        intent = str((told.get("payment_intent") or {}).get("id", ""))
        raise Refusal(str(told.get("decline_code") or error.code or "declined"), intent) from None
    except stripe.RateLimitError:
        raise Limited("Stripe: 429", timedelta(seconds=10)) from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        raise Unauthorized("Stripe refuses the key; set WISMO_STRIPE_SECRET_KEY, then: wismo doctor") from None
    except stripe.IdempotencyError:
        raise Rejected(
            "Stripe knows this key with other content: a defect of ours; ask Stripe's log by the key"
        ) from None
    except stripe.InvalidRequestError as error:
        raise Refusal(str(error.code or "invalid_request")) from None
    except (stripe.APIConnectionError, stripe.APIError, AttributeError) as error:
        # AttributeError: the SDK stumbles over an error that is not Stripe's, as a proxy in between may send it.
        raise NotKnown(type(error).__name__) from None


def _body(error: stripe.StripeError) -> Mapping[str, Any]:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    told = body.get("error")
    return told if isinstance(told, dict) else {}
