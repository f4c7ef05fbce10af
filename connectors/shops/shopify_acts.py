"""What Wismo did, done at Shopify too: address, items, holds, places, returns. Each may come twice and is done once.

Each says how the order should stand, looks how it stands there, and asks for the difference. A refusal is a code; the
words of it may name a customer and are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.errors import Rejected
from connectors.shops import Back, shopify_documents
from connectors.shops.shopify import Shopify, code
from tools.orders.model import Address

SKU = re.compile(r"[\w.\-/+ ]{1,80}")
LOCATION = "gid://shopify/Location/"
HELD, FREE = "ON_HOLD", frozenset({"OPEN", "IN_PROGRESS", "SCHEDULED"})
REASONS: Mapping[str, str] = {
    "damaged": "DEFECTIVE",
    "defective": "DEFECTIVE",
    "wrong_item": "WRONG_ITEM",
    "not_as_described": "NOT_AS_DESCRIBED",
    "no_longer_wanted": "UNWANTED",
    "unwanted": "UNWANTED",
    "too_large": "SIZE_TOO_LARGE",
    "too_small": "SIZE_TOO_SMALL",
}


@dataclass(frozen=True, slots=True)
class ShopifyActs:
    """All give the refusal's code, empty when it stands as it should; all raise `ConnectorError`."""

    shopify: Shopify

    def address(self, order: str, address: Address) -> str:
        """The name on it stays: only what Wismo knows is written."""
        node = self.shopify.node(order)
        given = {
            "address1": address.line1,
            "address2": address.line2,
            "city": address.city,
            "zip": address.postcode,
            "provinceCode": address.state or None,
            "countryCode": address.country,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        return self._done("orderUpdate", shopify_documents.ADDRESS, input={"id": node["id"], "shippingAddress": kept})

    def items(self, order: str, units: Mapping[str, int]) -> str:
        """`units` by sku are those that the order should hold. An edit that is not committed changes nothing."""
        node = self.shopify.node(order)
        begun = self.shopify.ask(shopify_documents.EDIT_BEGIN, id=node["id"])["orderEditBegin"]
        if begun["userErrors"]:
            return code(begun["userErrors"])
        edit = begun["calculatedOrder"]
        changes = list(self._changes(edit, units))
        for document, name, given in changes:
            refused = self._done(name, document, id=edit["id"], **given)
            if refused:
                return refused
        return (
            self._done("orderEditCommit", shopify_documents.EDIT_COMMIT, id=edit["id"], note="Wismo") if changes else ""
        )

    def _changes(self, edit: Mapping[str, Any], units: Mapping[str, int]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        lines: Sequence[Mapping[str, Any]] = edit["lineItems"]["nodes"]
        there: dict[str, int] = {}
        for line in lines:
            there[str(line["sku"])] = there.get(str(line["sku"]), 0) + line["quantity"]
        for sku in dict.fromkeys((*there, *units)):
            more = units.get(sku, 0) - there.get(sku, 0)
            if more > 0:
                added = {"variant": self._variant(sku), "quantity": more}
                yield shopify_documents.EDIT_ADD, "orderEditAddVariant", added
            elif more < 0:
                for name, quantity in _fewer([line for line in lines if str(line["sku"]) == sku], -more):
                    given = {"line": name, "quantity": quantity}
                    yield shopify_documents.EDIT_QUANTITY, "orderEditSetQuantity", given

    def _variant(self, sku: str) -> str:
        """Raises `Rejected`. A sku goes into a search: only one that can not say more than itself."""
        if not SKU.fullmatch(sku):
            raise Rejected(f"the sku {sku[:40]!r} can not be looked for at Shopify; change the order there by hand")
        found = self.shopify.ask(shopify_documents.VARIANT, query=f'sku:"{sku}"')["productVariants"]["nodes"]
        one = next((node["id"] for node in found if node["sku"] == sku), None)
        if one is None:
            raise Rejected(f"Shopify has no variant {sku}; change the order there by hand")
        return str(one)

    def hold(self, order: str, reason: str) -> str:
        """Every part of it that has not left. The reason is our own word, never a customer's."""
        hold = {"reason": "OTHER", "reasonNotes": f"Wismo: {reason}"[:200]}
        return self._each(order, FREE, "fulfillmentOrderHold", shopify_documents.HOLD, hold=hold)

    def release(self, order: str) -> str:
        return self._each(order, frozenset({HELD}), "fulfillmentOrderReleaseHold", shopify_documents.RELEASE)

    def move(self, order: str, location: str) -> str:
        """Raises `Rejected` for a location that is not Shopify's."""
        if not location.startswith(LOCATION):
            raise Rejected(f"{location} is no location of Shopify's ({LOCATION}…); move it there by hand")
        mine = self._parts(order, FREE)
        elsewhere = [one for one in mine if one["assignedLocation"]["location"]["id"] != location]
        return self._all(elsewhere, "fulfillmentOrderMove", shopify_documents.MOVE, location=location)

    def open_return(self, order: str, back: Back) -> str:
        """Found by its number in the lines' notes, where it was made and the answer was lost."""
        node = self.shopify.node(order)
        if self._return(node["id"], back.number):
            return ""
        lines = list(self._returned(node["id"], back))
        if not lines:
            return "not_returnable"
        given = {"orderId": node["id"], "returnLineItems": lines, "notifyCustomer": False}
        return self._done("returnCreate", shopify_documents.RETURN_CREATE, input=given)

    def close_return(self, order: str, number: str) -> str:
        return self._ended(order, number, "returnClose", shopify_documents.RETURN_CLOSE, "CLOSED")

    def cancel_return(self, order: str, number: str) -> str:
        return self._ended(order, number, "returnCancel", shopify_documents.RETURN_CANCEL, "CANCELED")

    def _ended(self, order: str, number: str, name: str, document: str, state: str) -> str:
        found = self._return(self.shopify.node(order)["id"], number)
        if found is None:
            return "no_such_return"
        return "" if found["status"] == state else self._done(name, document, id=found["id"])

    def _return(self, order: str, number: str) -> Mapping[str, Any] | None:
        mark = _mark(number)
        for one in self.shopify.ask(shopify_documents.RETURNS, id=order)["order"]["returns"]["nodes"]:
            if any(mark in (line.get("returnReasonNote") or "") for line in one["returnLineItems"]["nodes"]):
                found: Mapping[str, Any] = one
                return found
        return None

    def _returned(self, order: str, back: Back) -> Iterator[dict[str, Any]]:
        left = dict(back.units)
        parcels = self.shopify.ask(shopify_documents.RETURNABLE, id=order)["returnableFulfillments"]["nodes"]
        for line in (line for one in parcels for line in one["returnableFulfillmentLineItems"]["nodes"]):
            sent = line["fulfillmentLineItem"]
            units = min(left.get(str(sent["lineItem"]["sku"]), 0), line["quantity"])
            if units:
                left[str(sent["lineItem"]["sku"])] -= units
                reason = REASONS.get(back.reason, "OTHER")
                note = f"{back.number} {_mark(back.number)}"
                line_of = {"fulfillmentLineItemId": sent["id"], "quantity": units}
                yield line_of | {"returnReason": reason, "returnReasonNote": note}

    def _parts(self, order: str, states: frozenset[str]) -> list[Mapping[str, Any]]:
        node = self.shopify.node(order)
        told = self.shopify.ask(shopify_documents.FULFILLMENT_ORDERS, id=node["id"])["order"]
        return [one for one in told["fulfillmentOrders"]["nodes"] if one["status"] in states]

    def _each(self, order: str, states: frozenset[str], name: str, document: str, **given: Any) -> str:
        return self._all(self._parts(order, states), name, document, **given)

    def _all(self, parts: Sequence[Mapping[str, Any]], name: str, document: str, **given: Any) -> str:
        refused = [self._done(name, document, id=one["id"], **given) for one in parts]
        return next(filter(None, refused), "")

    def _done(self, name: str, document: str, **given: Any) -> str:
        errors = self.shopify.ask(document, **given)[name]["userErrors"]
        return code(errors) if errors else ""


def _fewer(lines: Sequence[Mapping[str, Any]], units: int) -> Iterator[tuple[str, int]]:
    """(line, what is left of it): the last lines first, and only what has not been sent."""
    for line in reversed(lines):
        less = min(units, line["editableQuantity"])
        if less:
            units -= less
            yield line["id"], line["quantity"] - less


def _mark(number: str) -> str:
    """A number like RMA-1001-1 begins RMA-1001-10 too: the mark does not."""
    return str(uuid5(NAMESPACE_URL, f"wismo:return:{number}"))[:18]
