"""Which lines of an order the words name, and how many units of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from agent.meaning.words import counts, folded, listed, places_of, small, tokens
from tools.orders.model import Line, LineId, Order

Floats = NDArray[np.float32]
Near = Callable[[Sequence[str], Sequence[str]], Floats]
"""Cosines of phrases (rows) and names (columns), for words that share no letters with the name."""
TYPO = 88
# "The one with the candle" tells which order is meant: the candle alone is not.
ORDER_WITH = re.compile(
    r"\b(?:one|order|parcel|package|commande|celle|colis)s? (?:with|containing|that (?:has|had|contains|contained)"
    r"|avec|qui contient|contenant) [^.,;!?\n]*"
)
SAME_THING = 0.55
# Sentences and clauses, with what parts them: at even places what is said.
CLAUSE = re.compile(r"([.;!?\n]+\s*|,\s*|\b(?:and|but|while|et|mais|tandis que)\b)")
# "I do not want to keep it" is a wish to send it back.
SENT_AWAY = re.compile(
    r"(?:\b(?:not|never|cannot)|n't)(?: (?:want|wish|going|like|intend|plan|really|will))*(?: to)? keep(?:ing)?\b"
    r"|\b(?:ne |n')(?:\w+ )?(?:pas|plus) (?:le |la |les )?gard\w+|\b(?:ne |n')(?:le |la |les )?gard\w+ (?:pas|plus)\b"
)
# "Not the towel, the scarf": behind a pause, where "this is not the towel that I ordered" is no refusal.
REFUSED = re.compile(
    r"(?:^|[,;(.!?\n]\s*|\b(?:and|but|et|mais|no|non)\b,? )(?:not|pas)"
    r" (?P<goods>(?:the|my|that|this|le|la|les|l'|mon|ma|mes)\b[^,.;!?\n]*)"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A line that the text names: where (the first word's place), and by how much of its name and options."""

    line: Line
    place: int
    words: frozenset[str]
    options: int = 0


def speaks_of(text: str, name: str) -> bool:
    """Whether the text names a thing of this name."""
    return _match(tokens(name), tokens(text)) is not None


def lines_meant(text: str, order: Order, near: Near | None = None) -> dict[LineId, int]:
    """Units by line id; empty means the whole order: nothing was named, or everything was.

    What stands after "except", "but keep" is left out of it.
    """
    wanted, spared = parted(ORDER_WITH.sub(" ", folded(text)))
    left = [line for line in order.lines if open_units(line) > 0]
    kept = {one.line.id for one in named_lines(spared, left)} if spared else set()
    named = [one for one in named_lines(wanted, left, near) if one.line.id not in kept]
    if not named and kept:
        return {line.id: open_units(line) for line in left if line.id not in kept}
    chosen = {one.line.id: units_of(wanted, one) for one in named}
    whole = len(chosen) == len(left) and all(chosen[line.id] == open_units(line) for line in left)
    return {} if whole and not kept else chosen


def parted(text: str) -> tuple[str, str]:
    """What is asked for, and what is to stay."""
    plain, stays = _without_kept(SENT_AWAY.sub(" return ", folded(text)))
    for refused in REFUSED.finditer(plain):
        stays.append(refused["goods"])
    plain = REFUSED.sub(" ", plain)
    found = listed("items", "spared").search(plain)
    if found:
        stays.append(_sentence(plain[found.end() :]))
        plain = plain[: found.start()]
    return plain, " . ".join(stays)


def _without_kept(plain: str) -> tuple[str, list[str]]:
    """ "The beanie stays with me", "the scarf is lovely, keeping that": what stands before such words is kept."""
    kept: list[str] = []
    clauses = CLAUSE.split(plain)
    for at, clause in enumerate(clauses):
        found = listed("items", "stays").search(clause)
        if not found:
            continue
        named = set(tokens(clause[: found.start()])) - small()
        first = at if named or at < 2 or re.search(r"[.;!?\n]", clauses[at - 1]) else at - 2
        kept.append(" ".join(clauses[first : at + 1]))
        clauses[first : at + 1] = [" "] * (at + 1 - first)
    return "".join(clauses), kept


def _sentence(text: str) -> str:
    return re.split(r"[.;!?\n]", text, maxsplit=1)[0]


def means_everything(text: str) -> bool:
    return bool(listed("items", "everything").search(folded(text)))


def open_units(line: Line) -> int:
    return line.quantity - line.cancelled - line.returned


def named_lines(text: str, lines: Sequence[Line], near: Near | None = None) -> list[Named]:
    """In the order of the text; of lines that share words only those that were named best."""
    spoken = tokens(text)
    found = [one for line in lines if (one := _named(line, spoken)) is not None]
    best = _by_price(text, [one for one in found if not any(_better(other, one, text) for other in found)])
    if not best and near is not None:
        best = _by_meaning(spoken, lines, near)
    return sorted(best, key=lambda one: (one.place, one.line.position))


def _named(line: Line, spoken: tuple[str, ...]) -> Named | None:
    places = _match(tokens(line.name), spoken)
    if places is None:
        return None
    options = sum(bool(places_of(tokens(value), spoken)) for value in line.options.values() if value)
    return Named(line, min(places.values()), frozenset(places), options)


def _match(name: tuple[str, ...], spoken: tuple[str, ...]) -> dict[str, int] | None:
    """The words of the name that are said, and where."""
    telling = [word for word in name if word not in small()]
    joined = _joined(name, spoken)
    if joined is not None:
        return dict.fromkeys(telling or name, joined)
    return {word: at for word in telling if (at := _place(word, name, spoken)) is not None} or None


def _place(word: str, name: tuple[str, ...], spoken: tuple[str, ...]) -> int | None:
    """The first place of the word where it is not part of another thing's name ("smart watch", not a thermostat)."""
    for at, said in enumerate(spoken):
        if (said == word or _typo(said, word)) and not _of_another(at, word, name, spoken):
            return at
    return None


def _typo(said: str, word: str) -> bool:
    return min(len(said), len(word)) >= 5 and fuzz.ratio(said, word) >= TYPO


def _of_another(at: int, word: str, name: tuple[str, ...], spoken: tuple[str, ...]) -> bool:
    """A word before the last of the name that is followed by something else than the name goes on with."""
    following = spoken[at + 1] if at + 1 < len(spoken) else ""
    last = word == name[-1] or len(name) == 1
    return (
        not last
        and following.isalpha()
        and following not in small()
        and not any(following == one or _typo(following, one) for one in name)
    )


def _joined(name: tuple[str, ...], spoken: tuple[str, ...]) -> int | None:
    """ "tshirt" for "T-Shirt", "book shelf" for "Bookshelf"."""
    whole = "".join(name)
    if len(whole) < 5:
        return None
    for size in (1, 2):
        for at in range(len(spoken) - size + 1):
            said = "".join(spoken[at : at + size])
            if said == whole or said == whole + "e":
                return at
    return None


def _better(other: Named, one: Named, text: str) -> bool:
    """Named by more of the same words; with the same name, by its options, unless all of them are meant."""
    if other is one:
        return False
    if one.words < other.words:
        return True
    return other.line.name == one.line.name and other.options > one.options and not means_all(text)


def means_all(text: str) -> bool:
    """ "all my t-shirts", "both lamps"."""
    return bool(listed("items", "all_of").search(folded(text)))


def _by_price(text: str, named: list[Named]) -> list[Named]:
    """ "the more expensive one" of two that have one name."""
    plain = folded(text)
    dearer, cheaper = listed("items", "dearer").search(plain), listed("items", "cheaper").search(plain)
    if not (dearer or cheaper) or len(named) < 2 or len({one.line.name for one in named}) > 1:
        return named
    ranked = sorted(named, key=lambda one: one.line.unit_price.minor)
    return [ranked[-1] if dearer else ranked[0]]


def every_place(one: Named, text: str) -> tuple[int, ...]:
    """Wherever a telling word of the name stands."""
    spoken, telling = tokens(text), one.words - small()
    return tuple(at for at, word in enumerate(spoken) if word in telling) or (one.place,)


def apart(places: Mapping[LineId, tuple[str, tuple[int, ...]]]) -> dict[LineId, tuple[int, ...]]:
    """ "one kettle to …; and another kettle to …": a name said once for each of its lines: each has its own."""
    found = {line: at for line, (_, at) in places.items()}
    for name in {name for name, _ in places.values()}:
        lines = [line for line, (own, _) in places.items() if own == name]
        runs = _runs(found[lines[0]])
        if len(lines) > 1 and len(runs) == len(lines):
            found |= dict(zip(lines, runs, strict=True))
    return found


def _runs(places: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Places that follow one another are one mention."""
    runs: list[list[int]] = []
    for at in places:
        if runs and at == runs[-1][-1] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [tuple(run) for run in runs]


def _by_meaning(spoken: tuple[str, ...], lines: Sequence[Line], near: Near) -> list[Named]:
    """Another word for the thing ("sneakers" for running shoes): the nearest name, when it is near enough."""
    phrases = [(at, word) for at, word in enumerate(spoken) if word.isalpha() and len(word) > 3 and word not in small()]
    pairs = [
        (at, f"{spoken[at]} {spoken[at + 1]}") for at, _ in phrases if at + 1 < len(spoken) and spoken[at + 1].isalpha()
    ]
    said = [*phrases, *pairs][:40]
    names = list(dict.fromkeys(line.name for line in lines))
    if not said or not names:
        return []
    cosines = near([phrase for _, phrase in said], [name.lower() for name in names])
    found: dict[str, int] = {}
    for row, (at, _) in enumerate(said):
        column = int(cosines[row].argmax())
        if cosines[row][column] >= SAME_THING:
            found.setdefault(names[column], at)
    return [Named(line, found[line.name], frozenset({line.name})) for line in lines if line.name in found]


def units_of(text: str, one: Named) -> int:
    """As many as are said ("one of the shirts", "deux tasses"), one for a singular, else all that are left."""
    most = open_units(one.line)
    words = re.findall(r"\d+|[a-z]+", folded(text))
    said = _written(words, one)
    if said is None:
        return _units_before(words[: one.place]) or most
    number = _units_before(words[:said])
    singular = not words[said].endswith("s")
    return min(number or (1 if singular else most), most) or most


def _units_before(words: Sequence[str]) -> int | None:
    """The nearest number among the last words."""
    return next((count for word in reversed(words[-4:]) if (count := _count(word))), None)


def _written(words: Sequence[str], one: Named) -> int | None:
    """The last word in a row that is of the name: its ending tells one from many."""
    name = set(tokens(one.line.name))
    hits = [at for at, word in enumerate(words) if tokens(word) and tokens(word)[0] in name]
    last = [at for at in hits if at + 1 not in hits]
    return last[0] if last else None


def _count(word: str) -> int | None:
    if word.isdigit():
        return int(word) if 0 < int(word) < 100 else None
    return counts().get(word)
