"""An order placed here and by django-oscar, which a user could install instead: interleaved, ten and ten."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from eval.bench import Figure, median, timed
from eval.bench.core import core_of, place, seeded
from eval.bench.peers import django_oscar

AT_ONCE = 10


class NoPeer(Exception):
    """That Python has no django-oscar, or it does not begin; the message says how to make one that has."""


class Oscar:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._asked, self._told = process.stdin, process.stdout
        if self._told.readline().strip() != "ready":
            raise NoPeer(
                "django-oscar does not begin there; python3 -m venv peer && peer/bin/pip install django-oscar "
                "sorl-thumbnail, then --peer peer/bin/python"
            )

    def placed(self, orders: int) -> list[float]:
        """Milliseconds of each."""
        print(orders, file=self._asked, flush=True)
        return [seconds * 1000 for seconds in json.loads(self._told.readline())]


@contextmanager
def oscar(python: Path, folder: Path) -> Iterator[Oscar]:
    """Raises `NoPeer`."""
    folder.mkdir()
    command = [str(python), django_oscar.__file__, str(folder)]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
    except OSError as error:
        raise NoPeer(f"{python} can not be begun: {error.strerror}") from error
    with process:
        try:
            yield Oscar(process)
        finally:
            process.kill()


def figures(folder: Path, python: Path, rounds: int) -> list[Figure]:
    """Ours first, with the peer where others have their floor. Raises `NoPeer`."""
    database = seeded(folder / "beside-oscar.db")
    core, numbers = core_of(database), count()
    ours: list[float] = []
    theirs: list[float] = []
    try:
        with oscar(python, folder / "oscar") as peer:
            for _ in range(rounds // AT_ONCE):
                ours += [timed(lambda: place(core, next(numbers))) for _ in range(AT_ONCE)]
                theirs += peer.placed(AT_ONCE)
    finally:
        database.close()
    name = "place an order beside django-oscar (in place of a floor)"
    return [Figure(name, median(ours), "ms", median(theirs))]
