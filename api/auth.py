"""Who may call /v1: the holder of the bearer token of this home. People's roles come with the trust issue."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.wiring import House

bearer = HTTPBearer(auto_error=False, description="The token in WISMO_HOME/api_token; `make setup` writes it.")


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


AnyHouse = Annotated[House, Depends(house_of)]


def trusted(house: AnyHouse, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> House:
    """401 without the right token, whatever was asked for."""
    token = given.credentials if given else ""
    if not hmac.compare_digest(token.encode(), house.settings.api_token().encode()):
        raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
    return house


TrustedHouse = Annotated[House, Depends(trusted)]
