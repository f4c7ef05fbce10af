"""Word-by-word English of another language, for an embedding model that knows English only. Never shown to anyone."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

WORD = re.compile(r"(?:[cdjlmnst]|qu)['’]|[\w-]+", re.IGNORECASE)
FOLDER = Path(__file__).parent / "glossary"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
"""Those that a glossary is shipped for."""


def in_english(text: str, language: str | None = "fr") -> str:
    """Words that the glossary does not hold stay; a language without one stays as it is."""
    if language not in LANGUAGES:
        return text
    known = _glossary(language)

    def said(found: re.Match[str]) -> str:
        return known.get(folded(found[0]), found[0]) + (" " if found[0][-1] in "'’" else "")

    return WORD.sub(said, text)


def folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


@cache
def _glossary(language: str) -> Mapping[str, str]:
    path = FOLDER / f"{language}.toml"
    words: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return {folded(foreign): english for foreign, english in words.items()}
