"""People at a browser: the session cookie, the check of every form, and problems told as a page.

PageProblem
└── SignInFirst    nobody is signed in here (any more): leads to the login page
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response, Security
from fastapi.responses import RedirectResponse
from fastapi.security import SecurityScopes
from starlette.concurrency import run_in_threadpool

from api.edge import sessions
from api.edge.auth import AnyHouse
from api.edge.sessions import LIVES, Session
from api.edge.tokens import Person, Role
from api.pages import flow, render
from api.wiring import House

LONGEST_FIELD = 2_000
LONG = {"text": 8_000, "body": 20_000}
"""Fields in which people write letters and articles."""
PRE_LOGIN = "wismo_login"


class PageProblem(Exception):
    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


class SignInFirst(PageProblem):
    def __init__(self) -> None:
        super().__init__(303, "Sign in first", "This page needs a person.")


async def told(request: Request, error: Exception) -> Response:
    assert isinstance(error, PageProblem)
    if isinstance(error, SignInFirst):
        return RedirectResponse(f"/login?next={quote(request.url.path, safe='/')}", 303)
    session = await run_in_threadpool(signed_in, request, request.app.state.house)
    known = {"guest": session.person, "csrf": session.csrf} if session else {"guest": None}
    return render("problem.html", error.status, title=error.title, text=error.text, **known)


@dataclass(frozen=True, slots=True)
class Guest:
    """A person with a session whose role is large enough for the page, and the house."""

    session: Session
    house: House

    @property
    def person(self) -> Person:
        return self.session.person

    def may(self, role: Role) -> bool:
        return self.person.role.covers(role)

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        return render(name, status, guest=self.person, csrf=self.session.csrf, **values)

    def flowing(self, name: str, status: int = 200, **values: Any) -> Response:
        """The same, sent as it is made: for a page that walks for a while and tells how far it is."""
        return flow(name, status, guest=self.person, csrf=self.session.csrf, **values)


def cookie_name(request: Request) -> str:
    """Over https with the prefix that browsers guard: set by this host itself, for the whole of it, secure."""
    return "__Host-wismo" if request.url.scheme == "https" else "wismo_session"


def cookie_of(request: Request) -> str:
    return request.cookies.get(cookie_name(request), "")


def signed_in(request: Request, house: House) -> Session | None:
    cookie = cookie_of(request)
    if not cookie:
        return None
    with house.database.read() as db:
        return sessions.of_cookie(db, cookie, house.settings.api_token(), house.now())


def person_in(house: House, request: Request) -> Person | None:
    session = signed_in(request, house)
    return session.person if session else None


def guest(needed: SecurityScopes, request: Request, house: AnyHouse) -> Guest:
    session = signed_in(request, house)
    if session is None:
        raise SignInFirst
    role, own = Role(needed.scopes[0]), session.person.role
    if not own.covers(role):
        raise PageProblem(403, "Not with this role", f"This page needs the role {role}; you have the role {own}.")
    return Guest(session, house)


ViewerGuest = Annotated[Guest, Security(guest, scopes=[Role.VIEWER.value])]
LeadGuest = Annotated[Guest, Security(guest, scopes=[Role.LEAD.value])]
ApproverGuest = Annotated[Guest, Security(guest, scopes=[Role.APPROVER.value])]


async def own_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that this site showed to this browser. Raises `PageProblem` for any other."""
    if request.method != "POST":
        return {}
    if foreign(request):
        raise PageProblem(403, "Refused", "This form came from another site. Open the page here and send it again.")
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    long = next((name for name, value in fields.items() if len(value) > LONG.get(name, LONGEST_FIELD)), None)
    if long:
        most = LONG.get(long, LONGEST_FIELD)
        raise PageProblem(413, "Too long", f"The field {long[:50]} holds more than {most:,} characters.")
    cookie = request.cookies.get(PRE_LOGIN, "") if request.url.path == "/login" else cookie_of(request)
    if not cookie or not sessions.same_form(fields.get("csrf", ""), sessions.csrf_of(cookie)):
        raise PageProblem(403, "This form is too old", "Open the page again and repeat what you did. Nothing was done.")
    return fields


OwnForm = Annotated[Mapping[str, str], Depends(own_form)]


def foreign(request: Request) -> bool:
    """Browsers name the site a form was sent from; "null" is a site that hides."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def keep(response: Response, request: Request, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(LIVES.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
