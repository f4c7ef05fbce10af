"""Past conversations out of exports as they really are: who said what and when, in five forms, however broken."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.learning.ticket import BadRecord, Passed
from connectors.exports import records, table
from connectors.exports.moments import moment
from connectors.exports.past import PastConversation, read_past
from connectors.exports.reading import Vendor
from connectors.exports.records import ExportError
from eval.past.survey import Chosen, survey, taken
from eval.world.past_tickets import zendesk
from tests.exports import EVERY, stories

PARIS = ZoneInfo("Europe/Paris")
ASKED = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
TICKET: dict[str, Any] = {
    "id": 7,
    "channel": "email",
    "subject": "Where is it",
    "language": "en",
    "customer": {"name": "Ana Lee", "email": "Ana@Mail.example"},
    "tags": ["wismo"],
    "messages": [
        {"by": "customer", "text": "Where is order #1001?", "at": "2026-11-03T09:00:00Z"},
        {"by": "bot", "text": "A colleague answers soon.", "at": "2026-11-03T09:00:20Z"},
        {"by": "staff", "text": "It is on its way.", "at": "2026-11-03T10:00:00Z"},
        {"by": "staff", "text": "note: rang twice", "at": "2026-11-03T09:30:00Z", "public": False},
        {"by": "customer", "text": "Thanks!", "at": "2026-11-03T11:00:00Z"},
    ],
    "solved_at": "2026-11-03T12:00:00Z",
}
CSV = """Ticket ID;Created at;From;E-mail;Channel;Subject;Body
7;2026-11-03T09:00:00Z;customer;ana@mail.example;email;Where is it;Where is order #1001?
8;2026-11-03T09:05:00Z;Bob@mail.example;bob@mail.example;chat;;"Hello,
any news?"
7;2026-11-03T10:00:00Z;agent;;email;;It is on its way.
8;2026-11-03T09:06:00Z;nadia@shop.example;bob@mail.example;chat;;Yes.
"""


def put(folder: Path, *tickets: Any, name: str = "export.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in tickets), encoding="utf-8")
    return path


def read(path: Path, vendor: Vendor | None = None) -> list[PastConversation | Passed | BadRecord]:
    return list(read_past(path, vendor, PARIS))


def only(path: Path) -> PastConversation:
    (found,) = read(path)
    assert isinstance(found, PastConversation), found
    return found


def reasons(path: Path) -> Counter[str]:
    return Counter(survey(read_past(path, None, PARIS), Chosen()).skipped)


def intercom(one: dict[str, Any]) -> dict[str, Any]:
    """The ticket as Intercom writes it: the first message is the source, times are seconds."""

    def seconds(at: str) -> int:
        return int(datetime.fromisoformat(at).timestamp())

    kinds = {"customer": "user", "staff": "admin", "bot": "bot"}
    parts = [
        {
            "part_type": "comment" if said.get("public", True) else "note",
            "author": {"type": kinds[said["by"]], "id": kinds[said["by"]], "email": one["customer"]["email"]},
            "body": f"<p>{said['text']}</p>",
            "created_at": seconds(said["at"]),
        }
        for said in one["messages"]
    ]
    first = {key: parts[0][key] for key in ("author", "body")} | {"type": "email", "subject": one["subject"]}
    return {
        "type": "conversation",
        "id": str(one["id"]),
        "created_at": parts[0]["created_at"],
        "updated_at": seconds(one["solved_at"]),
        "state": "closed",
        "source": first,
        "conversation_parts": {"conversation_parts": parts[1:]},
    }


def freshdesk(one: dict[str, Any]) -> dict[str, Any]:
    first, *others = one["messages"]
    return {
        "id": one["id"],
        "subject": one["subject"],
        "status": 5,
        "source": 1,
        "description": f"<div>{first['text']}</div>",
        "created_at": first["at"],
        "updated_at": one["solved_at"],
        "requester": one["customer"],
        "responder_id": 7,
        "conversations": [
            {
                "body": f"<div>{said['text']}</div>",
                "incoming": said["by"] == "customer",
                "private": not said.get("public", True),
                "user_id": None if said["by"] == "bot" else 7,
                "created_at": said["at"],
            }
            for said in others
        ],
    }


@pytest.mark.parametrize("form", [lambda one: one, zendesk, intercom, freshdesk])
def test_every_form_tells_who_said_what_and_when(form: Any, tmp_path: Path) -> None:
    found = only(put(tmp_path, form(TICKET)))
    assert [(turn.by, turn.words) for turn in found.turns] == [
        ("customer", "Where is order #1001?"),
        ("bot", "A colleague answers soon."),
        ("person", "note: rang twice"),
        ("person", "It is on its way."),
        ("customer", "Thanks!"),
    ]
    assert [turn.public for turn in found.turns] == [True, True, False, True, True]
    assert (found.id, found.began, found.email) == ("7", ASKED, "ana@mail.example")
    assert found.solved_at == datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def test_a_table_is_one_row_a_message_whatever_their_order(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(CSV, encoding="utf-8")
    first, second = read(path)
    assert isinstance(first, PastConversation)
    assert isinstance(second, PastConversation)
    assert [(turn.by, turn.words) for turn in first.turns] == [
        ("customer", "Where is order #1001?"),
        ("person", "It is on its way."),
    ]
    assert (second.id, second.channel, second.email) == ("8", "chat", "bob@mail.example")
    assert [(turn.by, turn.words) for turn in second.turns] == [("customer", "Hello,\nany news?"), ("person", "Yes.")]


def test_a_table_without_a_column_that_is_needed_names_it(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("Ticket ID,Body\n1,hello\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r"lacks a column for: at \(at, created at, sent at\); by \(by, from"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["export.csv", "export.jsonl"])
def test_accents_survive_every_encoding(encoding: str, name: str, tmp_path: Path) -> None:
    asked = "Où est mon colis envoyé à Besançon ?"
    row = f"id,at,by,text\n1,2026-11-03T09:00:00Z,customer,{asked}\n"
    messages = [{"by": "customer", "text": asked, "at": "2026-11-03T09:00:00Z"}]
    line = json.dumps({"id": 1, "messages": messages}, ensure_ascii=False)
    path = tmp_path / name
    path.write_bytes((row if name.endswith("csv") else line).encode(encoding))
    assert only(path).turns[0].words == asked


def test_a_file_of_mixed_encodings_is_read_to_its_end(tmp_path: Path) -> None:
    lines = [
        json.dumps(TICKET | {"id": number, "subject": "réclamé"}, ensure_ascii=False).encode(encoding)
        for number, encoding in enumerate(("utf-8", "cp1252", "utf-8"))
    ]
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b"\n".join(lines))
    assert [getattr(one, "subject", one) for one in read(path)] == ["réclamé"] * 3


@pytest.mark.parametrize(
    ("said", "zoned", "assumed"),
    [
        ("2026-11-03T09:00:00Z", "2026-11-03T09:00:00+00:00", False),
        ("2026-11-03 10:00:00 +0100", "2026-11-03T09:00:00+00:00", False),
        ("2026-11-03 09:00:00 UTC", "2026-11-03T09:00:00+00:00", False),
        ("2026-11-03 10:00", "2026-11-03T09:00:00+00:00", True),
        ("03/11/2026 10:00", "2026-11-03T09:00:00+00:00", True),
        ("1793696400", "2026-11-03T09:00:00+00:00", False),
        ("1793696400000", "2026-11-03T09:00:00+00:00", False),
        ("Tue, 03 Nov 2026 10:00:00 +0100", "2026-11-03T09:00:00+00:00", False),
    ],
)
def test_a_time_without_a_zone_is_the_shops_and_is_told(said: str, zoned: str, assumed: bool) -> None:
    assert moment(said, PARIS) == (datetime.fromisoformat(zoned), assumed)


@pytest.mark.parametrize(
    "said", ["", "yesterday", "99/99/2026", "2026-13-40", "9" * 40, "9" * 5_000, "²", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_none(said: str) -> None:
    assert moment(said, PARIS) is None


def test_assumed_zones_are_counted(tmp_path: Path) -> None:
    naive = [{**said, "at": said["at"].rstrip("Z")} for said in TICKET["messages"]]
    path = put(tmp_path, TICKET, TICKET | {"id": 8, "messages": naive})
    assert survey(read_past(path, None, PARIS), Chosen()).assumed_zone == 1


def test_everything_that_is_not_used_is_counted_by_reason(tmp_path: Path) -> None:
    undated = [{"by": "customer", "text": "hello"}]
    path = put(
        tmp_path,
        TICKET,
        TICKET,
        TICKET | {"id": 2, "messages": []},
        TICKET | {"id": 3, "messages": undated},
        TICKET | {"id": 4, "messages": [{"by": "martian", "text": "x", "at": "2026-11-03"}]},
        TICKET | {"id": None},
        ["no", "object"],
        TICKET | {"id": 5, "solved": False},
        {"id": 6, "subject": "words in another column"},
    )
    with path.open("a", encoding="utf-8") as out:
        out.write('{"id": 9, "messa\n')
    found = survey(read_past(path, None, PARIS), Chosen())
    assert (found.read, found.tickets) == (10, 2), "an unsolved ticket counts too"
    assert found.skipped == {
        "a customer's message has no time": 1,
        'bad record: each message needs "by"': 1,
        "bad record: id is missing": 1,
        "bad record: messages is missing": 1,
        "bad record: not JSON": 1,
        "bad record: not an object": 1,
        "no words of a customer": 1,
        "twice in the export": 1,
    }
    assert [line for line, _ in found.bad] == [5, 6, 7, 9, 10]


@pytest.mark.parametrize("vendor", EVERY)
def test_exports_of_helpdesks_without_times_are_no_crash(vendor: str, tmp_path: Path) -> None:
    found = survey(read_past(EVERY[vendor](tmp_path), None, PARIS), Chosen())
    assert found.read > len(stories())
    assert found.tickets + sum(found.skipped.values()) == found.read


def test_a_broken_record_late_in_a_long_export_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(10_000):
            line = json.dumps(TICKET | {"id": number})
            out.write(line[: 40 if number == 9_999 else None] + "\n")
    found = survey(read_past(path, None, PARIS), Chosen())
    assert (found.tickets, found.skipped) == (9_999, {"bad record: not JSON": 1})


def test_tickets_that_people_passed_on_are_told_by_every_form(tmp_path: Path) -> None:
    """What a rule or a bot assigned, and the first who took it, is no hand-off among people."""
    audits = [
        {
            "author_id": -1,
            "events": [{"type": "Change", "field_name": "group_id", "value": "5", "previous_value": "4"}],
        },
        {"author_id": 7, "events": [{"type": "Change", "field_name": "assignee_id", "value": "7"}]},
        {"author_id": 7, "events": [{"type": "Change", "field_name": "group_id", "value": "9", "previous_value": "5"}]},
    ]
    assert only(put(tmp_path, zendesk(TICKET) | {"audits": audits})).handoffs == 1
    assert only(put(tmp_path, zendesk(TICKET) | {"audits": audits[:2]})).handoffs == 0
    given = [
        {"part_type": "assignment", "author": {"type": kind, "id": "1"}, "assigned_to": {"type": "team", "id": team}}
        for kind, team in (("bot", "2"), ("admin", "3"), ("admin", "3"), ("admin", "4"))
    ]
    passed = intercom(TICKET)
    passed["conversation_parts"]["conversation_parts"] += given
    assert only(put(tmp_path, passed)).handoffs == 1
    assert only(put(tmp_path, TICKET | {"assigned": ["Nadia Verneuil", "returns"]})).handoffs == 1


def test_another_colleague_who_goes_on_writing_has_taken_over_where_nothing_else_tells(tmp_path: Path) -> None:
    said = [one | {"name": name} for one, name in zip(TICKET["messages"], ("Ana", "", "Nadia", "", "Ana"), strict=True)]
    more = {"by": "staff", "name": "Omar", "text": "It is lost.", "at": "2026-11-03T11:30:00Z"}
    assert only(put(tmp_path, TICKET | {"messages": said})).handoffs == 0
    assert only(put(tmp_path, TICKET | {"messages": [*said, more]})).handoffs == 1
    path = tmp_path / "names.csv"
    head, *rows = CSV.splitlines()
    names = ("Agent name", "", "", "", "Nadia", "Nadia")
    told = [f"{row};{name}" if name or row == head else row for row, name in zip([head, *rows], names, strict=True)]
    path.write_text(
        "\n".join([*told, "7;2026-11-03T11:00:00Z;agent;;email;;It is lost.;Omar"]) + "\n", encoding="utf-8"
    )
    assert [one.handoffs for one in read(path) if isinstance(one, PastConversation)] == [1, 0]


ODD: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 10**400, float("nan"), "", "x", "9" * 5_000, "²", "\ud800", "31/02/2026", "1e5"),
    *("9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00+99:99", [], {}, [None], [1], {"a": 1}),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*at, key)
        yield from places(one, (*at, key))


def spoiled(record: dict[str, Any], random: Random) -> dict[str, Any]:
    """One value of it is gone, or is something that nobody expects there."""
    made = deepcopy(record)
    *way, last = random.choice(list(places(made)))
    held: Any = made
    for key in way:
        held = held[key]
    if random.random() < 0.25:
        del held[last]
    else:
        held[last] = deepcopy(random.choice(ODD))
    return made


@pytest.mark.parametrize("form", [lambda one: one, zendesk, intercom, freshdesk])
def test_no_value_of_a_record_ends_the_reading(form: Any, tmp_path: Path) -> None:
    random, whole = Random(5), form(TICKET)
    path = tmp_path / "spoiled.jsonl"
    made = [spoiled(whole, random) | {"id": number} for number in range(400)]
    path.write_text("".join(json.dumps(one) + "\n" for one in [whole, *made]), encoding="utf-8")
    found = survey(read_past(path, None, PARIS), Chosen())
    assert found.read == 401
    assert found.tickets + sum(found.skipped.values()) == found.read
    assert found.tickets > 100


def test_a_line_that_is_too_long_is_left_out_and_never_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST", 2_000)
    path = put(tmp_path, TICKET, TICKET | {"id": 8, "note": "x" * 300_000}, TICKET | {"id": 9})
    with path.open(encoding="utf-8") as file:
        kept = list(records.lines(file))
    assert [one is None for one in kept] == [False, True, False]
    found = survey(read_past(path, None, PARIS), Chosen())
    assert (found.tickets, found.bad) == (2, ((2, records.TOO_LONG),))


def test_a_long_line_of_a_table_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST", 500)
    path = tmp_path / "long.csv"
    long = f"9;2026-11-03T09:00:00Z;customer;ana@mail.example;email;;{'x' * 9_000}\n"
    path.write_text(CSV + long + "10;2026-11-03T09:00:00Z;customer;ana@mail.example;email;;Hello\n", encoding="utf-8")
    found = survey(read_past(path, None, PARIS), Chosen())
    assert (found.tickets, found.bad) == (3, ((7, records.TOO_LONG),))


def test_a_first_line_without_an_end_is_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST", 500)
    path = tmp_path / "head.csv"
    path.write_text("x" * 2_000, encoding="utf-8")
    with pytest.raises(ExportError, match="it is no table"):
        read(path)


def test_a_quote_that_is_not_closed_loses_no_more_than_a_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LONGEST_CELL", 1_000)
    path = tmp_path / "quote.csv"
    rows = [f"{number},2026-11-03T09:00:00Z,customer,hello\n" for number in range(200)]
    path.write_text('id,at,by,text\n900,2026-11-03T09:00:00Z,customer,"hello\n' + "".join(rows), encoding="utf-8")
    found = survey(read_past(path, None, PARIS), Chosen())
    ((line, why),) = found.bad
    assert line == 2
    assert "is a quote not closed?" in why
    assert 170 < found.tickets < 200
    assert found.skipped == {"bad record: no row": 1}


def test_a_limit_takes_the_same_tickets_whatever_their_order(tmp_path: Path) -> None:
    every = [TICKET | {"id": number} for number in range(200)]
    chosen = Chosen(limit=20, seed=4)
    drawn = []
    for tickets in (every, every[::-1]):
        path = put(tmp_path, *tickets)
        found = survey(read_past(path, None, PARIS), chosen)
        drawn.append({one.id for one in taken(read_past(path, None, PARIS), chosen, found.up_to)})
    assert len(drawn[0]) == 20
    assert drawn[0] == drawn[1]
    assert reasons(put(tmp_path, *every))["beyond the limit"] == 0


def test_a_period_takes_tickets_by_when_they_began(tmp_path: Path) -> None:
    path = put(tmp_path, TICKET)
    for chosen, tickets in ((Chosen(since=ASKED), 1), (Chosen(until=ASKED), 0)):
        assert survey(read_past(path, None, PARIS), chosen).tickets == tickets
