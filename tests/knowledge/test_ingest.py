"""Ingests: what is replaced, what stays, and what a reader sees meanwhile and after a kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.chunk import Passage, chunk
from knowledge.embed import FloatArray, OnnxEmbedder
from knowledge.errors import IndexDamaged
from knowledge.formats import Article
from knowledge.index import Index, build
from knowledge.ingest import IngestReport, ingest
from knowledge.search import Searcher

HERE = Path(__file__).parents[2]
RETURNS = {
    "returns.md": "# Returns\n\nYou have 30 days.",
    "refunds.md": "# Refunds\n\nWe pay within 14 days.",
}


class Shop:
    """A help centre on disk and the index made of it."""

    def __init__(self, folder: Path, embedder: OnnxEmbedder) -> None:
        self.help = folder / "help"
        self.root = folder / "index"
        self.embedder = embedder
        self.embedded: list[int] = []
        self.index = Index(self.root)
        self.searcher = Searcher(self.index, embedder)

    def writes(self, articles: dict[str, str]) -> None:
        for name, text in articles.items():
            file = self.help / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    def ingests(self, *paths: Path, replace_all: bool = False) -> IngestReport:
        """How many passages were embedded is in `embedded` afterwards."""
        self.embedded = [0]
        paths = paths or (self.help,)
        return ingest(paths, self.root, self.embedder, self._progress, replace_all=replace_all)

    def finds(self, query: str, k: int = 10, language: str | None = None) -> list[str]:
        return [hit.source for hit in self.searcher.search(query, k, language)]

    def _progress(self, done: int, total: int) -> None:
        assert done <= total
        self.embedded.append(done)


@pytest.fixture
def shop(tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Shop]:
    shop = Shop(tmp_path, embedder)
    shop.writes(RETURNS)
    with closing(shop.index):
        yield shop


def folders(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if path.is_dir()}


def contents(folder: Path) -> dict[str, bytes]:
    """Without Chroma's own database, which it touches whenever it opens one."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".sqlite3"
    }


class Slow:
    """Embeds as the real one, and says when it began; goes on when let."""

    def __init__(self, inner: OnnxEmbedder) -> None:
        self.inner, self.name, self.dimensions = inner, inner.name, inner.dimensions
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def embed(self, texts: Sequence[str]) -> FloatArray:
        self.began.set()
        assert self.may_go_on.wait(30)
        return self.inner.embed(texts)


ELSEWHERE = """
import os, sys
from pathlib import Path
from knowledge.embed import OnnxEmbedder
from knowledge.ingest import ingest
def progress(done, total):
    if "stop" in sys.argv and done:
        print("embedding", flush=True)
        sys.stdin.read()
ingest([Path(sys.argv[2])], Path(sys.argv[3]), OnnxEmbedder(Path(sys.argv[1])), progress)
"""


def elsewhere(python: str, shop: Shop, *more: str) -> list[str]:
    """The command of another process that ingests the shop's help."""
    return [python, "-c", ELSEWHERE, str(shop.embedder.folder), str(shop.help), str(shop.root), *more]


def test_the_report_counts_what_was_read_and_what_is_there(shop: Shop) -> None:
    shop.writes({"bad.md": ""})
    report = shop.ingests()
    assert (report.articles, report.passages, report.unchanged) == (2, 2, False)
    assert [Path(problem.path).name for problem in report.problems] == ["bad.md"]
    assert (shop.root / "CURRENT").read_text().strip() == report.digest


def test_the_same_help_again_changes_nothing_and_embeds_nothing(shop: Shop) -> None:
    first, again = shop.ingests(), shop.ingests()
    assert (again.digest, again.unchanged) == (first.digest, True)
    assert shop.embedded == [0]


def test_an_edited_article_is_replaced_and_only_it_is_embedded(shop: Shop) -> None:
    shop.ingests()
    shop.writes({"returns.md": "# Returns\n\nYou have 60 days."})
    assert shop.ingests().passages == 2
    assert shop.embedded[-1] == 1
    assert "60 days" in shop.searcher.search("how long for returns", 1)[0].text


def test_an_ingest_of_one_file_keeps_the_others(shop: Shop) -> None:
    shop.ingests()
    shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
    assert shop.ingests(shop.help / "gift.md").passages == 3
    assert sorted(shop.finds("anything")) == ["gift.md", "refunds.md", "returns.md"]


def test_an_article_that_left_the_folder_is_no_longer_found(shop: Shop) -> None:
    shop.ingests()
    (shop.help / "refunds.md").unlink()
    shop.ingests()
    assert shop.finds("refunds") == ["returns.md"]


def test_an_article_that_became_unreadable_keeps_its_last_good_text(shop: Shop) -> None:
    shop.ingests()
    (shop.help / "refunds.md").write_bytes(b"\xff\xfe broken")
    assert len(shop.ingests().problems) == 1
    assert shop.finds("refunds", 1) == ["refunds.md"]


def test_a_folder_that_is_not_there_today_takes_nothing_away(shop: Shop) -> None:
    shop.ingests()
    shop.help.rename(shop.help.with_name("unmounted"))
    assert len(shop.ingests().problems) == 1
    assert len(shop.finds("anything")) == 2


def test_a_newer_export_replaces_the_records_of_the_same_source(shop: Shop) -> None:
    shop.writes({"monday.jsonl": '{"title":"Fees","text":"Five euros.","source":"kb-7"}'})
    shop.ingests(shop.help / "monday.jsonl")
    shop.writes({"friday.jsonl": '{"title":"Fees","text":"Six euros.","source":"kb-7"}'})
    shop.ingests(shop.help / "friday.jsonl")
    assert [hit.text for hit in shop.searcher.search("fees")] == ["Six euros."]


def test_replace_all_starts_anew(shop: Shop) -> None:
    shop.ingests()
    shop.ingests(shop.help / "refunds.md", replace_all=True)
    assert shop.finds("returns") == ["refunds.md"]


def test_an_ingest_without_articles_is_an_index_without_passages(shop: Shop) -> None:
    report = shop.ingests(shop.root / "absent")
    assert (report.articles, report.passages, len(report.problems)) == (0, 0, 1)
    assert shop.finds("anything") == []


def test_a_folder_of_the_index_never_changes_and_two_are_kept(shop: Shop) -> None:
    first = shop.ingests().digest
    before = contents(shop.root / first)
    shop.finds("returns")
    shop.writes({"a.md": "# A\n\nOne."})
    second = shop.ingests().digest
    assert contents(shop.root / first) == before
    shop.writes({"a.md": "# A\n\nTwo."})
    third = shop.ingests().digest
    assert folders(shop.root) == {second, third}


def test_going_back_to_the_help_before_reuses_its_folder(shop: Shop) -> None:
    first = shop.ingests().digest
    shop.writes({"a.md": "# A\n\nOne."})
    shop.ingests()
    (shop.help / "a.md").unlink()
    assert shop.ingests().digest == first
    assert shop.embedded == [0]
    assert len(shop.finds("anything")) == 2


def test_a_reader_sees_the_index_that_another_process_made(shop: Shop, python: str) -> None:
    shop.ingests()
    assert len(shop.finds("anything")) == 2
    shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
    subprocess.run(elsewhere(python, shop), cwd=HERE, check=True)
    assert shop.finds("do vouchers run out", 1) == ["gift.md"]


def test_a_killed_ingest_leaves_the_old_index_readable_and_the_next_one_clean(shop: Shop, python: str) -> None:
    old = shop.ingests().digest
    shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
    with subprocess.Popen(
        elsewhere(python, shop, "stop"), cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"embedding\n"
        os.kill(process.pid, signal.SIGKILL)
    assert (shop.root / "CURRENT").read_text().strip() == old
    assert sorted(shop.finds("anything")) == ["refunds.md", "returns.md"]
    assert shop.ingests().passages == 3


def test_what_a_killed_ingest_left_half_made_is_removed(shop: Shop) -> None:
    shop.ingests()
    (shop.root / ".making-1234" / "chroma").mkdir(parents=True)
    shop.ingests()
    assert not list(shop.root.glob(".making-*"))


def test_a_failing_ingest_leaves_no_trace(shop: Shop) -> None:
    old = shop.ingests().digest

    class Failing(Slow):
        def embed(self, texts: Sequence[str]) -> FloatArray:
            raise MemoryError("too much")

    shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
    with pytest.raises(MemoryError):
        ingest([shop.help], shop.root, Failing(shop.embedder), lambda done, total: None)
    assert folders(shop.root) == {old}
    assert len(shop.finds("anything")) == 2


def test_readers_go_on_while_an_ingest_runs(shop: Shop) -> None:
    shop.ingests()
    shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
    slow = Slow(shop.embedder)
    writer = threading.Thread(target=ingest, args=([shop.help], shop.root, slow, lambda done, total: None))
    writer.start()
    assert slow.began.wait(30)
    assert len(shop.finds("anything")) == 2
    slow.may_go_on.set()
    writer.join()
    assert len(shop.finds("anything")) == 3


def test_many_readers_live_through_many_swaps(shop: Shop) -> None:
    shop.ingests()
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert len(shop.finds("returns")) >= 2
        except BaseException as error:  # noqa: BLE001 (carried to the test's own thread)
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for swap in range(6):
        shop.writes({"count.md": f"# Count\n\nSwap number {swap}."})
        shop.ingests()
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert "number 5" in shop.searcher.search("count", 1)[0].text


def test_a_replaced_snapshot_stays_open_for_the_query_that_uses_it(shop: Shop) -> None:
    shop.ingests()
    vector = shop.embedder.embed(["returns"])[0]
    with shop.index.reading() as before:
        shop.writes({"gift.md": "# Gift cards\n\nThey never expire."})
        shop.ingests()
        assert len(shop.finds("anything")) == 3
        assert len(before.nearest(vector, 10)) == 2


def test_two_writers_queue_and_both_are_heard(shop: Shop, python: str) -> None:
    shop.ingests()
    shop.writes({"one.md": "# One\n\nFirst."})
    with subprocess.Popen(elsewhere(python, shop), cwd=HERE) as process:
        other = shop.help.parent / "other.md"
        other.write_text("# Other\n\nSecond.")
        shop.ingests(other)
    assert process.returncode == 0
    assert len(shop.finds("anything")) == 4


def test_a_pointer_to_nothing_is_named_with_the_remedy(shop: Shop) -> None:
    shop.root.mkdir()
    (shop.root / "CURRENT").write_text("feedface\n")
    with pytest.raises(IndexDamaged, match=r"feedface.*run: wismo ingest"):
        Index.open(shop.root)


def test_a_closed_index_opens_again_when_asked(shop: Shop) -> None:
    shop.ingests()
    shop.index.close()
    assert len(shop.finds("anything")) == 2


def test_build_makes_the_given_passages_the_whole_index(shop: Shop) -> None:
    passages = list(chunk([Article("a", "/a.md", "a.md", "A", "Some text.", None)]))
    shop.ingests()
    digest = build(shop.root, passages, shop.embedder, lambda done, total: None)
    with Index.open(shop.root).reading() as snapshot:
        assert (snapshot.digest, snapshot.passages) == (digest, tuple(passages))


def test_more_passages_than_one_batch_keep_their_order(shop: Shop) -> None:
    texts = [f"Article number {n} on the topic {chr(97 + n % 26) * 5}." for n in range(150)]
    passages: list[Passage] = []
    for n, text in enumerate(texts):
        passages += chunk([Article(str(n), f"/{n}.md", f"{n}.md", f"T{n}", text, "en")])
    build(shop.root, passages, shop.embedder, lambda done, total: None)
    assert shop.finds(passages[137].embedded, 1) == ["137.md"]
    assert len(shop.finds("topic", 100)) == 100


def test_no_dot_env_of_the_working_directory_reaches_the_index(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.help)
    (shop.help / ".env").write_text("CHROMA_API_IMPL=nonsense\nIS_PERSISTENT=maybe\n")
    assert shop.ingests().passages == 2


def test_an_index_of_another_form_is_not_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.ingests()
    monkeypatch.setattr("knowledge.index.FORM", 99)
    with pytest.raises(IndexDamaged, match=r"another version.*wismo ingest"):
        Index.open(shop.root)


def test_neither_ingest_nor_search_opens_a_connection(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    shop.ingests()
    assert len(shop.finds("returns")) == 2


def test_swaps_leave_no_open_files_behind(shop: Shop) -> None:
    counts = []
    for swap in range(6):
        shop.writes({"count.md": f"# Count\n\nSwap number {swap}."})
        shop.ingests()
        shop.finds("count")
        counts.append(len(list(Path("/dev/fd").iterdir())))
    assert counts[-1] <= counts[1]
