"""Carriers' webhooks: who knocks, what they tell, and that nothing they tell is lost."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.settings import Settings
from connectors.carriers import aftership, easypost
from connectors.signed import BadEvent, BadKnock, BadSignature

FOLDER = Settings().reference / "contracts" / "specs" / "easypost"
needs_reference = pytest.mark.skipif(
    not FOLDER.exists(), reason="NOT RUN: needs the reference folder (WISMO_REFERENCE)"
)
VECTOR = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
SECRET = "sécret"


def tracker(*details: dict[str, Any], code: str = "1Z5R89390357567127", key: str = "evt_1") -> dict[str, Any]:
    result = {"tracking_code": code, "status": "in_transit", "tracking_details": list(details)}
    return {"id": key, "object": "Event", "description": "tracker.updated", "result": result}


def detail(status: str, at: str, city: str | None = "ORLANDO") -> dict[str, Any]:
    return {"status": status, "datetime": at, "tracking_location": {"city": city, "country": "US"}}


def update(*points: dict[str, Any], number: str = "986578788855", key: str = "e-1") -> dict[str, Any]:
    message = {"tracking_number": number, "slug": "fedex", "tag": "InTransit", "checkpoints": list(points)}
    return {"ts": 1, "event": "tracking_update", "event_id": key, "msg": message}


@needs_reference
def test_easyposts_own_vector_is_reproduced_and_composed_letters_are_no_other_secret() -> None:
    raw = Path(FOLDER / "event-body.json").read_bytes().rstrip(b"\n")
    easypost.verify(raw, {easypost.SIGNATURE: VECTOR}, ["old", SECRET])
    with pytest.raises(BadSignature):
        easypost.verify(raw + b"\n", {easypost.SIGNATURE: VECTOR}, [SECRET])
    found = easypost.knock(raw)
    assert found is not None
    assert found.key == "evt_1"
    told = easypost.told(json.loads(raw))
    assert told.tracking == "1"
    assert {scan.code for scan in told.scans} >= {"label_created", "in_transit"}


@pytest.mark.parametrize(
    "given_headers", [{}, {easypost.SIGNATURE: ""}, {easypost.SIGNATURE: "é"}, {easypost.SIGNATURE: VECTOR}]
)
def test_a_signature_that_does_not_hold_is_refused(given_headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        easypost.verify(b"{}", given_headers, [SECRET])
    with pytest.raises(BadSignature):
        aftership.verify(b"{}", {aftership.SIGNATURE: given_headers.get(easypost.SIGNATURE, "")}, [SECRET])


def test_aftership_signs_the_body_in_base64() -> None:
    # printf '{"event":"x"}' | openssl dgst -sha256 -hmac whsec -binary | base64
    signed = {aftership.SIGNATURE: "XvJ7rk6H4DTkZsbcg4FyN4nm/yBeRrgPzHSM75uevL8="}
    aftership.verify(b'{"event":"x"}', signed, ["whsec"])
    with pytest.raises(BadSignature):
        aftership.verify(b'{"event":"y"}', signed, ["whsec"])


def test_the_words_of_both_carriers_become_the_cores_and_unknown_ones_say_nothing() -> None:
    at = "2026-11-20T10:00:00Z"
    said = [*easypost.CODES, "unknown", "error", "new_word"]
    told = easypost.told(tracker(*(detail(status, at) for status in said)))
    assert [scan.code for scan in told.scans] == list(easypost.CODES.values())
    tags = [
        "InfoReceived",
        "InTransit",
        "OutForDelivery",
        "AttemptFail",
        "Delivered",
        "AvailableForPickup",
        "Exception",
        "Expired",
        "Pending",
    ]
    points = [{"tag": tag, "checkpoint_time": "2026-11-20T10:00:00", "city": "Lyon"} for tag in tags]
    points.append({"tag": "Exception", "subtag": "Exception_011", "checkpoint_time": at})
    seen = aftership.told(update(*points)).scans
    assert [scan.code for scan in seen] == [*aftership.CODES.values(), "returned_to_sender"]
    assert seen[0].at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert seen[0].place == "Lyon"


def test_events_that_are_no_trackers_are_none_of_ours() -> None:
    assert easypost.knock(b'{"id": "evt_2", "description": "refund.successful", "result": {}}') is None
    assert aftership.knock(b'{"event": "edd_revise", "event_id": "1"}') is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"\xff", b"{", b'{"description": "tracker.updated"}', json.dumps(tracker(detail("delivered", "soon"))).encode(),
     json.dumps(tracker(code="")).encode(), json.dumps(tracker(*[detail("in_transit", "2026-11-20T10:00:00Z")] * 501)).encode()],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        easypost.knock(body)


Anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tracking_code", "tracking_details", "status", "datetime", "tracking_location", "city"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(Anything)
def test_whatever_is_inside_it_is_read_or_refused(result: Any) -> None:
    raw = json.dumps({"id": "evt", "description": "tracker.updated", "result": result}).encode()
    with suppress(BadKnock):
        assert easypost.knock(raw)
