"""docs/licences.md: every distribution that is needed, its pinned version, its licence and what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.upkeep import supply

PAGE = Path("docs/licences.md")
HEAD = """# Licences

Wismo is licensed under Apache-2.0. This is everything that an installation brings in, by the metadata of the packages,
with the versions of `constraints.txt`. `python -m api.upkeep.supply` (in `make check`) refuses a licence that is not
accepted; which are, and why, is below. Made by `python -m api.upkeep.supply --write`; a test fails when it drifts. What
only another platform installs is left as it was found there. PyTorch's CUDA build (not the CPU one) brings NVIDIA's own
libraries under NVIDIA's terms; Wismo neither ships nor needs them.

"""
ROW = re.compile(r"(?m)^\| ([a-z0-9._-]+) \| (.+) \| (.+) \| (running|development) \|$")
Row = tuple[str, str, str]


def page(written: str) -> str:
    """As installed here; `written` is asked for what is not."""
    here, pinned = dict(installed()), _pinned()
    elsewhere = {name: (version, *rest) for name, version, *rest in ROW.findall(written) if name in pinned}
    listed = [f"| {name} | {' | '.join(row)} |" for name, row in sorted({**elsewhere, **here}.items())]
    accepted = [f"| {name} | {why} |" for name, why in supply.LICENCES.items()]
    packages = ["## Packages", "", "| package | version | licence | for |", "|---|---|---|---|", *listed]
    return HEAD + "\n".join([*packages, "", "## Accepted", "", "| licence | why |", "|---|---|", *accepted, ""])


def write(root: Path) -> None:
    file = root / PAGE
    file.write_text(page(file.read_text(encoding="utf-8") if file.exists() else ""), encoding="utf-8")


def installed() -> Iterator[tuple[str, Row]]:
    pinned, serving = _pinned(), _needed(dev=False)
    for name in sorted(_needed(dev=True)):
        found = supply.found(name)
        if found and name not in {"wismo", "pip"} and not supply.TORCH_BRINGS.fullmatch(name):
            purpose = "running" if name in serving else "development"
            yield name, (pinned.get(name) or _torch(name), licence_of(name, found), purpose)


def _pinned() -> Mapping[str, str]:
    return supply.pins(supply.ROOT / "constraints.txt")


def licence_of(name: str, found: Distribution) -> str:
    """In SPDX's words where they are known."""
    told = [_spdx(one) for one in supply.licences(found)]
    return " or ".join(dict.fromkeys(told)).replace("|", "/") or supply.LOOKED_AT[name]


def _spdx(text: str) -> str:
    plain = text.strip().casefold()
    return next((name for said, name in supply.SAID_OTHERWISE.items() if re.fullmatch(said, plain)), text.strip()[:120])


def _needed(*, dev: bool) -> set[str]:
    return supply.needed_of(*supply.roots(supply.ROOT / "pyproject.toml", dev=dev))


def _torch(name: str) -> str:
    """Pinned in pyproject.toml, or with Python."""
    exact = [one for one in supply.roots(supply.ROOT / "pyproject.toml") if canonicalize_name(one.name) == name]
    return _exactly(exact[0]) if exact else "with Python"


def _exactly(wanted: Requirement) -> str:
    return str(wanted.specifier).removeprefix("==")
