"""Intercom over its REST API 2.15: read a conversation as it is now, say something into it as a teammate's seat.

There is neither a lock nor an idempotency key: right before each reply the conversation is read again, and a reply
whose answer was lost is looked for among its parts before it is sent again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.errors import Conflict, Unauthorized, Unreachable
from connectors.helpdesks import Account, Changed, Conversation, Waits, Words
from connectors.helpdesks.calls import Calls, Manner, held
from connectors.helpdesks.intercom_reading import ContactDto, ConversationDto, Named, code_of, comments
from connectors.helpdesks.pace import PATIENCE, Limit, Pace
from connectors.helpdesks.said import said_before
from tools.orders.model import Clock

VERSION = "2.15"
WINDOW = timedelta(seconds=10)
"""Intercom spreads the minute's quota over stretches of ten seconds."""
FIN = "Intercom's own agent answers here"
PER_PAGE = 50
MOST_PAGES = 200


def _refused(response: httpx.Response) -> str:
    try:
        return code_of(response.json())
    except ValueError:
        return ""


MANNER = Manner(
    "Intercom",
    "check WISMO_INTERCOM_ACCESS_TOKEN, _BASE_URL and the app's permissions: wismo connect intercom",
    {"Intercom-Version": VERSION},
    refused=_refused,
)


@dataclass(frozen=True, slots=True)
class Access:
    """`admin_id` is the seat we write as. `proven`: the workspace lets only signed-in users into the Messenger."""

    base_url: str
    token: str
    admin_id: str
    proven: bool = False
    beside_fin: bool = False


class Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Intercom:
    def __init__(
        self,
        access: Access,
        now: Clock,
        transport: httpx.BaseTransport | None = None,
        calls_per_minute: int = 1_000,
        patience: timedelta = PATIENCE,
    ) -> None:
        pace = Pace(Limit(max(1, calls_per_minute // 6), WINDOW), now, patience=patience)
        self._calls = Calls(access.base_url, MANNER, Bearer(access.token), pace, now, transport)
        self._access = access
        self._seat: str | None = None
        self._teams: Mapping[str, str] | None = None
        self._tags: dict[str, str] = {}

    def close(self) -> None:
        self._calls.close()

    # -- reading ---------------------------------------------------------------------------------------------

    def account(self) -> Account:
        seat = self._own_seat()
        app = (self._calls.own("/me") or {}).get("app") or {}
        return Account(seat, f"seat {seat} in workspace {app.get('id_code', 'unknown')}")

    def conversation(self, ticket: str) -> Conversation:
        own = self._own_seat()
        read = self._read(ticket)
        email, verified = self._requester(read)
        return Conversation(
            id=ticket,
            open=read.state != "closed",
            requester=read.requester,
            email=email,
            verified=verified,
            subject=read.source.subject,
            tags=frozenset(one.name for one in read.tags.tags),
            comments=comments(read, own),
            stamp=read.stamp,
            elsewhere=FIN if read.ai_agent_participated and not self._access.beside_fin else "",
            rating=read.rating,
        )

    def _read(self, ticket: str) -> ConversationDto:
        return ConversationDto.model_validate(self._calls.get(f"/conversations/{ticket}", display_as="plaintext"))

    def _requester(self, read: ConversationDto) -> tuple[str | None, bool]:
        """An e-mail's sender is never proven; a Messenger's user is where the workspace enforces it."""
        author = read.source.author
        messenger = read.source.type == "conversation"
        if author.id == read.requester and author.email and not (self._access.proven and messenger):
            return author.email, False
        if not read.requester:
            return None, False
        contact = ContactDto.model_validate(self._calls.get(f"/contacts/{read.requester}"))
        signed_in = contact.role == "user" and bool(contact.external_id)
        return contact.email, self._access.proven and messenger and signed_in

    def _own_seat(self) -> str:
        """Whom the loop guard must know: the token's owner may be a person. No such seat: `Unauthorized`."""
        if self._seat is None:
            admins = held(self._calls.own("/admins"), "admins", "/admins")
            if self._access.admin_id not in {Named.model_validate(one).id for one in admins}:
                raise Unauthorized("WISMO_INTERCOM_ADMIN_ID is no teammate of this workspace: wismo connect intercom")
            self._seat = self._access.admin_id
        return self._seat

    def writing(self, conversation: Conversation) -> None:
        """This API has no call that shows typing."""

    # -- saying ----------------------------------------------------------------------------------------------

    def say(self, conversation: Conversation, words: Words) -> None:
        """A part, then tags, then the team or the state; each only where it is not there yet."""
        path = f"/conversations/{conversation.id}"
        now = self._unchanged(conversation, words)
        if not said_before(self._spoken(now), words):
            self._reply(path, conversation, words)
        for name in sorted(set(words.tags) - {one.name for one in now.tags.tags}):
            self._calls.ask("POST", f"{path}/tags", json={"id": self._tag(name), "admin_id": self._access.admin_id})
        if words.team is not None:
            self._assign(path, now, words.team)
        if words.waits is Waits.NOBODY and now.state != "closed":
            self._manage(path, {"message_type": "close", "type": "admin"})

    def _unchanged(self, conversation: Conversation, words: Words) -> ConversationDto:
        """Raises `Conflict` when something happened since, unless it was these words themselves."""
        now = self._read(conversation.id)
        if now.stamp != conversation.stamp and not said_before(self._spoken(now), words):
            raise Conflict(f"/conversations/{conversation.id} went on meanwhile")
        return now

    def _spoken(self, read: ConversationDto) -> Conversation:
        said = comments(read, self._access.admin_id)
        return Conversation(read.id, True, read.requester, None, False, "", frozenset(), said, read.stamp)

    def _reply(self, path: str, conversation: Conversation, words: Words) -> None:
        kind = "comment" if words.public else "note"
        body = {"message_type": kind, "type": "admin", "admin_id": self._access.admin_id, "body": words.text}
        try:
            self._calls.ask("POST", f"{path}/reply", json=body)
        except Unreachable:
            # The answer was lost, perhaps not the reply: look before the next try sends it again.
            if not said_before(self._spoken(self._read(conversation.id)), words):
                raise

    def _manage(self, path: str, body: Mapping[str, str]) -> None:
        self._calls.ask("POST", f"{path}/parts", json={"admin_id": self._access.admin_id, **body})

    def _assign(self, path: str, now: ConversationDto, team: str) -> None:
        """By the team's name; without one of that name, to nobody, in the open inbox."""
        if now.state == "closed":
            self._manage(path, {"message_type": "open"})
        wanted = self._team(team)
        if wanted != now.team_assignee_id:
            self._manage(path, {"message_type": "assignment", "type": "team", "assignee_id": wanted or "0"})

    def _team(self, name: str) -> str:
        if self._teams is None:
            teams = map(Named.model_validate, held(self._calls.get("/teams"), "teams", "/teams"))
            self._teams = {one.name.casefold(): one.id for one in teams}
        return self._teams.get(name.casefold(), "")

    def _tag(self, name: str) -> str:
        """Made where it is not there yet: that is what this call does."""
        if name not in self._tags:
            self._tags[name] = Named.model_validate(self._calls.ask("POST", "/tags", json={"name": name})).id
        return self._tags[name]

    # -- many conversations ----------------------------------------------------------------------------------

    def changed_since(self, moment: datetime) -> Iterator[Changed]:
        for one in self._found(_later(moment)):
            changed = datetime.fromtimestamp(int(one.get("updated_at") or 0), UTC)
            yield Changed(str(one["id"]), changed.isoformat())

    def solved_since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        closed = {"field": "state", "operator": "=", "value": "closed"}
        for one in self._found({"operator": "AND", "value": [_later(moment), closed]}):
            yield self._calls.get(f"/conversations/{one['id']}", display_as="plaintext")

    def _found(self, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {"per_page": PER_PAGE}
        for _ in range(MOST_PAGES):
            answer = self._calls.ask("POST", "/conversations/search", json={"query": query, "pagination": page})
            yield from answer.get("conversations") or ()
            cursor = ((answer.get("pages") or {}).get("next") or {}).get("starting_after")
            if not cursor:
                return
            page = {"per_page": PER_PAGE, "starting_after": cursor}


def _later(moment: datetime) -> dict[str, Any]:
    return {"field": "updated_at", "operator": ">", "value": int(moment.timestamp())}
