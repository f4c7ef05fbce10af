"""An index in the home and one on a Chroma server do the same; and what only a server can do wrong is survived."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from knowledge import graph
from knowledge.chunk import Passage
from knowledge.embed import FloatArray
from knowledge.errors import IndexDamaged, ServerAway
from knowledge.index import Index, revise
from knowledge.served import ServedShelf
from knowledge.shelf import Shelf
from tests.knowledge.chroma_server import Running, running

Host = Callable[[str], Shelf]


class Words:
    """An embedder without a model: the same text always has the same vector, other texts others."""

    name, dimensions = "words", 64

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> FloatArray:
        self.embedded += len(texts)
        made = np.array([self._one(text) for text in texts], np.float32).reshape(len(texts), self.dimensions)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)

    def _one(self, text: str) -> FloatArray:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=self.dimensions).astype(np.float32)


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "chroma") as server:
        yield server


def on(server: Running, root: Path) -> ServedShelf:
    """Every look is a second later than the one before."""
    seconds = count()
    return ServedShelf(root, server.client(), lambda: float(next(seconds)))


@pytest.fixture(params=["folder", "server"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """A shelf as a process of a host of this name sees it; hosts without a server share a folder."""
    if request.param == "folder":
        return lambda _: Shelf(tmp_path / "shared")
    server: Running = request.getfixturevalue("chroma")
    return lambda name: on(server, tmp_path / name)


def passage(number: int, text: str = "") -> Passage:
    said = text or f'article {number} says\u2028 this \u0085 "much" of parcel {number}'
    return Passage(
        id=f"p{number}", article_id=f"a{number}", source=f"{number}.md", origin=f"/help/{number}.md", title=f"T{number}",
        heading="", text=said, language="en", updated=None,
    )  # fmt: skip


def put(shelf: Shelf, *passages: Passage, words: Words | None = None) -> bool:
    return revise(shelf, lambda _: passages, words or Words(), lambda *_: None).unchanged


def add(shelf: Shelf, one: Passage, words: Words) -> None:
    revise(shelf, lambda present: [*present, one], words, lambda *_: None)


def known(index: Index) -> list[str]:
    with index.reading() as snapshot:
        return [one.id for one in snapshot.passages]


def test_before_the_first_ingest_nothing_is_known(host: Host) -> None:
    with closing(Index(host("one"))) as index:
        assert known(index) == []


def test_what_was_ingested_is_found_by_meaning_exactly_and_by_the_graph(host: Host) -> None:
    words = Words()
    passages = [passage(number) for number in range(40)]
    put(host("one"), *passages, words=words)
    with closing(Index(host("two"))) as index, index.reading() as snapshot:
        assert snapshot.passages == tuple(passages)
        for row in (0, 17, 39):
            vector = words.embed([passages[row].meaning])[0]
            assert snapshot.nearest(vector, 3)[0] == row
            assert snapshot.by_chroma(vector, 3)[0] == row
            assert snapshot.similarity([row], vector)[0] == pytest.approx(1.0, abs=1e-5)
        assert int(np.argmax(snapshot.lexicon.scores("17"))) == 17


def test_an_open_reader_follows_an_ingest_elsewhere_and_only_what_is_new_is_embedded(host: Host) -> None:
    words = Words()
    put(host("one"), passage(1), passage(2), words=words)
    with closing(Index(host("two"))) as index:
        assert known(index) == ["p1", "p2"]
        words.embedded = 0
        add(host("one"), passage(3), words)
        assert words.embedded == 1
        assert known(index) == ["p1", "p2", "p3"]
        add(host("three"), passage(4), words)
        assert words.embedded == 2
        assert known(index) == ["p1", "p2", "p3", "p4"]


def test_the_same_again_changes_nothing(host: Host) -> None:
    assert put(host("one"), passage(1)) is False
    assert put(host("two"), passage(1)) is True


def test_an_ingest_that_fails_leaves_the_index_as_it_was_and_the_next_one_goes_on(host: Host) -> None:
    put(host("one"), passage(1))

    class Broken(Words):
        def embed(self, texts: Sequence[str]) -> FloatArray:
            raise MemoryError

    with pytest.raises(MemoryError):
        put(host("one"), passage(2), words=Broken())
    with closing(Index(host("two"))) as index:
        assert known(index) == ["p1"]
        put(host("one"), passage(2))
        assert known(index) == ["p2"]


def test_ingests_of_several_hosts_at_once_lose_nothing(host: Host) -> None:
    words, failures = Words(), []

    def adds(number: int) -> None:
        try:
            add(host(f"host{number}"), passage(number), words)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=adds, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(Index(host("reader"))) as index:
        assert sorted(known(index)) == ["p0", "p1", "p2", "p3"]


# -- what only a server can do wrong -------------------------------------------------------------------------


def test_a_host_answers_from_its_copy_while_the_server_is_away_and_follows_it_again(
    chroma: Running, tmp_path: Path
) -> None:
    words = Words()
    put(on(chroma, tmp_path / "one"), passage(1), passage(2), words=words)
    with ExitStack() as stack:
        index = stack.enter_context(closing(Index(on(chroma, tmp_path / "two"))))
        assert known(index) == ["p1", "p2"]
        chroma.stop()
        assert known(index) == ["p1", "p2"]
        fresh = stack.enter_context(closing(Index(on(chroma, tmp_path / "two"))))
        assert known(fresh) == ["p1", "p2"]
        vector = words.embed([passage(2).meaning])[0]
        with fresh.reading() as snapshot:
            assert snapshot.by_chroma(vector, 1) == [1]
        with pytest.raises(ServerAway, match="WISMO_CHROMA_URL"):
            put(on(chroma, tmp_path / "two"), passage(3))
        chroma.start()
        put(on(chroma, tmp_path / "one"), passage(3))
        assert known(index) == ["p3"]


def test_a_collection_that_is_not_what_was_ingested_is_refused(chroma: Running, tmp_path: Path) -> None:
    put(on(chroma, tmp_path / "one"), passage(1))
    client = chroma.client()._client
    (name,) = (one.name for one in client.list_collections() if len(one.name) > 30)
    collection = client.get_collection(name, embedding_function=None)
    kept = collection.get(include=["documents", "embeddings"])
    told = (kept["documents"] or [""])[0]
    collection.delete(ids=["0"])
    collection.add(ids=["0"], embeddings=kept["embeddings"], documents=[told.replace("much", "little")])
    with (
        closing(Index(on(chroma, tmp_path / "two"))) as index,
        pytest.raises(IndexDamaged, match="not what was ingested"),
    ):
        known(index)


def test_collections_of_older_ingests_go_and_the_one_before_stays_for_readers_under_way(
    chroma: Running, tmp_path: Path
) -> None:
    for number in range(4):
        put(on(chroma, tmp_path / "one"), passage(number))
    client = chroma.client()._client
    assert sum(len(one.name) > 30 for one in client.list_collections()) == 2


def test_a_lock_whose_holder_died_ends_by_itself_and_one_whose_holder_lives_does_not(
    chroma: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1_000.0]
    dead = chroma.client(lambda: moment[0])
    assert dead._made()
    monkeypatch.setattr(graph, "PATIENCE", -1.0)
    with pytest.raises(ServerAway, match="another host"), chroma.client(lambda: moment[0]).alone():
        pass
    moment[0] += graph.LASTING + 1
    monkeypatch.setattr(graph, "PATIENCE", 10.0)
    with chroma.client(lambda: moment[0]).alone():
        assert not dead._made()
    assert dead._made()
