"""Tf-idf of characters and words as scikit-learn counts them, read from a trained model without importing it.

scikit-learn trains (train.py) and takes 1.6 s to import; serving needs thirty lines of it. A test holds the two equal.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WORD = re.compile(r"[\w'#]+")
SHORTEST, LONGEST = 2, 5


def characters(text: str) -> Iterator[str]:
    """n-grams of 2 to 5 characters inside words padded with a blank (scikit-learn's `char_wb`)."""
    for word in text.split():
        padded = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            yield from (padded[at : at + size] for at in range(max(len(padded) - size + 1, 1)))
            if size >= len(padded):
                break


def words(text: str) -> Iterator[str]:
    """Words, then pairs of neighbours."""
    found = WORD.findall(text)
    yield from found
    yield from (f"{one} {two}" for one, two in pairwise(found))


@dataclass(frozen=True, slots=True)
class Weights:
    """One analyser's terms: the column of each, and its idf."""

    analyse: Callable[[str], Iterator[str]]
    columns: Mapping[str, int]
    idf: Floats

    def score(self, text: str, coefficients: Floats) -> Floats:
        """Sum over terms of (1 + ln tf) · idf · coefficient, over the vector's length. One figure a class."""
        counts = Counter(term for term in self.analyse(text) if term in self.columns)
        if not counts:
            return np.zeros(coefficients.shape[1], np.float32)
        rows = [self.columns[term] for term in counts]
        values = np.array([1 + math.log(count) for count in counts.values()], np.float32) * self.idf[rows]
        scored: Floats = (values / np.linalg.norm(values)) @ coefficients[rows]
        return scored


def terms(vocabulary: Mapping[str, int]) -> list[str]:
    """A vocabulary as a list in the order of its columns."""
    return sorted(vocabulary, key=lambda term: vocabulary[term])


def columns(listed: Sequence[str]) -> dict[str, int]:
    return {term: column for column, term in enumerate(listed)}
