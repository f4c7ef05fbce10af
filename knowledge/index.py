"""The index of passages, on an embedded Chroma: the only home of chromadb. Ranking is search.py's affair.

An index is an immutable folder (shelf.py): Chroma reads stale data, without an error, from a folder that
another process writes. Raises IndexDamaged and OtherEmbedder (errors.py).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import numpy as np

from knowledge import lexical
from knowledge.chunk import Passage
from knowledge.embed import Embedder, FloatArray
from knowledge.errors import IndexDamaged, OtherEmbedder
from knowledge.lexical import Lexicon
from knowledge.shelf import Shelf, Stamp

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration

Progress = Callable[[int, int], None]
"""Called with the passages embedded so far and the passages to embed."""

# Raise it when the same passages would be written differently: an index of another form is not read.
FORM = 3
AT_ONCE = 64
COLLECTION = "passages"
CHROMA, WORDS, VECTORS, PASSAGES, MANIFEST = (
    "chroma",
    "words",
    "vectors.npy",
    "passages.jsonl",
    "manifest.json",
)
# Left at its default, Chroma keeps the last thousand vectors in a log, and each reader that opens the folder
# writes the graph files anew. Two is the least it takes. (It touches chroma.sqlite3 on opening all the same.)
PERSISTED: CreateHNSWConfiguration = {"sync_threshold": 2, "batch_size": 2}
# Chroma shares one system between clients of one folder and does not lock its table of them.
_CLIENTS = threading.Lock()
_OPENING = threading.Lock()
# Passages up to which all vectors are compared.
EXACT = 4_000


class Revision(NamedTuple):
    digest: str
    passages: int
    unchanged: bool


def build(root: Path, passages: Sequence[Passage], embedder: Embedder, progress: Progress) -> str:
    """Make these passages the whole index. Returns its digest."""
    return revise(root, lambda _: passages, embedder, progress).digest


def revise(
    root: Path,
    change: Callable[[Sequence[Passage]], Sequence[Passage]],
    embedder: Embedder,
    progress: Progress,
) -> Revision:
    """Make what `change` makes of the present passages the whole index, with no other writer in between.

    The pointer is swapped last: an error or a kill before that leaves the index as it was.
    """
    shelf = Shelf(root)
    with shelf.locked(), closing(Index(root)) as index, index.reading() as present:
        passages = tuple(change(present.passages))
        digest = digest_of(passages, embedder.name)
        if digest == present.digest:
            return Revision(digest, len(passages), unchanged=True)
        if not shelf.folder(digest).is_dir():
            vectors = _vectors(passages, embedder, present, progress)
            with shelf.making(digest) as folder:
                _write(folder, passages, vectors, embedder)
        shelf.point_to(digest)
    return Revision(digest, len(passages), unchanged=False)


def digest_of(passages: Sequence[Passage], embedder: str) -> str:
    digest = hashlib.sha256(f"{FORM}\n{embedder}\n".encode())
    for passage in passages:
        digest.update(_line(passage).encode())
    return digest.hexdigest()[:32]


@dataclass
class Snapshot:
    """One folder, opened. All in it is in the order of its passages; a row is a place in that order."""

    digest: str | None = None
    embedder: str | None = None
    passages: tuple[Passage, ...] = ()
    vectors: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    lexicon: Lexicon = field(default_factory=lambda: Lexicon(None, 0))
    users: int = 0
    folder: Path | None = None
    _client: Client | None = None
    _collection: Collection | None = None

    def nearest(self, vector: FloatArray, wanted: int) -> list[int]:
        """The rows nearest in meaning, best first: exactly for few passages, by Chroma's graph for many.

        Importing Chroma and opening a folder costs a second; over a help centre of `EXACT` passages the product of
        all vectors costs less than one Chroma query (docs/decisions/0006).
        """
        if len(self.passages) > EXACT:
            return self.by_chroma(vector, wanted)
        if not self.passages:
            return []
        return [int(row) for row in np.argsort(-(self.vectors @ vector), kind="stable")[:wanted]]

    def by_chroma(self, vector: FloatArray, wanted: int) -> list[int]:
        """One Chroma query, approximate as its graph is."""
        if not self.passages:
            return []
        found = self._opened_collection().query(
            query_embeddings=np.atleast_2d(vector), n_results=min(wanted, len(self.passages)), include=[]
        )
        return [int(row) for row in found["ids"][0]]

    def _opened_collection(self) -> Collection:
        with _OPENING:
            if self._collection is None:
                assert self.folder
                self._client = _client(self.folder / CHROMA)
                self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
            return self._collection

    def similarity(self, rows: Sequence[int], vector: FloatArray) -> FloatArray:
        """Exact cosines of these rows, -1 to 1, also of those that Chroma did not name."""
        return np.asarray(self.vectors[list(rows)] @ vector, np.float32)

    def must_be_of(self, embedder: Embedder) -> None:
        if self.embedder not in (None, embedder.name):
            raise OtherEmbedder(
                f"the index was built with {self.embedder}, the setting now says {embedder.name}; "
                "run: wismo ingest PATH… again"
            )

    def close(self) -> None:
        if self._client is not None:
            with _CLIENTS:
                self._client.close()


class Index:
    """A reader. Each reading takes the newest snapshot; a replaced one closes with its last reading."""

    def __init__(self, root: Path) -> None:
        self._shelf = Shelf(root)
        self._guard = threading.Lock()
        self._stamp: Stamp = None
        self._snapshot = Snapshot()

    @classmethod
    def open(cls, root: Path) -> Self:
        """A root without an index is an index without passages, until the first ingest."""
        index = cls(root)
        with index.reading():
            return index

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        snapshot = self._take()
        try:
            yield snapshot
        finally:
            self._give_back(snapshot)

    def close(self) -> None:
        """Frees the folder. A later reading opens it again."""
        with self._guard:
            self._replace(Snapshot(), None)

    def _take(self) -> Snapshot:
        with self._guard:
            stamp = self._shelf.stamp()
            if stamp != self._stamp:
                self._replace(_newest(self._shelf), stamp)
            self._snapshot.users += 1
            return self._snapshot

    def _give_back(self, snapshot: Snapshot) -> None:
        with self._guard:
            snapshot.users -= 1
            if snapshot is not self._snapshot and not snapshot.users:
                snapshot.close()

    def _replace(self, fresh: Snapshot, stamp: Stamp) -> None:
        before, self._snapshot, self._stamp = self._snapshot, fresh, stamp
        if not before.users:
            before.close()


def _newest(shelf: Shelf) -> Snapshot:
    """Asks again when a swap removed the folder between the look at the pointer and the opening."""
    while digest := shelf.current():
        try:
            return _opened(shelf.folder(digest), digest)
        except Exception as error:
            if shelf.current() == digest:
                raise IndexDamaged(
                    f"cannot read the index {shelf.folder(digest)} ({error}); "
                    f"remove {shelf.root} and run: wismo ingest PATH…"
                ) from error
    return Snapshot()


def _opened(folder: Path, digest: str) -> Snapshot:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    if manifest["form"] != FORM:
        raise ValueError(f"made by another version: form {manifest['form']}, not {FORM}")
    with (folder / PASSAGES).open(encoding="utf-8") as lines:
        passages = tuple(Passage(**json.loads(line)) for line in lines)
    vectors = np.load(folder / VECTORS)
    lexicon = lexical.read(folder / WORDS, len(passages))
    return Snapshot(
        digest=digest,
        embedder=manifest["embedder"],
        passages=passages,
        vectors=vectors,
        lexicon=lexicon,
        folder=folder,
    )


def _vectors(passages: Sequence[Passage], embedder: Embedder, present: Snapshot, progress: Progress) -> FloatArray:
    """The present vectors where the text is the same, and new ones for the rest."""
    known: dict[str, int] = {}
    if present.embedder == embedder.name:
        known = {passage.meaning: row for row, passage in enumerate(present.passages)}
    texts = [passage.meaning for passage in passages]
    fresh = list(dict.fromkeys(text for text in texts if text not in known))
    embedded = _embedded(fresh, embedder, progress)
    made = dict(zip(fresh, embedded, strict=True))
    rows = [made[text] if text in made else present.vectors[known[text]] for text in texts]
    return np.asarray(rows, np.float32).reshape(len(rows), embedder.dimensions)


def _embedded(texts: Sequence[str], embedder: Embedder, progress: Progress) -> list[FloatArray]:
    done: list[FloatArray] = []
    progress(0, len(texts))
    for start in range(0, len(texts), AT_ONCE):
        done.extend(embedder.embed(texts[start : start + AT_ONCE]))
        progress(len(done), len(texts))
    return done


def _write(folder: Path, passages: Sequence[Passage], vectors: FloatArray, embedder: Embedder) -> None:
    (folder / PASSAGES).write_text("".join(map(_line, passages)), "utf-8")
    np.save(folder / VECTORS, vectors)
    lexical.write(folder / WORDS, [passage.embedded for passage in passages])
    _write_chroma(folder / CHROMA, vectors)
    manifest = {"form": FORM, "embedder": embedder.name, "passages": len(passages)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _write_chroma(folder: Path, vectors: FloatArray) -> None:
    client = _client(folder)
    try:
        space: CreateCollectionConfiguration = {"hnsw": {"space": "cosine", **PERSISTED}}
        collection = client.create_collection(COLLECTION, embedding_function=None, configuration=space)
        most = client.get_max_batch_size()
        for start in range(0, len(vectors), most):
            rows = range(start, min(start + most, len(vectors)))
            collection.add(ids=[str(row) for row in rows], embeddings=vectors[rows.start : rows.stop])
    finally:
        with _CLIENTS:
            client.close()


def _client(folder: Path) -> Client:
    """No telemetry, no default model, and no `.env` of the working directory, which Chroma would read."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False, _env_file=None)
    with _CLIENTS:
        return cast("Client", chromadb.PersistentClient(str(folder), settings=settings))


def _line(passage: Passage) -> str:
    return json.dumps(asdict(passage), ensure_ascii=False, sort_keys=True) + "\n"
