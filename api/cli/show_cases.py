"""How a played suite looks on a terminal: what failed, with its conversation; groups, graders, chances over trials."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from api.cli import show
from eval.suite.results import GRADERS, Run, Standing, rate


def print_run(played: Run) -> None:
    out = show.console()
    table = table_of("group", "cases", "pass", "fail", "known", "rate")
    for group in (*played.groups, None):
        counts = played.counts(group)
        good = counts["passed"] + counts["fixed"]
        row = (good, counts["failed"], counts["known"])
        table.add_row(group or "all", str(sum(counts.values())), *map(str, row), f"{rate(counts):.1%}")
    for one in played.standings:
        if one.status == "failed":
            print_case(one)
        elif one.status == "fixed":
            out.print(f"[green]fixed[/] {one.case.id}: remove its known_issue")
    out.print(table)
    out.print(_graders(played))
    if played.trials > 1:
        chances = ", ".join(f"pass^{k} {played.pass_all(k):.1%}" for k in range(1, played.trials + 1))
        out.print(f"{played.trials} trials each: {chances}")


def _graders(played: Run) -> Table:
    table = table_of("grader", "approves", "objects", "open", "rate")
    for name in GRADERS:
        told = played.graded(name)
        table.add_row(name, str(told.holds), str(told.objects), str(told.open), f"{told.rate:.1%}")
    return table


def print_case(one: Standing) -> None:
    out, shown = show.console(), one.shown
    out.rule(f"[bold]{one.case.id}[/] {one.case.group} · {one.status}", align="left")
    out.print(f"[dim]{escape(one.case.says)}[/]")
    for line in shown.transcript:
        out.print(
            f"[bold]{line.who}[/]: {escape(line.text)}" + (f"\n  [dim]{escape(line.note)}[/]" if line.note else "")
        )
    for each in shown.differences:
        out.print(
            f"[red]{each.where}: {each.what}[/]\n  expected {escape(each.expected)}\n  got      {escape(each.got)}"
        )
    for grader, why in one.objections.items():
        out.print(f"[yellow]{grader} objects[/]: {escape(why)}")
    if one.case.known_issue:
        out.print(f"[yellow]known issue[/]: {escape(one.case.known_issue)}")


def table_of(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table
