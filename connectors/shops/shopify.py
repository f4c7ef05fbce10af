"""Shopify's Admin GraphQL: tokens that are fetched anew, a limit counted in cost, business errors that answer 200.

Client credentials give a token for a day; a fixed `shpat_` token is the legacy mode of apps made before 2026.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from connectors.errors import Gone, Limited, Rejected, Unauthorized, Unreachable
from connectors.shops import Page, shopify_documents, shopify_reading
from tools.orders.model import Clock
from tools.orders.money import Money

SOON = timedelta(minutes=5)
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
PAGE = 100
ENOUGH = 200
"""Cost points that must be left before the next question."""
LONGEST = 10.0
NAME = re.compile(r"#?[\w.-]{1,40}")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
REMEDY = "check the app's scopes and WISMO_SHOPIFY_CLIENT_ID and _CLIENT_SECRET, then: wismo doctor"


@dataclass(frozen=True, slots=True)
class Access:
    """`url` is https://{shop}.myshopify.com; `token` only in the legacy mode."""

    url: str
    client_id: str = ""
    client_secret: str = ""
    token: str = ""


class TooCostly(Rejected):
    """One question that would cost more than Shopify lets any question cost: ask for less at once."""


class Shopify:
    def __init__(
        self, access: Access, now: Clock, sleep: Callable[[float], None] = time.sleep, page: int = PAGE
    ) -> None:
        self._access = access
        self._now = now
        self.sleep = sleep
        self._page = page
        self._http = httpx.Client(base_url=access.url, timeout=TIMEOUT, follow_redirects=False)
        self._guard = threading.Lock()
        self._token, self._until = access.token, datetime.max.replace(tzinfo=now().tzinfo) if access.token else now()
        self._left, self._restored = 1_000.0, 100.0

    def close(self) -> None:
        self._http.close()

    # -- the Storefront --------------------------------------------------------------------------------------

    def changed(self, since: str, after: str = "") -> Page:
        """`since` is a stamp of an earlier page; empty: from the first order on."""
        if since and not STAMP.fullmatch(since):
            raise Rejected("the mirror's mark is no moment; start it anew with --from-start")
        wanted = f"updated_at:>='{since}' status:any" if since else "status:any"
        return self._orders(wanted, after)

    def order(self, name: str) -> Page:
        """By its number. Raises `Gone` where the shop has none of that name."""
        if not NAME.fullmatch(name):
            raise Rejected("no order's number")
        found = self._orders(f"name:{name}", "")
        if not any(one["id"].lstrip("#") == name.lstrip("#") for one in found.orders):
            raise Gone("the shop has no such order, or we may not see it")
        return found

    def refund(self, order: str, amount: Money, key: str) -> tuple[str, str]:
        """Never above what Shopify says is refundable, by its own suggestion of transactions.

        Our key stands in the refund's note: one that was made, and whose answer was lost, is found by it, because by
        then the suggestion is another one and `@idempotent` would not know it.
        """
        node = self.node(order)
        ours = str(uuid5(NAMESPACE_URL, f"wismo:{key}"))
        told = self.ask(shopify_documents.SUGGESTED_REFUND, id=node["id"])["order"]
        made = next((one["id"] for one in told["refunds"] if ours in (one["note"] or "")), None)
        if made:
            return made, ""
        suggested = told["suggestedRefund"]
        most = Money.parse(suggested["maximumRefundableSet"]["shopMoney"]["amount"], amount.currency)
        if amount.minor > most.minor:
            return "", "above_refundable"
        shares = list(_shares(suggested["suggestedTransactions"], amount, node["id"]))
        given = {"orderId": node["id"], "note": f"Wismo {ours}", "transactions": shares}
        answer = self.ask(shopify_documents.REFUND, input=given, key=ours)["refundCreate"]
        return ("", code(answer["userErrors"])) if answer["userErrors"] else (answer["refund"]["id"], "")

    def cancel(self, order: str) -> str:
        """Without money, which has its own way; asynchronous there. One that is cancelled already is well."""
        node = self.node(order)
        if node["cancelledAt"]:
            return ""
        made = self.ask(
            shopify_documents.CANCEL,
            orderId=node["id"],
            reason="CUSTOMER",
            refundMethod={"originalPaymentMethodsRefund": False},
            restock=True,
            notify=False,
        )["orderCancel"]
        return code(made["orderCancelUserErrors"]) if made["orderCancelUserErrors"] else self._finished(made["job"])

    def _finished(self, job: Mapping[str, Any]) -> str:
        for _ in range(20):
            if job["done"]:
                return ""
            self.sleep(0.5)
            job = self.ask(shopify_documents.JOB, id=job["id"])["job"]
        return "still_running"

    def subscribe(self, address: str) -> tuple[list[str], list[str]]:
        """The topics that are subscribed now, and those that were. Raises `Rejected` where Shopify takes none."""
        there = [one["topic"] for one in self._hooks() if one["uri"] == address]
        fresh = [topic for topic in shopify_documents.TOPICS if topic not in there]
        for topic in fresh:
            made = self.ask(shopify_documents.HOOK, topic=topic, hook={"uri": address})["webhookSubscriptionCreate"]
            if made["userErrors"]:
                raise Rejected(f"Shopify does not subscribe {topic} ({code(made['userErrors'])}); {REMEDY}")
        return fresh, [topic for topic in shopify_documents.TOPICS if topic in there]

    def _hooks(self) -> Iterator[Mapping[str, Any]]:
        after: str | None = None
        while True:
            page = self.ask(shopify_documents.HOOKS, after=after)["webhookSubscriptions"]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def shop(self) -> str:
        return str(self.ask(shopify_documents.SHOP)["shop"]["name"])

    def _orders(self, query: str, after: str) -> Page:
        asked = {"query": query, "after": after or None}
        while True:
            try:
                found = self.ask(shopify_documents.ORDERS, **asked, first=self._page)["orders"]
                break
            except TooCostly:
                if self._page == 1:
                    raise
                self._page //= 2
        info = found["pageInfo"]
        return shopify_reading.page(found["nodes"], info["endCursor"] if info["hasNextPage"] else "")

    def node(self, order: str) -> Mapping[str, Any]:
        """By its number. Raises `Gone`, `Rejected`."""
        if not NAME.fullmatch(order):
            raise Rejected("no order's number")
        nodes = self.ask(shopify_documents.ORDERS, query=f"name:{order}", after=None, first=5)["orders"]["nodes"]
        found: Mapping[str, Any] | None = next((n for n in nodes if n["name"].lstrip("#") == order.lstrip("#")), None)
        if found is None:
            raise Gone("the shop has no such order, or we may not see it")
        return found

    # -- asking ----------------------------------------------------------------------------------------------

    def ask(self, document: str, **variables: Any) -> Mapping[str, Any]:
        """The `data` of an answer. Raises `ConnectorError`."""
        self._paced()
        body = self._post(f"/admin/api/{shopify_documents.VERSION}/graphql.json", document, variables)
        self._learn(body.get("extensions", {}).get("cost", {}).get("throttleStatus", {}))
        errors = body.get("errors") or []
        if "THROTTLED" in _codes(errors):
            raise Limited("Shopify: throttled", timedelta(seconds=max(ENOUGH / self._restored, 1)))
        if "MAX_COST_EXCEEDED" in _codes(errors):
            raise TooCostly("Shopify: one question costs more than it allows")
        if errors or not isinstance(body.get("data"), dict):
            raise Rejected(f"Shopify refuses the question ({_codes(errors)}); {REMEDY}")
        data: Mapping[str, Any] = body["data"]
        return data

    def _post(self, path: str, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """A token that was refused is fetched anew, once."""
        sent = {"query": document, "variables": dict(variables)}
        response = self._sent(path, sent, self._fresh_token())
        if response.status_code == 401 and not self._access.token:
            self._token = ""
            response = self._sent(path, sent, self._fresh_token())
        return _read(response)

    def _sent(self, path: str, body: Mapping[str, Any], token: str) -> httpx.Response:
        try:
            return self._http.post(path, json=body, headers={"X-Shopify-Access-Token": token} if token else {})
        except httpx.HTTPError as error:
            raise Unreachable(f"Shopify: {type(error).__name__}") from None

    def _fresh_token(self) -> str:
        with self._guard:
            if not self._token or self._until - SOON <= self._now():
                given = {"grant_type": "client_credentials", "client_id": self._access.client_id}
                body = {**given, "client_secret": self._access.client_secret}
                told = _read(self._sent("/admin/oauth/access_token", body, ""))
                self._token = str(told.get("access_token", ""))
                self._until = self._now() + timedelta(seconds=int(told.get("expires_in", 86_400)))
            return self._token

    def _paced(self) -> None:
        """Waits until enough points are restored, instead of being refused."""
        missing = ENOUGH - self._left
        if missing > 0:
            self.sleep(min(missing / self._restored, LONGEST))
            self._left = ENOUGH

    def _learn(self, told: Mapping[str, Any]) -> None:
        self._left = float(told.get("currentlyAvailable", self._left))
        self._restored = max(float(told.get("restoreRate", self._restored)), 1.0)


def _shares(suggested: Any, amount: Money, order: str) -> Any:
    """The amount over the transactions that Shopify suggests, each up to its own."""
    left = amount.minor
    for one in suggested:
        part = min(left, Money.parse(one["amountSet"]["shopMoney"]["amount"], amount.currency).minor)
        if part:
            left -= part
            parent = (one.get("parentTransaction") or {}).get("id")
            share = str(Money(part, amount.currency).decimal())
            yield {"orderId": order, "parentId": parent, "gateway": one["gateway"], "kind": "REFUND", "amount": share}


def _read(response: httpx.Response) -> Mapping[str, Any]:
    status = response.status_code
    if status in {401, 403}:
        raise Unauthorized(f"Shopify: {status}; {REMEDY}")
    if status == 429:
        after = response.headers.get("retry-after", "")
        raise Limited("Shopify: 429", timedelta(seconds=float(after) if after.replace(".", "").isdigit() else 2))
    if status >= 500:
        raise Unreachable(f"Shopify: {status}")
    if status >= 300:
        raise Rejected(f"Shopify: {status}; is WISMO_SHOPIFY_URL https://your-shop.myshopify.com?")
    try:
        body = response.json()
    except ValueError:
        raise Unreachable("Shopify: the answer is not JSON") from None
    if not isinstance(body, dict):
        raise Unreachable("Shopify: the answer is no object")
    return body


def code(errors: Any) -> str:
    """A message may name a customer: only codes and fields are kept."""
    first = errors[0]
    return str(first.get("code") or ".".join(first.get("field") or ()) or "refused")


def _codes(errors: Any) -> str:
    codes = [str(one.get("extensions", {}).get("code", "")) for one in errors if isinstance(one, dict)]
    return ", ".join(filter(None, codes)) or "no code"
