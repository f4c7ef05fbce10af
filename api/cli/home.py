"""`wismo setup`, `doctor`, `serve`, `worker`, `demo`: the house itself."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.exc import OperationalError

from api import demo as demo_shop
from api.backups import presence
from api.cli import lines, show
from api.operating import logs
from api.operating.doctor import connections, examine
from api.settings import Settings
from api.wiring import House, open_house
from tools.orders import watch

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

WAITS = 60
"""Seconds that a process waits for its database when it begins."""
MARK = {True: "[green]ok[/green]", False: "[red]no[/red]"}


def register(app: typer.Typer) -> None:
    for command in (setup, doctor, serve, worker, demo):
        app.command()(command)


def setup() -> None:
    """Prepare the installation: export the embedding weights, train the classifier, write shop.toml and the API token.

    Run by `make setup`; safe to run again: what is up to date is left alone.
    """
    from agent.brains.language import unpack
    from agent.brains.train import train
    from knowledge.weights import export

    started = time.monotonic()

    def progress(step: str) -> None:
        lines.say(f"[{time.monotonic() - started:5.1f} s] {step}")

    settings = Settings()
    export(settings.assets, progress)
    unpack(settings.languages)
    progress("language model unpacked")
    with open_house() as house:
        train(settings.intents, house.embedder, progress)
        progress(f"{house.shop_file} holds the shop's rules")
        settings.api_token()
        progress(f"{settings.home / 'api_token'} holds the token of the API")
    progress("ready; next: wismo demo, or wismo doctor")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Check the whole configuration; each line that says no says what to do. Exit 1 while something is missing."""
    with open_house() as house:
        checks = [*examine(house), *connections(house)]
    if as_json:
        for check in checks:
            lines.put({"name": check.name, "ok": check.ok, "needed": check.needed, "says": check.says})
    else:
        for check in checks:
            show.console().print(f"{MARK[check.ok]}  {check.name}: {check.says}")
    if any(check.needed and not check.ok for check in checks):
        raise typer.Exit(1)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="The API alone; `wismo worker` does the rest.")
    ] = False,
) -> None:
    """The site and the API, with a worker beside them in the same process. Stop with Ctrl-C."""
    with open_house() as house, presence.serving(house.settings.home):
        house.settings = house.settings.model_copy(
            update={name: value for name, value in (("host", host), ("port", port)) if value is not None}
        )
        _serve(house, with_worker=not no_worker)


def worker(
    concurrency: Annotated[int | None, typer.Option(min=1, max=64, help="Turns at once; WISMO_CONCURRENCY.")] = None,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="For Prometheus, on this machine only; 0: none.")
    ] = 0,
) -> None:
    """A worker alone: answers what the inbox holds, delivers what the outbox holds. Stop with Ctrl-C.

    On PostgreSQL as many as you like, on as many hosts: `wismo worker --concurrency 8`.
    """
    logs.configure()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with open_house() as house, presence.serving(house.settings.home), observed(metrics_port):
        _until_the_database_answers(house, stop)
        house.warm()
        lines.say("worker runs")
        house.work(stop, concurrency)


@contextmanager
def observed(port: int) -> Iterator[None]:
    """Metrics and traces of a process without a site."""
    from api.operating.metrics import Meters
    from api.operating.tracing import tracing

    meters = Meters()
    with watch.watched_by(meters.watch), tracing(), meters.served(port):
        yield


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the tickets.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same shop.")] = 7,
) -> None:
    """Seed the demo shop, answer its tickets with the path of each shown, then serve the site."""
    with open_house() as house:
        try:
            demo_shop.seed(house, seed, lines.say)
        except demo_shop.NotADemoHome as error:
            lines.unusable(str(error))
        demo_shop.answer_tickets(house)
        if not no_serve:
            with presence.serving(house.settings.home):
                _serve(house)


def _until_the_database_answers(house: House, stop: threading.Event) -> None:
    """Processes of one shop begin in any order, after a power cut too. Raises OperationalError after a minute."""
    for _ in range(WAITS):
        try:
            _ = house.database
            return
        except OperationalError:
            lines.say("waiting for the database")
            stop.wait(1)
    _ = house.database


def _serve(house: House, *, with_worker: bool = True) -> None:
    import uvicorn

    from api.app import create

    logs.configure()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # uvicorn raises it again when it is done; we are not yet
    _until_the_database_answers(house, stop)
    work = house.work if with_worker else threading.Event.wait
    beside = threading.Thread(target=work, args=(stop,), name="worker")
    settings = house.settings
    listening = _listening(settings.host, settings.port)
    server = uvicorn.Server(server_config(create(house), settings))
    beside.start()
    lines.say(f"serving on http://{settings.host}:{listening.getsockname()[1]} (API: /docs); stop with Ctrl-C")
    try:
        with suppress(KeyboardInterrupt):
            server.run([listening])
    finally:
        stop.set()
        beside.join(timeout=30)


def _listening(host: str, port: int) -> socket.socket:
    """Ends the command with 2 where somebody else listens there, or the address is none of this machine."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        lines.unusable(f"cannot listen on {host}:{port}: {error.strerror}; choose another by --host and --port")
    return made


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """No access log, and the server's own lines go through our masks; X-Forwarded-… counts only from this machine."""
    import uvicorn

    return uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
