"""/inbox: conversations that wait for a person: read, answer, take over, give back. Needs the role lead."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from agent import inbox
from agent.inbox import Item, Stale, Talk
from api.desk import suggesting
from api.desk.sheets import sheet
from api.edge.browser import Guest, LeadGuest, OwnForm, PageProblem, own_form

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])
TAKEN_MEANWHILE = "Somebody was quicker: the conversation has changed since you opened it. Nothing was sent."


@router.get("/inbox")
def waiting(guest: LeadGuest) -> Response:
    return guest.page("inbox.html", found=_found(guest), elsewhere=guest.house.connections.channels)


@router.get("/inbox.csv")
def as_sheet(guest: LeadGuest) -> Response:
    rows = (
        (
            one.conversation,
            one.channel,
            "waits" if one.waits else "answered",
            _why(one),
            one.by,
            one.last.at.isoformat(),
        )
        for one in _found(guest)
    )
    return sheet("inbox", ("conversation", "channel", "state", "why", "person", "last message (UTC)"), rows)


@router.get("/inbox/{conversation:path}")
def show(conversation: str, guest: LeadGuest) -> Response:
    return _page(guest, conversation)


@router.post("/inbox/{conversation:path}")
def act(conversation: str, form: OwnForm, guest: LeadGuest) -> Response:
    """The form's `do` is answer (with `text`), take or give_back; `version` is what the page showed."""
    do, text, version = form.get("do", ""), form.get("text", "").strip(), form.get("version", "")
    house, by = guest.house, guest.person.name
    if do == "answer" and not text:
        return _page(guest, conversation, "Write something first.", 422)
    try:
        if do == "answer":
            inbox.answer(house.database, conversation, version, by, text, house.now(), house.ways.send)
            house.deliver()
        elif do == "take":
            inbox.take_over(house.database, conversation, version, by, house.now())
        elif do == "give_back":
            inbox.give_back(house.database, conversation, version, by, house.now())
        else:
            raise PageProblem(422, "Nothing was done", "Answer, take over or give back.")
    except Stale:
        return _page(guest, conversation, TAKEN_MEANWHILE, 409, text)
    return RedirectResponse("/inbox" if do == "give_back" else f"/inbox/{conversation}", 303)


def _page(guest: Guest, conversation: str, problem: str = "", status: int = 200, written: str = "") -> Response:
    with guest.house.database.read() as db:
        found = inbox.talk(db, conversation)
        if found is None:
            raise PageProblem(404, "No such conversation", "The inbox lists what waits; Cases has everything.")
        way = guest.house.ways.named(db, found)
    shown = {"talk": found, "said": _in_order(found), "way": way, "problem": problem, "written": written}
    return guest.page("talk.html", status, suggestion=suggesting.suggestion(guest.house, found), **shown)


def _in_order(talk: Talk) -> list[tuple[str, object]]:
    """Each turn of the customer and Wismo, and after it what people did then."""
    told: list[tuple[str, object]] = []
    for turn in talk.turns:
        told.append(("turn", turn))
        told += [("person", one) for one in talk.spoken if one.turn == turn.sequence]
    return told


def _found(guest: Guest) -> tuple[Item, ...]:
    with guest.house.database.read() as db:
        return inbox.waiting(db, guest.house.now(), guest.house.connections.channels)


def _why(one: Item) -> str:
    handoff = one.last.body["handoff"]
    return str(handoff["reason"] if handoff else one.last.body["mode"])
