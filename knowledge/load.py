"""Files and folders to articles. A bad file is reported and the others are still loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from knowledge import formats
from knowledge.errors import Unreadable
from knowledge.formats import Article, Found, Place, Problem, Reader, Withheld, language_code

READERS: dict[str, Reader] = {
    ".md": formats.markdown,
    ".markdown": formats.markdown,
    ".txt": formats.markdown,
    ".html": formats.html,
    ".htm": formats.html,
    ".pdf": formats.pdf_file,
    ".docx": formats.word_file,
    ".json": formats.json_file,
    ".jsonl": formats.json_lines,
    ".ndjson": formats.json_lines,
}
# What a saved help centre brings along. Passed over inside a folder, an error when named.
FURNITURE = frozenset(
    {".css", ".js", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico"}
    | {".woff", ".woff2", ".ttf", ".lock"}
)

# Read whole into memory. The export of ten thousand articles has about 50 MB.
LARGEST_FILE = 200_000_000


class Loaded(NamedTuple):
    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    withheld: int = 0
    """Records that customers must not hear of."""


def load(paths: Iterable[Path]) -> Loaded:
    """Every article under the paths, in a fixed order. Where an id comes again, it gets `#2`, `#3`."""
    found = [item for place in _places(paths) for item in _read(place)]
    articles = [item for item in found if isinstance(item, Article)]
    problems = [item for item in found if isinstance(item, Problem)]
    withheld = sum(isinstance(item, Withheld) for item in found)
    return Loaded(tuple(_distinct(articles)), tuple(problems), withheld)


def _places(paths: Iterable[Path]) -> Iterator[Place]:
    """A file that is named twice, or named and also in a named folder, comes once."""
    seen: set[Path] = set()
    for given in paths:
        for place in _under(Path(given).resolve()):
            if place.path not in seen:
                seen.add(place.path)
                yield place


def _under(path: Path) -> Iterator[Place]:
    if not path.is_dir():
        yield Place(path, language_code(path.parent.name))
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        hidden = any(part.startswith(".") for part in inside.parts)
        if file.is_file() and not hidden and file.suffix.lower() not in FURNITURE:
            yield Place(file, _folder_language([*reversed(inside.parent.parts), path.name]))


def _folder_language(nearest_first: Iterable[str]) -> str | None:
    return next(filter(None, map(language_code, nearest_first)), None)


def _read(place: Place) -> Found:
    reader = READERS.get(place.path.suffix.lower())
    if reader is None:
        yield place.problem(f"cannot read {place.path.suffix or 'a file without suffix'}; known: {' '.join(READERS)}")
        return
    try:
        yield from reader(_content(place.path), place)
    except Unreadable as error:
        yield place.problem(error.reason, error.line)
    except RecursionError:
        yield place.problem("nested too deeply")
    except OSError as error:
        yield place.problem(error.strerror or str(error))


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise Unreadable(f"larger than {LARGEST_FILE // 1_000_000} MB; split it")
    return path.read_bytes()


def _distinct(articles: Iterable[Article]) -> Iterator[Article]:
    times: dict[str, int] = {}
    for article in articles:
        times[article.id] = times.get(article.id, 0) + 1
        nth = times[article.id]
        yield article if nth == 1 else replace(article, id=f"{article.id}#{nth}")
