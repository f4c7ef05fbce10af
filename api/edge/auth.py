"""Who may call /v1: the holder of a bearer token whose role is large enough. Cookies open pages, never /v1.

Who calls is found once, at the gate (api/edge/gate.py); each route states the role that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from api.edge import tokens
from api.edge.tokens import Person, Role
from api.wiring import House

bearer = HTTPBearer(
    auto_error=False,
    description="A token of `wismo tokens add`, or the one in WISMO_HOME/api_token (admin). The scope is the role.",
)


async def house_of(request: Request) -> House:
    """Asynchronous, so that it takes no thread."""
    house: House = request.app.state.house
    return house


AnyHouse = Annotated[House, Depends(house_of)]


def person_behind(house: House, secret: str) -> Person | None:
    """None for unknown, revoked and expired secrets. The use is noted, at most once a minute."""
    now = house.now()
    with house.database.read() as db:
        found = tokens.holder(db, secret, house.settings.api_token(), now)
    if found is None:
        return None
    person, used_at = found
    if tokens.worth_noting(used_at, now):
        with house.database.write() as db:
            tokens.note_use(db, person.token, now)
    return person


def person_of(request: Request) -> Person | None:
    """Whom the gate found behind this request."""
    found: Person | None = request.scope["state"].get("person")
    return found


@dataclass(frozen=True, slots=True)
class Visit:
    """A caller whose role was found large enough, and the house."""

    person: Person
    house: House


def visit(needed: SecurityScopes, request: Request, house: AnyHouse, _: Annotated[object, Depends(bearer)]) -> Visit:
    """401 without a valid token, the same for unknown, revoked and expired; 403 with too small a role."""
    person = person_of(request)
    if person is None:
        raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
    role = Role(needed.scopes[0])
    if not person.role.covers(role):
        raise HTTPException(403, f"the role {role} is needed; this token has the role {person.role}")
    return Visit(person, house)


Viewer = Annotated[Visit, Security(visit, scopes=[Role.VIEWER.value])]
Lead = Annotated[Visit, Security(visit, scopes=[Role.LEAD.value])]
Approver = Annotated[Visit, Security(visit, scopes=[Role.APPROVER.value])]
Admin = Annotated[Visit, Security(visit, scopes=[Role.ADMIN.value])]
