"""The report as one HTML file: no script, nothing loaded from elsewhere, its one style sheet named by its hash."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.report import layout
from eval.report.contents import Report
from eval.report.wording import clean, count, interval, of_figure

HERE = Path(__file__).parent


def rendered(report: Report) -> str:
    """The same report gives the same bytes."""
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    pages.filters.update(clean=clean, figure=of_figure, count=count)
    shown = layout.trimmed(report)
    style = (HERE / "report.css").read_text(encoding="utf-8")
    values: dict[str, Any] = {
        "title": shown.title,
        "about": layout.about(shown),
        "sections": layout.sections(shown),
        "style": Markup(style),  # noqa: S704 - our own file
        "policy": policy(style),
        "interval": interval,
        "safe_svg": Markup,
        "kind": lambda part: type(part).__name__,
    }
    return pages.get_template("report.html").render(values)


def policy(style: str) -> str:
    """Nothing may load and nothing may run; the one style sheet by its hash, the empty icon as data."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
