"""The report holds every section, says honestly what it lacks, and nothing that a customer wrote can become part of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from api.cli import app
from eval.report import charts, html, layout, markdown
from eval.report.contents import (
    BadReport,
    Bin,
    Case,
    Cell,
    Counterfactual,
    Dial,
    Figure,
    Moved,
    Pair,
    Point,
    Report,
    from_json,
)
from eval.report.wording import clean, interval, share, step
from tests.eval.sample_report import ARABIC, EVERYTHING, HOSTILE, NOTHING

VOID = {"meta", "link", "br", "line", "rect", "circle", "polyline"}


class Read(HTMLParser):
    """The elements of a page with their attributes, its text, and what was left open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def ids(self) -> list[str]:
        return [one["id"] or "" for _, one in self.elements if "id" in one]


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_a_report_survives_its_json() -> None:
    assert from_json(json.loads(json.dumps(EVERYTHING.as_json()))) == EVERYTHING


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ([], "one JSON object"),
        ({}, "title"),
        ({"title": "t", "source": "guess"}, "source"),
        ({"title": "t", "source": "live", "figures": [{"name": "x", "value": float("nan")}]}, "finite"),
        ({"title": "t", "source": "live", "figures": [{"name": "x", "value": "much"}]}, "figures.0.value"),
    ],
)
def test_what_is_no_report_is_refused_with_the_place(kept: object, said: str) -> None:
    with pytest.raises(BadReport, match=said):
        from_json(kept)


def test_every_section_is_told_on_both_pages_in_the_same_order() -> None:
    titles = [section.title for section in layout.sections(EVERYTHING)]
    page = Read(html.rendered(EVERYTHING))
    shown = [one["id"] for tag, one in page.elements if tag == "h2"]
    assert shown == [section.id for section in layout.sections(EVERYTHING)]
    assert headings(markdown.rendered(EVERYTHING)) == titles
    assert all(section.parts for section in layout.sections(EVERYTHING))


def test_what_is_absent_says_how_to_get_it_and_claims_nothing() -> None:
    page, text = html.rendered(NOTHING), markdown.rendered(NOTHING)
    for words in ("wismo eval label", "Not graded: nobody looked at single conversations.", "No prices are known"):
        assert words in page
        assert markdown.escaped(words) in text
    assert "Nothing went wrong" not in page
    assert "<svg" not in page


def test_nothing_went_wrong_is_said_only_where_somebody_looked() -> None:
    assert "Nothing went wrong." in html.rendered(replace(NOTHING, worst_of=0))


def test_a_figure_that_was_not_measured_is_no_zero() -> None:
    unknown = replace(NOTHING, figures=(Figure("Verified", None, says="not graded"),))
    assert "not measured" in html.rendered(unknown)
    assert "| Verified | – | – | – | not graded |" in markdown.rendered(unknown)


def test_the_same_report_gives_the_same_bytes_in_another_process() -> None:
    kept = json.dumps(EVERYTHING.as_json())
    told = "import json,sys; from eval.report import html, markdown; from eval.report.contents import from_json; r=from_json(json.load(sys.stdin)); sys.stdout.buffer.write((html.rendered(r)+markdown.rendered(r)).encode())"
    again = subprocess.run([sys.executable, "-c", told], input=kept.encode(), capture_output=True, check=True)
    assert again.stdout.decode() == html.rendered(EVERYTHING) + markdown.rendered(EVERYTHING)


def test_the_page_is_whole_has_no_script_and_asks_for_nothing() -> None:
    page = Read(html.rendered(EVERYTHING))
    assert page.open == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    linked = [one[name] or "" for _, one in page.elements for name in ("href", "src", "action") if name in one]
    assert {one for one in linked if not one.startswith("#")} == {"data:,"}
    assert not any(name.startswith("on") or name == "style" for _, one in page.elements for name in one)
    assert len(page.ids()) == len(set(page.ids()))


def test_the_policy_names_the_one_style_sheet_by_its_hash_and_allows_nothing_else() -> None:
    page = html.rendered(EVERYTHING)
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    policy = next(
        one["content"] for _, one in Read(page).elements if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == html.policy(style)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


CHOSEN = {"kind", "source", "unit", "verdict"}
"""Words from a closed list; every other text of a report may be somebody else's."""


def hostile(kept: Any) -> Any:
    """The same shape with hostile text in every place."""
    if isinstance(kept, dict):
        return {name: value if name in CHOSEN else hostile(value) for name, value in kept.items()}
    if isinstance(kept, list):
        return [hostile(one) for one in kept]
    return HOSTILE if isinstance(kept, str) else kept


HOSTILE_EVERYWHERE = hostile(EVERYTHING.as_json()) | {"hashes": {HOSTILE: HOSTILE}}


def test_hostile_text_in_any_place_stays_text() -> None:
    report = from_json(HOSTILE_EVERYWHERE)
    page = Read(html.rendered(report))
    assert page.open == []
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in Read(html.rendered(EVERYTHING)).elements}
    assert any(HOSTILE in text for text in page.texts)
    assert not any(name.startswith("on") for _, one in page.elements for name in one)


def test_hostile_text_marks_nothing_up_in_markdown() -> None:
    text = markdown.rendered(from_json(HOSTILE_EVERYWHERE))
    assert not re.search(r"(?<!\\)<(?!br>)", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "http:" not in text.replace("\\", "")


def test_a_reader_of_markdown_finds_only_our_own_structure_in_it() -> None:
    shown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = Read(shown.render(markdown.rendered(from_json(HOSTILE_EVERYWHERE))))
    own = {"h1", "h2", "h3", "p", "em", "strong", "br", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in page.elements} == own - {"em"}
    assert {name for _, one in page.elements for name in one} == {"style"}
    assert HOSTILE.replace("http", "h\u2060ttp") in "".join(page.texts)


def test_a_cell_of_markdown_stays_in_its_cell() -> None:
    rows = [line for line in markdown.rendered(EVERYTHING).splitlines() if line.startswith("|")]
    assert rows
    for row in rows:
        assert not re.search(r"[\r\n]", row)
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows if "waterproof" in row}
    assert widths == {7}


@pytest.mark.parametrize(
    "text",
    [
        "# no head",
        "- no list",
        "1. no list",
        "1) no list",
        "> no quote",
        "```",
        "@lead",
        "#1004",
        "a_b*c*",
        "---",
        "www.x.org",
        "https://x.org",
        "~~x~~",
        "$x$",
        "&lt;",
    ],
)
def test_nothing_at_the_start_of_a_line_begins_a_block(text: str) -> None:
    shown = markdown.escaped(text)
    assert not re.match(r"([#>$&`~*+-]|\d+[.)])", shown)
    assert "@lead" not in shown
    assert "www." not in shown
    assert "https:" not in shown.replace("\\", "")


def test_a_message_of_20000_characters_is_cut_and_says_by_how_much() -> None:
    shown = clean("x" * 20_000)
    assert shown == "x" * 2_000 + " … (18,000 more characters)"


def test_marks_of_direction_stay_and_what_turns_the_text_around_is_shown() -> None:
    assert clean(ARABIC) == ARABIC
    assert clean("a\u202eb\u2066c") == "a[U+202E]b[U+2066]c"


def test_what_cannot_be_written_is_replaced() -> None:
    report = replace(NOTHING, title="a\ud800b\x00c\x1bd\ufffe")
    for page in (html.rendered(report), markdown.rendered(report)):
        assert "a\ufffdb\ufffdc\ufffdd\ufffd" in page
        page.encode("utf-8")


def test_a_page_stays_bounded_and_tells_how_many_were_left_out() -> None:
    many = tuple(Case(f"c-{number}", "wrong", message="m" * 20_000, reply="r" * 20_000) for number in range(400))
    pairs = tuple(Pair(f"p-{number}", "m" * 20_000, "a" * 20_000, "b" * 20_000, "worse") for number in range(400))
    report = replace(NOTHING, source="simulation", worst=many, counterfactual=Counterfactual("a", "b", 900, pairs))
    page = html.rendered(report)
    assert len(page) < 1_000_000
    assert "50 of 400, worst first" in page
    assert "400 came otherwise, of which 50 are told here" in page
    assert page.count('<details class="story">') == 100


def test_a_worst_case_is_explained_along_the_whole_path() -> None:
    page = html.rendered(EVERYTHING)
    for words in (
        "Where is my money?",
        "verified: 6-digit code",
        "captured 64.90 EUR",
        "REF-3",
        "refund 40.00 EUR, done",
        "We have requested",
        "expected: 24.90 EUR",
        "Grader: end state",
        "40.00 EUR is in no record",
    ):
        assert words in page
    assert page.index("stale-approval-3</span>") < page.index("injection-7</span>")


def test_each_chart_is_named_and_described_and_stands_beside_its_values() -> None:
    page = Read(html.rendered(EVERYTHING))
    drawn = [one for tag, one in page.elements if tag == "svg" and one.get("class") == "chart"]
    assert len(drawn) == 8
    for one in drawn:
        assert one["role"] == "img"
        assert set((one["aria-labelledby"] or "").split()) <= set(page.ids())
    tables = [tag for tag, _ in page.elements if tag == "table"]
    assert len(tables) >= len(drawn)


def test_an_error_bar_is_drawn_from_the_low_to_the_high_end() -> None:
    drawn = charts.gauge(0.5, 0.4, 0.65)
    ends = [float(x) for x in re.findall(r'class="error" x1="([\d.]+)"', drawn)]
    assert sorted(set(ends)) == [80.0, 130.0]
    assert 'class="error"' not in charts.gauge(0.5, None, None)


def test_the_curve_and_the_dials_stand_where_their_values_are() -> None:
    drawn = charts.risk_coverage(
        "r", "", [Point(0.9, 0.5, 1.0), Point(0.1, 1.0, 0.8)], [Dial("a", 0.5, 1.0, 0.9, None, 9)]
    )
    points = re.findall(r'points="([^"]+)"', drawn)[0].split()
    (half, top), (whole, bottom) = (tuple(map(float, one.split(","))) for one in points)
    ring = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert half < whole
    assert top < bottom
    assert [tuple(map(float, one)) for one in ring] == [(whole, (top + bottom) / 2)]


def test_the_grid_counts_a_pair_in_its_own_square() -> None:
    drawn = charts.confusion("c", "", ["a", "b"], [Cell("a", "a", 3), Cell("a", "b", 1)])
    assert list(re.findall(r'class="cell (\w+)"', drawn)) == ["good3", "bad1"]


def test_marks_stand_on_the_column_that_holds_them() -> None:
    drawn = charts.histogram("h", "t", "", [Bin(10, 1), Bin(20, 5), Bin(30, 1)], [("p50", 15), ("p95", 99)])
    first, second = (float(x) for x in re.findall(r'class="mark" x1="([\d.]+)"', drawn))
    columns = [float(x) for x in re.findall(r'class="bar" x="([\d.]+)"', drawn)]
    assert columns[1] < first < columns[2] < second


def test_odd_values_are_drawn_within_the_chart() -> None:
    nobody = tuple(replace(one, count=0) for one in EVERYTHING.funnel)
    odd = replace(NOTHING, figures=(Figure("x", 1.7, -0.2, 2.5),), funnel=nobody)
    page = Read(html.rendered(odd))
    gauge = [one for _, one in page.elements if one.get("class") in {"bar", "error"}]
    reached = [float(one[name] or 0) for one in gauge for name in ("width", "x1", "x2") if name in one]
    assert reached
    assert all(0 <= one <= 200 for one in reached)


def test_shares_intervals_and_differences_are_written_for_people() -> None:
    assert [share(0.0025), share(0.5), share(0), share(None)] == ["0.25%", "50.0%", "0.0%", "–"]
    assert interval(0.456, 0.518) == "45.6–51.8%"
    assert step(Moved("x", 0.5, 0.474)) == "−2.6 points"
    assert step(Moved("x", 3, 5, "count")) == "+2"
    assert step(Moved("x", None, 5)) == "–"


def test_the_command_writes_both_files_and_prints_markdown_without_either(tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(json.dumps(EVERYTHING.as_json()))
    both = ["--html", str(tmp_path / "r.html"), "--markdown", str(tmp_path / "r.md")]
    done = CliRunner().invoke(app, ["eval", "report", str(run), *both])
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "r.html").read_text() == html.rendered(EVERYTHING)
    assert (tmp_path / "r.md").read_text() == markdown.rendered(EVERYTHING)
    assert CliRunner().invoke(app, ["eval", "report", str(run)]).stdout == markdown.rendered(EVERYTHING)


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "report"}', "\x00", "[" * 100_000])
def test_a_file_that_is_no_run_ends_the_command_with_2(tmp_path: Path, text: str) -> None:
    run = tmp_path / "run.json"
    run.write_text(text)
    done = CliRunner().invoke(app, ["eval", "report", str(run)])
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_report_needs_no_sections() -> None:
    for source in ("suite", "simulation", "live"):
        assert from_json({"title": "t", "source": source}) == Report("t", source)
        assert Read(html.rendered(Report("t", source))).open == []
