"""`python -m api.upkeep.audit`: is anything that we pin known to be vulnerable? Asks pip-audit, and it the internet.

Exit codes: 0 nothing known, or NOT RUN where the advisory database cannot be reached; 1 something known, or a failure.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.upkeep.supply import ROOT, roots, say

OUTAGE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|MaxRetry|NameResolution|ProxyError|SSLError|Temporary failure"
    r"|Connection (refused|reset)|timed out|ServiceError|HTTPError|No module named pip_audit",
    re.IGNORECASE,
)
COMMAND = (sys.executable, "-m", "pip_audit")
OPTIONS = ("--no-deps", "--disable-pip", "--format", "json", "--timeout", "15", "--progress-spinner", "off")


def main() -> int:
    """constraints.txt, and what pyproject.toml pins by itself."""
    pinned = [str(one) for one in roots(ROOT / "pyproject.toml") if str(one.specifier).startswith("==")]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        fresh = [one for one in pinned if one not in constraints]
        wanted.write_text(constraints + "\n" + "\n".join(fresh) + "\n", encoding="utf-8")
        return audit(wanted)


def audit(requirements: Path, command: Sequence[str] = COMMAND) -> int:
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            (*command, "--requirement", str(requirements), *OPTIONS),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _not_run(f"pip-audit did not run: {type(error).__name__}")
    packages = _report(done.stdout)
    if packages is None:
        outage = OUTAGE.search(done.stderr)
        return _not_run(f"pip-audit: {outage[0]}") if outage else say(f"error: pip-audit: {done.stderr[-500:]}", 1)
    return _told(packages)


def _told(packages: list[dict[str, Any]]) -> int:
    """A package that the database does not know at all was not looked at: where it is a mirror, that is every one."""
    unseen = [one["name"] for one in packages if "skip_reason" in one]
    if packages and len(unseen) == len(packages):
        return _not_run("it knows none of the packages")
    found = [(one, known) for one in packages for known in one.get("vulns", [])]
    for one, known in found:
        mended = ", ".join(known.get("fix_versions", [])) or "no version yet"
        say(f"error: {one['name']} {one.get('version', '')}: {known['id']}; mended in {mended}")
    if unseen:
        say(f"not looked at, for the database does not know them: {', '.join(unseen)}")
    return say(f"audit: {len(packages) - len(unseen)} packages, {len(found)} known vulnerabilities", 1 if found else 0)


def _report(text: str) -> list[dict[str, Any]] | None:
    """None when it is no report."""
    try:
        packages = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return packages if isinstance(packages, list) else None


def _not_run(why: str) -> int:
    return say(f"NOT RUN: the advisory database cannot be reached ({why}); run `make audit` with internet access", 0)


if __name__ == "__main__":
    sys.exit(main())
