"""Zendesk Support over its REST API: read a ticket as it is now, say something into it. OAuth client credentials.

Replies have no idempotency key at Zendesk: each carries a marker in the update's metadata, and an update whose
answer was lost is looked for in the ticket's audits before it is sent again.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict

from connectors.errors import Conflict, ConnectorError, Gone, Limited, Rejected, Unauthorized, Unreachable
from connectors.helpdesks import Author, Comment, Conversation, Words
from tools.orders import emails
from tools.orders.model import Clock

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
MACHINES = {"api", "web_service", "rule"}
DOUBTS = {"suspicious_sender", "suspended", "spam"}
MOST_PAGES = 20
log = structlog.get_logger()
Id = Annotated[str, BeforeValidator(lambda value: "" if value in (None, 0, "0") else str(value))]


@dataclass(frozen=True, slots=True)
class Access:
    """OAuth client, or the legacy e-mail with token (Zendesk ends it on 2027-04-30)."""

    base_url: str
    client_id: str = ""
    client_secret: str = ""
    email: str = ""
    api_token: str = ""


class Dto(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Via(Dto):
    channel: Id = ""


class TicketDto(Dto):
    id: Id
    status: str = "open"
    subject: str | None = ""
    requester_id: Id = ""
    tags: list[str] = []
    updated_at: str = ""


class UserDto(Dto):
    id: Id
    role: str = "end-user"
    email: str | None = None


class CommentDto(Dto):
    id: Id
    author_id: Id = ""
    plain_body: str | None = None
    body: str | None = ""
    public: bool = True
    created_at: datetime
    via: Via = Via()
    metadata: dict[str, Any] = {}


class Zendesk:
    def __init__(self, access: Access, now: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self._access = access
        self._now = now
        self._http = httpx.Client(
            base_url=access.base_url, timeout=TIMEOUT, transport=transport, follow_redirects=False
        )
        self._token: tuple[str, datetime] | None = None
        self._own: UserDto | None = None
        self._groups: Mapping[str, str] | None = None
        if not access.client_id:
            log.warning("zendesk.legacy_token", remedy="connect an OAuth client: tokens end on 2027-04-30")

    def close(self) -> None:
        self._http.close()

    # -- reading ---------------------------------------------------------------------------------------------

    def conversation(self, ticket: str) -> Conversation:
        own = self._me()
        read = TicketDto.model_validate(self._get(f"/api/v2/tickets/{ticket}")["ticket"])
        comments, people = self._comments(ticket)
        requester = people.get(read.requester_id) or self._user(read.requester_id)
        said = tuple(_comment(one, people, own.id) for one in comments)
        return Conversation(
            id=ticket,
            open=read.status.lower() not in {"solved", "closed"},
            requester=read.requester_id,
            email=requester.email,
            verified=self._is_verified(requester),
            subject=read.subject or "",
            tags=frozenset(read.tags),
            comments=said,
            stamp=read.updated_at,
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
        answer = self._get(f"/api/v2/users/{requester.id}/identities")
        wanted = emails.folded(requester.email)
        return any(
            one.get("type") == "email"
            and one.get("verified") is True
            and emails.folded(str(one.get("value", ""))) == wanted
            for one in answer.get("identities", [])
        )

    def _user(self, user: str) -> UserDto:
        return UserDto.model_validate(self._get(f"/api/v2/users/{user}")["user"])

    def _me(self) -> UserDto:
        """Whom the loop guard must know. Not an agent: `Unauthorized`, for silence is better than a loop."""
        if self._own is None:
            found = UserDto.model_validate(self._get("/api/v2/users/me")["user"])
            if found.role not in {"agent", "admin"} or not found.id:
                raise Unauthorized("the Zendesk user of this client is not an agent; give it the agent role")
            self._own = found
        return self._own

    # -- saying ----------------------------------------------------------------------------------------------

    def say(self, conversation: Conversation, words: Words) -> None:
        """One update: comment, status, tags; for a team also its group. Said once, however often it is sent."""
        if self._said_before(conversation.id, words.key):
            return
        try:
            self._send(
                "PUT",
                f"/api/v2/tickets/{conversation.id}",
                json={"ticket": self._update(conversation, words)},
            )
        except Unreachable:
            # The answer was lost, perhaps not the update: look before the next try sends it again.
            if not self._said_before(conversation.id, words.key):
                raise

    def _update(self, conversation: Conversation, words: Words) -> dict[str, Any]:
        paragraphs = "".join(f"<p>{html.escape(one)}</p>" for one in words.text.split("\n\n") if one.strip())
        update: dict[str, Any] = {
            "comment": {
                "html_body": paragraphs.replace("\n", "<br>"),
                "public": words.public,
                "author_id": int(self._me().id),
            },
            "status": "pending" if words.waiting else "open",
            "additional_tags": list(words.tags),
            "metadata": {"wismo_action_id": words.key},
            "safe_update": True,
            "updated_stamp": conversation.stamp,
        }
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
        return any(_marker(audit) == key for audit in audits)

    # -- talking to Zendesk ----------------------------------------------------------------------------------

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Cursor pages, bounded: a cursor that never ends is a defect of theirs."""
        wanted = dict(params)
        for _ in range(MOST_PAGES):
            page = self._send("GET", path, params=wanted)
            yield page
            meta = page.get("meta") or {}
            if not meta.get("has_more") or not meta.get("after_cursor"):
                return
            wanted = {**params, "page[after]": str(meta["after_cursor"])}

    def _get(self, path: str) -> dict[str, Any]:
        return self._send("GET", path)

    def _send(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """A token that Zendesk no longer takes is asked for anew, once."""
        try:
            return self._once(method, path, **given)
        except Unauthorized:
            if self._token is None:
                raise
            self._token = None
            return self._once(method, path, **given)

    def _once(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        request = self._http.build_request(method, path, **given)
        self._authorise(request)
        return _answer(self._exchange(request), path)

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            raise Unreachable(f"{request.method} {request.url.path}: {type(error).__name__}") from error

    def _authorise(self, request: httpx.Request) -> None:
        if self._access.client_id:
            request.headers["Authorization"] = f"Bearer {self._fresh_token()}"
        else:
            login = httpx.BasicAuth(f"{self._access.email}/token", self._access.api_token)
            request.headers.update(next(login.auth_flow(request)).headers)

    def _fresh_token(self) -> str:
        if self._token is None or self._token[1] <= self._now():
            body = {
                "grant_type": "client_credentials",
                "client_id": self._access.client_id,
                "client_secret": self._access.client_secret,
                "scope": "tickets:read tickets:write users:read",
                "expires_in": 7200,
            }
            answer = _answer(
                self._exchange(self._http.build_request("POST", "/oauth/tokens", json=body)), "/oauth/tokens"
            )
            lives = timedelta(seconds=int(answer.get("expires_in") or 7200) - 60)
            self._token = (str(answer["access_token"]), self._now() + lives)
        return self._token[0]


def _answer(response: httpx.Response, path: str) -> dict[str, Any]:
    """The JSON of a success, else the failure in our words. A refusal's body may be plain text and is not read."""
    status = response.status_code
    if status < 300:
        return _json(response, path)
    failures: Mapping[int, type[ConnectorError]] = {
        401: Unauthorized,
        403: Unauthorized,
        404: Gone,
        410: Gone,
        409: Conflict,
    }
    if status == 429:
        raise Limited(f"{path}: 429", timedelta(seconds=_seconds(response.headers.get("retry-after"))))
    if status in failures:
        raise failures[status](f"{path}: {status}")
    if status >= 500:
        raise Unreachable(f"{path}: {status}")
    raise Rejected(f"{path}: {status}; see Zendesk's reference for this call")


def _json(response: httpx.Response, path: str) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        raise Unreachable(f"{path}: the answer is not JSON") from None
    return found if isinstance(found, dict) else {}


def _seconds(header: str | None) -> int:
    return min(int(header), 3600) if header and header.isdigit() else 30


def _comment(one: CommentDto, people: Mapping[str, UserDto], own: str) -> Comment:
    role = people[one.author_id].role if one.author_id in people else "end-user"
    text = (one.plain_body if one.plain_body is not None else one.body) or ""
    return Comment(one.id, _author(one, role, own), one.author_id, text, one.public, one.created_at, _doubtful(one))


def _author(one: CommentDto, role: str, own: str) -> Author:
    if one.author_id == own:
        return Author.WISMO
    if role != "end-user":
        return Author.PERSON
    automatic = one.via.channel in MACHINES or _flags(one) & {"auto_submitted", "machine_generated"}
    return Author.MACHINE if automatic else Author.CUSTOMER


def _doubtful(one: CommentDto) -> bool:
    return bool(_flags(one) & DOUBTS)


def _flags(one: CommentDto) -> set[str]:
    """Flags are words or numbers; 2 and 11 are Zendesk's numbers for a sender that it does not trust."""
    raw = one.metadata.get("flags") or (one.metadata.get("system") or {}).get("flags") or []
    named = {2: "suspicious_sender", 11: "suspicious_sender", 15: "auto_submitted"}
    return {named.get(flag, str(flag)) if isinstance(flag, int) else str(flag) for flag in raw}


def _marker(audit: Mapping[str, Any]) -> str | None:
    custom = (audit.get("metadata") or {}).get("custom") or {}
    found = custom.get("wismo_action_id")
    return str(found) if found else None
