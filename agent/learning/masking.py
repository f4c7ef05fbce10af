"""Out of a text whatever may be a person's: names that the export knows, and by their looks contacts, numbers, places.

A capital letter that no ordinary word and not the tickets of several customers bear out is taken for a name. What is
over-cautious costs a word of an example; what is not costs somebody their privacy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.brains import reading
from agent.learning.ticket import Person
from agent.learning.vocabulary import BEGINS, WORD, Vocabulary, folded, pieces
from agent.policy import Policy

OUT = "…"
LONGEST_WORD = 80
ENDLESS = re.compile(rf"[\w.+-]{{{LONGEST_WORD},}}")
MONTHS = (
    "jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|mai|june?|juin|july?|juillet|aug(?:ust)?|"
    "ao[uû]t|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|d[eé]c(?:ember|embre)?|dez(?:ember)?"
)
DAYS = (
    "(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
)
STREETS = "street|road|avenue|lane|drive|boulevard|crescent|terrace|gardens"
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", reading.EMAIL),
    ("link", reading.URL),
    ("name", re.compile(r"(?<![\w@])@\w[\w.]+")),
    ("number", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){3,7}(?: ?[\dA-Z]{1,3})?\b")),  # IBAN
    ("tracking", reading.TRACKING),
    ("amount", reading.MONEY),
    ("date", reading.DATE),
    (
        "date",
        re.compile(
            rf"(?i)\b(?:(?:{DAYS}),? )?(?:the |le )?\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: of)? (?:{MONTHS})\b\.?(?:,? \d{{4}})?"
            rf"|\b(?:{MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|\b(?:{DAYS})s?\b|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}\b"
        ),
    ),
    (
        "address",
        re.compile(
            rf"(?i)\b\d{{1,5}}\s?[a-d]?(?: bis| ter)?,? (?:rue|avenue|av\.?|boulevard|bd|quai|chemin|impasse|allée|route de|place d\w+) [^,.;!?\n]{{1,40}}"
            rf"|\b\d{{1,5}}[a-d]?,? (?:[\w'’.-]+ ){{1,3}}(?:{STREETS})\b"
            r"|\b(?:[\w-]{2,30}(?:straße|strasse|weg|platz|allee)|[\w-]{2,30}str\.|(?:calle|avenida|plaza|paseo|via|viale) (?:[\w'-]+ ){1,3}),? ?\d{1,4}\s?[a-d]?\b"
        ),
    ),
    ("address", reading.PLACE),
    ("address", re.compile(r"(?i)\b(?:p\.? ?o\.? box|bo[iî]te postale|bp|postfach) \d+")),
    ("address", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|(?i:\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b)")),
    ("address", reading.POSTCODE),
    ("phone", reading.PHONE),
    ("phone", re.compile(r"\+?\(?\d(?:[ ./()-]{1,2}\d+){2,}(?<=\d)")),
)
CODE = re.compile(r"(?<![\w-])-*#?(?=[\w-]*\d[\w-]*\d[\w-]*\d)\w[\w-]{2,}")
NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*%?")
DIGITS = re.compile(r"\d{3,}")
SAID_NAME = re.compile(
    r"(?i)\b(?:my name is|name is|name\s?:|i am called|on behalf of|signed by|c/o|je m['’]appelle|mon nom est|nom\s?:|au nom de|"
    r"ich heiße|mein name ist|me llamo|mi nombre es)\s+"
)
MAYBE_NAME = re.compile(r"(?i)\b(?:this is|it['’]s|ici|c['’]est|hier ist)\s+")
LIKELY_NAME = re.compile(
    r"(?i)\b(?:i am|i['’]m|je suis|ich bin|soy|(?:my|ma|mon|meine?|mi) (?:wife|husband|son|daughter|mother|"
    r"father|mum|mom|dad|sister|brother|friend|partner|boss|colleague|neighbou?r|femme|mari|fils|fille|mère|père|sœur|soeur|frère|amie?|"
    r"collègue|voisine?|frau|mann|mujer|marido|madre|padre))\s+"
)
NAME = re.compile(r"\s*([^\W\d_][^\s,.;:!?()]*)")
IN_EXAMPLES: Mapping[str, str] = {
    "email": "me@mail.example",
    "link": "link",
    "phone": "my phone",
    "tracking": "tracking",
    "order": reading.ORDER_MASK,
    "code": reading.ORDER_MASK,
}


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    kind: str


class Masker:
    def __init__(self, vocabulary: Vocabulary, policy: Policy) -> None:
        self._vocabulary = vocabulary
        self._policy = policy

    def in_example(self, text: str, people: Person) -> str:
        """As the classifier sees a message; what has no usual stand-in becomes `…`. Small numbers stay."""

        def stand_in(span: Span) -> str:
            if span.kind == "number" and span.end - span.start <= 2:
                return text[span.start : span.end]
            return IN_EXAMPLES.get(span.kind, OUT)

        text = bounded(text)
        return _tidy(replaced(text, self.spans(text, people), stand_in))

    def spans(self, text: str, people: Person) -> list[Span]:
        """In the order of the text; none overlaps another."""
        taken: list[Span] = []
        for kind, pattern in SHAPES:
            _take(taken, (Span(*found.span(), kind) for found in pattern.finditer(text)))
        orders = reading.order_pattern(self._policy.shop.order_numbers).finditer(text)
        _take(taken, (Span(*found.span(), "order") for found in orders))
        _take(taken, self._names(text, people))
        _take(taken, (Span(*found.span(), "code") for found in CODE.finditer(text)))
        for pattern in (NUMBER, DIGITS):
            _take(taken, (Span(*found.span(), "number") for found in pattern.finditer(text)))
        return sorted(taken, key=lambda span: span.start)

    def _names(self, text: str, people: Person) -> Iterator[Span]:
        known = _known(people)
        after = self._introduced(text)
        for found in WORD.finditer(text):
            word, parts = found[0], {folded(found[0]), *pieces(found[0])}
            if (parts & known and (word[0].isupper() or not self._vocabulary.common(word))) or found.start() in after:
                yield Span(*found.span(), "name")
            elif word[0].isupper() and not self._may_stand(text, found):
                yield Span(*found.span(), "detail")

    def _may_stand(self, text: str, found: re.Match[str]) -> bool:
        begins = BEGINS.search(text[max(0, found.start() - 8) : found.start()])
        test = self._vocabulary.begins if begins else self._vocabulary.told
        return test(found[0]) or all(map(test, re.split(r"['’-]", found[0])))

    def _introduced(self, text: str) -> frozenset[int]:
        """Where words begin that somebody says to be a name, whatever their case."""
        places: set[int] = set()
        ordinary = self._vocabulary.common
        for pattern, least, ends in (
            (SAID_NAME, 1, ordinary),
            (LIKELY_NAME, 0, ordinary),
            (MAYBE_NAME, 0, self._vocabulary.begins),
        ):
            for lead in pattern.finditer(text):
                places.update(_named(text, lead.end(), least, ends))
        return frozenset(places)


def _named(text: str, at: int, least: int, ends: Callable[[str], bool]) -> Iterator[int]:
    """Up to three words from here, of which `least` are a name whatever they are; an ordinary word ends it."""
    for count in range(3):
        found = NAME.match(text, at)
        if not found or (count >= least and ends(found[1])):
            return
        yield found.start(1)
        at = found.end()


def bounded(text: str) -> str:
    """Words of an endless length, cut: patterns would take the square of it, and no name or number is so long."""
    return ENDLESS.sub(lambda found: found[0][:LONGEST_WORD], text)


def replaced(text: str, spans: Sequence[Span], stand_in: Callable[[Span], str]) -> str:
    """The text with every span as `stand_in(span)` says."""
    made, at = [], 0
    for span in spans:
        made += [text[at : span.start], stand_in(span)]
        at = span.end
    return "".join([*made, text[at:]])


def _known(people: Person) -> frozenset[str]:
    """Words of the names, and of what stands before the @ of the addresses."""
    names = [piece for name in people.names for piece in pieces(name)]
    boxes = [piece for email in people.emails for piece in pieces(email.split("@")[0]) if len(piece) >= 4]
    return frozenset([*names, *boxes])


def _take(taken: list[Span], found: Iterator[Span]) -> None:
    for span in found:
        if span.end > span.start and not any(one.start < span.end and span.start < one.end for one in taken):
            taken.append(span)


def _tidy(text: str) -> str:
    joined = re.sub(rf"{OUT}(?:[\s,.'’/-]*{OUT})+", OUT, text)
    return re.sub(r"[ \t]+", " ", joined).strip()
