"""From what is foreseen to contacts that did not come: each step with its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval.proactive.figures import Figures
from tools.orders.alerts.kinds import MEANING, Kind


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    figure: str
    says: str

    def as_json(self) -> dict[str, Any]:
        return {"step": self.name, "figure": self.figure, "says": self.says}


def chain(figures: Figures, short_items: Sequence[str] | None = None) -> tuple[Step, ...]:
    """`short_items` are skus that the forecast sees running out; None where no forecast was made."""
    foreseen = sum(
        sum(words.values()) for kind, words in figures.alerts.items() if kind in {"promise_at_risk", "predicted_late"}
    )
    every = sum(sum(words.values()) for words in figures.alerts.values())
    return (
        _forecast(short_items),
        Step("Orders at risk", str(every), f"found by the watch, {foreseen} of them before the promise was over"),
        Step("Message first", str(figures.messages), f"sent; {figures.held_back} held back to compare with"),
        _contacts(figures),
    )


def _forecast(short_items: Sequence[str] | None) -> Step:
    if short_items is None:
        return Step("Forecast", "–", "no forecast was made yet: wismo forecast --help")
    return Step("Forecast", str(len(short_items)), "items run out before more can come")


def _contacts(figures: Figures) -> Step:
    found = figures.effect
    if found.saved is None or found.low is None or found.high is None:
        return Step("Fewer contacts", "–", found.why)
    between = f"between {found.low:.0%} and {found.high:.0%} with 95 % confidence"
    more = ", so there were more" if found.saved < 0 else ""
    return Step("Fewer contacts", f"{found.saved:.0%}", f"per order than of customers held out{more}; {between}")


def meaning(kind: str) -> str:
    return MEANING[Kind(kind)]
