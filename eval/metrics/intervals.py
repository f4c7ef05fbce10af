"""Shares with what they may be by chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution
FEW = 30
"""Below so many cases an interval is wider than most decisions bear: reports say so."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of`, with the Wilson 95 % interval; (0, 1) of nothing, where `share` is None."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def few(self) -> bool:
        return self.of < FEW

    def as_json(self) -> dict[str, Any]:
        share = None if self.share is None else round(self.share, 6)
        return {
            "hits": self.hits,
            "of": self.of,
            "share": share,
            "low": round(self.low, 6),
            "high": round(self.high, 6),
        }


def rate(hits: int, of: int) -> Rate:
    """Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)."""
    if not of:
        return Rate(0, 0, 0.0, 1.0)
    share, z2 = hits / of, Z95 * Z95
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return Rate(hits, of, low, 1.0 if hits == of else min(1.0, centre + half))


def bound_after_none(tried: int) -> float:
    """The 95 % upper bound of a share that showed in none of so many tries: 3/n, at most 1.

    Source: Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983).
    """
    return min(1.0, 3 / tried) if tried else 1.0
