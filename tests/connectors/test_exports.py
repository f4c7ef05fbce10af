"""Solved tickets out of exports as they really are: bots, notes, merges, broken lines, other encodings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.learning.learning import Export
from agent.learning.ticket import BadRecord, SolvedTicket
from connectors.exports import records as reading_records
from connectors.exports.reading import Vendor, read
from connectors.exports.records import ExportError, records
from tests.exports import EVERY, LEA, freshdesk, jsonl, stories, zendesk

OWN = {"id": 1, "question": "Do you gift wrap?", "answer": "Yes, we do, for 4.90 EUR."}


def put(folder: Path, raw: bytes | str) -> Path:
    path = folder / "export.json"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return path


@pytest.mark.parametrize("vendor", EVERY)
def test_every_vendors_export_tells_the_same_tickets(vendor: str, tmp_path: Path) -> None:
    found = Export.of(read(EVERY[vendor](tmp_path)))
    assert found.bad == []
    assert {one.source for one in found.tickets} == {vendor}
    assert [one.id for one in found.tickets] == [str(story.number) for story in stories()]
    for ticket, story in zip(found.tickets, stories(), strict=True):
        assert [one.removeprefix("<div>").removeprefix("<p>")[:20] for one in ticket.asked] == [story.question[:20]]
        assert ticket.answers == (story.answer,), "only what a person wrote for the customer"
        assert ticket.tags == story.tags
        assert ticket.who == story.email
        assert f"{story.first} {story.last}" in ticket.customer.names
        assert story.phone in ticket.customer.phones


@pytest.mark.parametrize("vendor", EVERY)
def test_what_nothing_can_be_learned_from_is_counted_with_its_reason(vendor: str, tmp_path: Path) -> None:
    passed = Export.of(read(EVERY[vendor](tmp_path))).passed
    assert passed["twice in the export"] == 1
    assert passed["not solved"] == 1
    assert passed["no words of a customer"] == 1


def test_marks_are_told_from_0_to_1(tmp_path: Path) -> None:
    assert {one.csat for one in Export.of(read(zendesk(tmp_path))).tickets} == {1.0}
    assert {one.csat for one in Export.of(read(EVERY["intercom"](tmp_path))).tickets} == {1.0}


def test_a_seat_that_a_bot_writes_from_is_left_out_when_it_is_named(tmp_path: Path) -> None:
    for name in (str(LEA["id"]), str(LEA["name"]).upper()):
        assert {one.answers for one in Export.of(read(zendesk(tmp_path), ignored=[name])).tickets} == {()}


def test_somebody_in_copy_is_no_colleague(tmp_path: Path) -> None:
    comments = [
        {"author_id": 1, "public": True, "body": "where is it?"},
        {"author_id": 2, "public": True, "body": "I ask too"},
    ]
    ticket = {"id": 5, "status": "solved", "requester_id": 1, "collaborator_ids": [2], "comments": comments}
    (found,) = Export.of(read(put(tmp_path, json.dumps(ticket)))).tickets
    assert (found.asked, found.answers) == (("where is it?", "I ask too"), ())


def test_an_old_account_export_of_freshdesk_is_unwrapped(tmp_path: Path) -> None:
    notes = [{"helpdesk_note": {"body": "We do.", "incoming": False, "private": False, "user_id": 4}}]
    inner = {"display_id": 8, "status": 4, "description": "do you?", "notes": notes, "requester_name": "Ignatz"}
    (found,) = Export.of(read(put(tmp_path, json.dumps([{"helpdesk_ticket": inner}])))).tickets
    assert (found.id, found.asked, found.answers, found.customer.names) == ("8", ("do you?",), ("We do.",), ("Ignatz",))


# -- bad input -------------------------------------------------------------------------------------------------


def test_a_broken_line_is_told_by_its_number_and_the_others_are_read(tmp_path: Path) -> None:
    good = json.dumps(OWN)
    path = put(
        tmp_path,
        f'{good}\n\n{{"id": 2, "question"\n[1]\n{json.dumps(OWN | {"id": None})}\n{json.dumps(OWN | {"id": 9})}\n',
    )
    found = Export.of(read(path))
    assert [one.id for one in found.tickets] == ["1", "9"]
    assert [one.line for one in found.bad] == [3, 4, 5]
    assert [one.reason.split(":")[0] for one in found.bad] == ["not JSON", "not an object", "id is missing"]
    stopped = Export.of(read(path), keep_going=False)
    assert ([one.id for one in stopped.tickets], len(stopped.bad)) == (["1"], 1)


def test_a_record_whose_fields_are_of_another_kind_is_one_bad_record(tmp_path: Path) -> None:
    good = {
        "id": 1,
        "status": "closed",
        "requester_id": 3,
        "comments": [{"author_id": 3, "body": "hello", "public": True}],
    }
    bad = [good | {"id": 2, "comments": "none"}, good | {"id": {}}, good | {"id": 4, "requester_id": None}]
    found = Export.of(read(put(tmp_path, json.dumps([good, *bad], indent=1))))
    assert [one.id for one in found.tickets] == ["1"]
    assert [one.reason for one in found.bad] == ["comments must be a list", "id is missing", "requester_id is missing"]
    assert found.bad[0].line > 2


def test_fields_that_are_null_or_numbers_do_no_harm(tmp_path: Path) -> None:
    odd = {
        "id": 4,
        "status": "closed",
        "requester_id": 3,
        "requester": None,
        "tags": None,
        "subject": None,
        "via": None,
        "assignee": 7,
    }
    comments = [
        None,
        {"author_id": 3, "body": None},
        {"author_id": 3, "body": "where \ud800 is it"},
        {"author_id": None, "body": "x"},
    ]
    (found,) = Export.of(read(put(tmp_path, json.dumps(odd | {"comments": comments})))).tickets
    assert (found.asked, found.answers) == (("where ? is it",), ())


def test_an_array_that_is_cut_off_gives_what_came_before_and_says_so(tmp_path: Path) -> None:
    path = freshdesk(tmp_path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    found = Export.of(read(path))
    assert 0 < len(found.tickets) < len(stories())
    assert len(found.bad) == 1
    assert found.bad[0].line > 100


def test_an_array_is_read_in_parts_whatever_its_items_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [OWN | {"id": number, "question": "é [{" * (number * 7 % 97)} for number in range(1, 60)]
    path = put(tmp_path, json.dumps({"count": 59, "data": every}, indent=1))
    whole = [(one.line, one.value) for one in records(path)]
    for size in (64, 113, 5_000):
        monkeypatch.setattr(reading_records, "PART", size)
        assert [(one.line, one.value) for one in records(put(tmp_path, json.dumps(every, indent=1)))] == [
            (line - 2, value) for line, value in whole
        ]
    assert [value for _, value in whole] == every


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_with_their_mark_are_read(encoding: str, tmp_path: Path) -> None:
    raw = json.dumps(OWN | {"question": "Où est mon colis ?"}, ensure_ascii=False).encode(encoding)
    (found,) = Export.of(read(put(tmp_path, raw))).tickets
    assert found.asked == ("Où est mon colis ?",)


@pytest.mark.parametrize(
    ("raw", "remedy"),
    [
        (b"PK\x03\x04rest", "unpack it"),
        (b"\x1f\x8brest", "unpack it"),
        (b"<tickets/>", "export as JSON"),
        ('{"id":1,"question":"où"}'.encode("latin-1"), "save it as UTF-8"),
        (b'{"id": 1, "colour": "red"}', "--from"),
        (b"id;question;answer\n1;a;b\n", "--from"),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_the_remedy(raw: bytes, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=remedy):
        Export.of(read(put(tmp_path, raw)))


def test_no_file_and_a_folder_are_told_as_such(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ExportError, match="cannot read"):
            Export.of(read(path))


@pytest.mark.parametrize("raw", [b"", b"\n \n", b"[]", b'{"tickets": []}'])
def test_an_empty_export_is_no_error(raw: bytes, tmp_path: Path) -> None:
    found = Export.of(read(put(tmp_path, raw)))
    assert (found.tickets, found.bad) == ([], [])


def test_a_vendor_that_is_named_is_not_guessed(tmp_path: Path) -> None:
    every = [*read(jsonl(tmp_path), Vendor.ZENDESK)]
    assert not [one for one in every if isinstance(one, SolvedTicket)]
    assert [one.reason for one in every if isinstance(one, BadRecord)]
