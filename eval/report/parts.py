"""What both renderers know how to tell: sections of tables, charts, figures, explained cases and notes."""

from __future__ import annotations

from dataclasses import dataclass

from eval.report.contents import Figure


@dataclass(frozen=True, slots=True)
class Table:
    """`numeric` names the columns that are set flush right; the first column is the head of its row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chart:
    """`svg` is markup of our own making; `table` holds the same values. `open`: the table is worth seeing at once."""

    svg: str
    table: Table
    open: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """The headline: each value with its interval drawn (`drawn`, one SVG a figure, "" where there is none)."""

    figures: tuple[Figure, ...]
    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """`text` may be what a customer wrote."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One case, folded under its title. `fields` in the order of the path: message, identity, facts, rule, …"""

    title: str
    says: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Note:
    text: str


Part = Table | Chart | Figures | Explained | Note


@dataclass(frozen=True, slots=True)
class Section:
    """`empty` stands in the place of parts where there are none: what is missing and how to get it."""

    id: str
    title: str
    says: str = ""
    parts: tuple[Part, ...] = ()
    empty: str = ""
