"""Zendesk messaging over Sunshine Conversations v2: chats that a switchboard gives to one integration at a time.

We answer only while we hold the switchboard, mark every message as written by an AI, and hand over by passing
control. There are no internal notes: a suggestion for people goes with the control. Each message carries our key in
its metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from connectors.errors import Conflict, Unreachable
from connectors.helpdesks import Account, Author, Changed, Comment, Conversation, Words
from connectors.helpdesks.calls import Calls, Manner, held
from connectors.helpdesks.pace import PATIENCE, Limit, Pace
from tools.orders.model import Clock

MANNER = Manner(
    "Sunshine Conversations",
    "check WISMO_SUNSHINE_BASE_URL, _APP_ID, _KEY_ID and _KEY_SECRET: docs/helpdesks.md",
)
AI = {"type": "business", "subtypes": ["AI"], "displayName": "AI assistant"}
NOT_OURS = "another integration holds the switchboard"
MARK = "wismo_action_id"
PROOFS = frozenset({"embed", "verified"})
"""How an identity was verified: by the shop's signed token. Words of the contract's example; check in a sandbox."""
SUMMARY = 3_000
"""Characters of a summary: metadata may have 4 KB in all."""
MOST_PAGES = 20
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Access:
    """`integration` is our name at the switchboard, `hand_to` whom we pass control to."""

    base_url: str
    app_id: str
    key_id: str
    secret: str
    integration: str = "wismo"
    hand_to: str = "next"


class Sunshine:
    def __init__(
        self,
        access: Access,
        now: Clock,
        transport: httpx.BaseTransport | None = None,
        calls_per_minute: int = 600,
        patience: timedelta = PATIENCE,
    ) -> None:
        pace = Pace(Limit(calls_per_minute, timedelta(minutes=1)), now, patience=patience)
        auth = httpx.BasicAuth(access.key_id, access.secret)
        self._calls = Calls(access.base_url, MANNER, auth, pace, now, transport)
        self._access = access
        self._app = f"v2/apps/{access.app_id}"

    def close(self) -> None:
        self._calls.close()

    # -- reading ---------------------------------------------------------------------------------------------

    def account(self) -> Account:
        app = held(self._calls.own(self._app), "app", self._app)
        return Account("", f"app {app.get('id', self._access.app_id)}")

    def conversation(self, ticket: str) -> Conversation:
        path = self._path(ticket)
        read = held(self._calls.get(path), "conversation", path)
        holder = (read.get("activeSwitchboardIntegration") or {}).get("name")
        comments = tuple(_comment(one) for one in self._messages(ticket) if not one.get("deleted"))
        who = next((one.sender for one in comments if one.author is Author.CUSTOMER), "")
        email, verified = self._identity(who)
        return Conversation(
            id=ticket,
            open=True,
            requester=who,
            email=email,
            verified=verified,
            subject="",
            tags=frozenset(),
            comments=comments,
            stamp=comments[-1].id if comments else "",
            elsewhere="" if holder == self._access.integration else NOT_OURS,
        )

    def _path(self, ticket: str) -> str:
        return f"{self._app}/conversations/{ticket}"

    def _messages(self, ticket: str) -> list[dict[str, Any]]:
        """Oldest first; the newest page comes first, and pages go backwards."""
        found: list[dict[str, Any]] = []
        wanted: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._calls.get(f"{self._path(ticket)}/messages", **wanted)
            found += page.get("messages") or ()
            meta = page.get("meta") or {}
            if not meta.get("hasMore") or not meta.get("beforeCursor"):
                break
            wanted = {"page[before]": str(meta["beforeCursor"])}
        return sorted(found, key=lambda one: str(one.get("received", "")))

    def _identity(self, user: str) -> tuple[str | None, bool]:
        """Proven are those whom the shop signed in: they carry its external id, and this very address is verified."""
        if not user:
            return None, False
        path = f"{self._app}/users/{user}"
        read = held(self._calls.get(path), "user", path)
        email = (read.get("profile") or {}).get("email")
        proven = any(
            one.get("type") == "email" and one.get("value") == email and one.get("verification") in PROOFS
            for one in read.get("identities") or ()
        )
        return email, bool(read.get("externalId")) and proven

    # -- saying ----------------------------------------------------------------------------------------------

    def writing(self, conversation: Conversation) -> None:
        body = {"author": {"type": "business"}, "type": "typing:start"}
        self._calls.ask("POST", f"{self._path(conversation.id)}/activity", json=body)

    def say(self, conversation: Conversation, words: Words) -> None:
        if words.public:
            self._speak(conversation, words)
        if words.team is not None or "wismo_draft" in words.tags:
            self._pass_control(conversation.id, words)
        elif not words.public:
            log.info("sunshine.no_note", remedy="what waits for a person stands on the desk")

    def _speak(self, conversation: Conversation, words: Words) -> None:
        now = self.conversation(conversation.id)
        if _has(now, words.key):
            return
        if now.stamp != conversation.stamp or now.elsewhere:
            raise Conflict(f"{self._path(conversation.id)} went on meanwhile")
        body = {"author": AI, "content": {"type": "text", "text": words.text}, "metadata": {MARK: words.key}}
        try:
            self._calls.ask("POST", f"{self._path(conversation.id)}/messages", json=body)
        except Unreachable:
            # The answer was lost, perhaps not the message: look before the next try sends it again.
            if not _has(self.conversation(conversation.id), words.key):
                raise

    def _pass_control(self, ticket: str, words: Words) -> None:
        """Idempotent at the vendor; what people must know goes with it."""
        metadata = {MARK: words.key, "wismo_summary": words.text[:SUMMARY], "wismo_team": words.team or ""}
        body = {"switchboardIntegration": self._access.hand_to, "metadata": metadata}
        self._calls.ask("POST", f"{self._path(ticket)}/passControl", json=body)

    # -- many conversations ----------------------------------------------------------------------------------

    def changed_since(self, _: datetime) -> Iterator[Changed]:
        """Conversations can be listed of one user only: there is no way to ask."""
        return iter(())

    def solved_since(self, _: datetime) -> Iterator[Mapping[str, Any]]:
        """Messaging tickets are Zendesk's tickets: its own export has them."""
        return iter(())


def _has(conversation: Conversation, key: str) -> bool:
    return any(one.key == key for one in conversation.comments)


def _comment(one: Mapping[str, Any]) -> Comment:
    author, content = one.get("author") or {}, one.get("content") or {}
    text = str(content.get("text") or content.get("altText") or "")
    at = datetime.fromisoformat(str(one["received"]).replace("Z", "+00:00"))
    key = str((one.get("metadata") or {}).get(MARK) or "")
    return Comment(str(one["id"]), _author(author, key), str(author.get("userId") or ""), text, True, at, key=key)


def _author(author: Mapping[str, Any], key: str) -> Author:
    if author.get("type") == "user":
        return Author.CUSTOMER
    if key:
        return Author.WISMO
    return Author.MACHINE if "AI" in (author.get("subtypes") or ()) else Author.PERSON
