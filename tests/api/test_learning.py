"""`wismo learn` and `wismo learned`: nothing is used before a person says so, and everything can be taken back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from agent.brains.classifier import Written
from agent.brains.labelling import read_labels
from agent.identity.hashing import Keyed, key_of
from agent.learning import publishing, shelf
from agent.learning.learning import Export
from agent.learning.proposal import Kind, Proposal, Source, State
from agent.learning.shelf import Changes
from agent.tables import learned, learned_sources
from api.privacy.erasing import erase
from api.privacy.exporting import export
from api.privacy.searching import search
from api.privacy.subject import UnknownSubject, find
from api.wiring import House
from connectors.exports.reading import read
from tests.api.conftest import Wismo
from tests.desks import language
from tests.exports import stories, zendesk
from tests.shop import NOW, Shop

FIRST = stories()[3]


@pytest.fixture
def taught(house: House, filled: Shop, tmp_path: Path) -> dict[Kind, str]:
    """The first proposal of each kind from an export, of a shop that wants to be asked about nearly every message."""
    understanding = house.policy.understanding.model_copy(update={"confidence_to_tell": 0.999})
    strict = house.policy.model_copy(update={"understanding": understanding})
    made = replace(house.learner, policy=strict)(Export.of(read(zendesk(tmp_path))).tickets, (), 3)
    proposals = {one.kind: one for one in reversed(made.proposals)}
    with house.database.write() as db:
        shelf.put(db, tuple(proposals.values()), NOW)
    house.publish_learned()
    return {kind: one.id for kind, one in proposals.items()}


def decided(house: House, proposal: str, state: State, changes: Changes | None = None) -> Proposal:
    with house.database.write() as db:
        one = shelf.decide(db, proposal, state, "lea", NOW, changes or Changes())
    house.publish_learned()
    return one


def rows(house: House, name: str = publishing.EXAMPLES) -> list[dict[str, str]]:
    path = house.settings.learned / name
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))) if path.exists() else []


def found(house: House, query: str = "can you gift wrap my present?") -> list[str]:
    return [hit.title for hit in house.help.search(query, 3)]


# -- nothing before a person says so ---------------------------------------------------------------------------


def test_proposals_change_neither_search_nor_classifier_nor_files(house: House, taught: dict[Kind, str]) -> None:
    text = [Written("do you gift wrap?", "en")]
    before = house.intents.guess(text)
    assert found(house) == []
    assert not house.settings.learned.exists()
    assert not (house.settings.home / "model").exists()
    assert House(house.settings).intents.guess(text) == before


def test_an_accepted_article_is_found_and_a_rejected_one_no_more(house: House, taught: dict[Kind, str]) -> None:
    decided(house, taught[Kind.ARTICLE], State.ACCEPTED, Changes(title="Gift wrapping", label="product_question"))
    assert found(house) == ["Gift wrapping"]
    decided(house, taught[Kind.ARTICLE], State.REJECTED)
    assert found(house) == []
    assert [*house.settings.learned.rglob("*.md")] == []
    decided(house, taught[Kind.ARTICLE], State.ACCEPTED, Changes(body="Wrapped in paper of the shop."))
    assert [hit.text for hit in house.help.search("gift wrap", 1)] == ["Wrapped in paper of the shop."]


def test_other_articles_of_the_help_centre_stay_when_one_is_withdrawn(
    house: House, taught: dict[Kind, str], tmp_path: Path
) -> None:
    from knowledge.ingest import ingest

    own = tmp_path / "help" / "en" / "returns.md"
    own.parent.mkdir(parents=True)
    own.write_text("# Returns\n\nWithin 30 days.\n", encoding="utf-8")
    ingest([own], house.settings.knowledge, house.embedder, lambda *_: None)
    for state in (State.ACCEPTED, State.REJECTED):
        decided(house, taught[Kind.ARTICLE], state)
        assert "Returns" in found(house, "how long may I return something?")


def test_what_the_help_centre_says_is_known_and_what_it_only_touches_is_not(house: House, tmp_path: Path) -> None:
    from knowledge.ingest import ingest

    page = tmp_path / "wrap.md"
    page.write_text(
        "# Wrapping\n\nWe wrap presents for 4.90 EUR an item. Tick gift wrap in the basket before paying.\n",
        encoding="utf-8",
    )
    ingest([page], house.settings.knowledge, house.embedder, lambda *_: None)
    says = house.learner.helps
    assert says(
        "do you gift wrap?", "Yes, we gift wrap for 4.90 EUR. Choose gift wrap in the basket before you pay.", "en"
    )
    assert not says("which paper is it?", "The wrapping paper is recycled. It is printed with plant ink in Lyon.", "en")


def test_accepted_examples_are_what_training_reads(house: House, taught: dict[Kind, str]) -> None:
    one = decided(house, taught[Kind.EXAMPLES], State.ACCEPTED, Changes(label="delivery_info", without=(2,)))
    left = {source.text for source in one.sources if source.text}
    assert sum(source.text == "" for source in one.sources) == 1
    assert {(row["text"], row["intent"], row["id"]) for row in rows(house)} == {
        (text, "delivery_info", one.id) for text in left
    }
    read_back = read_labels(house.settings.learned / publishing.EXAMPLES, language(), "en")
    assert {(one.text, one.label) for one in read_back} == {(text, "delivery_info") for text in left}
    decided(house, one.id, State.REJECTED)
    assert not (house.settings.learned / publishing.EXAMPLES).exists()


def test_a_macro_keeps_its_placeholders(house: House, taught: dict[Kind, str]) -> None:
    decided(house, taught[Kind.MACRO], State.ACCEPTED)
    (row,) = rows(house, publishing.MACROS)
    assert "{order}" in row["body"]
    decided(house, taught[Kind.MACRO], State.ACCEPTED, Changes(kind=Kind.ARTICLE))
    assert rows(house, publishing.MACROS) == []


def test_a_cell_is_no_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    source = Source("jsonl:1", "h", "=HYPERLINK(1)", "en")
    one = Proposal(Kind.EXAMPLES, "account", "x", "", "en", "", "jsonl:1", (source,), State.ACCEPTED)
    publishing.publish([one], tmp_path)
    assert "\n'=HYPERLINK" in (tmp_path / publishing.EXAMPLES).read_text(encoding="utf-8").replace("\r", "")


def test_who_decided_and_when_is_kept_and_the_last_word_counts(house: House, taught: dict[Kind, str]) -> None:
    one = decided(house, taught[Kind.MACRO], State.REJECTED)
    assert (one.state, one.decided_by, one.decided_at) == (State.REJECTED, "lea", NOW)
    assert decided(house, taught[Kind.MACRO], State.ACCEPTED).state is State.ACCEPTED


# -- killed in between -----------------------------------------------------------------------------------------


def test_a_process_killed_anywhere_leaves_whole_files_and_the_next_one_finishes(
    house: House, taught: dict[Kind, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.write() as db:
        for proposal in taught.values():
            shelf.decide(db, proposal, State.ACCEPTED, "lea", NOW)
    write, calls = publishing._write, count()
    dies_at = 0

    def killed(path: Path, text: str) -> None:
        if next(calls) == dies_at:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f".{path.name}.draft").write_text(text[: len(text) // 2], encoding="utf-8")
            raise KeyboardInterrupt
        write(path, text)

    for dies_at in (0, 1, 2):  # noqa: B007  (read by `killed`)
        calls = count()
        monkeypatch.setattr(publishing, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            house.publish_learned()
        assert all(row["intent"] for name in (publishing.EXAMPLES, publishing.MACROS) for row in rows(house, name))
        assert [*house.settings.learned.rglob("*.md")] == []
    monkeypatch.setattr(publishing, "_write", write)
    assert house.publish_learned()
    assert len(found(house)) == 1
    assert not house.publish_learned(), "nothing is left to do"


def test_articles_that_were_written_and_not_indexed_are_indexed_by_the_next_command(
    house: House, taught: dict[Kind, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("api.ground.ingest", killed)
        with pytest.raises(KeyboardInterrupt):
            decided(house, taught[Kind.ARTICLE], State.ACCEPTED)
    assert found(house) == []
    house.publish_learned()
    assert len(found(house)) == 1


# -- erasing ---------------------------------------------------------------------------------------------------


def test_an_erasure_reaches_a_customer_who_is_known_from_an_export_only(house: House, taught: dict[Kind, str]) -> None:
    decided(house, taught[Kind.EXAMPLES], State.ACCEPTED)
    keyed = Keyed(key_of(house.settings.identity_key))
    who = keyed.of("learned", FIRST.email)
    with house.database.read() as db:
        theirs = select(learned_sources.c.text).where(learned_sources.c.who == who, learned_sources.c.text != "")
        (text,) = db.execute(theirs).scalars().all()
        subject = find(db, house.orders, FIRST.email.upper(), keyed)
    assert text in [row["text"] for row in rows(house)]
    assert [
        row["text"] for row in export(house.database, house.orders, FIRST.email, NOW, keyed)["learned"] if row["text"]
    ] == [text]
    before = len(rows(house))
    done = erase(house.database, house.orders, house.settings.home, FIRST.email, "lea", NOW, house.publish_learned)
    assert (done.left, done.counts["learned"] > 0) == ((), True)
    assert text not in [row["text"] for row in rows(house)]
    assert len(rows(house)) == before - 1, "the others' examples stay"
    assert search(house.database, house.settings.home, subject) == ()
    for path in (one for one in house.settings.home.rglob("*") if one.is_file()):
        assert text.encode() not in path.read_bytes(), path.name
    with house.database.read() as db, pytest.raises(UnknownSubject):
        find(db, house.orders, FIRST.email, keyed)


def test_an_undecided_proposal_in_the_words_of_an_erased_person_goes_whole(
    house: House, taught: dict[Kind, str]
) -> None:
    with house.database.read() as db:
        origin = shelf.one(db, taught[Kind.MACRO]).origin
    story = next(one for one in stories() if f"zendesk:{one.number}" == origin)
    erase(house.database, house.orders, house.settings.home, story.email, "lea", NOW, house.publish_learned)
    with house.database.write() as db:
        one = shelf.one(db, taught[Kind.MACRO])
        assert (one.state, one.title, one.body) == (State.ERASED, "[erased]", "")
        with pytest.raises(shelf.Erased):
            shelf.decide(db, one.id, State.ACCEPTED, "lea", NOW)


def test_an_article_that_names_an_erased_person_after_all_leaves_the_files(
    house: House, taught: dict[Kind, str]
) -> None:
    with house.database.write() as db:
        db.execute(update(learned).where(learned.c.id == taught[Kind.ARTICLE]).values(body=f"Write to {FIRST.email}."))
    decided(house, taught[Kind.ARTICLE], State.ACCEPTED)
    erase(house.database, house.orders, house.settings.home, FIRST.email, "lea", NOW, house.publish_learned)
    assert [*house.settings.learned.rglob("*.md")] == []
    assert found(house) == []


def test_the_same_export_does_not_bring_an_erased_persons_words_back(
    house: House, taught: dict[Kind, str], tmp_path: Path
) -> None:
    erase(house.database, house.orders, house.settings.home, FIRST.email, "lea", NOW, house.publish_learned)
    with house.database.read() as db:
        known = shelf.all_of(db)
    again = house.learner(Export.of(read(zendesk(tmp_path))).tickets, known, 3)
    assert again.proposals == ()


# -- the command line ------------------------------------------------------------------------------------------


def test_a_lead_learns_looks_accepts_and_takes_back(wismo: Wismo, tmp_path: Path) -> None:
    path = str(zendesk(tmp_path))
    done = wismo("learn", path, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["tickets"], told["passed_over"]["merged into another"]) == (12, 1)
    article = next(one for one in told["proposals"] if one["kind"] == "article")
    assert "nothing new to propose" in wismo("learn", path).stderr
    listed = [json.loads(line) for line in wismo("learned", "list", "--json").stdout.splitlines()]
    assert {one["id"] for one in listed} == {one["id"] for one in told["proposals"]}
    assert article["body"].splitlines()[0] in wismo("learned", "show", article["id"]).stdout
    assert "it is in the help index" in wismo("learned", "accept", article["id"], "--by", "lea").stderr
    query = json.dumps({"id": 1, "query": "gift wrap"})
    assert json.loads(wismo("search", "-", given=query).stdout)["passages"]
    assert "the help index does not hold it" in wismo("learned", "reject", article["id"]).stderr
    assert not json.loads(wismo("search", "-", given=query).stdout)["passages"]


def test_bad_input_of_the_command_line_is_told_with_its_remedy(wismo: Wismo, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"id": 1, "question": "a b c", "answer": "d"}\n{broken\n', encoding="utf-8")
    stopped = wismo("learn", str(path))
    assert (stopped.returncode, "line 2" in stopped.stderr, "--keep-going" in stopped.stderr) == (1, True, True)
    went_on = wismo("learn", str(path), "--keep-going", "--json")
    assert (went_on.returncode, json.loads(went_on.stdout)["bad_records"]) == (1, 1)
    for arguments, remedy in (
        (("learn", str(tmp_path / "none")), "cannot read"),
        (("learned", "accept", "L-none"), "wismo learned list"),
    ):
        refused = wismo(*arguments)
        assert (refused.returncode, remedy in refused.stderr, "Traceback" in refused.stderr) == (2, True, False)
