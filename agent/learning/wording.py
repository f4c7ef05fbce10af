"""A message without its greeting and its farewell, and cut into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

GREETING = re.compile(
    r"(?i)\A\s*(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|bonjour|bonsoir|salut|ch[eè]re?s?|coucou|hallo|guten \w+|"
    r"(?:sehr geehrter?|liebe[r]?)|hola|buenos días|buenas \w+|estimad[oa]s?)\b"
)
GREETED = re.compile(
    r"(?i)[ \t]+(?:there|team|all|everyone|again|sir|madam|m(?:rs?|s|me|lle)?\.?|support|customer(?: service| care)?|monsieur|madame|"
    r"mesdames|messieurs|à tous|l['’]équipe|herr|frau|damen und herren|señora?|(?-i:[A-ZÀ-Þ][\w'’-]*)|(?:or|and|et|ou|und|y)(?= ))(?=[\s,.!:;-]|$)"
)
FAREWELL = (
    r"(?:(?:kind|best|warm|many|with kind|with best)(?:est)? )?(?:regards|wishes)|(?:many )?thanks?(?: you)?(?: (?:again|so much|very much|"
    r"a lot|in advance|and regards|for (?:your|the) (?:help|time|patience|understanding|reply|assistance)))*|cheers|sincerely|(?:yours|very) (?:sincerely|truly|faithfully)|"
    r"best|all the best|take care|have a (?:nice|good|great|lovely) \w+|(?:bien |très )?cordialement|bien à vous|merci(?: (?:d['’]avance|"
    r"beaucoup|bien|pour votre \w+))*|(?:bonne|belle) (?:journée|soirée|fin de journée)|(?:meilleures )?salutations|à bientôt|"
    r"mit freundlichen grüßen|(?:viele|beste|liebe) grüße|mfg|vielen dank|danke|(?:un )?saludos?(?: cordiales)?|(?:muchas )?gracias|atentamente"
)
FAREWELL_LINE = re.compile(rf"(?im)^\s*(?:{FAREWELL})\s*[,.!–—-]*\s*$")
FAREWELL_AND_NAME = re.compile(
    rf"(?i)(?:^|(?<=[.!?\n]))\s*(?:{FAREWELL})\s*[,.!–—-]*\s*(?:\w[\w'’.-]{{0,40}}(?:\s+|\Z)){{0,3}}\Z"
)
AFTER = 8
"""Lines that a signature has at most."""
SIGNED = re.compile(r"(?m)^\s*[–—-]\s*[A-ZÀ-Þ][\w'’.-]*(?: [A-ZÀ-Þ][\w'’.-]*){0,2}\s*\Z")
SENTENCE = re.compile(r"(?<=[.!?…])[\"”»)]?\s+(?=[\"“«(]?[\w{#])|\n+")
ABBREVIATED = re.compile(r"(?i)\b(?:e\.g|i\.e|approx|no|nr|incl|excl|p\.ex|max|min|mrs?|ms|dr|st|z\.b|art|tel)\.$")


def without_frame(text: str) -> str:
    """Empty where nothing but a greeting or a thank-you was there."""
    return _without_farewell(_without_greeting(text)).strip()


def sentences(text: str) -> Iterator[str]:
    held = ""
    for part in SENTENCE.split(text):
        held = f"{held} {part}".strip() if held else part.strip()
        if held and not ABBREVIATED.search(held):
            yield held.lstrip("-*• ").strip()
            held = ""
    if held:
        yield held


def _without_greeting(text: str) -> str:
    found = GREETING.match(text)
    if not found:
        return text
    at = found.end()
    while called := GREETED.match(text, at):
        if called.end() == at or called.end() - found.end() > 60:
            break
        at = called.end()
    ended = re.match(r"[ \t]*(?:[,!.:;–—-]|\n|\Z)\s*", text[at:])
    return text[at + ended.end() :] if ended else text[found.end() :]


def _without_farewell(text: str) -> str:
    for found in FAREWELL_LINE.finditer(text):
        after = [line for line in text[found.end() :].splitlines() if line.strip()]
        if len(after) <= AFTER and all(len(line.split()) <= 8 and "?" not in line for line in after):
            text = text[: found.start()]
            break
    text = FAREWELL_AND_NAME.sub("", text.rstrip())
    return SIGNED.sub("", text)
