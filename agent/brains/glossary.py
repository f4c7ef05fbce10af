"""Word-by-word English of a French message, for an embedding model that knows English only. Never shown to anyone."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

WORD = re.compile(r"(?:[cdjlmnst]|qu)['’]|[\w-]+", re.IGNORECASE)


def in_english(text: str) -> str:
    """Words that the glossary does not hold stay; so an English message comes out almost as it was."""
    known = _glossary()
    return WORD.sub(lambda found: known.get(folded(found[0]), found[0]) + (" " if found[0][-1] in "'’" else ""), text)


def folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


@cache
def _glossary() -> Mapping[str, str]:
    path = Path(__file__).parent / "words" / "glossary_fr.toml"
    words: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return {folded(french): english for french, english in words.items()}
