"""The floor of `wismo bench ingest`: a bare route that verifies the HMAC and inserts one row, commits grouped.

What no webhook of ours can do without, and nothing else: no middleware, no framework above Starlette, the bare drivers.
`python -m api.trials.floor PORT DATABASE`; DATABASE is a file of SQLite or a postgresql:// URL.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import sys
from collections.abc import Callable, Sequence

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SECRET = b"signing"
SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
Row = tuple[str, str, str]
Store = Callable[[Sequence[Row]], None]


def on_sqlite(path: str) -> Store:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS floor (key TEXT PRIMARY KEY, ticket TEXT, body TEXT) STRICT")

    def store(rows: Sequence[Row]) -> None:
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO floor VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)
        db.execute("COMMIT")

    return store


def on_postgres(url: str) -> Store:
    db = psycopg.connect(url)
    db.execute("CREATE TABLE IF NOT EXISTS floor (key TEXT PRIMARY KEY, ticket TEXT, body TEXT)")
    db.commit()

    def store(rows: Sequence[Row]) -> None:
        with db.cursor() as cursor:
            cursor.executemany("INSERT INTO floor VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", rows)
        db.commit()

    return store


def application(store: Store) -> Starlette:
    waiting: list[tuple[Row, asyncio.Future[None]]] = []
    storing: list[asyncio.Task[None]] = []

    async def commit() -> None:
        while waiting:
            group = waiting[:]
            waiting.clear()
            await asyncio.get_running_loop().run_in_executor(None, store, [row for row, _ in group])
            for _, stored in group:
                stored.set_result(None)

    async def webhook(request: Request) -> Response:
        raw = await request.body()
        stamp = request.headers[TIMESTAMP].encode()
        expected = base64.b64encode(hmac.new(SECRET, stamp + raw, hashlib.sha256).digest())
        if not hmac.compare_digest(expected, request.headers[SIGNATURE].encode()):
            return Response(status_code=401)
        event = json.loads(raw)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(((event["id"], event["detail"]["id"], raw.decode()), stored))
        if not storing or storing[0].done():
            storing[:] = [asyncio.create_task(commit())]
        await stored
        return Response(status_code=202)

    return Starlette(routes=[Route("/webhooks/zendesk", webhook, methods=["POST"])])


if __name__ == "__main__":
    port, where = sys.argv[1:]
    store = on_postgres(where) if "://" in where else on_sqlite(where)
    uvicorn.run(application(store), port=int(port), http="httptools", loop="uvloop", log_level="error")
