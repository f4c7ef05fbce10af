"""/login and /logout: a token is exchanged for a session cookie. Wrong ones are counted; the right one always fits."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.edge import sessions, tokens
from api.edge.auth import AnyHouse, person_behind
from api.edge.browser import PRE_LOGIN, OwnForm, cookie_name, cookie_of, keep, own_form, signed_in
from api.edge.gate import LONGEST_SECRET
from api.edge.limits import Buckets, network
from api.edge.tokens import HOME, Person
from api.pages import PLACES, render
from api.wiring import House

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])
PAGES = ("/", "/switches", "/keys", *(one.path for one in PLACES))
BELOW = tuple(f"{one.path}/" for one in PLACES)
WRONG = "This token does not fit. Ask whoever runs Wismo for one: wismo tokens add YOUR-NAME --role approver"


@router.get("/login")
def login(request: Request, house: AnyHouse, next: str = "/approvals") -> Response:  # noqa: A002
    if signed_in(request, house):
        return RedirectResponse(_target(next), 303)
    return _form(request, _target(next))


@router.post("/login")
async def enter(request: Request, house: AnyHouse, form: OwnForm) -> Response:
    target = _target(form.get("next", ""))
    given = form.get("token", "").strip()[:LONGEST_SECRET]
    person = await run_in_threadpool(person_behind, house, given)
    if person is None:
        return _refused(request, target)
    cookie = await run_in_threadpool(_open, house, person)
    response = RedirectResponse(target, 303)
    keep(response, request, cookie_name(request), cookie)
    response.delete_cookie(PRE_LOGIN, path="/")
    return response


@router.post("/logout")
def leave(request: Request, house: AnyHouse) -> Response:
    with house.database.write() as db:
        sessions.close_session(db, cookie_of(request))
    response = RedirectResponse("/", 303)
    response.delete_cookie(cookie_name(request), path="/")
    return response


def _open(house: House, person: Person) -> str:
    with house.database.write() as db:
        if person.token == HOME:
            tokens.keep_home(db, house.settings.api_token(), house.now())
        return sessions.open_session(db, person.token, house.now())


def _refused(request: Request, target: str) -> Response:
    logins: Buckets = request.app.state.logins
    wait = logins.take(network(request.client.host if request.client else None))
    if not wait:
        return _form(request, target, WRONG, 401)
    response = _form(request, target, f"Too many wrong tokens from your network. Again in {wait} seconds.", 429)
    response.headers["Retry-After"] = str(wait)
    return response


def _form(request: Request, target: str, problem: str = "", status: int = 200) -> Response:
    cookie = request.cookies.get(PRE_LOGIN) or secrets.token_urlsafe(32)
    values = {"csrf": sessions.csrf_of(cookie), "next": target, "problem": problem, "guest": None}
    response = render("login.html", status, **values)
    keep(response, request, PRE_LOGIN, cookie)
    return response


def _target(wanted: str) -> str:
    """One of our own pages, never an address from a link."""
    page = wanted if wanted.startswith(BELOW) and "//" not in wanted else ""
    return page or (wanted if wanted in PAGES else "/approvals")
