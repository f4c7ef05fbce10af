"""Pins, licences and known vulnerabilities of what is installed."""

from __future__ import annotations

import json
import sys
from email.message import Message
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from api.upkeep import licences as licences_page
from api.upkeep.audit import audit
from api.upkeep.licences import PAGE, ROW, page
from api.upkeep.supply import LICENCES, ROOT, accepted, licences, needed_of, pins, problems_of, roots


def test_what_is_installed_here_is_pinned_and_licensed_as_we_accept() -> None:
    needed = sorted(needed_of(*roots(ROOT / "pyproject.toml")))
    assert {"fastapi", "starlette", "sqlalchemy", "torch", "numpy", "pytest"} <= set(needed)
    assert list(map(str, problems_of(needed, pins(ROOT / "constraints.txt")))) == []


def test_what_is_not_pinned_or_pinned_otherwise_is_named_with_the_remedy() -> None:
    (missing,) = problems_of(["httpx"], {})
    assert "is installed but not pinned; add httpx==" in str(missing)
    (other,) = problems_of(["httpx"], {"httpx": "0.0.1"})
    assert "0.0.1 is pinned" in str(other)
    assert list(problems_of(["not-installed-here", "torch"], {})) == []


@pytest.mark.parametrize(
    "good",
    ["MIT", "MIT License", "Apache-2.0 AND MIT", "(MIT OR GPL-3.0-only)", "Apache License, Version 2.0", "BSD 3-Clause",
     "Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0 AND (Apache-2.0 OR MIT)", "LGPL-3.0-only", "MIT, BSD-3-Clause",
     "Apache-2.0 WITH LLVM-exception", "ISC License (ISCL)", "GPL-2.0-only OR (MIT AND ISC)"],
)  # fmt: skip
def test_licences_that_we_accept_are_known_however_they_are_written(good: str) -> None:
    assert accepted(good)


@pytest.mark.parametrize(
    "bad",
    ["GPL-3.0", "AGPL-3.0-only", "GNU General Public License v3 (GPLv3)", "MIT AND GPL-3.0-only", "Proprietary", "", "()",
     "SSPL-1.0", "MIT AND (GPL-2.0-only OR AGPL-3.0-only)", "MITIGATED", "Commercial (MIT)", "MIT, GPL"],
)  # fmt: skip
def test_other_licences_are_refused(bad: str) -> None:
    assert not accepted(bad)


def test_every_accepted_licence_has_its_reason() -> None:
    assert all(reason for reason in LICENCES.values())


def said(**fields: str | list[str]) -> Distribution:
    message = Message()
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            message[name.replace("_", "-")] = one

    class Told(Distribution):
        metadata = message  # type: ignore[assignment]

        def read_text(self, filename: str) -> str | None:
            return None

        def locate_file(self, path: Any) -> Any:
            return path

    return Told()


def test_a_licence_is_read_from_the_expression_then_the_classifiers_then_the_text() -> None:
    classifiers = ["License :: OSI Approved", "License :: OSI Approved :: MIT License", "Topic :: X"]
    assert licences(said(License_Expression="ISC", Classifier=classifiers)) == ["ISC"]
    assert licences(said(Classifier=classifiers, License="GPL")) == ["MIT License"]
    assert licences(said(License="BSD\n\nRedistribution …")) == ["BSD"]
    assert licences(said()) == []


def test_a_distribution_without_metadata_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.0.dist-info"
    broken.mkdir()
    assert licences(PathDistribution(broken)) == []
    sys.path.insert(0, str(tmp_path))
    try:
        told = list(map(str, problems_of(["broken"], {"broken": "1.0"})))
        assert needed_of(Requirement("broken")) == {"broken"}
    finally:
        sys.path.remove(str(tmp_path))
    assert any("names no licence" in one for one in told)


def fake(folder: Path, out: object, err: str = "", code: int = 0) -> tuple[str, ...]:
    """A pip-audit that says this."""
    script = folder / "says.py"
    text = out if isinstance(out, str) else json.dumps(out)
    script.write_text(f"import sys; sys.stdout.write({text!r}); sys.stderr.write({err!r}); sys.exit({code})")
    return sys.executable, str(script)


KNOWN = {"id": "GHSA-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("out", "err", "code", "told"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, "", 0, "1 packages, 0 known"),
        ({"dependencies": [{"name": "a", "version": "1", "vulns": [KNOWN]}]}, "", 1, "a 1: GHSA-1; mended in 2.0"),
        ({"dependencies": [{"name": "a", "skip_reason": "not found"}]}, "", 0, "NOT RUN"),
        ({"dependencies": [{"name": "a", "skip_reason": "x"}, {"name": "b", "vulns": []}]}, "", 0, "not looked at"),
        ("", "requests.exceptions.ConnectionError: refused", 0, "NOT RUN"),
        ("", "No module named pip_audit", 0, "NOT RUN"),
        ("", "a defect", 1, "error: pip-audit: a defect"),
    ],
)
def test_an_audit_fails_for_what_is_known_and_says_not_run_when_nobody_can_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: Any, err: str, code: int, told: str
) -> None:
    assert audit(tmp_path / "r.txt", fake(tmp_path, out, err, 1)) == code
    assert told in capsys.readouterr().err


def test_an_audit_without_its_program_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(tmp_path / "r.txt", ("/nowhere/pip-audit",)) == 0
    assert "NOT RUN" in capsys.readouterr().err


def test_the_page_of_licences_lists_what_is_installed_here() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written == page(written), "run: python -m api.upkeep.supply --write"
    listed = {row[0] for row in ROW.findall(written)}
    assert {"fastapi", "torch", "chromadb", "pytest", "stripe"} <= listed


def test_what_another_platform_needs_stays_in_the_page_while_it_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences_page, "installed", lambda: iter(()))
    assert "another-platform" not in page("| of-another-platform | 1.0 | MIT | running |\n")
    assert "| httpx | 0.1 | MIT | running |" in page("| httpx | 0.1 | MIT | running |\n")
