"""`wismo bench NAME`: the project's own benchmarks, each beside its floor in the same run."""

from __future__ import annotations

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.costs import Costs
from agent.desk import Desk
from api import demo
from api.cli import lines
from api.cli.show import bar, console
from api.connected import thinking
from api.settings import Settings
from api.trials import benched_ingest
from api.wiring import House
from eval.bench import Figure
from eval.bench.process import cold_ask, serving_memory
from tools.orders.model import CustomerId

if TYPE_CHECKING:
    from agent.brains import Brain
    from agent.brains.model.asking import Chat

app = typer.Typer(help="Benchmarks: product and floor, interleaved in one run.", no_args_is_help=True)


@app.callback()
def family() -> None:
    """Keeps the names of benchmarks as sub-commands."""


@app.command()
def ticket(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=5, help="Tickets of each kind.")] = 60,
) -> None:
    """A message through the whole embedded path, warm; `wismo ask` from a cold start; memory of `wismo serve`.

    Brings its own demo shop in a temporary home. Example: `wismo bench ticket --json`
    """
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        home = Path(folder)
        house = House(Settings.apart(home))
        try:
            figures = _ticket(house, home, rounds)
        finally:
            house.close()
        figures += [cold_ask(home), serving_memory(home)]
    _print("ticket", figures, as_json)


@app.command()
def orders(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=50, help="Orders of each kind.")] = 400,
    full: Annotated[bool, typer.Option("--full", help="The issue's sizes: an import of 100,000 orders.")] = False,
    peer: Annotated[Path | None, typer.Option(help="A Python with django-oscar: it places orders beside us.")] = None,
) -> None:
    """Placing orders on SQLite and PostgreSQL beside raw drivers, the refund quote, the import, routing, capture.

    Examples: `wismo bench orders --json` · `wismo bench orders --peer peer/bin/python`
    """
    from eval.bench import beside_oscar, commerce
    from eval.bench import orders as bench
    from eval.postgres import NoPostgres

    not_run = []
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        lines.say("placing orders on SQLite")
        figures = bench.orders(Path(folder), rounds)
        if peer:
            lines.say("placing orders beside django-oscar")
            try:
                figures += beside_oscar.figures(Path(folder), peer, rounds)
            except beside_oscar.NoPeer as missing:
                not_run.append({"name": "place an order beside django-oscar", "remedy": str(missing)})
        lines.say("placing orders on PostgreSQL")
        try:
            figures += bench.on_postgres(Path(folder), rounds // 4)
        except NoPostgres as missing:
            not_run.append({"name": "place, PostgreSQL, 8 clients", "remedy": str(missing)})
        lines.say("importing")
        figures += bench.importing(Path(folder), 100_000 if full else 5_000)
        lines.say("routing, capturing")
        figures += commerce.figures(Path(folder), rounds, full=full)
    _print("orders", figures, as_json, not_run)


@app.command()
def triage(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=5, help="Messages of each kind.")] = 100,
) -> None:
    """Reading a message, warm and on one thread, beside one embedding of it. Example: `wismo bench triage --json`"""
    from eval.bench.triage import bench

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        house = House(Settings.apart(Path(folder)))
        try:
            figures = bench(house.desk, house.embedder, rounds)
        finally:
            house.close()
    _print("triage", figures, as_json)


@app.command()
def search(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=20, help="Searches.")] = 200,
    full: Annotated[bool, typer.Option("--full", help="100,000 passages rather than 10,000.")] = False,
) -> None:
    """Searching a large help centre of generated passages, and the memory it takes.

    Example: `wismo bench search --full`
    """
    from eval.bench.search import bench

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        figures = bench(Path(folder), 100_000 if full else 10_000, rounds, lines.say)
    _print("search", figures, as_json)


@app.command()
def web(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    streams: Annotated[int, typer.Option(min=1, max=1_500, help="Open event streams.")] = 500,
    rounds: Annotated[int, typer.Option(min=5, help="Messages of each kind.")] = 40,
) -> None:
    """The chat widget against `wismo serve`: from a click on Send to the reply shown, open streams, the page's load.

    Example: `wismo bench web --json`
    """
    from eval.bench import web as bench

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        home = Path(folder)
        house = House(Settings.apart(home))
        try:
            demo.seed(house, 7, lines.say)
        finally:
            house.close()
        figures, not_run = bench.bench(home, streams, rounds, lines.say)
    _print("web", figures, as_json, not_run)


@app.command("eval")
def evaluation(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    tickets: Annotated[int, typer.Option(min=20, help="Past tickets.")] = 300,
    full: Annotated[bool, typer.Option("--full", help="10,000 past tickets.")] = False,
) -> None:
    """Past tickets simulated by `wismo simulate`, killed half way with kill -9 and taken up again.

    Example: `wismo bench eval --full`
    """
    from eval.bench.past import bench, turn_alone
    from eval.world.past_tickets import of_the_shop

    count = 10_000 if full else tickets
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        home = Path(folder)
        house = House(Settings.apart(home))
        try:
            demo.seed(house, 7, lines.say)
            order = house.orders.newest(1)[0]
            customer = house.orders.customer(order.customer_id)
            assert customer
            floor = turn_alone(house.desk, customer.email, order.number)
            export = of_the_shop(house.database, house.orders, home / "past.jsonl", count, 7, house.now())
        finally:
            house.close()
        figures = bench(home, export, count, os.cpu_count() or 1, floor, lines.say)
    _print("eval", figures, as_json)


@app.command()
def ingest(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    full: Annotated[bool, typer.Option("--full", help="100,000 stored conversations rather than 10,000.")] = False,
) -> None:
    """Webhooks to their 2xx beside a bare route; webhooks to the sent reply, by CPU; a ticket in a full house.

    Example: `wismo bench ingest --full`
    """
    from eval.postgres import NoPostgres

    not_run = []
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        figures = benched_ingest.on_sqlite(Path(folder), lines.say)
        try:
            figures += benched_ingest.on_postgres(Path(folder), lines.say)
        except NoPostgres as missing:
            not_run.append({"name": "webhooks and workers on PostgreSQL", "remedy": str(missing)})
        figures += benched_ingest.full_house(Path(folder), 100_000 if full else 10_000, lines.say)
    _print("ingest", figures, as_json, not_run)


@app.command()
def forecast(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    items: Annotated[int, typer.Option(min=8, help="Items of the catalogue.")] = 400,
    full: Annotated[bool, typer.Option("--full", help="10,000 items.")] = False,
) -> None:
    """Two years of weeks of a made-up catalogue forecast on two processes, beside seasonal naive by numpy.

    Example: `wismo bench forecast --full`
    """
    from eval.bench.forecast import bench

    with bar("forecast") as progress:
        figures = bench(10_000 if full else items, progress)
    _print("forecast", figures, as_json)


@app.command()
def model(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=10, help="Tickets.")] = 100,
    at_once: Annotated[int, typer.Option(min=2, max=128, help="Tickets at the same moment.")] = 50,
) -> None:
    """What Wismo adds to a language model's own time, and many tickets at once; the server answers after a fixed time.

    Example: `wismo bench model --json`
    """
    from eval.bench.model import bench

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        house = House(Settings.apart(Path(folder)))
        try:
            customer, order = _demo_customer(house, Path(folder))
            figures = bench(partial(_thinks, house), partial(_sits, house), customer, order, rounds, at_once, slow=2.0)
        finally:
            house.close()
    _print("model", figures, as_json)


@app.command()
def watch(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    full: Annotated[bool, typer.Option("--full", help="200,000 open orders rather than 20,000.")] = False,
) -> None:
    """The first look at very many open orders on SQLite and PostgreSQL, its memory, and looks after few changed.

    Example: `wismo bench watch --full`
    """
    from eval.bench import watch as bench
    from eval.postgres import NoPostgres

    not_run, count = [], 200_000 if full else 20_000
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        figures = bench.on_sqlite(Path(folder), count, lines.say)
        try:
            figures += bench.on_postgres(Path(folder), count, lines.say)
        except NoPostgres as missing:
            not_run.append({"name": "the watch on PostgreSQL", "remedy": str(missing)})
    _print("watch", figures, as_json, not_run)


def _thinks(house: House, chat: Chat) -> Brain:
    table = house.policy.model.model_copy(update={"name": "fixed"})
    policy = house.policy.model_copy(update={"model": table})
    return thinking.brain(chat, policy, house.tools, house.embedded, Costs(house.database, lambda: policy, house.now))


def _sits(house: House, brain: Brain) -> Desk:
    return Desk(house.database, house.orders, house.tools, brain, house.policy, house.now, house.identity)


def _demo_customer(house: House, home: Path) -> tuple[str, str]:
    """A proven address of the demo shop, and one of its orders."""
    demo.seed(house, 7, lines.say)
    written = json.loads((home / "demo-tickets.json").read_text(encoding="utf-8"))
    line = next(one for one in written if one["name"] == "cancel: asked")
    order = house.orders.orders_of(_customer(house, line["from"]["email"]))[0].number
    house.warm()
    return line["from"]["email"], order


def _ticket(house: House, home: Path, rounds: int) -> list[Figure]:
    from eval.bench.ticket import bench

    customer, order = _demo_customer(house, home)
    return bench(house.desk, house.embedder, house.index, home, customer, order, rounds)


def _customer(house: House, email: str) -> CustomerId:
    customer = house.orders.customer_by_email(email)
    assert customer
    return customer.id


def _print(name: str, figures: list[Figure], as_json: bool, not_run: list[dict[str, str]] | None = None) -> None:
    missing = not_run or []
    if as_json:
        return lines.put({"bench": name, "figures": [figure.as_json() for figure in figures], "not_run": missing})
    for one in missing:
        lines.say(f"NOT RUN: {one['name']}; {one['remedy']}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("figure", "value", "unit", "floor", "ratio"):
        table.add_column(column, justify="left" if column in {"figure", "unit"} else "right")
    for figure in figures:
        shown = figure.as_json()
        table.add_row(
            shown["name"],
            f"{shown['value']:g}",
            shown["unit"],
            f"{shown.get('floor', '')}",
            f"{shown.get('ratio', '')}",
        )
    console().print(table)
    return None
