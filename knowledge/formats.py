"""The content of one file to articles: Markdown, HTML, PDF, DOCX, JSON, JSON Lines, and the helpdesks' exports.

Which files there are, and what becomes of a bad one, is load.py's affair. A bad record stops nothing: it
comes out as a `Problem` between the articles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from knowledge import exports, pages, pdf, word
from knowledge.errors import Unreadable


@dataclass(frozen=True)
class Article:
    id: str
    """The resolved path, or the record's own source: an article of the same id replaces this one."""
    origin: str
    """The resolved path of the file it was read from."""
    source: str
    """What is cited: the file's name or the given source."""
    title: str
    text: str
    """Markdown-like: `#` headings, blank lines between paragraphs; without the title."""
    language: str | None = None
    topic: str | None = None
    updated: str | None = None
    """The day it was last changed, as YYYY-MM-DD; of two that say the same, the newer is told."""


@dataclass(frozen=True)
class Problem:
    path: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class Place:
    """Where a content lies, and what its folder says of its language."""

    path: Path
    language: str | None = None

    def problem(self, reason: str, line: int | None = None) -> Problem:
        return Problem(str(self.path), reason, line)


@dataclass(frozen=True)
class Withheld:
    """A record that customers must not hear of: a draft, or for some people only."""

    path: str


Found = Iterator[Article | Problem | Withheld]
Reader = Callable[[bytes, Place], Found]

TITLE = ("title", "name", "question")
TEXT = ("text", "body", "content", "description", "answer")
SOURCE = ("source", "html_url", "url")
LANGUAGE = ("language", "locale", "lang", "default_locale")
UPDATED = ("updated", "updated_at", "edited_at", "modified")

MARKUP = re.compile(r"</?(p|div|h[1-6]|ul|ol|li|br|table|span|a|strong|em|b|i)\b[^<>]*>", re.IGNORECASE)
FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
FIRST_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
UNDERLINED = (
    (re.compile(r"^(\w.*)\n=+[ \t]*$", re.M), r"# \1"),
    (re.compile(r"^(\w.*)\n-{3,}[ \t]*$", re.M), r"## \1"),
)


def markdown(raw: bytes, place: Place) -> Found:
    front, text = front_matter(decoded(raw))
    title, text = _titled(text)
    title = front.get("title") or title or _spoken(place.path)
    yield _article(place, title, text, front, source=front.get("source") or place.path.name)


def html(raw: bytes, place: Place) -> Found:
    page = pages.read(decoded(raw, pages.declared_encoding(raw)))
    given = {"language": page.language} if page.language else {}
    yield _article(place, page.title or _spoken(place.path), page.text, given, source=place.path.name)


def pdf_file(raw: bytes, place: Place) -> Found:
    yield _printed(pdf.read(raw), place)


def word_file(raw: bytes, place: Place) -> Found:
    yield _printed(word.read(raw), place)


def json_lines(raw: bytes, place: Place) -> Found:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            for record in exports.records([_parsed(line)]):
                yield from _record(record, place, number)
        except Unreadable as error:
            yield place.problem(error.reason, number)


def json_file(raw: bytes, place: Place) -> Found:
    for number, record in enumerate(exports.records(_parsed(raw)), start=1):
        try:
            yield from _record(record, place, number)
        except Unreadable as error:
            yield place.problem(f"record {number}: {error.reason}")


def decoded(raw: bytes, encoding: str | None = None) -> str:
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError) as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else None
        raise Unreadable(f"not {encoding or 'UTF-8'} text; save it as UTF-8", line) from None
    if "\0" in text:
        raise Unreadable("not text: it holds NUL bytes", text[: text.index("\0")].count("\n") + 1)
    return text.replace("\r\n", "\n")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """`key: value` lines between two `---`; quotes around a value are dropped. No nested YAML."""
    match = FRONT.match(text)
    if not match:
        return {}, text
    pairs = (line.partition(":") for line in match[1].splitlines() if not line.lstrip().startswith("#"))
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}, text[match.end() :]


def language_code(name: str | None) -> str | None:
    """`fr` of `fr`, `fr-CA`, `fr_FR`; None of anything else."""
    match = re.fullmatch(r"([a-zA-Z]{2})(?:[-_][a-zA-Z]{2,4})?", name or "")
    return match[1].lower() if match else None


def _parsed(raw: bytes) -> object:
    try:
        value: object = json.loads(decoded(raw))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    return value


def _record(record: object, place: Place, number: int) -> Found:
    if not isinstance(record, Mapping):
        raise Unreadable("not an object with title and text")
    if exports.is_withheld(record):
        yield Withheld(str(place.path))
        return
    source, language = _field(record, SOURCE), language_code(_field(record, LANGUAGE)) or place.language
    title, text = _titled(_plain(_field(record, TEXT)))
    given = {
        "language": language or "",
        "topic": _field(record, ("topic", "section")),
        "updated": _field(record, UPDATED),
    }
    identity = f"{source}@{language or ''}" if source else f"{place.path}#{number}"
    title = _field(record, TITLE) or title or source or _spoken(place.path)
    yield _article(place, title, text, given, source=source or place.path.name, identity=identity)


def _field(record: Mapping[str, object], names: tuple[str, ...]) -> str:
    value = next((record[name] for name in names if record.get(name) not in (None, "")), "")
    if isinstance(value, str | int):
        return str(value).encode("utf-8", "replace").decode().strip()  # JSON can carry lone surrogates
    raise Unreadable(f"{' or '.join(names)} must be text")


def _plain(text: str) -> str:
    if not MARKUP.search(text):
        return text
    page = pages.read(text)
    return f"# {page.title}\n\n{page.text}" if page.title else page.text


def _titled(text: str) -> tuple[str, str]:
    """The first heading, if the text opens with one, and the rest."""
    for pattern, hashes in UNDERLINED:
        text = pattern.sub(hashes, text)
    match = FIRST_HEADING.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _printed(page: pages.Page, place: Place) -> Article:
    """Programs write a language into their files that nobody chose: here the folder's name says more."""
    title, text = (page.title, page.text) if page.title else _titled(page.text)
    given = {"language": place.language or page.language or "", "updated": page.updated or ""}
    return _article(place, title or _spoken(place.path), text, given, source=place.path.name)


def _spoken(path: Path) -> str:
    return re.sub(r"[-_]+", " ", path.stem).strip().capitalize()


def _article(
    place: Place, title: str, text: str, given: Mapping[str, str], *, source: str, identity: str | None = None
) -> Article:
    if not text.strip():
        raise Unreadable("no text in it")
    return Article(
        id=identity or str(place.path),
        origin=str(place.path),
        source=source,
        title=title,
        text=text.strip(),
        language=language_code(given.get("language")) or place.language,
        topic=given.get("topic") or None,
        updated=day_of(_field(given, UPDATED)),
    )


def day_of(text: str) -> str | None:
    """The day that a time begins with; nothing where it is neither an ISO 8601 date nor Unix seconds."""
    if re.fullmatch(r"\d{9,10}", text):
        return datetime.fromtimestamp(int(text), UTC).date().isoformat()
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None
