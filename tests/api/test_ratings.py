"""How content customers were, over HTTP; it stands in the report and nowhere as words."""

from __future__ import annotations

from fastapi.testclient import TestClient

from agent import ratings
from api.wiring import House


def test_a_conversation_is_rated_from_one_to_five_and_only_one_that_there_is(client: TestClient, house: House) -> None:
    client.post("/v1/tickets", json={"text": "hello", "conversation": "shop/7"})
    where = "/v1/conversations/shop%2F7/rating"
    assert client.post(where, json={"score": 2}).status_code == 201
    assert client.post(where, json={"score": 5}).json() == {"id": "shop/7", "score": 5}
    with house.database.read() as db:
        assert ratings.latest(db) == {"api:shop/7": 5}
    assert client.post(where, json={"score": 6}).status_code == 422
    assert client.post("/v1/conversations/nope/rating", json={"score": 5}).status_code == 404
    assert client.post(where, json={"score": 5}, headers={"Authorization": ""}).status_code == 401
