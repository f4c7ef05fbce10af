"""Chroma, and the only home of it: the graph of one folder's vectors, and a server that several hosts share.

A folder is written once and never again: Chroma reads stale data, without an error, from a folder that another
process writes. On a server each digest is a collection of its own, and a small one holds the pointer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

import numpy as np

from knowledge.embed import FloatArray
from knowledge.errors import ServerAway

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration
    from chromadb.config import Settings

PASSAGES = "passages"
# Left at its default, Chroma keeps the last thousand vectors in a log, and each reader that opens the folder
# writes the graph files anew. Two is the least it takes. (It touches chroma.sqlite3 on opening all the same.)
PERSISTED: CreateHNSWConfiguration = {"sync_threshold": 2, "batch_size": 2}
# Chroma shares one system between clients of one folder and does not lock its table of them.
_CLIENTS = threading.Lock()
_OPENING = threading.Lock()
POINTER, LOCK = "wismo-current", "wismo-ingest"
AT_ONCE = 500
"""Passages in one request: some megabytes of JSON."""
LASTING, RENEWED, PATIENCE = 90.0, 20.0, 600.0
"""Seconds: how long a lock outlives its holder, how often it is renewed, how long it is waited for."""


class Graph(Protocol):
    def nearest(self, vector: FloatArray, wanted: int) -> list[int] | None:
        """The rows nearest to it, approximately, best first; None when that cannot be asked now."""

    def close(self) -> None: ...


class FolderGraph:
    """Opened when it is first asked: that costs a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: Client | None = None
        self._collection: Collection | None = None

    def nearest(self, vector: FloatArray, wanted: int) -> list[int] | None:
        found = self._opened().query(query_embeddings=np.atleast_2d(vector), n_results=wanted, include=[])
        return [int(row) for row in found["ids"][0]]

    def _opened(self) -> Collection:
        with _OPENING:
            if self._collection is None:
                self._client = _client(self._folder)
                self._collection = self._client.get_collection(PASSAGES, embedding_function=None)
            return self._collection

    def close(self) -> None:
        if self._client is not None:
            with _CLIENTS:
                self._client.close()


def write(folder: Path, vectors: FloatArray) -> None:
    client = _client(folder)
    try:
        space: CreateCollectionConfiguration = {"hnsw": {"space": "cosine", **PERSISTED}}
        collection = client.create_collection(PASSAGES, embedding_function=None, configuration=space)
        most = client.get_max_batch_size()
        for start in range(0, len(vectors), most):
            rows = range(start, min(start + most, len(vectors)))
            collection.add(ids=[str(row) for row in rows], embeddings=vectors[rows.start : rows.stop])
    finally:
        with _CLIENTS:
            client.close()


class ChromaServer:
    """A Chroma server of one shop. What fails is `ServerAway`; what is not there is None."""

    def __init__(self, url: str, token: str = "", now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._token = token
        self._now = now

    def close(self) -> None:
        """A later call connects again. Chroma's own `close` leaves its HTTP connections open."""
        client = self.__dict__.pop("_client", None)
        if client is not None:
            with _CLIENTS:
                client.close()
                for part in (client, client._admin_client):
                    part._server._session.close()

    def pointer(self) -> str | None:
        found = self._collection(POINTER)
        return str((found.metadata or {}).get("digest") or "") or None if found else None

    def point_to(self, digest: str) -> None:
        """The collection of the one before stays for readers under way; older ones go."""
        before = self.pointer()
        with _told():
            pointer = self._client.get_or_create_collection(POINTER, embedding_function=None)
            pointer.modify(metadata={"digest": digest})
            keep = {POINTER, LOCK, _name(digest), _name(before or digest)}
            for one in self._client.list_collections():
                if one.name.startswith("wismo-") and one.name not in keep:
                    self._client.delete_collection(one.name)

    def upload(self, digest: str, lines: Sequence[str], vectors: FloatArray, manifest: Mapping[str, Any]) -> None:
        """Complete, or not there for readers: they follow the pointer, which is set afterwards."""
        found = self._collection(_name(digest))
        with _told():
            if found is not None and (found.metadata or {}).get("complete"):
                return
            if found is not None:
                self._client.delete_collection(found.name)
            space: CreateCollectionConfiguration = {"hnsw": {"space": "cosine"}}
            made = self._client.create_collection(_name(digest), embedding_function=None, configuration=space)
            for start in range(0, len(lines), AT_ONCE):
                rows = range(start, min(start + AT_ONCE, len(lines)))
                part = slice(rows.start, rows.stop)
                made.add(ids=[str(row) for row in rows], embeddings=vectors[part], documents=list(lines[part]))
            made.modify(metadata={**manifest, "complete": True})

    def fetch(self, digest: str) -> tuple[list[str], FloatArray, Mapping[str, Any]] | None:
        """Lines and vectors in the order of rows; None where the collection is gone."""
        found = self._collection(_name(digest))
        if found is None:
            return None
        rows: dict[int, tuple[str, FloatArray]] = {}
        with _told():
            for start in range(0, found.count(), AT_ONCE):
                part = found.get(limit=AT_ONCE, offset=start, include=["documents", "embeddings"])
                for row, line, vector in zip(part["ids"], part["documents"] or (), _vectors(part), strict=True):
                    rows[int(row)] = (line, vector)
        lines = [rows[row][0] for row in sorted(rows)]
        return lines, np.array([rows[row][1] for row in sorted(rows)], np.float32), dict(found.metadata or {})

    def nearest(self, digest: str, vector: FloatArray, wanted: int) -> list[int] | None:
        try:
            found = self._collection(_name(digest))
            if found is None:
                return None
            with _told():
                answer = found.query(query_embeddings=np.atleast_2d(vector), n_results=wanted, include=[])
        except ServerAway:
            return None
        return [int(row) for row in answer["ids"][0]]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One ingest at a time over all hosts. A lock whose holder died ends by itself. Raises `ServerAway`."""
        self._take(self._now() + PATIENCE)
        over = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(over,), name="ingest lock", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            with _told():
                self._client.delete_collection(LOCK)

    def _take(self, until: float) -> None:
        while not self._made():
            held = self._collection(LOCK)
            if held is not None and float((held.metadata or {}).get("until") or 0) < self._now():
                with _told():
                    self._client.delete_collection(LOCK)
            elif self._now() > until:
                raise ServerAway("another host has been ingesting for ten minutes; try again when it is done")
            else:
                time.sleep(0.2)

    def _made(self) -> bool:
        """Chroma makes a collection of a name once, whoever asks at the same time."""
        from chromadb.errors import ChromaError

        try:
            self._client.create_collection(LOCK, metadata={"until": self._now() + LASTING}, embedding_function=None)
        except ChromaError as error:
            if "already exists" not in str(error):
                raise ServerAway(_remedy(error)) from error
            return False
        return True

    def _renew(self, over: threading.Event) -> None:
        while not over.wait(RENEWED):
            with _told():
                self._client.get_collection(LOCK, embedding_function=None).modify(
                    metadata={"until": self._now() + LASTING}
                )

    def _collection(self, name: str) -> Collection | None:
        from chromadb.errors import NotFoundError

        with _told():
            try:
                return self._client.get_collection(name, embedding_function=None)
            except NotFoundError:
                return None

    @cached_property
    def _client(self) -> ClientAPI:
        import chromadb

        parts = urlsplit(self._url)
        secure = parts.scheme == "https"
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        with _told(), _CLIENTS:
            return chromadb.HttpClient(
                parts.hostname or "", parts.port or (443 if secure else 80), secure, headers, settings=_settings()
            )


class ServedGraph:
    def __init__(self, server: ChromaServer, digest: str) -> None:
        self._server = server
        self._digest = digest

    def nearest(self, vector: FloatArray, wanted: int) -> list[int] | None:
        return self._server.nearest(self._digest, vector, wanted)

    def close(self) -> None:
        pass


@contextmanager
def _told() -> Iterator[None]:
    """Chroma's client lets through what its HTTP library raises, and a ValueError where nobody answers."""
    import httpx
    from chromadb.errors import ChromaError, NotFoundError

    try:
        yield
    except NotFoundError:
        raise
    except (httpx.HTTPError, ChromaError, ValueError, OSError) as error:
        raise ServerAway(_remedy(error)) from error


def _remedy(error: Exception) -> str:
    return f"the Chroma server does not answer as it should ({type(error).__name__}); see WISMO_CHROMA_URL"


def _name(digest: str) -> str:
    return f"wismo-{digest}"


def _vectors(part: Any) -> Sequence[FloatArray]:
    return cast("Sequence[FloatArray]", part["embeddings"])


def _client(folder: Path) -> Client:
    import chromadb

    with _CLIENTS:
        return cast("Client", chromadb.PersistentClient(str(folder), settings=_settings()))


def _settings() -> Settings:
    """No telemetry, no default model, and no `.env` of the working directory, which Chroma would read."""
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False, _env_file=None)
