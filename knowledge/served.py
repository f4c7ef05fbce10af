"""An index on a Chroma server, shared by hosts: the pointer and what it names lie there, each host keeps a copy.

Whoever ingests uploads a collection of the digest's name and swaps the pointer. Readers look at the pointer about once
a second, fetch what is new, check that it is what its digest says, and answer from their copy while the server is away.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock

from knowledge.chunk import Passage
from knowledge.errors import IndexDamaged, ServerAway
from knowledge.graph import ChromaServer, Graph, ServedGraph
from knowledge.index import MANIFEST, PASSAGES, VECTORS, digest_of, write_folder
from knowledge.shelf import Shelf, Stamp

FRESH = 1.0
"""Seconds for which the pointer is believed."""


class ServedShelf(Shelf):
    def __init__(self, root: Path, server: ChromaServer, clock: Callable[[], float] = time.monotonic) -> None:
        """`root` holds this host's copy."""
        super().__init__(root)
        self._server = server
        self._clock = clock
        self._guard = threading.Lock()
        self._seen: tuple[float, str | None] | None = None

    def current(self) -> str | None:
        """The server's pointer; while it is away, what this host has."""
        with self._guard:
            now = self._clock()
            if self._seen is None or now - self._seen[0] >= FRESH:
                self._seen = (now, self._looked_up())
            return self._seen[1]

    def _looked_up(self) -> str | None:
        try:
            return self._server.pointer()
        except ServerAway:
            return super().current()

    def stamp(self) -> Stamp:
        return self.current()

    def folder(self, digest: str) -> Path:
        """Fetched when it is not here yet. Raises `IndexDamaged`, `ServerAway`."""
        if not self.has(digest):
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / "fetch.lock"):
                if not self.has(digest):
                    self._fetch(digest)
        return super().folder(digest)

    def graph(self, digest: str) -> Graph:
        return ServedGraph(self._server, digest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One ingest over all hosts. Raises `ServerAway`."""
        with self._server.alone(), super().locked():
            self._seen = None
            yield

    def point_to(self, digest: str) -> None:
        folder = super().folder(digest)
        lines = (folder / PASSAGES).read_text("utf-8").split("\n")[:-1]
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        self._server.upload(digest, lines, np.load(folder / VECTORS), manifest)
        self._server.point_to(digest)
        self._seen = None
        super().point_to(digest)

    def _fetch(self, digest: str) -> None:
        found = self._server.fetch(digest)
        if found is None:
            raise IndexDamaged(f"the Chroma server has no collection of {digest}; run: wismo ingest PATH…")
        lines, vectors, manifest = found
        passages = [Passage(**json.loads(line)) for line in lines]
        if digest_of(passages, str(manifest["embedder"])) != digest:
            raise IndexDamaged("what the Chroma server holds is not what was ingested; run: wismo ingest PATH…")
        with self.making(digest) as folder:
            write_folder(folder, passages, vectors, str(manifest["embedder"]))
        super().point_to(digest)
