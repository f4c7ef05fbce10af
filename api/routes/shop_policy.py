"""/policy: shop.toml in forms. A change is previewed over past messages, then saved; each state can be had again.

Leads read and preview; saving needs the role admin, for the policy decides what needs an approver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from agent.policy import PolicyError, load_text
from api.desk import policy, preview
from api.desk.policy import NotSaved
from api.desk.preview import Walk
from api.edge.browser import Guest, LeadGuest, OwnForm, PageProblem, own_form
from api.edge.tokens import Role

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])


@router.get("/policy")
def show(guest: LeadGuest) -> Response:
    return _page(guest, _standing(guest))


@router.post("/policy")
def change(form: OwnForm, guest: LeadGuest) -> Response:
    """The form's `do` is preview or save; `version` is of the policy that it showed."""
    standing = _standing(guest)
    try:
        if load_text(standing, guest.house.shop_file).version != form.get("version"):
            raise NotSaved("shop.toml was changed since you opened this page: open it again and repeat your change")
        text = policy.written(standing, guest.house.shop_file, form)
        if text == standing:
            raise NotSaved("nothing is different from what holds now")
        if form.get("do") == "save":
            _save(guest, form["version"], text, form.get("why", "").strip())
            return RedirectResponse("/policy", 303)
        walk = preview.walk(guest.house, standing, text, preview.sample_of(form))
        return _page(guest, standing, form, walk=walk)
    except NotSaved as error:
        return _page(guest, standing, form, f"Not saved: {error}.", status=409)


@router.post("/policy/undo")
def undo(form: OwnForm, guest: LeadGuest) -> Response:
    """Back to the state of `number`; itself a change that can be undone."""
    number = form.get("number", "")
    with guest.house.database.read() as db:
        text = policy.text_of(db, int(number)) if number.isdecimal() and len(number) < 10 else None
    if text is None:
        raise PageProblem(404, "No such state", "The history lists what was saved.")
    try:
        _save(guest, form.get("version", ""), text, f"back to number {number}")
    except NotSaved as error:
        raise PageProblem(409, "Not saved", f"{error}.") from None
    return RedirectResponse("/policy", 303)


def _save(guest: Guest, version: str, text: str, why: str) -> None:
    if not guest.may(Role.ADMIN):
        raise PageProblem(403, "Not with this role", "The policy is saved by the role admin. You can preview it.")
    policy.save(guest.house, version, text, guest.person.name, why)


def _standing(guest: Guest) -> str:
    try:
        return guest.house.shop_file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PageProblem(409, "shop.toml cannot be read", "Mend the file; wismo doctor says where.") from None


def _page(
    guest: Guest,
    standing: str,
    form: Mapping[str, str] | None = None,
    problem: str = "",
    walk: Walk | None = None,
    status: int = 200,
) -> Response:
    try:
        fields = policy.fields(standing, guest.house.shop_file)
        version = load_text(standing, guest.house.shop_file).version
    except PolicyError as error:
        raise PageProblem(
            409, "shop.toml does not hold", f"{error}. Mend the file; until then the old one is used."
        ) from None
    with guest.house.database.read() as db:
        past = policy.history(db)
    tables: dict[str, list[Any]] = {}
    for one in fields:
        tables.setdefault(one.table, []).append(one)
    shown: dict[str, Any] = {"tables": tables, "given": form or {}, "version": version, "past": past, "walk": walk}
    shown |= {"messages": preview.MESSAGES, "days": preview.DAYS, "sample": preview.Sample()}
    made = guest.flowing if walk else guest.page
    return made("policy.html", status, problem=problem, admin=guest.may(Role.ADMIN), **shown)
