"""`python -m api.supply [check|audit]`: what we install is pinned, licensed as we accept, and not known to be broken.

check    every installed distribution that Wismo needs stands in constraints.txt, with a licence of LICENCES
audit    pip-audit over constraints.txt; NOT RUN where the advisory database cannot be reached
Exit codes: 0 good (or not run), 1 something to mend.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent

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
    "HPND": "permissive",
    "Unlicense": "public domain",
    "CC0-1.0": "public domain",
    "Zlib": "permissive",
    "BSL-1.0": "permissive (Boost)",
    "MPL-2.0": "copyleft of single files, which we do not change",
    "LGPL-2.1": "linked, not changed, and replaceable: Python imports it",
    "LGPL-3.0": "linked, not changed, and replaceable: Python imports it",
    "GPL-2.0-with-exception": "build tools whose output is free of it",
}
SAID_OTHERWISE = {  # how classifiers and free texts name them
    r"mit( license| licence)?": "MIT",
    r"(the )?mit license \(mit\)|expat license": "MIT",
    r"apache(-| )?2(\.0)?|apache (software )?licen[cs]e,?( version)? ?(2(\.0)?)?( licen[cs]e)?": "Apache-2.0",
    r"apache software license( 2\.0)?|asl 2": "Apache-2.0",
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
    "uuid-utils": "BSD-3-Clause",
}
TORCH_BRINGS = re.compile(r"nvidia-.*|cuda-.*|triton")
"""NVIDIA's libraries come, exactly pinned, with torch's CUDA build only; we neither ship nor need them."""
PINNED_ELSEWHERE = {"torch": "in pyproject.toml, for it is installed from its own index", "wismo": "ourselves"}


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    says: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.says}; {self.remedy}"


def main(words: list[str]) -> int:
    if words not in ([], ["check"], ["audit"]):
        return _say(f"error: {' '.join(words)}: say check or audit", 2)
    return audit(ROOT / "constraints.txt") if words == ["audit"] else _check()


def _check() -> int:
    needed = sorted(needed_of(*roots(ROOT / "pyproject.toml")))
    problems = [*problems_of(needed, pins(ROOT / "constraints.txt"))]
    for one in problems:
        _say(f"error: {one}")
    return _say(f"supply: {len(needed)} distributions looked at, {len(problems)} to mend", 1 if problems else 0)


def problems_of(needed: list[str], pinned: Mapping[str, str]) -> Iterator[Problem]:
    """Distributions that are not installed here (another platform's) are left out."""
    for name in needed:
        found = _installed(name)
        if found is None or name in PINNED_ELSEWHERE or TORCH_BRINGS.fullmatch(name):
            continue
        yield from _pin(name, found, pinned)
        yield from _licence(name, found)


def _pin(name: str, found: Distribution, pinned: Mapping[str, str]) -> Iterator[Problem]:
    version = _version(found)
    if name not in pinned:
        yield Problem(name, f"{version} is installed but not pinned", f"add {name}=={version} to constraints.txt")
    elif not _same(pinned[name], version):
        remedy = "install what is pinned: pip install -c constraints.txt -e '.[dev]', or pin what was tested"
        yield Problem(name, f"{version} is installed, {pinned[name]} is pinned", remedy)


def _licence(name: str, found: Distribution) -> Iterator[Problem]:
    told = licences(found)
    if not told and name not in LOOKED_AT:
        remedy = "read its files and add it to LOOKED_AT in api/supply.py"
        yield Problem(name, "its metadata names no licence", remedy)
    elif told and not any(accepted(one) for one in told):
        remedy = "do without it, or add the licence with the reason to LICENCES in api/supply.py"
        yield Problem(name, f"its licence is {' or '.join(told)}"[:200], remedy)


def licences(found: Distribution) -> list[str]:
    """The expression if there is one, else the classifiers, else the free text, if it is short."""
    said = found.metadata
    if said is None:
        return []
    classified = [
        one.rpartition("::")[2].strip() for one in said.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    text = str(said.get("License") or "").strip()
    free = [text.splitlines()[0]] if text else []
    expression = said.get("License-Expression")
    return [str(expression)] if expression else [one for one in classified if one != "OSI Approved"] or free


def accepted(expression: str) -> bool:
    """An expression of SPDX, or what people write instead. OR: one is enough; AND and commas: all of them."""
    text = expression.strip()
    if _one_accepted(text):
        return True
    text = text.strip("()")
    for word, enough in ((r"\s+OR\s+", any), (r"\s+AND\s+|\s*[,&;]\s*", all)):
        parts = re.split(word, text, flags=re.IGNORECASE)
        if len(parts) > 1:
            return enough(accepted(one) for one in parts)
    return _one_accepted(text)


def _one_accepted(text: str) -> bool:
    plain = re.sub(r"-only$|-or-later$", "", re.split(r"\s+WITH\s+", text)[0].strip("() "))
    return plain in LICENCES or any(re.fullmatch(said, plain.casefold()) for said in SAID_OTHERWISE)


def roots(pyproject: Path) -> list[Requirement]:
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    return [*map(Requirement, (*project["dependencies"], *project["optional-dependencies"]["dev"]))]


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
    installed = _installed(name)
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


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except (PackageNotFoundError, ValueError):
        return None


def _version(found: Distribution) -> str:
    """Metadata may be missing: a broken installation has none."""
    said = found.metadata
    return str(said.get("Version") or "unknown") if said is not None else "unknown"


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other.partition("+")[0])
    except InvalidVersion:
        return one == other


# -- audit ---------------------------------------------------------------------------------------------------


def audit(constraints: Path, command: tuple[str, ...] = (sys.executable, "-m", "pip_audit")) -> int:
    """0 nothing known, or NOT RUN; 1 a known vulnerability, or a failure that is no outage."""
    options = ("--requirement", str(constraints), "--no-deps", "--disable-pip", "--format", "json", "--timeout", "15")
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            (*command, *options, "--progress-spinner", "off"), capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _not_run(f"pip-audit did not run: {type(error).__name__}")
    found = _findings(done.stdout)
    if found is None:
        return _not_run(_last_line(done.stderr)) if OUTAGE.search(done.stderr) else _say(f"error: {done.stderr}", 1)
    for one in found:
        _say(f"error: {one}")
    return _say(f"audit: {len(found)} known vulnerabilities", 1 if found else 0)


OUTAGE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|MaxRetry|NameResolution|ProxyError|SSLError|Temporary failure"
    r"|Connection (refused|reset)|timed out|ServiceError|HTTPError|No module named pip_audit",
    re.IGNORECASE,
)


def _findings(report: str) -> list[str] | None:
    """None when it is no report."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return [
        f"{one['name']} {one.get('version', '')}: {known['id']}; mended in {', '.join(known['fix_versions']) or 'none yet'}"
        for one in packages
        for known in one.get("vulns", [])
    ]


def _not_run(why: str) -> int:
    remedy = "run it where https://pypi.org can be reached: make audit"
    return _say(f"NOT RUN: the advisory database cannot be reached ({why}); {remedy}", 0)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1][:200]


def _say(text: str, code: int = 0) -> int:
    sys.stderr.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
