"""A person at the pages without a browser: opens them, fills in their forms, follows where they lead."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from api.edge import tokens
from api.edge.tokens import Role
from api.wiring import House
from tests.log_scan import a_secret


def given_token(house: House, role: Role, name: str = "mia", days: int | None = None) -> tuple[str, str]:
    """Its id and its secret."""
    with house.database.write() as db:
        made, secret = tokens.add(db, name, role, "test", house.now(), timedelta(days=days) if days else None)
    return made.id, a_secret(secret)


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def sign_in(client: TestClient, secret: str, next_page: str = "/approvals") -> Any:
    client.headers.pop("Authorization", None)
    form = client.get("/login", params={"next": next_page})
    sent = {"csrf": csrf_in(form.text), "token": secret, "next": next_page}
    return client.post("/login", data=sent, follow_redirects=False)


def signed_in(client: TestClient, house: House, role: Role = Role.APPROVER, name: str = "mia") -> str:
    """The id of the token with which the client is signed in now."""
    made, secret = given_token(house, role, name)
    assert sign_in(client, secret).status_code == 303
    return made
