"""All orders at once: Shopify writes them into a file while we wait, and the file is read on from where it was cut off.

A bulk query holds no scans and no goods of parcels. An order for which they matter (a part was sent, or it is under
way) is asked for again, many at a time; all others are as the file tells them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from connectors.addresses import Trusted
from connectors.errors import Gone, Limited, Unreachable
from connectors.outbound import GuardedTransport
from connectors.shops import Page, Place, shopify_documents, shopify_reading
from connectors.shops.shopify import Shopify, TooCostly, code

WAIT = 5.0
LONGEST = 24 * 3600
AT_ONCE = 500
AGAIN = 50
"""Orders of one page of ours, and of one question for those that are asked again."""
RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})


class Bulk:
    def __init__(self, shopify: Shopify, url: str, wait: float = WAIT) -> None:
        self._shopify = shopify
        self._wait = wait
        self._http = httpx.Client(
            transport=GuardedTransport(Trusted.of(url)), follow_redirects=False, trust_env=False, timeout=60.0
        )

    def close(self) -> None:
        self._http.close()

    def begin(self, now: str) -> Place:
        """Raises `Limited` while another one of this app runs."""
        made = self._shopify.ask(shopify_documents.BULK, query=shopify_documents.BULK_ORDERS)["bulkOperationRunQuery"]
        if made["userErrors"]:
            raise Limited(f"Shopify begins no bulk operation ({code(made['userErrors'])})", timedelta(minutes=5))
        return Place(str(made["bulkOperation"]["id"]), now)

    def pages(self, place: Place) -> Iterator[tuple[Page, Place]]:
        """Each with where to go on after it. Raises `Gone` where the file is not there any more: begin anew."""
        url = self._ready(place)
        lines: list[dict[str, Any]] = []
        seen = place.bytes
        for size, row in self._rows(url, place.bytes) if url else ():
            if "__parentId" not in row and len(lines) >= AT_ONCE:
                yield self._page(lines), replace(place, bytes=seen)
                lines = []
            if "__parentId" in row:
                lines[-1]["lineItems"]["nodes"].append(row)
            else:
                lines.append({**row, "lineItems": {"nodes": []}})
            seen += size
        if lines:
            yield self._page(lines), replace(place, bytes=seen)

    def _ready(self, place: Place) -> str:
        """Where the file is, when it is written; empty where there is no order at all."""
        for _ in range(int(LONGEST / self._wait)):
            told = self._shopify.ask(shopify_documents.BULK_STATE, id=place.operation)["bulkOperation"]
            if told is None or told["status"] == "EXPIRED":
                raise Gone("Shopify does not have this bulk operation any more; run it again")
            if told["status"] not in RUNNING:
                break
            self._shopify.sleep(self._wait)
        if told["status"] != "COMPLETED":
            raise Gone(f"Shopify's bulk operation ended as {told['status']} ({told['errorCode']}); run it again")
        return str(told["url"] or "")

    def _rows(self, url: str, start: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """(bytes, row) from there on. Raises `Unreachable` where it is cut off in the middle of a row."""
        rest = b""
        for chunk in self._chunks(url, start):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield len(line) + 1, json.loads(line)
        if rest:
            raise Unreachable("Shopify's file was cut off; run it again to go on")

    def _chunks(self, url: str, start: int) -> Iterator[bytes]:
        """Whoever passes over the range is read from the beginning, and what is known is left out."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._http.stream("GET", url, headers=headers) as answer:
                _must_be_there(answer.status_code)
                skip = start if answer.status_code == 200 else 0
                for chunk in answer.iter_bytes():
                    yield chunk[skip:]
                    skip = max(skip - len(chunk), 0)
        except httpx.HTTPError as error:
            raise Unreachable(f"Shopify's file: {type(error).__name__}; run it again to go on") from None

    def _page(self, nodes: Sequence[Mapping[str, Any]]) -> Page:
        again = [str(node["id"]) for node in nodes if _incomplete(node)]
        fresh = {one["id"]: one for at in range(0, len(again), AGAIN) for one in self._again(again[at : at + AGAIN])}
        whole = [fresh.get(node["id"]) or _plain(node) for node in nodes]
        return shopify_reading.page(whole, "")

    def _again(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        try:
            found = self._shopify.ask(shopify_documents.ORDERS_BY_ID, ids=list(names))["nodes"]
        except TooCostly:
            half = len(names) // 2
            if not half:
                raise
            yield from (*self._again(names[:half]), *self._again(names[half:]))
            return
        yield from (one for one in found if one)


def _must_be_there(status: int) -> None:
    if status in {403, 404, 410}:
        raise Gone("Shopify's file is not there any more; run it again")
    if status not in {200, 206}:
        raise Unreachable(f"Shopify's file: {status}")


def _incomplete(node: Mapping[str, Any]) -> bool:
    """One parcel that arrived holds all goods; more of them, or one on its way, must be read."""
    sent = [one for one in node["fulfillments"] if one["status"] == "SUCCESS"]
    arrived = all(one.get("deliveredAt") for one in sent)
    return len(sent) > 1 or bool(sent and not (arrived and node["displayFulfillmentStatus"] == "FULFILLED"))


def _plain(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The form of an order that was asked for: its one parcel holds everything."""
    goods = [{"lineItem": {"sku": line["sku"]}} for line in node["lineItems"]["nodes"]]
    told = {"events": {"nodes": []}, "fulfillmentLineItems": {"nodes": goods}}
    return {**node, "fulfillments": [{**one, **told} for one in node["fulfillments"]]}
