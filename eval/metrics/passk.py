"""pass^k: the chance that k tries of the same task all succeed, as a mean over tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import comb


def pass_k(tasks: Iterable[Sequence[bool]], k: int) -> float | None:
    """Mean of C(c, k) / C(n, k), for c successes in n tries of a task; None where no task was tried k times.

    Source: S. Yao et al., "tau-bench", arXiv 2406.12045 (2024), section 3.
    """
    tried = [task for task in tasks if len(task) >= k > 0]
    if not tried:
        return None
    return sum(comb(sum(map(bool, task)), k) / comb(len(task), k) for task in tried) / len(tried)
