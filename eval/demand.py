"""How good forecasts are on real sales: every one of the last weeks told from the weeks before it, beside the floors.

Nothing is chosen on the weeks that are tested: each origin runs the whole forecast on what lay before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.forecast.calendar import Calendar, Plan, season
from tools.forecast.forecasting import Forecasts, forecast
from tools.forecast.history import Floats, History, histories
from tools.forecast.measures import Quality, bias, coverage, mase, pinball, scale, wape
from tools.forecast.models import FLOORS, models
from tools.forecast.sales import Sales

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rolling:
    """`rows` by name: ours (`mean`, `median`) and the floors."""

    items: int
    periods: int
    rows: Mapping[str, Quality]

    @property
    def best_floor(self) -> tuple[float, float]:
        """The lowest WAPE and the lowest MASE of any floor."""
        floors = [self.rows[name] for name in FLOORS]
        return min(one.wape or 0.0 for one in floors), min(one.mase or 0.0 for one in floors)

    def as_table(self) -> str:
        head = f"{'forecast':<16}{'WAPE':>8}{'MASE':>8}{'bias':>8}{'pinball':>9}{'coverage':>10}"
        return "\n".join([head, *(_row(name, one) for name, one in self.rows.items())])


def rolling(
    sales: Sales, plan: Plan, periods: int, items: int | None = None, workers: int = 1, done: Told = lambda _: None
) -> Rolling:
    """The last `periods`, each told one period ahead (`plan.horizon` is not used)."""
    calendar = Calendar(plan.frequency, max(one.day for one in sales.rows))
    known = histories(sales.rows, calendar)[:items]
    came = np.stack([_last(one.units, periods) for one in known])
    ours, spread, floors = [], [], []
    for left in range(periods, 0, -1):
        before = [History(one.name, one.units[: max(len(one.units) - left, 0)], one.out[:-left]) for one in known]
        made = forecast(before, Plan(plan.frequency, 1, plan.origins), workers)
        ours.append([float(one.mean[0]) for one in made.items])
        spread.append(_quantiles(made))
        floors.append([_floors(one.units, plan) for one in before])
        done(left)
    scales = [scale(one.units[:-periods]) for one in known]
    return Rolling(
        len(known), periods, _rows(came, np.array(ours).T, np.stack(spread, axis=2), np.array(floors), scales)
    )


def _last(units: Floats, periods: int) -> Floats:
    return np.concatenate([np.zeros(max(periods - len(units), 0)), units[-periods:]])


def _quantiles(made: Forecasts) -> Floats:
    return np.stack([one.quantiles[:, 0] for one in made.items], axis=1)


def _floors(units: Floats, plan: Plan) -> list[float]:
    known = models(season(plan.frequency, len(units)))
    return [float(known[name](units, 1)[0]) for name in FLOORS]


def _rows(came: Floats, ours: Floats, spread: Floats, floors: Floats, scales: Sequence[float]) -> Mapping[str, Quality]:
    """`came` and `ours` (item, period); `spread` (level, item, period); `floors` (period, item, name)."""
    told = {"mean": ours, "median": spread[1]} | {name: floors[:, :, at].T for at, name in enumerate(FLOORS)}
    loss, covered = pinball(came, spread), coverage(came, spread)
    return {
        name: Quality(
            wape(came, one),
            mase(list(came), list(one), scales),
            bias(came, one),
            loss if name in {"mean", "median"} else None,
            covered if name in {"mean", "median"} else None,
        )
        for name, one in told.items()
    }


def _row(name: str, one: Quality) -> str:
    figures = (one.wape, one.mase, one.bias, one.pinball, one.coverage)
    shown = ["–" if figure is None else f"{figure:.3f}" for figure in figures]
    return f"{name.replace('_', ' '):<16}{shown[0]:>8}{shown[1]:>8}{shown[2]:>8}{shown[3]:>9}{shown[4]:>10}"
