"""The part of the strict Shopify that changes orders: edits, addresses, holds, places, returns, webhook subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class Shelf(Protocol):
    nodes: list[dict[str, Any]]


def refused(name: str, told: str = "INVALID") -> dict[str, Any]:
    return {name: {"userErrors": [{"field": ["id"], "message": "Ana may not", "code": told}]}}


@dataclass
class FakeActs:
    """`parts` are fulfillment orders by order, `returns` likewise. `done` names every mutation that changed something."""

    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    returns: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=lambda: {"mug": "gid://shopify/ProductVariant/mug"})
    hooks: list[dict[str, str]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def answer(self, name: str, given: dict[str, Any], shop: Shelf) -> dict[str, Any] | None:
        """None for an operation of somebody else."""
        work = getattr(self, f"_{name.lower()}", None)
        made: dict[str, Any] | None = work(given, shop) if work else None
        return made

    def _order(self, shop: Shelf, name: str) -> dict[str, Any]:
        return next(one for one in shop.nodes if one["id"] == name)

    def _made(self, name: str, **more: Any) -> dict[str, Any]:
        if name in self.refuses:
            return refused(name)
        self.done.append(name)
        return {name: {"userErrors": [], **more}}

    # -- address and items -----------------------------------------------------------------------------------

    def _address(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        told = self._made("orderUpdate", order={"id": given["input"]["id"]})
        if not told["orderUpdate"]["userErrors"]:
            fresh = given["input"]["shippingAddress"]
            node = self._order(shop, given["input"]["id"])
            node["shippingAddress"] = {**node["shippingAddress"], **fresh, "countryCodeV2": fresh["countryCode"]}
        return told

    def _editbegin(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        lines = self._order(shop, given["id"])["lineItems"]["nodes"]
        rows = [
            {
                "id": f"calculated:{one['id']}",
                "sku": one["sku"],
                "quantity": one["quantity"],
                "editableQuantity": one["quantity"],
            }
            for one in lines
        ]
        name = f"gid://shopify/CalculatedOrder/{len(self.edits) + 1}"
        self.edits[name] = {"order": given["id"], "lines": {row["id"]: row["quantity"] for row in rows}, "added": {}}
        return {"orderEditBegin": {"calculatedOrder": {"id": name, "lineItems": {"nodes": rows}}, "userErrors": []}}

    def _editquantity(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        self.edits[given["id"]]["lines"][given["line"]] = given["quantity"]
        return self._made("orderEditSetQuantity", calculatedOrder={"id": given["id"]})

    def _editadd(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        self.edits[given["id"]]["added"][given["variant"]] = given["quantity"]
        return self._made("orderEditAddVariant", calculatedOrder={"id": given["id"]})

    def _editcommit(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        edit = self.edits[given["id"]]
        node = self._order(shop, edit["order"])
        lines = node["lineItems"]["nodes"]
        kept = [{**one, "quantity": edit["lines"][f"calculated:{one['id']}"]} for one in lines]
        for variant, quantity in edit["added"].items():
            sku = next(name for name, each in self.variants.items() if each == variant)
            kept.append(
                {**lines[0], "id": f"{variant}:line", "sku": sku, "quantity": quantity, "variant": {"id": variant}}
            )
        node["lineItems"] = {"nodes": [one for one in kept if one["quantity"]], "pageInfo": {"hasNextPage": False}}
        return self._made("orderEditCommit", order={"id": edit["order"]})

    def _variant(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        found = [{"id": each, "sku": sku} for sku, each in self.variants.items() if f'sku:"{sku}"' == given["query"]]
        return {"productVariants": {"nodes": found}}

    # -- fulfilment orders -----------------------------------------------------------------------------------

    def part(self, order: str, status: str = "OPEN", location: str = "gid://shopify/Location/1") -> dict[str, Any]:
        name = f"gid://shopify/FulfillmentOrder/{sum(map(len, self.parts.values())) + 1}"
        one = {
            "id": name, "status": status, "requestStatus": "UNSUBMITTED", "fulfillmentHolds": [],
            "assignedLocation": {"location": {"id": location}}, "lineItems": {"nodes": []},
        }  # fmt: skip
        self.parts.setdefault(order, []).append(one)
        return one

    def _fulfillmentorders(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        return {"order": {"fulfillmentOrders": {"nodes": self.parts.get(given["id"], [])}}}

    def _part(self, name: str) -> dict[str, Any]:
        return next(one for parts in self.parts.values() for one in parts if one["id"] == name)

    def _hold(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        told = self._made("fulfillmentOrderHold", fulfillmentOrder={"id": given["id"], "status": "ON_HOLD"})
        if not told["fulfillmentOrderHold"]["userErrors"]:
            self._part(given["id"])["status"] = "ON_HOLD"
        return told

    def _release(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        self._part(given["id"])["status"] = "OPEN"
        return self._made("fulfillmentOrderReleaseHold", fulfillmentOrder={"id": given["id"], "status": "OPEN"})

    def _move(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        self._part(given["id"])["assignedLocation"] = {"location": {"id": given["location"]}}
        return self._made("fulfillmentOrderMove", movedFulfillmentOrder={"id": given["id"], "status": "OPEN"})

    # -- returns ---------------------------------------------------------------------------------------------

    def _returnable(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        rows = [
            {"quantity": count, "fulfillmentLineItem": {"id": f"gid://shopify/FulfillmentLineItem/{sku}", "lineItem": {"id": "1", "sku": sku, "title": sku}}}
            for sku, count in self.sent.items()
        ]  # fmt: skip
        return {"returnableFulfillments": {"nodes": [{"id": "1", "returnableFulfillmentLineItems": {"nodes": rows}}]}}

    def _returns(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        return {"order": {"returns": {"nodes": self.returns.get(given["id"], [])}}}

    def _returncreate(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        made = given["input"]
        mine = self.returns.setdefault(made["orderId"], [])
        lines = {"nodes": [{"returnReasonNote": one["returnReasonNote"]} for one in made["returnLineItems"]]}
        mine.append({"id": f"gid://shopify/Return/{len(mine) + 1}", "status": "OPEN", "returnLineItems": lines})
        return self._made("returnCreate", **{"return": {"id": mine[-1]["id"], "status": "OPEN"}})

    def _ended(self, name: str, given: dict[str, Any], status: str) -> dict[str, Any]:
        one = next(each for mine in self.returns.values() for each in mine if each["id"] == given["id"])
        one["status"] = status
        return self._made(name, **{"return": {"id": given["id"], "status": status}})

    def _returnclose(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        return self._ended("returnClose", given, "CLOSED")

    def _returncancel(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        return self._ended("returnCancel", given, "CANCELED")

    # -- webhooks --------------------------------------------------------------------------------------------

    def _hooks(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        start = int(given["after"] or 0)
        page = {"hasNextPage": start + 5 < len(self.hooks), "endCursor": str(start + 5)}
        return {"webhookSubscriptions": {"nodes": self.hooks[start : start + 5], "pageInfo": page}}

    def _hook(self, given: dict[str, Any], shop: Shelf) -> dict[str, Any]:
        one = {
            "id": f"gid://shopify/WebhookSubscription/{len(self.hooks)}",
            "topic": given["topic"],
            "uri": given["hook"]["uri"],
        }
        told = self._made("webhookSubscriptionCreate", webhookSubscription=one)
        if not told["webhookSubscriptionCreate"]["userErrors"]:
            self.hooks.append(one)
        return told
