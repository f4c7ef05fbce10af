"""/v1/approvals: what waits for a person, and the person's decision."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from agent import approvals as waiting_room
from agent.approvals import AlreadyDecided, Expired, NoSuchApproval
from api.auth import TrustedHouse
from api.shapes import described

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


class Decision(BaseModel):
    by: str = Field(min_length=1, max_length=100, description="Who decides; kept in the journal.")
    reason: str = Field("", max_length=2_000)


@router.get("")
def list_waiting(house: TrustedHouse) -> list[dict[str, str]]:
    with house.database.read() as db:
        return [described(one) for one in waiting_room.waiting(db, house.now())]


@router.post("/{approval}/accept")
def accept(approval: str, decision: Decision, house: TrustedHouse) -> dict[str, Any]:
    """Run exactly what was stored; the answer is what the customer is told."""
    return _decided(approval, True, decision, house)


@router.post("/{approval}/reject")
def reject(approval: str, decision: Decision, house: TrustedHouse) -> dict[str, Any]:
    return _decided(approval, False, decision, house)


def _decided(approval: str, accepted: bool, decision: Decision, house: TrustedHouse) -> dict[str, Any]:
    try:
        answer = house.desk.decide(approval, accepted, decision.by, decision.reason)
    except NoSuchApproval:
        raise HTTPException(404, "no such approval") from None
    except (AlreadyDecided, Expired) as error:
        raise HTTPException(409, str(error)) from None
    house.deliver()
    return answer.as_json()
