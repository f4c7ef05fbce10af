"""A question as it is searched for: without greeting, introduction and identifiers; and the language that it is in."""

from __future__ import annotations

import re

from knowledge import lexical

GREETING = (
    r"hi|hello|hey|good (?:morning|evening|afternoon)|dear [\w ]{2,20}|bonjour|bonsoir|salut|hola|buenos d[ií]as"
    r"|hallo|guten tag"
)
AFTERWARDS = r"(?: (?:very much|a lot|in advance|beaucoup|d['’]avance|im voraus))?"
THANKS = rf"(?:many |thank you|thanks|merci|gracias|danke){AFTERWARDS}"
NOISE = re.compile(
    rf"(?i)^\W*(?:(?:{GREETING})\b[^.?!\n]{{0,12}}?[,.!\n]+\s*)+"
    r"|\b(?:my name is|i am|je m['’]appelle|me llamo|ich heiße) [A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?[,.;]"
    rf"|\b{THANKS}\W*$"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+"
    r"|(?:\b(?:order|commande|pedido|bestellung)\s*)?(?:\bn[°o]\.?\s*|#)\s*\w*\d{3,}\w*"
)
TELLING = {"en": lexical.ENGLISH, "fr": lexical.FRENCH, "es": lexical.SPANISH, "de": lexical.GERMAN}
WORDS_OF = {language: frozenset(words.split()) for language, words in TELLING.items()}


def cleaned(query: str) -> str:
    """The question itself; all of it where nothing else would be left."""
    plain = re.sub(r"\s+", " ", NOISE.sub(" ", query)).strip(" ,;")
    return plain if re.search(r"\w{2}", plain) else query


def language_of(query: str) -> str | None:
    """By its small words; None where they do not tell."""
    said = re.findall(r"[^\W\d_]+", lexical.plain(query))
    counts = {language: sum(word in words for word in said) for language, words in WORDS_OF.items()}
    best = max(counts, key=lambda language: counts[language])
    others = max(count for language, count in counts.items() if language != best)
    return best if counts[best] > others else None
