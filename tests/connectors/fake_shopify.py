"""A strict Shopify over real HTTP: tokens that end, pages, business errors in a 200, refunds once by their key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from api.settings import Settings
from tests.connectors.fake_shopify_acts import FakeActs
from tests.connectors.fake_shopify_bulk import FakeBulk
from tests.connectors.vendor import Answer, Asked, FakeVendor

SCHEMA = Settings().reference / "contracts" / "specs" / "shopify" / "admin_2026-07.json.gz"
PATH = "/admin/api/2026-07/graphql.json"
CLIENT, SECRET = "client", "s3cret"


def money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def node(number: int, **given: Any) -> dict[str, Any]:
    """One order of two shirts, paid by card."""
    stamp = f"2026-11-{1 + number % 19:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
    made = {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": stamp,
        "processedAt": stamp,
        "updatedAt": stamp,
        "cancelledAt": None,
        "email": f"c{number % 997}@example.com",
        "currencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "taxesIncluded": True,
        "customer": {
            "id": f"gid://shopify/Customer/{number % 997}",
            "displayName": "Ana Lee",
            "locale": "fr-FR",
            "defaultEmailAddress": {"emailAddress": f"c{number % 997}@example.com"},
        },
        "shippingAddress": {
            "name": "Ana Lee", "address1": "8 rue Pasteur", "address2": None, "city": "Lyon",
            "provinceCode": None, "zip": "69007", "countryCodeV2": "FR", "phone": None,
        },
        "totalPriceSet": money("44.90"),
        "totalDiscountsSet": money("0.0"),
        "totalTaxSet": money("7.48"),
        "totalShippingPriceSet": money("4.90"),
        "lineItems": {
            "nodes": [
                {
                    "id": f"gid://shopify/LineItem/{number}", "sku": "shirt", "title": "Shirt", "variantTitle": "M", "quantity": 2,
                    "originalUnitPriceSet": money("20.00"), "variant": {"id": "gid://shopify/ProductVariant/1"}, "product": {"id": "gid://shopify/Product/1"},
                }
            ],
            "pageInfo": {"hasNextPage": False},
        },
        "fulfillments": [],
        "transactions": [
            {
                "id": f"gid://shopify/OrderTransaction/{number}", "kind": "SALE", "status": "SUCCESS", "gateway": "shopify_payments",
                "processedAt": stamp, "amountSet": money("44.90"),
            }
        ],
    }  # fmt: skip
    return made | given


def parcel(number: str, *scans: tuple[str, str], delivered: str | None = None) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Fulfillment/1",
        "createdAt": "2026-11-18T08:00:00Z",
        "deliveredAt": delivered,
        "status": "SUCCESS",
        "trackingInfo": [{"company": "UPS", "number": number}],
        "events": {
            "nodes": [{"status": code, "happenedAt": at, "city": "Lyon", "country": "FR"} for code, at in scans]
        },
        "fulfillmentLineItems": {"nodes": [{"lineItem": {"sku": "shirt"}}]},
    }


@cache
def schema() -> Any:
    """None where the reference folder is absent: then documents are answered without being judged."""
    if not SCHEMA.exists():
        return None
    import gzip
    import json

    from graphql import build_client_schema

    told = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    return build_client_schema(told.get("data", told), assume_valid=True)


@cache
def wrong_in(document: str) -> tuple[str, ...]:
    if schema() is None:
        return ()
    from graphql import parse, validate

    return tuple(error.message for error in validate(schema(), parse(document)))


def wrong_given(document: str, given: dict[str, Any]) -> tuple[str, ...]:
    """Variables that the schema would not take: unknown fields of inputs, words that no enumeration has."""
    if schema() is None:
        return ()
    from graphql import OperationDefinitionNode, parse
    from graphql.execution.values import get_variable_values

    (operation,) = (one for one in parse(document).definitions if isinstance(one, OperationDefinitionNode))
    told = get_variable_values(schema(), operation.variable_definitions or (), given)
    return tuple(error.message for error in told) if isinstance(told, list) else ()


@dataclass
class FakeShopify(FakeVendor):
    """`nodes` are its orders; `throttled` answers so many questions with THROTTLED; more than `at_most` cost too much."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    fetched: int = 0
    throttled: int = 0
    left: float = 1_000.0
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_error: bool = False
    jobs: int = 0
    cut_refund: bool = False
    at_most: int = 1_000
    acts: FakeActs = field(default_factory=FakeActs)
    bulk: FakeBulk = field(default_factory=FakeBulk)

    def routed(self, asked: Asked) -> Answer:
        if asked.path == "/admin/oauth/access_token":
            return self._token(asked.body)
        if asked.path.startswith("/bulk/"):
            return self.bulk.file(asked)
        if asked.path != PATH:
            return self.unexpected(asked)
        if asked.headers.get("x-shopify-access-token") not in self.tokens:
            return 401, {"errors": "[API] Invalid API key or access token"}, {}
        if self.throttled:
            self.throttled -= 1
            return 200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}, {}
        document, variables = asked.body["query"], asked.body["variables"]
        if max(int(variables.get("first") or 0), len(variables.get("ids") or ())) > self.at_most:
            return 200, {"errors": [{"message": "cost", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}, {}
        self.complaints += wrong_in(document) or wrong_given(document, variables)
        data = self._data(document, variables)
        if self.cut_refund and "refundCreate" in data:
            self.cut_refund = False
            return 502, "<html>", {}
        cost = {"throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": self.left, "restoreRate": 100.0}}
        return 200, {"data": data, "extensions": {"cost": cost}}, {}

    def _token(self, body: dict[str, str]) -> Answer:
        if body != {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}:
            return 401, {"error": "invalid_client"}, {}
        self.fetched += 1
        self.tokens = {f"shpca_{self.fetched}"}
        return 200, {"access_token": f"shpca_{self.fetched}", "expires_in": 86399, "scope": "read_orders"}, {}

    def _data(self, document: str, given: dict[str, Any]) -> dict[str, Any]:
        name = re.search(r"(?:query|mutation) (\w+)", document)
        match name and name[1]:
            case "Orders":
                return {"orders": self._orders(given)}
            case "SuggestedRefund":
                return {"order": self._suggested(given["id"])}
            case "RefundCreate":
                return {"refundCreate": self._refunded(given)}
            case "Cancel":
                if given["refundMethod"] != {"originalPaymentMethodsRefund": False}:
                    self.complaints.append("a cancellation that pays back: the money has its own way")
                if self.user_error:
                    return {
                        "orderCancel": {
                            "job": None,
                            "orderCancelUserErrors": [{"field": ["orderId"], "message": "Ana", "code": "INVALID"}],
                        }
                    }
                self._order(given["orderId"])["cancelledAt"] = "2026-11-20T10:00:00Z"
                return {
                    "orderCancel": {"job": {"id": "gid://shopify/Job/1", "done": False}, "orderCancelUserErrors": []}
                }
            case "Job":
                self.jobs += 1
                return {"job": {"id": given["id"], "done": self.jobs > 1}}
            case "Shop":
                return {"shop": {"name": "Ana's shop", "myshopifyDomain": "ana.myshopify.com", "currencyCode": "EUR"}}
        told = self.acts.answer(str(name and name[1]), given, self) or self.bulk.answer(
            str(name and name[1]), given, self
        )
        if told is None:
            self.complaints.append(f"unknown operation in {document[:40]}")
        return told or {}

    def _orders(self, given: dict[str, Any]) -> dict[str, Any]:
        query, first = given["query"], given["first"]
        since, named = re.search(r"updated_at:>='([^']+)'", query), re.search(r"name:(\S+)", query)
        chosen = sorted(self.nodes, key=lambda one: (one["updatedAt"], one["id"]))
        if since:
            chosen = [one for one in chosen if one["updatedAt"] >= since[1]]
        if named:
            chosen = [one for one in chosen if one["name"].lstrip("#").startswith(named[1].lstrip("#"))]
        start = int(given["after"] or 0)
        more = start + first < len(chosen)
        return {
            "nodes": chosen[start : start + first],
            "pageInfo": {"hasNextPage": more, "endCursor": str(start + first)},
        }

    def _order(self, name: str) -> dict[str, Any]:
        return next(one for one in self.nodes if one["id"] == name)

    def _suggested(self, name: str) -> dict[str, Any]:
        mine = [one for one in self.refunds.values() if one["order"] == name]
        left = f"{44.90 - sum(one['amount'] for one in mine):.2f}"
        parent = self._order(name)["transactions"][0]
        one = {
            "amountSet": money(left),
            "gateway": parent["gateway"],
            "kind": "SUGGESTED_REFUND",
            "parentTransaction": {"id": parent["id"]},
        }
        suggested = {"amountSet": money(left), "maximumRefundableSet": money(left), "suggestedTransactions": [one]}
        return {
            "refunds": [{"id": i, "note": r["note"]} for i, r in self.refunds.items() if r["order"] == name],
            "suggestedRefund": suggested,
        }

    def _refunded(self, given: dict[str, Any]) -> dict[str, Any]:
        if self.user_error:
            return {
                "refund": None,
                "order": None,
                "userErrors": [{"field": ["transactions"], "message": "Ana may not"}],
            }
        made, key = given["input"], given["key"]
        if key not in self.by_key:
            amount = sum(float(one["amount"]) for one in made["transactions"])
            name = f"gid://shopify/Refund/{len(self.refunds) + 1}"
            self.refunds[name] = {"order": made["orderId"], "amount": amount, "note": made["note"]}
            self.by_key[key] = {"refund": {"id": name}, "order": {"id": made["orderId"]}, "userErrors": []}
        return self.by_key[key]
