"""/v1/approvals: what waits for a person, and the person's decision."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field, ValidationError

from agent import approvals as waiting_room
from agent.approvals import ApprovalError, NoSuchApproval
from agent.case import ApprovalId
from api.edge.auth import Approver, Viewer, Visit
from api.edge.tokens import HOME
from api.shapes import described
from api.wiring import House

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


class Decision(BaseModel):
    by: str = Field("", max_length=100, description="Only heard from the token in api_token; others have a name.")
    reason: str = Field("", max_length=2_000)


@router.get("")
def list_waiting(visit: Viewer) -> list[dict[str, Any]]:
    with visit.house.database.read() as db:
        return [described(one) for one in waiting_room.waiting(db, visit.house.now())]


@router.post("/{approval}/accept")
def accept(approval: str, decision: Decision, visit: Approver) -> dict[str, Any]:
    """Run exactly what was stored; the answer is what the customer is told."""
    return _decided(approval, True, decision, visit)


@router.post("/{approval}/reject")
def reject(approval: str, decision: Decision, visit: Approver) -> dict[str, Any]:
    return _decided(approval, False, decision, visit)


class Edit(BaseModel):
    by: str = Field("", max_length=100, description="Who offers this instead, for the home's own token.")
    changes: dict[str, Any] = Field(description='Arguments of the action to change, like {"lines": {"ID": 1}}.')
    reason: str = Field("", max_length=2_000)


@router.post("/{approval}/edit")
def edit(approval: str, wanted: Edit, visit: Approver) -> dict[str, Any]:
    """Offer something else instead: it is quoted anew, and the customer is asked. 409 when the rules refuse it."""
    try:
        answer = visit.house.desk.edit(approval, _name(wanted.by, visit), wanted.changes, wanted.reason)
    except NoSuchApproval:
        raise HTTPException(404, "no such approval") from None
    except ApprovalError as error:
        raise HTTPException(409, str(error)) from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise HTTPException(422, wrong) from None
    visit.house.deliver()
    return answer.as_json()


def _decided(approval: str, accepted: bool, decision: Decision, visit: Visit) -> dict[str, Any]:
    try:
        answer = visit.house.desk.decide(approval, accepted, _name(decision.by, visit), decision.reason)
    except NoSuchApproval:
        raise HTTPException(404, "no such approval") from None
    except ApprovalError as error:
        raise HTTPException(409, str(error)) from None
    if answer is None:
        return waiting_for_second(visit.house, approval)
    visit.house.deliver()
    return answer.as_json()


def waiting_for_second(house: House, approval: str) -> dict[str, Any]:
    """Two people must accept, and one has: nothing was done yet."""
    with house.database.read() as db:
        return described(waiting_room.one(db, ApprovalId(approval)))


def _name(said: str, visit: Visit) -> str:
    """The token's name decides for itself; the home's own token may say for whom it speaks."""
    person = visit.person
    return said or person.name if person.token == HOME else person.name
