"""The accepted proposals as files: what `wismo train --learned` reads, what the help index reads, what people paste.

    learned/examples.csv            text, intent, language, id
    learned/articles/<tag>/*.md     one file an article
    learned/macros.csv              id, title, body, intent, language
    learned/.to-index               there while articles are written that the help index has not read yet

The files follow from the database: each is written whole, so a process that is killed leaves the old file or the new
one, and the next command puts right what it left.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from agent.learning.proposal import Kind, Proposal, State
from agent.learning.vocabulary import folded

EXAMPLES, MACROS, ARTICLES, TO_INDEX = "examples.csv", "macros.csv", "articles", ".to-index"


def publish(every: Iterable[Proposal], folder: Path) -> bool:
    """Make the files what the accepted proposals say; is there something for the help index to read?"""
    accepted = sorted((one for one in every if one.state is State.ACCEPTED), key=lambda one: one.id)
    if not accepted and not folder.exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / EXAMPLES, _csv(("text", "intent", "language", "id"), _examples(accepted)))
    macros = (one for one in accepted if one.kind is Kind.MACRO)
    rows = ((one.id, one.title, one.body, one.label, one.language) for one in macros)
    _write(folder / MACROS, _csv(("id", "title", "body", "intent", "language"), rows))
    _write_articles(folder, {_name(one): _article(one) for one in accepted if one.kind is Kind.ARTICLE})
    return (folder / TO_INDEX).exists()


def indexed(folder: Path) -> None:
    """The help index has read the articles."""
    (folder / TO_INDEX).unlink(missing_ok=True)


def _examples(accepted: Sequence[Proposal]) -> list[tuple[str, str, str, str]]:
    """Each text once."""
    rows: dict[str, tuple[str, str, str, str]] = {}
    for one in accepted:
        for source in one.sources if one.kind is Kind.EXAMPLES else ():
            if source.text:
                rows.setdefault(source.text, (source.text, one.label, source.language, one.id))
    return list(rows.values())


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Empty where there are no rows. A cell that a spreadsheet would run as a formula is quoted by an apostrophe."""
    every = [[f"'{cell}" if cell[:1] in ("=", "+", "@", "\t") else cell for cell in row] for row in rows]
    if not every:
        return ""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, *every])
    return text.getvalue()


def _name(one: Proposal) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", folded(one.title)).strip("-")[:50].strip("-")
    return f"{one.language}/{slug or 'article'}-{one.id.removeprefix('L-')}.md"


def _article(one: Proposal) -> str:
    title = " ".join(one.title.replace('"', "'").split())
    return f'---\ntitle: "{title}"\nlanguage: {one.language}\n---\n# {title}\n\n{one.body.strip()}\n'


def _write_articles(folder: Path, wanted: Mapping[str, str]) -> None:
    """The mark comes before the first change, and `indexed` removes it."""
    root = folder / ARTICLES
    root.mkdir(exist_ok=True)
    there = {str(path.relative_to(root)): path for path in root.rglob("*.md")}
    changed = {name for name, text in wanted.items() if name not in there or there[name].read_text("utf-8") != text}
    if changed or there.keys() - wanted.keys():
        (folder / TO_INDEX).touch()
    for name in sorted(changed):
        _write(root / name, wanted[name])
    for name in there.keys() - wanted.keys():
        there[name].unlink()


def _write(path: Path, text: str) -> None:
    """Whole or not at all; nothing where the file says it already; no file where there is nothing to say."""
    if not text:
        return path.unlink(missing_ok=True)
    raw = text.encode("utf-8")
    if path.exists() and path.read_bytes() == raw:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return None
