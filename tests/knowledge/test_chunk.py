"""Passages: what they keep, and how long they get."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunk import LONGEST_ENGLISH, LONGEST_OTHER, Passage, chunk, size
from knowledge.formats import Article


def cut(text: str, language: str | None = "en", title: str = "Returns") -> list[Passage]:
    return list(chunk([Article("id", "/x/a.md", "a.md", title, text, language)]))


SENTENCE = "This sentence has exactly eight words in it. "


def test_every_passage_is_embedded_under_its_title_and_heading() -> None:
    text = f"Intro. {SENTENCE * 4}\n\n## Labels\n\n{SENTENCE * 4}\n\n### Cost\n\n{SENTENCE * 4}"
    assert [passage.embedded.split("\n")[0] for passage in cut(text)] == [
        "Returns",
        "Returns — Labels",
        "Returns — Labels — Cost",
    ]


def test_a_heading_inside_a_code_fence_is_text() -> None:
    (passage,) = cut("```\n# no heading\n```")
    assert passage.heading == ""
    assert "# no heading" in passage.text


def test_a_tiny_section_joins_the_next_whose_heading_stays_in_the_text() -> None:
    (passage,) = cut(f"## Short\n\nYes.\n\n## Next\n\n{SENTENCE}")
    assert passage.heading == "Short"
    assert passage.text.startswith("Yes.\n\nNext\nThis sentence")


def test_long_sections_are_cut_between_sentences() -> None:
    passages = cut(SENTENCE * 60)
    assert len(passages) == 3
    assert all(size(passage.text) <= LONGEST_ENGLISH for passage in passages)
    assert all(passage.text.endswith(".") for passage in passages)


def test_languages_that_the_model_reads_in_smaller_pieces_get_shorter_passages() -> None:
    assert all(size(passage.text) <= LONGEST_OTHER for passage in cut("Trois mots ici. " * 100, "fr"))


def test_a_text_without_sentences_or_spaces_is_cut_all_the_same() -> None:
    assert len(cut("x" * 5000)) > 2
    assert len(cut("word " * 1000)) > 4


def test_the_id_says_what_the_passage_says_and_not_where_it_lies() -> None:
    (here,) = chunk([Article("/here/a.md", "/here/a.md", "a.md", "T", "Text.", "en")])
    (there,) = chunk([Article("/there/a.md", "/there/a.md", "a.md", "T", "Text.", "en")])
    (other,) = chunk([Article("/here/a.md", "/here/a.md", "a.md", "T", "Other text.", "en")])
    assert here.id == there.id != other.id


@given(st.text(st.sampled_from("ab.!?\n# -é。"), max_size=3000))
def test_no_letter_is_lost_and_no_passage_is_too_long(text: str) -> None:
    passages = cut(text)
    assert all(size(passage.text) <= LONGEST_ENGLISH for passage in passages)
    kept = "".join(passage.text + passage.heading for passage in passages)
    assert sum(map(kept.count, "abé")) >= sum(
        map("".join(sec for sec in text.split("\n") if not sec.startswith("#")).count, "abé")
    )
