"""The shop's other systems of one house: what shop.toml declares, with the credentials that the environment holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from agent.systems import System, feeds_of
from api.operating.checks import Check
from api.settings import CONNECTED
from connectors.delivery import Carrier
from connectors.errors import ConnectorError
from connectors.systems.sending import Feeding, Line
from connectors.systems.taking import Taking
from connectors.worker import Handler
from tools.orders import fed

if TYPE_CHECKING:
    from api.wiring import House


FOLDER = "systems"
"""Where files for other systems lie, in the home."""


def credential(home: Path, name: str) -> str:
    """From the environment, and below it from what `wismo connect` kept in the home; empty where it is not set."""
    kept = home / CONNECTED
    there = os.environ.get(name) or (dotenv_values(kept, interpolate=False).get(name) if kept.exists() else "")
    return there or ""


def secrets_of(home: Path, system: System) -> tuple[str, ...]:
    """Several, separated by commas, while they rotate."""
    given = credential(home, system.secret) if system.secret else ""
    return tuple(one.strip() for one in given.split(",") if one.strip())


def missing(home: Path, system: System) -> list[str]:
    """Variables that shop.toml names and nobody set."""
    return [name for name in (system.token, system.secret) if name and not credential(home, name)]


class Systems:
    """Lines are built when they are first asked for. A changed [connectors] holds when the process begins anew."""

    def __init__(self, house: House) -> None:
        self._house = house

    @cached_property
    def lines(self) -> Mapping[str, Line]:
        return {name: self.line(name, system) for name, system in self._house.policy.connectors.items()}

    def line(self, name: str, system: System) -> Line:
        house = self._house
        home, hosts = house.settings.home, house.settings.outbound_hosts
        return Line(name, system, lambda variable: credential(home, variable), house.now, hosts)

    @cached_property
    def taking(self) -> Sequence[Taking]:
        house = self._house
        root, now = house.settings.home / FOLDER, house.now
        return [Taking(house.orders, house.database, one, root, now) for one in self.lines.values() if one.system.take]

    def feeds(self) -> tuple[fed.Feed, ...]:
        return feeds_of(self._house.policy.connectors)

    def carriers(self) -> dict[str, Carrier]:
        house = self._house
        feeding = Feeding(house.orders, self.lines, house.settings.home / FOLDER)
        return {fed.KIND: feeding.carry} if self.lines else {}

    def handlers(self) -> dict[str, Handler]:
        return {one.source: one.read for one in self.taking}

    def minutely(self) -> None:
        every = timedelta(seconds=self._house.settings.poll_seconds)
        for one in self.taking:
            one.run_once(every)

    def checks(self) -> Iterator[Check]:
        """Each asked live."""
        for name, line in self.lines.items():
            yield check(self._house, name, line)

    def close(self) -> None:
        for line in self.__dict__.get("lines", {}).values():
            line.close()


def check(house: House, name: str, line: Line) -> Check:
    """Whether its variables are set and its address answers to them."""
    system = line.system
    unset = missing(house.settings.home, system)
    if unset:
        return Check(name, False, f"set {', '.join(unset)}; or: wismo connect {name}", needed=False)
    if system.kind == "csv":
        folder = house.settings.home / FOLDER / system.folder
        return Check(name, True, f"files in {folder}", needed=False)
    if not system.url:
        return Check(name, True, "only listens: nothing is asked of it", needed=False)
    try:
        status = line.reach()
    except ConnectorError as error:
        return Check(name, False, f"{type(error).__name__}: {error}", needed=False)
    return Check(name, True, f"{system.url} answers ({status})", needed=False)
