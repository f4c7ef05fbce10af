"""Zendesk Support over its REST API: read a ticket as it is now, say something into it. OAuth client credentials.

Replies have no idempotency key at Zendesk: each carries a marker in the update's metadata, and an update whose
answer was lost is looked for in the ticket's audits before it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.errors import Unauthorized, Unreachable
from connectors.helpdesks import Account, Changed, Conversation, Waits, Words
from connectors.helpdesks.calls import Calls, Manner, held
from connectors.helpdesks.pace import PATIENCE, Limit, Pace
from connectors.helpdesks.said import paragraphs
from connectors.helpdesks.zendesk_login import Access, login
from connectors.helpdesks.zendesk_reading import CommentDto, TicketDto, UserDto, comment, marker
from tools.orders import emails
from tools.orders.model import Clock

__all__ = ["Access", "Zendesk"]
MANNER = Manner(
    "Zendesk",
    "check WISMO_ZENDESK_BASE_URL, WISMO_ZENDESK_CLIENT_ID and _CLIENT_SECRET, and the client's scopes: "
    "wismo connect zendesk",
    limit_header="x-rate-limit",
)
PER_MINUTE = timedelta(minutes=1)
UPDATES_OF_TICKET = Limit(30, timedelta(minutes=10))
EXPORTS = ("exports", Limit(10, PER_MINUTE))
"""Contracts README 4.6: updates of one ticket by one user, and calls of the incremental export."""
FIRST_MINUTE = timedelta(seconds=61)
"""The incremental export refuses a beginning within the last minute."""
MOST_PAGES = 20
MOST_EXPORT_PAGES = 10_000
STATUS = {Waits.CUSTOMER: "pending", Waits.PEOPLE: "open", Waits.NOBODY: "solved"}


class Zendesk:
    def __init__(
        self,
        access: Access,
        now: Clock,
        transport: httpx.BaseTransport | None = None,
        calls_per_minute: int = 200,
        updates_per_minute: int = 100,
        patience: timedelta = PATIENCE,
    ) -> None:
        pace = Pace(Limit(calls_per_minute, PER_MINUTE), now, patience=patience)
        self._calls = Calls(access.base_url, MANNER, login(access, MANNER, now), pace, now, transport)
        self._updates = ("updates", Limit(updates_per_minute, PER_MINUTE))
        self._now = now
        self._own: UserDto | None = None
        self._groups: Mapping[str, str] | None = None

    def close(self) -> None:
        self._calls.close()

    # -- reading ---------------------------------------------------------------------------------------------

    def account(self) -> Account:
        own = self._me()
        return Account(own.id, f"user {own.id}, role {own.role}")

    def conversation(self, ticket: str) -> Conversation:
        own = self._me()
        path = f"/api/v2/tickets/{ticket}"
        read = TicketDto.model_validate(held(self._calls.get(path), "ticket", path))
        comments, people = self._comments(ticket)
        requester = people.get(read.requester_id) or self._user(read.requester_id)
        return Conversation(
            id=ticket,
            open=read.open,
            requester=read.requester_id,
            email=requester.email,
            verified=self._is_verified(requester),
            subject=read.subject or "",
            tags=frozenset(read.tags),
            comments=tuple(comment(one, people, own.id) for one in comments),
            stamp=read.updated_at,
            elsewhere=read.elsewhere,
            rating=read.rating,
        )

    def _comments(self, ticket: str) -> tuple[list[CommentDto], dict[str, UserDto]]:
        comments: list[CommentDto] = []
        people: dict[str, UserDto] = {}
        for page in self._pages(f"/api/v2/tickets/{ticket}/comments", {"page[size]": "100", "include": "users"}):
            comments += [CommentDto.model_validate(one) for one in page.get("comments", [])]
            people |= {user.id: user for user in map(UserDto.model_validate, page.get("users", []))}
        return sorted(comments, key=lambda one: one.created_at), people

    def _is_verified(self, requester: UserDto) -> bool:
        """This very address was proven to Zendesk; that some address was is not enough."""
        if not requester.email:
            return False
        answer = self._calls.get(f"/api/v2/users/{requester.id}/identities")
        wanted = emails.folded(requester.email)
        return any(
            one.get("type") == "email"
            and one.get("verified") is True
            and emails.folded(str(one.get("value", ""))) == wanted
            for one in answer.get("identities", [])
        )

    def _user(self, user: str) -> UserDto:
        path = f"/api/v2/users/{user}"
        return UserDto.model_validate(held(self._calls.get(path), "user", path))

    def _me(self) -> UserDto:
        """Whom the loop guard must know. Not an agent: `Unauthorized`, for silence is better than a loop."""
        if self._own is None:
            path = "/api/v2/users/me"
            found = UserDto.model_validate(held(self._calls.own(path), "user", path))
            if found.role not in {"agent", "admin"} or not found.id:
                raise Unauthorized("the Zendesk user of this client is not an agent; give it the agent role")
            self._own = found
        return self._own

    def writing(self, conversation: Conversation) -> None:
        """Tickets show no typing."""

    # -- saying ----------------------------------------------------------------------------------------------

    def say(self, conversation: Conversation, words: Words) -> None:
        """One update: comment, status, tags; for a team also its group. Said once, however often it is sent."""
        if self._said_before(conversation.id, words.key):
            return
        try:
            self._update(conversation, words)
        except Unreachable:
            # The answer was lost, perhaps not the update: look before the next try sends it again.
            if not self._said_before(conversation.id, words.key):
                raise

    def _update(self, conversation: Conversation, words: Words) -> None:
        path = f"/api/v2/tickets/{conversation.id}"
        limits = (self._updates, (f"ticket {conversation.id}", UPDATES_OF_TICKET))
        answer = self._calls.ask("PUT", path, json={"ticket": self._wanted(conversation, words)}, limits=limits)
        now = held(answer, "ticket", path).get("tags")
        missing = sorted(set(words.tags) - set(now if now is not None else words.tags))
        if missing:
            # `additional_tags` is documented for updates of many tickets only; where one ignores it, this adds them.
            self._calls.ask("PUT", f"{path}/tags", json={"tags": missing}, limits=limits)

    def _wanted(self, conversation: Conversation, words: Words) -> dict[str, Any]:
        update: dict[str, Any] = {
            "comment": {
                "html_body": paragraphs(words.text),
                "public": words.public,
                "author_id": int(self._me().id),
            },
            "additional_tags": list(words.tags),
            "metadata": {"wismo_action_id": words.key},
            "safe_update": True,
            "updated_stamp": conversation.stamp,
        }
        if words.waits is not None:
            update["status"] = STATUS[words.waits]
        if words.team is not None:
            update |= {"assignee_id": None} | self._group(words.team)
        return update

    def _group(self, team: str) -> dict[str, int]:
        """By the team's name; a team that has no group keeps the ticket where it is, in the open queue."""
        if self._groups is None:
            pages = self._pages("/api/v2/groups", {"page[size]": "100"})
            self._groups = {str(g["name"]).casefold(): str(g["id"]) for page in pages for g in page.get("groups", [])}
        found = self._groups.get(team.casefold())
        return {"group_id": int(found)} if found else {}

    def _said_before(self, ticket: str, key: str) -> bool:
        audits = (
            one
            for page in self._pages(f"/api/v2/tickets/{ticket}/audits", {"page[size]": "100"})
            for one in page.get("audits", [])
        )
        return any(marker(audit) == key for audit in audits)

    # -- many tickets ----------------------------------------------------------------------------------------

    def changed_since(self, moment: datetime) -> Iterator[Changed]:
        for page in self._exported(moment):
            for one in map(TicketDto.model_validate, page.get("tickets", [])):
                if one.status.lower() != "deleted":
                    yield Changed(one.id, one.updated_at)

    def solved_since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        for page in self._exported(moment):
            for one in page.get("tickets", []):
                if str(one.get("status", "")).lower() in {"solved", "closed"}:
                    yield one | self._whole(str(one["id"]))

    def _whole(self, ticket: str) -> dict[str, Any]:
        path = f"/api/v2/tickets/{ticket}/comments"
        pages = list(self._pages(path, {"page[size]": "100", "include": "users"}))
        return {name: [one for page in pages for one in page.get(name, [])] for name in ("comments", "users")}

    def _exported(self, moment: datetime) -> Iterator[dict[str, Any]]:
        path = "/api/v2/incremental/tickets/cursor"
        begin = min(moment, self._now() - FIRST_MINUTE)
        wanted = {"start_time": str(int(begin.timestamp())), "per_page": "100"}
        for _ in range(MOST_EXPORT_PAGES):
            page = self._calls.ask("GET", path, params=wanted, limits=(EXPORTS,))
            yield page
            if page.get("end_of_stream", True) or not page.get("after_cursor"):
                return
            wanted = {"cursor": str(page["after_cursor"]), "per_page": "100"}

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Cursor pages, bounded: a cursor that never ends is a defect of theirs."""
        wanted = dict(params)
        for _ in range(MOST_PAGES):
            page = self._calls.get(path, **wanted)
            yield page
            meta = page.get("meta") or {}
            if not meta.get("has_more") or not meta.get("after_cursor"):
                return
            wanted = {**params, "page[after]": str(meta["after_cursor"])}
