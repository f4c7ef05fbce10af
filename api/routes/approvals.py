"""/v1/approvals: what waits for a person, and the person's decision."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from agent import approvals as waiting_room
from agent.approvals import AlreadyDecided, Expired, NoSuchApproval
from api.auth import Approver, Viewer, Visit
from api.shapes import described
from api.tokens import HOME

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


class Decision(BaseModel):
    by: str = Field("", max_length=100, description="Only heard from the token in api_token; others have a name.")
    reason: str = Field("", max_length=2_000)


@router.get("")
def list_waiting(visit: Viewer) -> list[dict[str, str]]:
    with visit.house.database.read() as db:
        return [described(one) for one in waiting_room.waiting(db, visit.house.now())]


@router.post("/{approval}/accept")
def accept(approval: str, decision: Decision, visit: Approver) -> dict[str, Any]:
    """Run exactly what was stored; the answer is what the customer is told."""
    return _decided(approval, True, decision, visit)


@router.post("/{approval}/reject")
def reject(approval: str, decision: Decision, visit: Approver) -> dict[str, Any]:
    return _decided(approval, False, decision, visit)


def _decided(approval: str, accepted: bool, decision: Decision, visit: Visit) -> dict[str, Any]:
    try:
        answer = visit.house.desk.decide(approval, accepted, _name(decision, visit), decision.reason)
    except NoSuchApproval:
        raise HTTPException(404, "no such approval") from None
    except (AlreadyDecided, Expired) as error:
        raise HTTPException(409, str(error)) from None
    visit.house.deliver()
    return answer.as_json()


def _name(decision: Decision, visit: Visit) -> str:
    """The token's name decides for itself; the home's own token may say for whom it speaks."""
    person = visit.person
    return decision.by or person.name if person.token == HOME else person.name
