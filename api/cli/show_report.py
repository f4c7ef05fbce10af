"""How a report looks on a terminal of 80 columns. Figures come from eval.metrics; nothing is counted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.policy import CostTable
from api.cli.show import console
from eval.metrics.calibration import Compared
from eval.metrics.definitions import Row
from eval.metrics.deflection import Causal
from eval.metrics.intervals import FEW, Rate
from eval.metrics.live import Live
from eval.metrics.resolution import WINDOWS
from eval.metrics.restating import Restated
from eval.metrics.spending import Spending
from eval.metrics.summary import Headline, Latency, Slice, Summary
from eval.metrics.thinking import Thinking
from eval.metrics.volume import Gap, Volume

SHOWN = 10
NOT_GRADED = "not graded"


def report(told: Live, by: str, errors: Sequence[Compared], cost: CostTable, named: str) -> None:
    out, summary = console(), told.summary
    out.print(Text(named, style="bold"))
    _turns(out, told.volume)
    _populations(out, summary)
    _resolved(out, summary)
    _restated(out, told.restated)
    _definitions(out, summary.definitions)
    _sliced(out, by, summary)
    _deflection(out, summary)
    _handoffs(out, summary)
    _satisfaction_and_speed(out, summary)
    _spending(out, summary.spending)
    _thinking(out, told.thinking)
    _calibration(out, errors)
    _gaps(out, told.gaps, cost)


def share(rate: Rate, nothing: str = "–") -> str:
    """ "68 % (57–77), 61 of 90": with the 95 % interval."""
    if rate.share is None:
        return nothing
    return f"{rate.share:.0%} ({rate.low * 100:.0f}–{rate.high * 100:.0f}), {rate.hits} of {rate.of}"


def brief(rate: Rate, nothing: str = "·") -> str:
    return nothing if rate.share is None else f"{rate.share:.0%} ({rate.low * 100:.0f}–{rate.high * 100:.0f})"


def _head(out: Console, text: str) -> None:
    out.print(Text(f"\n{text}", style="bold"))


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _pairs(out: Console, rows: Iterable[tuple[str, str]]) -> None:
    table = _table("", "")
    table.show_header = False
    for row in rows:
        table.add_row(*map(Text, row))
    out.print(table)


def _turns(out: Console, counted: Volume) -> None:
    share_of = f"{counted.without_person / counted.turns:.0%}"
    out.print(
        f"{counted.turns} turns in {counted.conversations} conversations; without a person {counted.without_person} "
        f"({share_of}), waiting for approval {counted.queued}, handed over {counted.handed_off}"
    )
    if counted.actions:
        out.print("Actions: " + ", ".join(f"{name} {count}" for name, count in counted.actions.items()))


def _populations(out: Console, summary: Summary) -> None:
    _head(out, "Conversations")
    people = summary.headline.populations
    steps = [f"{name} {getattr(people, name)}" for name in people.__slots__]
    out.print(Padding(Text(" > ".join(steps)), (0, 1)))
    rows = [("coverage", share(people.coverage)), ("answer rate", share(people.answer_rate))]
    if summary.left_out:
        rows.append(("left out", f"{summary.left_out} of automatic mail only, or tried with wismo ask"))
    if summary.held_out:
        rows.append(("held out", f"{summary.held_out} of customers who are always left to people"))
    _pairs(out, rows)


def _resolved(out: Console, summary: Summary) -> None:
    _head(out, f"Resolved (silence of {summary.window} counts; of involved, with 95 % intervals)")
    head = summary.headline
    others = [name for name in WINDOWS if name != summary.window]
    beside = ", ".join(f"{name} {brief(rate)}" for name, rate in head.contained.items() if name in others)
    _pairs(
        out,
        (
            (f"contained ({summary.window})", share(summary.contained, "no window is over yet")),
            ("  other windows", beside),
            ("  confirmed by a yes", str(head.confirmed)),
            ("verified", share(head.verified, NOT_GRADED)),
            (
                "  of inbound, at least" if 0 < head.graded < head.decided else "  of inbound",
                share(head.automation, NOT_GRADED),
            ),
            ("false resolutions", share(head.false_resolution, NOT_GRADED)),
            ("states", ", ".join(f"{name} {count}" for name, count in head.states.items())),
        ),
    )
    for note in _notes(head, summary.contained):
        out.print(Padding(Text(note, style="dim"), (0, 1)))


def _notes(head: Headline, contained: Rate) -> Iterable[str]:
    missing = head.decided - head.graded
    if missing:
        yield f"{missing} of {head.decided} conversations are not graded: contained is silence, not proof of an answer."
    if missing and head.graded:
        yield f"Verified and false resolutions are of the {head.graded} that were graded; --grade N grades more."
    if 0 < contained.of < FEW:
        yield f"Only {contained.of} conversations: read the intervals, not the shares."


def _restated(out: Console, months: Sequence[Restated]) -> None:
    if not months:
        return
    _head(out, "Past months, as published and as they are now")
    table = _table(
        "month", "contained then", "now", "verified then", "now", "reversed since", right=("reversed since",)
    )
    for one in months:
        then, now = one.published, one.current
        rates = (then.contained["72h"], now.contained["72h"], then.verified, now.verified)
        table.add_row(one.name, *map(brief, rates), str(one.reversed_since))
    out.print(table)


def _definitions(out: Console, rows: Sequence[Row]) -> None:
    _head(out, "The same conversations under other rules")
    table = _table("rule", "share", "what it counts, and of what")
    told = ""
    for row in rows:
        counted = f"{row.rate.hits} of {row.rate.of} {row.over}"
        said = Text(counted) if row.says == told else Text.assemble(f"{counted}: ", (row.says, "dim"))
        table.add_row(row.name, Text(brief(row.rate), no_wrap=True), said)
        told = row.says
    out.print(table)


def _sliced(out: Console, by: str, summary: Summary) -> None:
    rows = summary.by[by]
    if not rows:
        return
    _head(out, f"By {by} (contained {summary.window})")
    columns = (by, "inbound", "involved", "person", "contained", "verified")
    table = _table(*columns, right=columns[1:4])
    for one in rows:
        table.add_row(*_slice(one))
    out.print(table)


def _slice(one: Slice) -> tuple[str, ...]:
    counts = (str(one.inbound), str(one.involved), str(one.handed_over))
    return (one.name or "unknown", *counts, brief(one.contained), brief(one.verified))


def _deflection(out: Console, summary: Summary) -> None:
    _head(out, "Deflection")
    plain = share(summary.deflection, "no order questions")
    _pairs(out, (("plain", f"{plain} order questions without a person"), ("causal", _causal(summary.causal))))


def _causal(found: Causal) -> str:
    if found.deflection is None or found.low is None or found.high is None:
        return found.why
    groups = f"{found.treated.per_100_orders:.1f} against {found.holdout.per_100_orders:.1f} contacts per 100 orders"
    return f"{found.deflection:.0%} ({found.low * 100:.0f} to {found.high * 100:.0f}); {groups}"


def _handoffs(out: Console, summary: Summary) -> None:
    found = summary.handoffs
    if not found.count:
        return
    _head(out, "Handed over to people")
    waited = found.seconds_to_person
    filled = ", ".join(f"{part} {brief(rate)}" for part, rate in found.filled.items())
    _pairs(
        out,
        (
            ("conversations", f"{found.count}: " + _counts(found.reasons)),
            ("assisted", f"{share(found.assisted)} with all of: {filled}"),
            ("said again", share(found.repeated)),
            ("time to a person", "not recorded" if waited is None else f"{waited / 60:.0f} min (median)"),
        ),
    )


def _satisfaction_and_speed(out: Console, summary: Summary) -> None:
    csat = summary.csat
    told = "not collected" if csat is None else f"{csat[0]:.0%} of {csat[1]} ratings"
    _head(out, "Customers and speed")
    _pairs(out, (("satisfaction", told), ("full reply", _latency(summary.latency))))


def _latency(found: Latency | None) -> str:
    if found is None:
        return "not measured"
    return f"p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms, of {found.count} turns; without the channel's own time"


def _spending(out: Console, found: Spending) -> None:
    _head(out, "Cost and time saved")
    inputs = found.inputs
    price = "no price: cost.person_hour in shop.toml" if not inputs.person_hour else f"{_cents(inputs.person_hour)}/h"
    rows = [
        ("inputs", f"{inputs.handoff_minutes} min a ticket, {price}; contained (72h) {found.contained}"),
        ("saved", f"{found.minutes_saved} min" + ("" if found.saved is None else f", {_cents(found.saved)}")),
        ("models", _models(found)),
    ]
    if found.verified:
        rows.append(("", f"{_micros(found.per(found.verified))} a verified resolution"))
    _pairs(out, rows)


def _thinking(out: Console, found: Thinking) -> None:
    """By step, then by day; nothing where no model was asked."""
    if not found.turns:
        return
    _head(out, f"Language models: {found.turns} turns, {found.fell_back} finished by the embedded brain")
    table = _table(
        "", "calls", "tokens in", "cached", "tokens out", "money", right=("calls", "tokens in", "tokens out")
    )
    for name, used in (*sorted(found.steps.items()), *sorted(found.days.items())[-SHOWN:], ("all", found.whole)):
        counts = (used.calls, used.sent, used.cached, used.said)
        table.add_row(name, *map(str, counts), _micros(used.micros))
    out.print(table)
    out.print(f"a turn: {_micros(round(found.whole.micros / found.turns))}")
    if found.failures:
        out.print(f"failures: {_counts(found.failures)}")


def _models(found: Spending) -> str:
    if not found.automation_micros:
        return "nothing: no language model was paid for"
    return f"{_micros(found.automation_micros)}, {_micros(found.per(found.inbound))} a conversation"


def _calibration(out: Console, errors: Sequence[Compared]) -> None:
    if not errors:
        return
    _head(out, "Predicted by the simulation, and what came (verified of inbound)")
    table = _table("intent", "predicted", "came", "error", "")
    for one in errors:
        error = "·" if one.error is None else f"{one.error:+.0%}"
        table.add_row(one.intent, brief(one.predicted), brief(one.realised), error, "" if one.agrees else "apart")
    out.print(table)


def _gaps(out: Console, gaps: Sequence[Gap], cost: CostTable) -> None:
    if not gaps:
        return
    _head(out, "Gaps (wismo gaps groups them by meaning)")
    table = _table("count", "kind", "intent", "rule", "people", "asked, for example", right=("count", "people"))
    for gap in gaps[:SHOWN]:
        spent = f"{gap.handoffs * cost.handoff_minutes} min" if gap.handoffs else "·"
        table.add_row(str(gap.count), gap.type, gap.intent, gap.rule, spent, " / ".join(gap.examples))
    out.print(table)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _cents(amount: int) -> str:
    return f"{amount / 100:.2f}"


def _micros(amount: int | None) -> str:
    return "–" if amount is None else f"{amount / 1_000_000:.4f}"
