"""What every summary of conversations tells, whoever played them: headline, populations, definitions, tables."""

from __future__ import annotations

from dataclasses import replace

from eval.report.contents import Breakdown, Cost, Figure, Group, Latency, Report, Step
from eval.report.sources.rates import Kept, definitions, figure, group

POPULATIONS = {
    "inbound": "started by customers; spam and tests removed",
    "meaningful": "more than a greeting",
    "eligible": "an intent in scope, on a channel that is on, in the rollout share",
    "involved": "the agent tried",
    "answered": "one substantive answer",
}
RATES = {
    "coverage": ("Coverage", "involved, of all that came in"),
    "answer_rate": ("Answer rate", "answered, of those in which the agent tried"),
    "verified": ("Verified resolution", "contained, true, as the policy demands, answered; of the graded"),
    "automation": ("Automation", "verified, of all that came in; what nobody graded counts as not verified"),
    "false_resolution": ("False resolution", "contained, but not verified; of the graded"),
}
BY = ("contained", "verified", "automation")


def with_summary(report: Report, kept: Kept) -> Report:
    """`kept` is the JSON of a `Summary` of eval.metrics."""
    return replace(
        report,
        figures=(*report.figures, *_figures(kept)),
        funnel=tuple(Step(name, kept["populations"][name], says) for name, says in POPULATIONS.items()),
        definitions=definitions(kept["definitions"]),
        breakdowns=(*report.breakdowns, *(Breakdown(by, tuple(map(_group, rows))) for by, rows in kept["by"].items())),
        latency=_latency(kept.get("latency")),
        costs=_costs(kept["spending"]),
    )


def _figures(kept: Kept) -> tuple[Figure, ...]:
    window = kept["window"]
    contained = figure(
        f"Contained ({window})", kept["contained"][window], f"no person and no further request within {window}"
    )
    rates = {name: figure(title, kept[name], says) for name, (title, says) in RATES.items()}
    return rates["coverage"], rates["answer_rate"], contained, *(rates[one] for one in list(RATES)[2:])


def _group(row: Kept) -> Group:
    return group(row["name"], row["inbound"], {name: row[name] for name in BY})


def _latency(kept: Kept | None) -> tuple[Latency, ...]:
    return (Latency("full reply", kept["p50_ms"], kept["p95_ms"], kept["count"]),) if kept else ()


def _costs(kept: Kept) -> tuple[Cost, ...]:
    """Millionths and hundredths of the shop's currency, which the summary does not name."""
    inputs = {name.replace("_", " "): str(value) for name, value in kept["inputs"].items()}
    lines = {
        "the agent, in all": _of(kept["automation_micros"], 6),
        "the agent, a ticket": _of(kept["micros_per_ticket"], 6),
        "the agent, a verified resolution": _of(kept["micros_per_verified"], 6),
        "a ticket answered by a person": _of(kept["ticket_cost_cents"], 2),
        "saved": _of(kept["saved_cents"], 2),
    }
    counts = {"contained": str(kept["contained"]), "minutes saved": str(kept["minutes_saved"])}
    return tuple(Cost(name, amount, "", inputs | counts) for name, amount in lines.items() if amount)


def _of(units: int | None, places: int) -> str:
    return "" if units is None else f"{units / 10**places:.{4 if places > 2 else 2}f}"
