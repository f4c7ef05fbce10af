"""Which other variant of a line's product the words mean: by its options, by size, by price, by its number.

What is not said stays as it is: "the same in black" keeps the size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.meaning.words import folded, listed, places_of, tokens
from tools.orders.catalogue import Variant
from tools.orders.model import Line, LineId

NONE = frozenset({"none", "no", "aucun", "aucune", "sans"})
SIZES = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")
LADDERS = (SIZES, ("extra small", "small", "medium", "large", "extra large"), ("none", "low", "medium", "high"),
           ("soft", "medium", "hard"), ("beginner", "intermediate", "expert"))  # fmt: skip
SCALES = ("size", "capacity", "length", "brightness", "resolution", "weight", "height", "width", "diameter", "piece",
          "storage", "screen", "frame", "power", "speed", "volume", "taille", "longueur", "contenance")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """The variant that is meant; None where several fit, or nothing was said of it (`said` is False).

    `sold_out` is the one that is meant and can not be had now.
    """

    variant: Variant | None
    said: bool = True
    sold_out: Variant | None = None


def clauses(text: str, places: Mapping[LineId, Sequence[int]]) -> dict[LineId, tuple[str, ...]]:
    """The words that speak of each thing: from where it is named to where another one is; all where it is alone."""
    spoken = tokens(folded(text))
    owners = {
        at: frozenset(name for name, found in places.items() if at in found)
        for found in places.values()
        for at in found
    }
    if len(set(owners.values())) <= 1:
        return dict.fromkeys(places, spoken)
    words: dict[LineId, list[str]] = {name: [] for name in places}
    now: frozenset[LineId] = owners[min(owners)]
    for at, word in enumerate(spoken):
        now = owners.get(at, now)
        for name in now:
            words[name].append(word)
    return {name: tuple(found) for name, found in words.items()}


def variant_meant(clause: tuple[str, ...], line: Line, variants: Sequence[Variant]) -> Choice:
    """Of what there is; where the wish is for one that is sold out, that, unless what there is fits as well."""
    found = _chosen(clause, line, variants, [one for one in variants if one.available])
    wished = _chosen(clause, line, variants, variants).variant
    if wished is None or wished.available or (found.variant and not _strays(found.variant, wished, clause, line)):
        return found
    return Choice(None, sold_out=wished)


def _strays(found: Variant, wished: Variant, clause: tuple[str, ...], line: Line) -> bool:
    """It gives up what nobody asked to change: the red one of another size."""
    if _by_price(" ".join(clause)):
        return False
    return any(
        wished.options.get(option) == now != found.options.get(option)
        and not places_of(tokens(found.options.get(option, "")), clause)
        for option, now in line.options.items()
    )


def _chosen(clause: tuple[str, ...], line: Line, variants: Sequence[Variant], there: Sequence[Variant]) -> Choice:
    now = next((one for one in variants if one.sku == line.sku), None)
    by_number = next((one for one in there if one.sku.lower() in clause), None)
    if by_number:
        return Choice(by_number)
    said = " ".join(_said(clause))
    wanted = _wanted(_said(clause), line, variants)
    steps = _steps(said, line, variants, wanted)
    fitting = [one for one in there if _fits(one, wanted) and all(step(one) for step in steps)]
    price = _by_price(said)
    if price and fitting:
        return Choice(price(fitting))
    if not wanted and not steps:
        return _same(said, now, there)
    others = [one for one in fitting if one.sku != line.sku]
    return Choice(_nearest(others, line, wanted, bool(steps)))


def _said(clause: tuple[str, ...]) -> tuple[str, ...]:
    """Without what is to go away: "instead of Apple HomeKit", "from blue"."""
    text = " ".join(clause)
    text = re.sub(r"\b(?:instead of|rather than|au lieu de?|a la place de?)\b(?: \w+){1,4}", " ", text)
    text = re.sub(r"\bfrom (?:\w+ ){1,4}(?=to\b)", " ", text)
    return tuple(text.split())


def _wanted(clause: tuple[str, ...], line: Line, variants: Sequence[Variant]) -> dict[str, tuple[str, ...]]:
    """Values that are named, in the order of the text, by option; what only repeats the present value is no wish."""
    found: dict[str, list[tuple[int, str]]] = {}
    name = set(tokens(line.name))
    for option in line.options:
        values = {one.options.get(option, "") for one in variants} - {""}
        for value in sorted(values):
            at = _none(option, clause) if value.casefold() in NONE else _first(value, clause, name)
            if at is not None:
                found.setdefault(option, []).append((at, value))
    return {option: _wishes(places, line.options[option]) for option, places in found.items()}


def _wishes(places: Sequence[tuple[int, str]], now: str) -> tuple[str, ...]:
    """ "my blue one in black": the present value is only a description where another is named."""
    values = tuple(value for _, value in sorted(_longest(places)))
    return tuple(value for value in values if value != now) or values


def _none(option: str, clause: tuple[str, ...]) -> int | None:
    """ "no backlight", "without a lid"."""
    for at, word in enumerate(clause):
        if word in tokens(option) and {"no", "without", "sans", "pas"} & set(clause[max(at - 2, 0) : at]):
            return at
    return None


def _first(value: str, clause: tuple[str, ...], name: set[str]) -> int | None:
    """Where all words of the value stand together; one telling word of it is enough where the value has several."""
    words = tokens(value)
    whole = places_of(words, clause)
    if whole:
        return whole[0] if not (len(words) == 1 and words[0] in name) else None
    joined = "".join(words)
    return next((at for at, said in enumerate(clause) if len(joined) > 2 and said == joined), None)


def _longest(places: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """ "light blue" is not "blue"."""
    return [
        (at, value)
        for at, value in places
        if not any(other != value and places_of(tokens(value), tokens(other)) for _, other in places)
    ]


def _fits(one: Variant, wanted: Mapping[str, tuple[str, ...]]) -> bool:
    return all(one.options.get(option) in values for option, values in wanted.items())


def _steps(
    said: str, line: Line, variants: Sequence[Variant], wanted: Mapping[str, tuple[str, ...]]
) -> list[Callable[[Variant], bool]]:
    """ "bigger", "one size down", "500 pieces less": the scale that is meant, and what lies beyond the present step."""
    up, down = listed("change", "more").search(said), listed("change", "less").search(said)
    if not up and not down:
        return []
    option = _scale(said, line, variants, wanted)
    if option is None:
        return []
    now = rank(line.options.get(option, ""))
    if now is None:
        return []
    rises = bool(up) and not down
    exact = _difference(said)

    def beyond(one: Variant) -> bool:
        there = rank(one.options.get(option, ""))
        if there is None:
            return False
        if exact:
            return there == now + (exact if rises else -exact)
        return there > now if rises else there < now

    return [beyond]


def _difference(said: str) -> float | None:
    found = re.search(r"\b(\d{2,5}) (?:more|less|fewer|pieces? (?:more|less|fewer)|piece (?:more|less|fewer))", said)
    return float(found[1]) if found else None


def _scale(said: str, line: Line, variants: Sequence[Variant], wanted: Mapping[str, tuple[str, ...]]) -> str | None:
    """The option that is named, else the only one that has an order and no wish of its own."""
    ordered = [option for option in line.options if option not in wanted and _ordered(option, variants)]
    named = [option for option in ordered if set(tokens(option)) & set(said.split()) or _hinted(option, said)]
    likely = [option for option in ordered if any(scale in folded(option) for scale in SCALES)]
    for found in (named, likely, ordered):
        if found:
            return found[0]
    return None


def _hinted(option: str, said: str) -> bool:
    hints = {"bright": "brightness", "dimm": "brightness", "short": "length", "long": "length", "heav": "weight",
             "light": "weight", "piece": "piece", "storage": "storage"}  # fmt: skip
    return any(hint in said and scale in folded(option) for hint, scale in hints.items())


def _ordered(option: str, variants: Sequence[Variant]) -> bool:
    ranks = {rank(one.options.get(option, "")) for one in variants}
    return len(ranks) > 1 and None not in ranks


def rank(value: str) -> float | None:
    """Where a value stands on its scale: a size, a word of a ladder, a number with its unit."""
    plain = folded(value).strip()
    for ladder in LADDERS:
        if plain in ladder:
            return float(ladder.index(plain))
    found = re.match(r"\D{0,3}(\d+(?:[.,]\d+)?)\s*(tb|kg|l\b|liter|m\b)?", plain)
    if not found:
        return None
    number = float(found[1].replace(",", "."))
    return number * 1000 if found[2] in {"tb", "kg", "l", "liter"} else number


def _by_price(said: str) -> Callable[[Sequence[Variant]], Variant] | None:
    if listed("change", "cheapest").search(said):
        return lambda found: min(found, key=lambda one: (one.price.minor, one.sku))
    if listed("change", "dearest").search(said):
        return lambda found: max(found, key=lambda one: (one.price.minor, one.sku))
    return None


def _same(said: str, now: Variant | None, there: Sequence[Variant]) -> Choice:
    """Nothing else was named: the same again, if that was said."""
    if listed("change", "same").search(said) and now is not None:
        return Choice(now if now in there else None)
    return Choice(None, said=False)


def _nearest(
    found: Sequence[Variant], line: Line, wanted: Mapping[str, tuple[str, ...]], stepped: bool
) -> Variant | None:
    """The wish that was named first, then the fewest other changes, then the smallest step; None at a tie."""

    def cost(one: Variant) -> tuple[float, ...]:
        preferred = sum(values.index(one.options[option]) for option, values in wanted.items())
        changed = sum(one.options.get(o) != v for o, v in line.options.items() if o not in wanted)
        step = sum(_distance(one.options.get(o, ""), v) for o, v in line.options.items()) if stepped else 0.0
        return (preferred, changed, step)

    ranked = sorted(found, key=lambda one: (cost(one), one.sku))
    if not ranked or (len(ranked) > 1 and cost(ranked[0]) == cost(ranked[1])):
        return None
    return ranked[0]


def _distance(value: str, now: str) -> float:
    one, other = rank(value), rank(now)
    return abs(one - other) if one is not None and other is not None else 0.0
