"""The one verb that changes what Wismo knows: make these paths part of the index, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from knowledge.chunk import Passage, chunk
from knowledge.embed import Embedder
from knowledge.formats import Problem
from knowledge.index import Index, Progress, revise
from knowledge.load import Loaded, load
from knowledge.shelf import Shelf


@dataclass(frozen=True)
class IngestReport:
    articles: int
    """Read by this ingest; the index may hold more."""
    passages: int
    """In the whole index afterwards."""
    problems: tuple[Problem, ...]
    digest: str
    unchanged: bool
    withheld: int = 0
    """Records left out because customers must not hear of them."""


def ingest(
    paths: Iterable[Path], root: Path | Shelf, embedder: Embedder, progress: Progress, *, replace_all: bool = False
) -> IngestReport:
    """What lies under the paths replaces what earlier came from under them; everything else stays.

    So an article that the shop deleted is no longer quoted, while one that cannot be read today (its file is
    broken, its folder is not there) keeps its last good text. With `replace_all` everything else goes.
    Raises IndexDamaged (errors.py).
    """
    given = [Path(path).resolve() for path in paths]
    loaded = load(given)
    fresh = list(chunk(loaded.articles))
    stays = nothing if replace_all else _stays(given, loaded)
    revision = revise(root, lambda present: [*filter(stays, present), *fresh], embedder, progress)
    return IngestReport(
        articles=len(loaded.articles),
        passages=revision.passages,
        problems=loaded.problems,
        digest=revision.digest,
        unchanged=revision.unchanged,
        withheld=loaded.withheld,
    )


def forget(paths: Iterable[Path], root: Path | Shelf, embedder: Embedder, progress: Progress) -> None:
    """What came from under these paths goes, whether or not they are still there; everything else stays."""
    given = [Path(path).resolve() for path in paths]
    revise(root, lambda present: [one for one in present if not _under(Path(one.origin), given)], embedder, progress)


def holds(paths: Iterable[Path], root: Path | Shelf) -> bool:
    """Whether anything in the index came from under these paths."""
    given = [Path(path).resolve() for path in paths]
    with closing(Index(root)) as index, index.reading() as present:
        return any(_under(Path(one.origin), given) for one in present.passages)


def _stays(given: Sequence[Path], loaded: Loaded) -> Callable[[Passage], bool]:
    replaced = {article.id for article in loaded.articles}
    unread = [Path(problem.path) for problem in loaded.problems]

    def stays(passage: Passage) -> bool:
        if passage.article_id in replaced:
            return False
        origin = Path(passage.origin)
        return _under(origin, unread) or not _under(origin, given)

    return stays


def nothing(_: Passage) -> bool:
    return False


def _under(origin: Path, given: Sequence[Path]) -> bool:
    return any(origin.is_relative_to(path) for path in given)
