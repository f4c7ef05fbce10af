"""Freshdesk over its API v2: read a ticket as it is now, say something into it as the agent whose key it is.

There is neither a lock nor an idempotency key, and an update replaces all tags: the ticket is read again right before
each step, and a reply whose answer was lost is looked for before it is sent again. No requester is ever proven.
Field names are as third parties describe them (contracts README 7): check them against an account of your own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.errors import Conflict, Gone, Unreachable
from connectors.helpdesks import Account, Changed, Conversation, Waits, Words
from connectors.helpdesks.calls import Calls, Manner
from connectors.helpdesks.freshdesk_reading import SOLVED, TicketDto, comments, score
from connectors.helpdesks.pace import PATIENCE, Limit, Pace
from connectors.helpdesks.said import paragraphs, said_before
from tools.orders.model import Clock

MANNER = Manner(
    "Freshdesk",
    "check WISMO_FRESHDESK_BASE_URL and WISMO_FRESHDESK_API_KEY: wismo connect freshdesk",
    limit_header="x-ratelimit-total",
)
PER_MINUTE = timedelta(minutes=1)
LISTS = ("lists", Limit(20, PER_MINUTE))
"""Of the smallest plan."""
STATUS = {Waits.CUSTOMER: 3, Waits.PEOPLE: 2, Waits.NOBODY: 4}
PAGE, SMALL_PAGE = 100, 30
"""What we ask for, and what a page holds where that is passed over: a shorter one is surely the last."""
MOST_PAGES = 300


@dataclass(frozen=True, slots=True)
class Access:
    base_url: str
    api_key: str


class Freshdesk:
    def __init__(
        self,
        access: Access,
        now: Clock,
        transport: httpx.BaseTransport | None = None,
        calls_per_minute: int = 200,
        patience: timedelta = PATIENCE,
    ) -> None:
        pace = Pace(Limit(calls_per_minute, PER_MINUTE), now, patience=patience)
        self._calls = Calls(access.base_url, MANNER, httpx.BasicAuth(access.api_key, "X"), pace, now, transport)
        self._own = ""
        self._groups: Mapping[str, int] | None = None

    def close(self) -> None:
        self._calls.close()

    # -- reading ---------------------------------------------------------------------------------------------

    def account(self) -> Account:
        return Account(self._me(), f"agent {self._me()}")

    def _me(self) -> str:
        """Whom the loop guard must know: the agent whose key this is must be a seat of its own."""
        if not self._own:
            self._own = str((self._calls.own("/api/v2/agents/me") or {}).get("id") or "")
            if not self._own:
                raise Unreachable("/api/v2/agents/me: the answer holds no id")
        return self._own

    def conversation(self, ticket: str) -> Conversation:
        own = self._me()
        read = self._ticket(ticket)
        said = list(self._pages(f"/api/v2/tickets/{ticket}/conversations"))
        return Conversation(
            id=ticket,
            open=read.status not in SOLVED,
            requester=read.requester_id,
            email=read.requester.email if read.requester else None,
            verified=False,
            subject=read.subject or "",
            tags=frozenset(read.tags),
            comments=comments(read, said, own),
            stamp=f"{read.updated_at} {len(said)}",
            rating=self._rating(ticket) if read.status in SOLVED else None,
        )

    def _ticket(self, ticket: str) -> TicketDto:
        """Raises `Gone` for one in the bin, and for spam."""
        read = TicketDto.model_validate(self._calls.get(f"/api/v2/tickets/{ticket}", include="requester"))
        if read.deleted or read.spam:
            raise Gone(f"/api/v2/tickets/{ticket}: deleted or spam")
        return read

    def _rating(self, ticket: str) -> int | None:
        """Customers are asked when a ticket is solved. No survey in this account: no rating."""
        try:
            found = self._calls.get(f"/api/v2/tickets/{ticket}/satisfaction_ratings")
        except Gone:
            return None
        return score(found)

    def writing(self, conversation: Conversation) -> None:
        """Tickets show no typing."""

    # -- saying ----------------------------------------------------------------------------------------------

    def say(self, conversation: Conversation, words: Words) -> None:
        now = self.conversation(conversation.id)
        said = said_before(now, words)
        if now.stamp != conversation.stamp and not said:
            raise Conflict(f"/api/v2/tickets/{conversation.id} went on meanwhile")
        if not said:
            self._speak(conversation.id, words)
        self._update(conversation.id, words)

    def _speak(self, ticket: str, words: Words) -> None:
        body: dict[str, Any] = {"body": paragraphs(words.text)}
        way, body = ("reply", body) if words.public else ("notes", body | {"private": True})
        try:
            self._calls.ask("POST", f"/api/v2/tickets/{ticket}/{way}", json=body)
        except Unreachable:
            # The answer was lost, perhaps not the reply: look before the next try sends it again.
            if not said_before(self.conversation(ticket), words):
                raise

    def _update(self, ticket: str, words: Words) -> None:
        """All tags are written, for what is left out is taken away: hence those of this very moment."""
        now = self._ticket(ticket)
        wanted: dict[str, Any] = {}
        if set(words.tags) - set(now.tags):
            wanted["tags"] = sorted({*now.tags, *words.tags})
        if words.waits is not None and STATUS[words.waits] != now.status:
            wanted["status"] = STATUS[words.waits]
        if words.team is not None:
            wanted |= {"responder_id": None} | self._group(words.team)
        if wanted:
            self._calls.ask("PUT", f"/api/v2/tickets/{ticket}", json=wanted)

    def _group(self, team: str) -> dict[str, int]:
        """By the team's name; a team that has no group keeps the ticket where it is, in the open queue."""
        if self._groups is None:
            found = self._pages("/api/v2/groups")
            self._groups = {str(one["name"]).casefold(): int(one["id"]) for one in found}
        group = self._groups.get(team.casefold())
        return {"group_id": group} if group else {}

    # -- many tickets ----------------------------------------------------------------------------------------

    def changed_since(self, moment: datetime) -> Iterator[Changed]:
        for one in self._updated(moment):
            yield Changed(str(one["id"]), str(one.get("updated_at", "")))

    def solved_since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        for one in self._updated(moment):
            if one.get("status") in SOLVED:
                path = f"/api/v2/tickets/{one['id']}"
                whole = self._calls.get(path, include="requester") or {}
                yield one | whole | {"conversations": list(self._pages(f"{path}/conversations"))}

    def _updated(self, moment: datetime) -> Iterator[dict[str, Any]]:
        since = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        order = {"updated_since": since, "order_by": "updated_at", "order_type": "asc"}
        yield from self._pages("/api/v2/tickets", (LISTS,), **order)

    def _pages(self, path: str, limits: tuple[tuple[str, Limit], ...] = (), **params: str) -> Iterator[dict[str, Any]]:
        """Bounded: Freshdesk itself gives 300 pages at most."""
        for number in range(1, MOST_PAGES + 1):
            wanted = {**params, "page": str(number), "per_page": str(PAGE)}
            page = self._calls.ask("GET", path, params=wanted, limits=limits) or []
            yield from page
            if len(page) < SMALL_PAGE:
                return
