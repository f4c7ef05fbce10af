"""How a value is written in a report, and how hostile text is made safe to show. Escaping is the renderers' work."""

from __future__ import annotations

import re

from eval.report.contents import Figure, Moved, Unit

LONGEST = 2_000
NONE = "–"
# Lone surrogates and controls cannot be written or seen; embeddings and overrides of direction rewrite what stands
# beside them. Marks (U+200E, U+200F) stay: Arabic and Hebrew need them.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str, longest: int = LONGEST) -> str:
    """At most `longest` characters, telling how many were left out."""
    left = len(text) - longest
    kept = text[:longest] + f" … ({left:,} more characters)" if left > 0 else text
    shown = UNWRITABLE.sub("\ufffd", kept.replace("\r\n", "\n").replace("\r", "\n"))
    return TURNING.sub(lambda one: f"[U+{ord(one[0]):04X}]", shown)


def share(value: float | None) -> str:
    """Rare things get a digit more: 0.25%, not 0.2%."""
    if value is None:
        return NONE
    return f"{value:.2%}" if 0 < value < 0.01 else f"{value:.1%}"


def number(value: float | None, unit: Unit = "share") -> str:
    if value is None:
        return NONE
    match unit:
        case "share":
            return share(value)
        case "count":
            return f"{value:,.0f}"
        case "ms":
            return milliseconds(value)
        case "score" | "money":
            return f"{value:,.2f}"


def milliseconds(value: float) -> str:
    return f"{value / 1000:,.1f} s" if value >= 1000 else f"{value:,.0f} ms"


def interval(low: float | None, high: float | None, unit: Unit = "share") -> str:
    if low is None or high is None:
        return NONE
    return f"{number(low, unit).removesuffix('%')}–{number(high, unit)}"


def of_figure(one: Figure) -> str:
    return number(one.value, one.unit)


def step(one: Moved) -> str:
    """The difference with its sign; shares in percentage points."""
    if one.before is None or one.now is None:
        return NONE
    by = one.now - one.before
    sign = "+" if by > 0 else "\u2212" if by < 0 else "±"
    return f"{sign}{abs(by) * 100:.1f} points" if one.unit == "share" else f"{sign}{number(abs(by), one.unit)}"


def count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"


def money(amount: str, currency: str) -> str:
    return f"{amount} {currency}".strip() if amount else NONE


def plain(name: str) -> str:
    """`order_status` is read as `order status`."""
    return name.replace("_", " ")
