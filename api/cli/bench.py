"""`wismo bench NAME`: the project's own benchmarks, each beside its floor in the same run."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api import demo
from api.cli import lines
from api.cli.show import bar
from api.cli.show_bench import print_figures
from api.trials import benched_house, benched_ingest
from eval.bench.process import cold_ask, serving_memory

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
        with benched_house.house_apart(home) as house:
            figures = benched_house.ticket(house, home, rounds, lines.say)
        figures += [cold_ask(home), serving_memory(home)]
    print_figures("ticket", figures, as_json)


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
    from eval.bench import beside_oscar, commerce, order_import
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
        figures += order_import.importing(Path(folder), 100_000 if full else 5_000)
        lines.say("routing, capturing")
        figures += commerce.figures(Path(folder), rounds, full=full)
    print_figures("orders", figures, as_json, not_run)


@app.command()
def triage(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option(min=5, help="Messages of each kind.")] = 100,
) -> None:
    """Reading a message, warm and on one thread, beside one embedding of it. Example: `wismo bench triage --json`"""
    from eval.bench.triage import bench

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder, benched_house.house_apart(Path(folder)) as house:
        figures = bench(house.desk, house.embedder, rounds)
    print_figures("triage", figures, as_json)


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
    print_figures("search", figures, as_json)


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
        with benched_house.house_apart(home) as house:
            demo.seed(house, 7, lines.say)
        figures, not_run = bench.bench(home, streams, rounds, lines.say)
    print_figures("web", figures, as_json, not_run)


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
        with benched_house.house_apart(home) as house:
            demo.seed(house, 7, lines.say)
            order = house.orders.newest(1)[0]
            customer = house.orders.customer(order.customer_id)
            assert customer
            floor = turn_alone(house.desk, customer.email, order.number)
            export = of_the_shop(house.database, house.orders, home / "past.jsonl", count, 7, house.now())
        figures = bench(home, export, count, os.cpu_count() or 1, floor, lines.say)
    print_figures("eval", figures, as_json)


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
    print_figures("ingest", figures, as_json, not_run)


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
    print_figures("forecast", figures, as_json)


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

    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder, benched_house.house_apart(Path(folder)) as house:
        customer, order = benched_house.demo_customer(house, Path(folder), lines.say)
        figures = bench(
            partial(benched_house.brain_of, house),
            partial(benched_house.desk_of, house),
            customer,
            order,
            rounds,
            at_once,
            slow=2.0,
        )
    print_figures("model", figures, as_json)


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
    print_figures("watch", figures, as_json, not_run)
