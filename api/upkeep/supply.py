"""`python -m api.upkeep.supply`: what we need is pinned in constraints.txt as installed, its licence accepted.

`--write` makes docs/licences.md. Exit codes: 0 so it is, 1 something to mend; each with its remedy.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[2]

LICENCES: Mapping[str, str] = {
    "MIT": "permissive",
    "MIT-0": "permissive",
    "MIT-CMU": "permissive",
    "BSD-2-Clause": "permissive",
    "BSD-3-Clause": "permissive",
    "BSD": "permissive; the older classifier does not say which of the BSD texts",
    "0BSD": "permissive",
    "Apache-2.0": "permissive, with a patent grant; our own",
    "ISC": "permissive",
    "PSF-2.0": "permissive; Python's own",
    "Python-2.0": "permissive; Python's own",
    "CNRI-Python": "permissive; an older one of Python",
    "HPND": "permissive",
    "Unlicense": "public domain",
    "CC0-1.0": "public domain",
    "Zlib": "permissive",
    "BSL-1.0": "permissive (Boost)",
    "MPL-2.0": "copyleft of single files, which we do not change",
    "LGPL-2.1": "linked, not changed, and replaceable: Python imports it",
    "LGPL-3.0": "linked, not changed, and replaceable: Python imports it",
}
SAID_OTHERWISE = {  # how classifiers and free texts name them
    r"mit( license| licence)?": "MIT",
    r"(the )?mit license \(mit\)|expat license": "MIT",
    r"apache(-| )?2(\.0)?|apache (software )?licen[cs]e,?( version)? ?(2(\.0)?)?( licen[cs]e)?": "Apache-2.0",
    r"apache software license( 2\.0)?|apache 2(\.0)? license": "Apache-2.0",
    r"bsd( license| licence)?": "BSD",
    r"(3-clause bsd|bsd[- ]3([- ]clause)?|new bsd|modified bsd)( license)?": "BSD-3-Clause",
    r"(2-clause bsd|bsd[- ]2([- ]clause)?|simplified bsd)( license)?": "BSD-2-Clause",
    r"(isc|isc license)( \(iscl\))?": "ISC",
    r"mozilla public license 2\.0 \(mpl 2\.0\)|mpl[- ]?2(\.0)?": "MPL-2.0",
    r"python software foundation license|psf(l|-2\.0)?": "PSF-2.0",
    r"the unlicense \(unlicense\)": "Unlicense",
    r"gnu lesser general public license v3( or later)? \(lgplv3\+?\)|lgpl(v?-?3).*|gnu lgpl( 3)?": "LGPL-3.0",
    r"gnu library or lesser general public license \(lgpl\)|lgpl(-2.*)?(?! ?v?-?3).*": "LGPL-2.1",
}
LOOKED_AT = {  # whose metadata does not say it; read in their files
    "axe-playwright-python": "MIT",
}
TORCH_BRINGS = re.compile(r"nvidia-.*|cuda-.*|triton")
"""NVIDIA's libraries come, exactly pinned, with torch's CUDA build only; we neither ship nor need them."""
PINNED_ELSEWHERE = {
    "torch": "in pyproject.toml, for it is installed from its own index",
    "pip": "comes with Python",
    "setuptools": "comes with Python, builds only",
    "wismo": "ourselves",
}


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    says: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.says}; {self.remedy}"


def main(arguments: Sequence[str] = ()) -> int:
    if "--write" in arguments:
        from api.upkeep import licences as licensed

        licensed.write(ROOT)
    needed = sorted(needed_of(*roots(ROOT / "pyproject.toml")))
    problems = [*problems_of(needed, pins(ROOT / "constraints.txt"))]
    for one in problems:
        say(f"error: {one}")
    return say(f"supply: {len(needed)} distributions looked at, {len(problems)} to mend", 1 if problems else 0)


def problems_of(needed: list[str], pinned: Mapping[str, str]) -> Iterator[Problem]:
    """Distributions that are not installed here (another platform's) are left out."""
    for name in needed:
        here = found(name)
        if here is None or name in PINNED_ELSEWHERE or TORCH_BRINGS.fullmatch(name):
            continue
        yield from _pin(name, here, pinned)
        yield from _licence(name, here)


def _pin(name: str, found: Distribution, pinned: Mapping[str, str]) -> Iterator[Problem]:
    version = "".join(_fields(found, "Version")) or "unknown"
    if name not in pinned:
        yield Problem(name, f"{version} is installed but not pinned", f"add {name}=={version} to constraints.txt")
    elif not _same(pinned[name], version):
        remedy = "install what is pinned: pip install -c constraints.txt -e '.[dev]', or pin what was tested"
        yield Problem(name, f"{version} is installed, {pinned[name]} is pinned", remedy)


def _licence(name: str, found: Distribution) -> Iterator[Problem]:
    told = licences(found)
    if not told and name not in LOOKED_AT:
        remedy = "read its files and add it to LOOKED_AT in api/upkeep/supply.py"
        yield Problem(name, "its metadata names no licence", remedy)
    elif told and not any(accepted(one) for one in told):
        remedy = "do without it, or add the licence with the reason to LICENCES in api/upkeep/supply.py"
        yield Problem(name, f"its licence is {' or '.join(told)}"[:200], remedy)


def licences(found: Distribution) -> list[str]:
    """The expression if there is one, else the classifiers, else the free text, if it is short."""
    classified = [one.rpartition("::")[2].strip() for one in _fields(found, "Classifier") if one.startswith("License ")]
    expression, text = _fields(found, "License-Expression"), "".join(_fields(found, "License")).strip()
    return expression or [one for one in classified if one != "OSI Approved"] or text.splitlines()[:1]


def _fields(found: Distribution, name: str) -> list[str]:
    """Metadata may be missing: a broken installation has none."""
    return list(map(str, found.metadata.get_all(name) or []))


def accepted(expression: str) -> bool:
    """An expression of SPDX, or what people write instead. OR: one is enough; AND and commas: all of them."""
    text = expression.strip()
    if _one_accepted(text):
        return True
    inner = re.search(r"\(([^()]*)\)", text)
    if inner:
        known = "MIT" if accepted(inner[1]) else "refused"
        return accepted(f"{text[: inner.start()]}{known}{text[inner.end() :]}")
    for word, enough in ((r"\s+OR\s+", any), (r"\s+AND\s+|\s*[,&;]\s*", all)):
        parts = re.split(word, text, flags=re.IGNORECASE)
        if len(parts) > 1:
            return enough(accepted(one) for one in parts)
    return False


def _one_accepted(text: str) -> bool:
    plain = re.sub(r"-only$|-or-later$", "", re.split(r"\s+WITH\s+", text)[0].strip())
    return plain in LICENCES or any(re.fullmatch(said, plain.casefold()) for said in SAID_OTHERWISE)


def roots(pyproject: Path, *, dev: bool = True) -> list[Requirement]:
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    more = project["optional-dependencies"]["dev"] if dev else ()
    return [*map(Requirement, (*project["dependencies"], *more))]


def needed_of(*wanted: Requirement) -> set[str]:
    """Everything that these bring in, here: by the metadata of what is installed."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    todo = [(one, extra) for one in wanted for extra in ("", *one.extras)]
    while todo:
        one, extra = todo.pop()
        name = canonicalize_name(one.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(name)
        todo += [(inner, more) for inner in _brings(name, extra) for more in ("", *inner.extras)]
    return found


def _brings(name: str, extra: str) -> Iterator[Requirement]:
    installed = found(name)
    for line in (installed.requires or []) if installed else []:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            yield wanted


def pins(constraints: Path) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines())
    split = (line.partition("==") for line in lines if "==" in line)
    return {canonicalize_name(name.strip()): version.partition(";")[0].strip() for name, _, version in split}


def found(name: str) -> Distribution | None:
    """None where it is not installed."""
    try:
        return distribution(name)
    except (PackageNotFoundError, ValueError):
        return None


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other.partition("+")[0])
    except InvalidVersion:
        return one == other


def say(text: str, code: int = 0) -> int:
    """On standard error; the exit code comes back."""
    sys.stderr.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
