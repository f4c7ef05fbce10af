"""The risk–coverage section from `wismo triage --calibrate --json`: held-out readings of the classifier in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.report.contents import Dial, Point, Risk

SAYS = "Held-out examples that the classifier in use was validated on; not the conversations of this report."


def from_calibration(kept: Mapping[str, Any]) -> Risk:
    """An intent that nothing was held out of has no place on the curve."""
    points = tuple(Point(one["threshold"], one["coverage"], one["precision"]) for one in kept["risk_coverage"])
    dials = tuple(
        Dial(name, one["threshold"], one["coverage"], one["precision"], one["wanted"], one["validated"])
        for name, one in kept["intents"].items()
        if one["validated"]
    )
    return Risk(points, dials, SAYS)
