"""Tokens: roles, what each may call, and that unknown, revoked and expired ones get the same answer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create
from api.cli import app as commands
from api.edge import tokens
from api.edge.tokens import Role
from api.tables import tokens as kept
from api.wiring import House
from tests.api.browsing import given_token
from tests.shop import NOW, Shop

OPEN = {"/", "/login", "/docs", "/healthz", "/readyz", "/widget.js", "/widget/config"}
"""The chat's loader and its looks are for every visitor of the shop's pages."""


def call(client: TestClient, secret: str, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
    return client.request(method, path, json=body, headers=headers)


ROUTES = [
    ("GET", "/v1/tickets/t1", None, Role.VIEWER),
    ("GET", "/v1/approvals", None, Role.VIEWER),
    ("GET", "/v1/orders", None, Role.VIEWER),
    ("GET", "/v1/orders/commands", None, Role.VIEWER),
    ("GET", "/v1/pause", None, Role.VIEWER),
    ("POST", "/v1/tickets", {"text": "hello"}, Role.LEAD),
    ("POST", "/v1/pause", {"why": "test"}, Role.LEAD),
    ("DELETE", "/v1/pause", None, Role.LEAD),
    ("POST", "/v1/approvals/A-none/accept", {}, Role.APPROVER),
    ("POST", "/v1/approvals/A-none/reject", {}, Role.APPROVER),
    ("POST", "/v1/orders/1001/actions", {"action": "refund", "digest": "x"}, Role.APPROVER),
    ("POST", "/v1/orders/commands/hold_order", {}, Role.ADMIN),
]


@pytest.mark.parametrize(("method", "path", "body", "needed"), ROUTES)
def test_each_call_takes_its_role_and_no_smaller_one(
    client: TestClient, house: House, filled: Shop, method: str, path: str, body: Any, needed: Role
) -> None:
    for role in Role:
        _, secret = given_token(house, role, role.value)
        answer = call(client, secret, method, path, body)
        assert (answer.status_code == 403) is not role.covers(needed), (role, answer.text)
        assert answer.status_code != 401


def test_every_route_of_v1_states_a_role(house: House) -> None:
    paths = create(house).openapi()["paths"]
    stated = {
        (path, method): [role for need in one.get("security", []) for role in need["HTTPBearer"]]
        for path, methods in paths.items()
        for method, one in methods.items()
        if path.startswith("/v1/")
    }
    assert len(stated) >= 17
    assert {roles[0] if len(roles) == 1 else "?" for roles in stated.values()} == {role.value for role in Role}


def test_what_no_token_and_no_session_opens_is_a_short_list(client: TestClient) -> None:
    client.headers.clear()
    paths = set(create(client.app.state.house).openapi()["paths"]) | {"/", "/login", "/docs", "/approvals", "/switches"}  # type: ignore[attr-defined]
    answers = {path: client.get(path, follow_redirects=False).status_code for path in paths}
    assert {path for path, status in answers.items() if status == 200} == OPEN
    assert answers.pop("/widget/assets/{wanted}/{name}") == 404  # the widget's files are open too; none is called so
    assert {status for path, status in answers.items() if path not in OPEN} == {303, 401, 405}


def test_unknown_revoked_and_expired_tokens_get_the_same_bytes(client: TestClient, house: House) -> None:
    revoked_id, revoked = given_token(house, Role.ADMIN)
    with house.database.write() as db:
        tokens.revoke(db, revoked_id, house.now())
    _, expired = given_token(house, Role.ADMIN, days=1)
    assert call(client, expired, "GET", "/v1/approvals").status_code == 200
    house.now = lambda: NOW + timedelta(days=1)
    answers = [call(client, one, "GET", "/v1/approvals") for one in ("wsm_never", revoked, expired, "x" * 5_000)]
    assert {(one.status_code, one.content, str(sorted(one.headers.items()))) for one in answers} == {
        (401, answers[0].content, str(sorted(answers[0].headers.items())))
    }


def test_only_the_digest_of_a_secret_is_kept(house: House) -> None:
    _, secret = given_token(house, Role.VIEWER)
    assert secret.startswith("wsm_")
    with house.database.read() as db:
        row = db.execute(kept.select()).mappings().one()
    assert secret not in str(row)
    assert secret.removeprefix("wsm_") not in str(row)
    assert len(row["digest"]) == 64


def test_the_last_use_is_written_at_most_once_a_minute(client: TestClient, house: House) -> None:
    _, secret = given_token(house, Role.VIEWER)
    seen = []
    for seconds in (0, 59, 60, 90, 125):
        moment = NOW + timedelta(seconds=seconds)
        house.now = lambda moment=moment: moment  # type: ignore[misc]
        assert call(client, secret, "GET", "/v1/approvals").status_code == 200
        with house.database.read() as db:
            (one,) = tokens.listed(db)
        assert one.used_at
        seen.append((one.used_at - NOW).seconds)
    assert seen == [0, 0, 60, 60, 125]


def test_the_decider_is_named_by_the_token_and_not_by_the_body(client: TestClient, house: House, filled: Shop) -> None:
    order = filled.order()
    for text in (f"cancel {order.number}", "yes"):
        sent = {"from": {"email": "ana@example.com", "verified": True}, "text": text, "conversation": "c"}
        client.post("/v1/tickets", json=sent)
    (waiting,) = client.get("/v1/approvals").json()
    _, secret = given_token(house, Role.APPROVER, "mia")
    done = call(client, secret, "POST", f"/v1/approvals/{waiting['id']}/accept", {"by": "somebody else"})
    assert done.json()["actions"][0]["status"] == "done"
    again = call(client, secret, "POST", f"/v1/approvals/{waiting['id']}/accept")
    assert again.status_code in {409, 422}
    assert "mia" in call(client, secret, "POST", f"/v1/approvals/{waiting['id']}/accept", {}).text


def test_a_cookie_opens_no_call_of_the_api(client: TestClient, house: House) -> None:
    client.headers.clear()
    client.cookies.set("wismo_session", house.settings.api_token())
    assert client.get("/v1/approvals").status_code == 401


def test_pause_stands_until_it_is_taken_back_and_keeps_the_first_name(client: TestClient, house: House) -> None:
    assert client.get("/v1/pause").json() == {"paused": False}
    _, secret = given_token(house, Role.LEAD, "mia")
    first = call(client, secret, "POST", "/v1/pause", {"why": "wrong prices"}).json()
    assert first == {"paused": True, "by": "mia", "at": NOW.isoformat(), "why": "wrong prices"}
    assert client.post("/v1/pause").json() == first
    assert client.delete("/v1/pause").json() == client.get("/v1/pause").json() == {"paused": False}


def wismo(*words: str, status: int = 0) -> Any:
    done = CliRunner().invoke(commands, list(words))
    assert done.exit_code == status, done.output
    return done


def test_tokens_are_made_listed_and_revoked_on_the_command_line(house: House, client: TestClient) -> None:
    assert "no tokens yet" in wismo("tokens", "list").output
    made = json.loads(wismo("tokens", "add", "mia", "--role", "approver", "--days", "90", "--json").stdout)
    assert call(client, made["secret"], "GET", "/v1/approvals").status_code == 200
    (listed,) = [json.loads(line) for line in wismo("tokens", "list", "--json").stdout.splitlines()]
    assert "secret" not in listed
    assert (listed["name"], listed["role"], listed["state"]) == ("mia", "approver", "active")
    assert json.loads(wismo("tokens", "revoke", made["id"], "--json").stdout)["state"] == "revoked"
    assert call(client, made["secret"], "GET", "/v1/approvals").status_code == 401
    assert "no token T-none" in wismo("tokens", "revoke", "T-none", status=2).output
    assert "api_token" in wismo("tokens", "revoke", "home", status=2).output
    assert made["id"] in wismo("tokens", "list").output


def test_a_token_is_shown_alone_on_standard_output(house: House) -> None:
    done = wismo("tokens", "add", "robot", "--role", "lead")
    assert done.stdout.startswith("wsm_")
    assert len(done.stdout.split()) == 1
    wismo("tokens", "add", " ", "--role", "lead", status=2)
    wismo("tokens", "add", "x", "--role", "owner", status=2)


def test_pause_and_resume_on_the_command_line(house: House) -> None:
    assert json.loads(wismo("pause", "--why", "test", "--json").stdout)["why"] == "test"
    assert "paused by" in wismo("pause").output
    assert "answers again" in wismo("resume").output
    assert "nothing was paused" in wismo("resume").output
