"""Shopify's orders in the form of an import. What we may not see comes as null, and is left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.shops import Page

Node = Mapping[str, Any]
SCANS = {
    "LABEL_PURCHASED": "label_created",
    "LABEL_PRINTED": "label_created",
    "CONFIRMED": "label_created",
    "CARRIER_PICKED_UP": "handed_over",
    "PICKED_UP": "handed_over",
    "IN_TRANSIT": "in_transit",
    "OUT_FOR_DELIVERY": "out_for_delivery",
    "ATTEMPTED_DELIVERY": "attempt_failed",
    "READY_FOR_PICKUP": "available_for_pickup",
    "DELAYED": "delayed",
    "DELIVERED": "delivered",
    "FAILURE": "exception",
}
HANDED = frozenset({"IN_PROGRESS", "PENDING_FULFILLMENT"})


def page(nodes: Sequence[Node], more: str) -> Page:
    """Orders that were made in another currency than the first stand in its page all the same: each says its own."""
    known = [node for node in nodes if node.get("shippingAddress") and node.get("name")]
    return Page(
        orders=[_order(node) for node in known],
        customers=list({one["id"]: one for one in map(_customer, known)}.values()),
        products=list(_products(known)),
        currency=str(known[0]["currencyCode"]) if known else "",
        changed_until=max((str(node["updatedAt"]) for node in nodes), default=""),
        more=more,
    )


def _money(node: Node, name: str) -> str:
    return str(node[name]["shopMoney"]["amount"])


def _order(node: Node) -> dict[str, Any]:
    parcels = [_parcel(one) for one in node["fulfillments"] if _tracking(one)]
    made = {
        "id": node["name"],
        "customer_id": _customer_id(node),
        "status": _status(node),
        "placed_at": node["processedAt"] or node["createdAt"],
        "currency": node["currencyCode"],
        "total": _money(node, "totalPriceSet"),
        "discount": _money(node, "totalDiscountsSet"),
        "shipping": _money(node, "totalShippingPriceSet"),
        "tax": "0" if node["taxesIncluded"] else _money(node, "totalTaxSet"),
        "shipping_address": _address(node["shippingAddress"]),
        "items": [_item(one) for one in node["lineItems"]["nodes"]],
        "shipments": parcels,
        "payments": [_payment(one) for one in node["transactions"] if _moved(one)],
    }
    delivered = [one["deliveredAt"] for one in node["fulfillments"] if one.get("deliveredAt")]
    if made["status"] == "delivered" and delivered:
        made["delivered_at"] = max(delivered)
    return made | ({"cancelled_at": node["cancelledAt"]} if node["cancelledAt"] else {})


def _status(node: Node) -> str:
    if node["cancelledAt"]:
        return "cancelled"
    parcels = [one for one in node["fulfillments"] if one["status"] == "SUCCESS"]
    if node["displayFulfillmentStatus"] == "FULFILLED" and parcels:
        return "delivered" if all(one.get("deliveredAt") for one in parcels) else "shipped"
    return "processed" if node["displayFulfillmentStatus"] in HANDED else "pending"


def _customer_id(node: Node) -> str:
    return str((node.get("customer") or {}).get("id") or f"guest:{node['id']}")


def _customer(node: Node) -> dict[str, Any]:
    given = node.get("customer") or {}
    told = (given.get("defaultEmailAddress") or {}).get("emailAddress") or node.get("email")
    name = given.get("displayName") or node["shippingAddress"].get("name") or "unknown"
    who = _customer_id(node)
    made = {"id": who, "name": name, "email": told or f"{who.rpartition('/')[2]}@no-mail.invalid"}
    return made | ({"language": str(given["locale"])[:2]} if given.get("locale") else {})


def _address(given: Node) -> dict[str, Any]:
    return {
        "line1": given.get("address1") or "unknown",
        "line2": given.get("address2") or "",
        "city": given.get("city") or "unknown",
        "state": given.get("provinceCode") or "",
        "zip": given.get("zip") or "",
        "country": given.get("countryCodeV2") or "unknown",
    }


def _sku(line: Node) -> str:
    """Shops may have variants without a sku, and delete variants that were sold: the line's own id stays."""
    return str(line.get("sku") or (line.get("variant") or {}).get("id") or line["id"])


def _item(line: Node) -> dict[str, Any]:
    return {
        "product_id": str((line.get("product") or {}).get("id") or f"gone:{_sku(line)}"),
        "sku": _sku(line),
        "name": line["title"] or _sku(line),
        "quantity": line["quantity"],
        "price": _money(line, "originalUnitPriceSet"),
        "options": {"variant": line["variantTitle"]} if line.get("variantTitle") else {},
    }


def _products(nodes: Sequence[Node]) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for node in nodes:
        for line in node["lineItems"]["nodes"]:
            item = _item(line)
            product = found.setdefault(
                item["product_id"], {"id": item["product_id"], "name": item["name"], "variants": {}}
            )
            there = line.get("variant") is not None
            variant = {"sku": item["sku"], "options": item["options"], "price": item["price"], "available": there}
            product["variants"].setdefault(item["sku"], variant)
    for product in found.values():
        yield product | {"variants": list(product["variants"].values())}


def _tracking(parcel: Node) -> str:
    return next((str(one["number"]) for one in parcel["trackingInfo"] if one.get("number")), "")


def _parcel(parcel: Node) -> dict[str, Any]:
    scans = [
        {"at": one["happenedAt"], "code": SCANS[one["status"]], "place": one.get("city") or one.get("country") or ""}
        for one in parcel["events"]["nodes"]
        if one["status"] in SCANS
    ]
    if parcel.get("deliveredAt") and not any(one["code"] == "delivered" for one in scans):
        scans.append({"at": parcel["deliveredAt"], "code": "delivered", "place": ""})
    skus = [
        str(one["lineItem"]["sku"]) for one in parcel["fulfillmentLineItems"]["nodes"] if one["lineItem"].get("sku")
    ]
    made = {"tracking_id": _tracking(parcel), "skus": skus, "shipped_at": parcel["createdAt"], "events": scans}
    company = next((one["company"] for one in parcel["trackingInfo"] if one.get("company")), None)
    return made | ({"carrier": company} if company else {})


def _moved(one: Node) -> bool:
    return one["status"] == "SUCCESS" and one["kind"] in {"SALE", "CAPTURE", "REFUND"}


def _payment(one: Node) -> dict[str, Any]:
    made = {"type": "refund" if one["kind"] == "REFUND" else "payment", "amount": _money(one, "amountSet")}
    return made | {"method": one["gateway"] or "shopify", "at": one["processedAt"]}
