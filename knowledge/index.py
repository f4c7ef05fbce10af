"""The index of passages: texts, vectors, words. Ranking is search.py's affair, Chroma graph.py's.

An index is an immutable folder (shelf.py); with a Chroma server it is a copy of what lies there (served.py). Raises
IndexDamaged and OtherEmbedder (errors.py).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from knowledge import graph, lexical
from knowledge.chunk import Passage
from knowledge.embed import Embedder, FloatArray, ManyAtOnce
from knowledge.errors import IndexDamaged, OtherEmbedder, ServerAway
from knowledge.graph import Graph
from knowledge.lexical import Lexicon
from knowledge.shelf import CHROMA, Shelf, Stamp

Progress = Callable[[int, int], None]
"""Called with the passages embedded so far and the passages to embed."""

# Raise it when the same passages would be written differently: an index of another form is not read.
FORM = 3
AT_ONCE = 64
WORDS, VECTORS, PASSAGES, MANIFEST = "words", "vectors.npy", "passages.jsonl", "manifest.json"
# Passages up to which all vectors are compared.
EXACT = 4_000


class Revision(NamedTuple):
    digest: str
    passages: int
    unchanged: bool


def build(root: Path | Shelf, passages: Sequence[Passage], embedder: Embedder, progress: Progress) -> str:
    """Make these passages the whole index. Returns its digest."""
    return revise(root, lambda _: passages, embedder, progress).digest


def revise(
    root: Path | Shelf,
    change: Callable[[Sequence[Passage]], Sequence[Passage]],
    embedder: Embedder,
    progress: Progress,
) -> Revision:
    """Make what `change` makes of the present passages the whole index, with no other writer in between.

    The pointer is swapped last: an error or a kill before that leaves the index as it was.
    """
    shelf = _shelf(root)
    with shelf.locked(), closing(Index(shelf)) as index, index.reading() as present:
        return _made(shelf, tuple(change(present.passages)), embedder, present, progress)


def earlier_form(root: Path | Shelf) -> int | None:
    """The form of the index where it is one of an earlier Wismo's, which `remake` reads and nothing else."""
    form = _manifest_form(_shelf(root))
    return form if form and form < FORM else None


def remake(root: Path | Shelf, embedder: Embedder, progress: Progress) -> Revision:
    """An index of an earlier form in today's: its passages, embedded anew."""
    shelf = _shelf(root)
    with shelf.locked():
        lines = (shelf.folder(shelf.current() or "") / PASSAGES).read_text("utf-8").splitlines()
        passages = tuple(Passage(**json.loads(line)) for line in lines)
        return _made(shelf, passages, embedder, Snapshot(), progress)


def _manifest_form(shelf: Shelf) -> int | None:
    try:
        return int(json.loads((shelf.folder(shelf.current() or "") / MANIFEST).read_text("utf-8"))["form"])
    except (OSError, ValueError, LookupError):
        return None


def _made(
    shelf: Shelf, passages: tuple[Passage, ...], embedder: Embedder, present: Snapshot, progress: Progress
) -> Revision:
    digest = digest_of(passages, embedder.name)
    if digest == present.digest:
        return Revision(digest, len(passages), unchanged=True)
    if not shelf.has(digest):
        vectors = _vectors(passages, embedder, present, progress)
        with shelf.making(digest) as folder:
            write_folder(folder, passages, vectors, embedder.name)
            graph.write(folder / CHROMA, vectors)
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
    graph: Graph | None = None

    def nearest(self, vector: FloatArray, wanted: int) -> list[int]:
        """The rows nearest in meaning, best first: exactly for few passages, by Chroma's graph for many.

        Importing Chroma and opening a folder costs a second; over a help centre of `EXACT` passages the product of
        all vectors costs less than one Chroma query (docs/decisions/0006).
        """
        if len(self.passages) > EXACT:
            return self.by_chroma(vector, wanted)
        return self._exactly(vector, wanted)

    def by_chroma(self, vector: FloatArray, wanted: int) -> list[int]:
        """One Chroma query, approximate as its graph is; exactly all the same while a server does not answer."""
        if not self.passages:
            return []
        assert self.graph
        found = self.graph.nearest(vector, min(wanted, len(self.passages)))
        return self._exactly(vector, wanted) if found is None else found

    def _exactly(self, vector: FloatArray, wanted: int) -> list[int]:
        if not self.passages:
            return []
        return [int(row) for row in np.argsort(-(self.vectors @ vector), kind="stable")[:wanted]]

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
        if self.graph is not None:
            self.graph.close()


class Index:
    """A reader. Each reading takes the newest snapshot; a replaced one closes with its last reading."""

    def __init__(self, root: Path | Shelf) -> None:
        self._shelf = _shelf(root)
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
                self._follow(stamp)
            self._snapshot.users += 1
            return self._snapshot

    def _follow(self, stamp: Stamp) -> None:
        """What cannot be fetched now is asked for again at the next reading; until then the old one answers."""
        try:
            self._replace(_newest(self._shelf), stamp)
        except ServerAway:
            if self._snapshot.digest is None:
                raise

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
            return _opened(shelf, digest)
        except ServerAway:
            raise
        except Exception as error:
            if shelf.current() == digest:
                raise IndexDamaged(
                    f"cannot read the index {shelf.folder(digest)} ({error}); "
                    f"remove {shelf.root} and run: wismo ingest PATH…"
                ) from error
    return Snapshot()


def _opened(shelf: Shelf, digest: str) -> Snapshot:
    folder = shelf.folder(digest)
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
        graph=shelf.graph(digest),
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
    at_once = embedder.at_once if isinstance(embedder, ManyAtOnce) else AT_ONCE
    progress(0, len(texts))
    for start in range(0, len(texts), at_once):
        done.extend(embedder.embed(texts[start : start + at_once]))
        progress(len(done), len(texts))
    return done


def write_folder(folder: Path, passages: Sequence[Passage], vectors: FloatArray, embedder: str) -> None:
    """All of an index but Chroma's graph. `embedder` is the name of the model."""
    (folder / PASSAGES).write_text("".join(map(_line, passages)), "utf-8")
    np.save(folder / VECTORS, vectors)
    lexical.write(folder / WORDS, [passage.embedded for passage in passages])
    manifest = {"form": FORM, "embedder": embedder, "passages": len(passages)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _shelf(root: Path | Shelf) -> Shelf:
    return Shelf(root) if isinstance(root, Path) else root


def _line(passage: Passage) -> str:
    return json.dumps(asdict(passage), ensure_ascii=False, sort_keys=True) + "\n"
