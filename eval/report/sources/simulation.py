"""The report of `wismo simulate --json`: what is predicted, where agent and people differ, what a change would do."""

from __future__ import annotations

from collections.abc import Iterator

from eval.report.contents import (
    Breakdown,
    Case,
    Cost,
    Counterfactual,
    Difference,
    Figure,
    Group,
    Moved,
    Pair,
    Report,
    Step,
    Verdict,
)
from eval.report.sources.rates import Kept, definitions, figure, gap, group, readings
from eval.report.wording import plain

RATES = {
    "coverage": ("Coverage", "the agent tried, of all tickets"),
    "contained": ("Contained", "ended without a person, of those in which the agent tried"),
    "resolution": ("Verified resolution", "contained, and every check holds; of those in which the agent tried"),
    "automation": ("Automation", "verified, of all tickets"),
    "false_resolution": ("False resolution", "contained, but not verified"),
    "handed_off": ("Handed over", "of all tickets"),
    "waiting_for_approval": ("Waiting for approval", "of all tickets"),
    "left_asking": ("Left asking", "ended with a question of the agent, of all tickets"),
}
SHOWN = ("resolution", "contained", "false_resolution", "handed_off")
VERDICTS: dict[str, Verdict] = {"better": "better", "worse": "worse", "other": "other", "words": "words"}
NOTES = (
    "What customers would have answered to the agent's replies: they answered people's.",
    "Satisfaction: nobody who wrote these tickets saw these replies.",
)


def from_simulation(kept: Kept) -> Report:
    """With `definitions`, `gaps` and `read` where the run tells them: older ones do not."""
    told = kept["predicted"]
    agreement = told["agreement"]
    differ = sum(agreement[name] for name in agreement if name not in {"same", "neither"})
    worst = tuple(map(_case, kept["disagreements"]))
    return Report(
        title="Simulation on past tickets",
        source="simulation",
        seed=kept["seed"],
        hashes=kept["hashes"],
        figures=tuple(_figures(told)),
        funnel=_funnel(told),
        definitions=definitions(kept.get("definitions", ())),
        breakdowns=tuple(Breakdown(by, tuple(_groups(rows)), "tickets") for by, rows in told["tables"].items()),
        confusion=readings("the tags of people", kept.get("read")),
        costs=tuple(_costs(told)),
        gaps=tuple(map(gap, kept["gaps"])) if "gaps" in kept else None,
        worst=worst,
        worst_of=max(differ, len(worst)),
        counterfactual=_counterfactual(kept) if kept.get("change") else None,
        not_measured=(*_used(kept), *_unread(kept), *NOTES),
    )


def _figures(told: Kept) -> Iterator[Figure]:
    yield from (figure(title, told["rates"][name], says) for name, (title, says) in RATES.items())
    if told.get("handoffs", {}).get("among_people"):
        passed = told["handoffs"]
        says = f"tickets that people handed over among themselves; the agent hands over {passed['both']:,} of them too"
        yield Figure("Passed on among people", passed["among_people"], n=told["tickets"], unit="count", says=says)
    for currency, one in told["money_moved"].items():
        says = f"{currency}, moved without a person"
        yield Figure("Money moved", one["value"], one["low"], one["high"], told["tickets"], "money", says)


def _funnel(told: Kept) -> tuple[Step, ...]:
    rates = told["rates"]
    return (
        Step("tickets", told["tickets"], "that could be used"),
        Step("involved", rates["coverage"]["hits"], "the agent tried"),
        Step("contained", rates["contained"]["hits"], "ended without a person"),
        Step("verified", rates["resolution"]["hits"], "and every check holds"),
    )


def _groups(rows: Kept) -> Iterator[Group]:
    for name, one in rows.items():
        yield group(name, one["tickets"], {RATES[rate][0].lower(): one[rate] for rate in SHOWN})


def _costs(told: Kept) -> Iterator[Cost]:
    """`model_cost` in hundredths; the shop's currency is not named."""
    lines = (("people's time saved, minutes", "minutes_saved", 1), ("people's time saved, money", "money_saved", 1))
    for name, key, of in (*lines, ("the agent", "model_cost", 100)):
        one = told[key]
        within = f"{one['low'] / of:.2f}–{one['high'] / of:.2f}"
        inputs = {"tickets": f"{told['tickets']:,}", "95% interval": within}
        yield Cost(name, f"{one['value'] / of:.2f}", "", inputs)


def _case(kept: Kept) -> Case:
    agent, people = kept["agent"], kept["people"]
    sure = "" if people["sure"] else " (only said, not in the order's history)"
    did = Difference("", "what was done", f"{_done(people)}{sure}", _done(agent))
    said = Difference("", "what was said", people["reply"], agent["reply"])
    title = f"{kept['ticket']}: {plain(kept['agreement'])}"
    differences = (did, said) if people["reply"] else (did,)
    return Case(
        kept["ticket"],
        title,
        kept["asked"],
        intent=kept["intent"],
        action=_done(agent),
        reply=agent["reply"],
        differences=differences,
        why=kept["why"],
    )


def _done(side: Kept) -> str:
    return ", ".join(side["actions"]) or "nothing"


def _counterfactual(kept: Kept) -> Counterfactual:
    change, before, after = kept["change"], kept["predicted"]["rates"], kept["other"]["rates"]
    figures = (Moved(title, before[name]["value"], after[name]["value"]) for name, (title, _) in RATES.items())
    pairs = tuple(map(_pair, change["changed"]))
    differ = change["tickets"] - change["same"]
    return Counterfactual("the settings in use", "the proposed ones", change["tickets"], pairs, tuple(figures), differ)


def _pair(kept: Kept) -> Pair:
    before, after = kept["before"], kept["after"]
    return Pair(
        kept["ticket"],
        kept["asked"],
        before["reply"],
        after["reply"],
        VERDICTS[kept["change"]],
        f"{plain(before['disposition'])}; {_done(before)}",
        f"{plain(after['disposition'])}; {_done(after)}",
        says=plain(kept["intent"]),
    )


def _unread(kept: Kept) -> Iterator[str]:
    if "read" in kept and not kept["read"]:
        yield "What was read as what: no tag of a ticket names an intent."


def _used(kept: Kept) -> Iterator[str]:
    """How much of the history was recorded, how much reconstructed, what was skipped."""
    use = kept["usability"]
    parts = (f"{plain(name)} {count:,}" for name, count in use.items() if name != "usable")
    yield f"Orders as they were, by ticket: {', '.join(parts)}."
    for reason, count in {**kept["export"]["skipped"], **kept["unusable"]}.items():
        yield f"Left out, {count:,} times: {plain(reason)}."
