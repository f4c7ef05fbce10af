"""Who knocks, about which ticket, and was it seen before?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.helpdesks.zendesk_webhook import (
    INVOCATION,
    PUBLIC_SECRET,
    SIGNATURE,
    TIMESTAMP,
    knock,
    signature,
    verify,
)
from connectors.signed import BadEvent, BadSignature

SECRET = "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA="
NOW = datetime(2021, 7, 25, 10, 1, tzinfo=UTC)
STAMP = "2021-07-25T10:00:00Z"
BODY = b'{"say": "hello"}'


def headers(secret: str = SECRET, stamp: str = STAMP, raw: bytes = BODY) -> dict[str, str]:
    return {SIGNATURE: signature(secret, stamp, raw).decode(), TIMESTAMP: stamp}


def checked(given: dict[str, str], raw: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> None:
    verify(raw, given, secrets, NOW, timedelta(minutes=5))


def test_timestamp_and_body_are_signed_in_this_order() -> None:
    assert signature(SECRET, STAMP, BODY) == b"Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk="
    checked(headers())


def test_any_of_several_secrets_will_do_while_they_rotate() -> None:
    checked(headers(), secrets=("old", SECRET))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {SIGNATURE: "x"},
        {TIMESTAMP: STAMP},
        {**headers(), SIGNATURE: "é"},
        {**headers(), TIMESTAMP: "2021-07-25T10:00:01Z"},
        headers(secret="another"),
        headers(secret=PUBLIC_SECRET),
        headers(stamp="2021-07-25T09:00:00Z"),
        headers(stamp="2021-07-25T11:00:00Z"),
        headers(stamp="yesterday"),
        headers(stamp="2021-07-25T10:00:00"),
        headers(raw=b"{}"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        checked(given, secrets=(SECRET, PUBLIC_SECRET))


def test_nanoseconds_are_read() -> None:
    checked(headers(stamp="2021-07-25T10:00:00.123456789Z"))


def event(**given: Any) -> bytes:
    body = {
        "type": "zen:event-type:ticket.comment_added",
        "id": "d4f5c389",
        "subject": "zen:ticket:5158",
        "detail": {"id": "5158", "status": "OPEN", "tags": "a b", "requester_id": ""},
        "event": {"comment": {"body": "hi", "is_public": True}},
    }
    return json.dumps(body | given).encode()


def test_an_event_names_its_ticket_and_its_own_key() -> None:
    found = knock(event(), {})
    assert found
    assert (found.subject, found.key) == ("5158", "d4f5c389")


def test_a_trigger_is_known_by_its_invocation() -> None:
    raw = json.dumps({"schema": "wismo.zendesk.trigger.v1", "ticket_id": "5158", "tags": 'a "quote"'}).encode()
    found = knock(raw, {INVOCATION: "8350205582"})
    assert found
    assert (found.subject, found.key) == ("5158", "8350205582")
    assert knock(raw, {}) == knock(raw, {})


def test_events_of_other_kinds_are_none_of_ours() -> None:
    assert knock(event(type="zen:event-type:user.created"), {}) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        event(detail={"id": "0"}),
        event(detail=None),
        event(detail={"id": "../users"}),
        b'{"schema":"wismo.zendesk.trigger.v1"}',
    ],
)
def test_a_signed_body_that_is_no_event_is_named_as_such(raw: bytes) -> None:
    with pytest.raises(BadEvent):
        knock(raw, {})
