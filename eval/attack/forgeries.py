"""Made up, or played again: webhooks, tokens, sessions, forms and approvals, over the house's own HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random

from sqlalchemy import text

from eval.attack.arena import ANA, Arena
from eval.attack.oracles import Finding, disclosed, state_of, written

READS = ("/v1/orders", "/v1/orders/{theirs}", "/v1/orders/{theirs}/events", "/v1/approvals", "/v1/pause", "/approvals")
WRITES = (
    ("POST", "/v1/approvals/{approval}/accept"),
    ("POST", "/v1/approvals/{approval}/edit"),
    ("POST", "/approvals/{approval}"),
    ("POST", "/v1/orders/{theirs}/actions"),
    ("POST", "/v1/orders/commands/refund"),
    ("POST", "/v1/tickets"),
    ("DELETE", "/v1/pause"),
    ("POST", "/switches"),
)


def attack(arena: Arena, random: Random) -> Iterator[Finding]:
    way = random.choice((_webhook, _replayed_webhook, _without_a_token, _with_a_small_role, _old_approval))
    waiting = waiting_approval(arena, random) if way in {_with_a_small_role, _old_approval} else ""
    before = state_of(arena)
    yield from way(arena, random, waiting)
    yield from written(arena, before, proven=False)


def _webhook(arena: Arena, random: Random, _: str) -> Iterator[Finding]:
    body, stamp = _event(random), arena.time.isoformat().replace("+00:00", "Z")
    old = (arena.time - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    forged: Mapping[str, str] = random.choice(
        (
            {},
            arena.target.sign(body, stamp, "another secret"),
            arena.target.sign(body + b" ", stamp),
            arena.target.sign(body, old),
            {**arena.target.sign(body, stamp), "x-zendesk-webhook-signature": "AAAA"},
        )
    )
    held = _events_held(arena)
    status, _ = arena.target.http("POST", "/webhooks/zendesk", forged, body)
    if status < 400 or _events_held(arena) != held:
        yield Finding("out_of_rule_write", f"a forged webhook was taken ({status})")


def _replayed_webhook(arena: Arena, random: Random, _: str) -> Iterator[Finding]:
    body, stamp = _event(random), arena.time.isoformat().replace("+00:00", "Z")
    held = _events_held(arena)
    for _time in range(3):
        arena.target.http("POST", "/webhooks/zendesk", arena.target.sign(body, stamp), body)
    if _events_held(arena) > held + 1:
        yield Finding("double_write", "one event was stored more than once")


def _without_a_token(arena: Arena, random: Random, _: str) -> Iterator[Finding]:
    path = random.choice(READS).format(theirs=random.choice(arena.victims).number.strip("#"))
    forged = random.choice(
        (
            {},
            {"authorization": f"Bearer wsm_{secrets.token_hex(20)}"},
            {"authorization": "Bearer "},
            {"authorization": "Basic YWRtaW46YWRtaW4="},
            {"cookie": f"wismo_session={secrets.token_hex(32)}"},
            {"x-forwarded-user": "admin", "x-forwarded-for": "127.0.0.1"},
        )
    )
    status, said = arena.target.http("GET", path, forged, b"")
    yield from disclosed(arena, said, path)
    if status == 200 and "token" not in said.lower():
        yield Finding("disclosure", f"{path} answers a stranger")


def _with_a_small_role(arena: Arena, random: Random, waiting: str) -> Iterator[Finding]:
    method, path = random.choice(WRITES)
    theirs = random.choice(arena.victims).number.strip("#")
    target = path.format(theirs=theirs, approval=waiting)
    sent = {"by": "lead", "decision": "accept", "reason": "x", "changes": {}, "csrf": "0" * 64, "switch": "resume"}
    headers = {"authorization": f"Bearer {arena.target.token('viewer')}", "idempotency-key": arena.fresh("key")}
    status, _ = arena.target.http(method, target, headers, json.dumps(sent).encode())
    if status < 400:
        yield Finding("out_of_rule_write", f"a viewer may {method} {path} ({status})")


def _old_approval(arena: Arena, random: Random, waiting: str) -> Iterator[Finding]:
    """Decided once; every further word about it is refused."""
    headers = {"authorization": f"Bearer {arena.target.token('approver')}"}
    word = random.choice(("accept", "reject"))
    if word == "accept":
        arena.approved.add(waiting)
    statuses = [
        arena.target.http("POST", f"/v1/approvals/{waiting}/{each}", headers, b'{"reason": "x"}')[0]
        for each in (word, "accept", "reject", "accept")
    ]
    if [status for status in statuses[1:] if status < 400]:
        yield Finding("double_write", f"a decided approval was decided again: {statuses}")


def waiting_approval(arena: Arena, random: Random) -> str:
    """An approval that waits for a person: asked for and confirmed by its customer."""
    desk, where = arena.target.desk(), arena.fresh("queue")
    own = [one for one in arena.own if one.lifecycle == "confirmed" and not one.shipments and not one.delivered_at]
    number = random.choice(own or arena.own).number
    arena.says(desk, f"please cancel order {number}", where, email=ANA, verified=True)
    answer = arena.says(desk, "yes", where, email=ANA, verified=True)
    return answer.approvals[0] if answer.approvals else "A-00000000"


def _event(random: Random) -> bytes:
    detail = {"id": str(random.randrange(10**6))}
    return json.dumps({"type": "zen:event-type:ticket.created", "id": secrets.token_hex(8), "detail": detail}).encode()


def _events_held(arena: Arena) -> int:
    with arena.target.database.read() as db:
        return int(db.execute(text("SELECT COUNT(*) FROM inbox")).scalar_one())
