"""The part of the strict Shopify that writes everything into one file: it takes its time, and is fetched in parts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.shops.shopify_documents import BULK_ORDERS
from tests.connectors.vendor import Answer, Asked


@dataclass
class FakeBulk:
    """`looks` at the operation say RUNNING before it is over; `ends` says how. `cut` sends so many bytes, once."""

    looks: int = 2
    ends: str = "COMPLETED"
    cut: int = 0
    text: bytes = b""
    begun: int = 0
    ranges: list[str] = field(default_factory=list)
    refused: bool = False

    def answer(self, name: str, given: dict[str, Any], shop: Any) -> dict[str, Any] | None:
        if name == "Bulk":
            return self._begin(given, shop)
        if name == "BulkState":
            return {"bulkOperation": self._state(given["id"], shop)}
        if name == "OrdersById":
            return {"nodes": [next((one for one in shop.nodes if one["id"] == each), None) for each in given["ids"]]}
        return None

    def _begin(self, given: dict[str, Any], shop: Any) -> dict[str, Any]:
        if given["query"] != BULK_ORDERS:
            shop.complaints.append("another bulk query")
        if self.refused:
            told = [{"field": None, "message": "A bulk query operation for this app and shop is already in progress"}]
            return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": told}}
        self.begun += 1
        self.text = "".join(f"{json.dumps(row)}\n" for node in shop.nodes for row in rows(node)).encode()
        made = {"id": f"gid://shopify/BulkOperation/{self.begun}", "status": "CREATED"}
        return {"bulkOperationRunQuery": {"bulkOperation": made, "userErrors": []}}

    def _state(self, name: str, shop: Any) -> dict[str, Any]:
        self.looks -= 1
        over = self.looks < 0
        url = f"{shop.url}/bulk/orders.jsonl" if over and self.ends == "COMPLETED" else None
        return {
            "id": name, "status": self.ends if over else "RUNNING", "errorCode": None if self.ends == "COMPLETED" else "TIMEOUT",
            "objectCount": "1", "url": url, "partialDataUrl": None,
        }  # fmt: skip

    def file(self, asked: Asked) -> Answer:
        given = asked.headers.get("range", "bytes=0-")
        self.ranges.append(given)
        start = int(given.removeprefix("bytes=").rstrip("-"))
        rest = self.text[start:]
        if self.cut:
            rest, self.cut = rest[: self.cut], 0
        return (206 if start else 200), rest.decode(), {"content-type": "application/jsonl"}


def rows(node: dict[str, Any]) -> list[dict[str, Any]]:
    """An order's line, then its line items', each with the order's id: as groupObjects writes them."""
    head = {name: value for name, value in node.items() if name != "lineItems"}
    head["fulfillments"] = [
        {name: value for name, value in one.items() if name not in {"events", "fulfillmentLineItems"}}
        for one in node["fulfillments"]
    ]
    return [head, *({**line, "__parentId": node["id"]} for line in node["lineItems"]["nodes"])]
