"""What a customer's words find in a small help centre of two languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.embed import OnnxEmbedder
from knowledge.errors import OtherEmbedder
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.search import Searcher

HELP = {
    "en/returns.md": """---
title: Returns
topic: returns
---
# Returns

You may return any unused item.

## How long do I have?

You have 30 days from the day of delivery to send an item back. Items on final sale cannot be returned.

## Who pays for the return label?

We pay for the label when the item is faulty. Otherwise the label costs 4.95 euros, taken from the refund.
""",
    "en/shipping.md": """# Delivery times and costs

Standard delivery takes three to five working days inside the European Union. Express delivery arrives on the
next working day if you order before noon. Delivery is free from 50 euros.
""",
    "en/refunds.md": """# Refunds

We pay refunds to the original means of payment within 14 days after the parcel came back to our warehouse.
""",
    "en/warranty.md": """# Warranty of the kettle

The kettle QX-7731 has a warranty of three years. Keep the receipt.
""",
    "en/lost.md": """# Lost or damaged parcels

If the tracking has not moved for seven days, or the parcel arrived broken, tell us and we send another one.
""",
    "fr/returns.md": """# Retours

Vous disposez de 30 jours à compter de la livraison pour renvoyer un article inutilisé.

## Qui paie l'étiquette de retour ?

Nous payons l'étiquette lorsque l'article est défectueux. Sinon, elle coûte 4,95 euros.
""",
    "fr/livraison.md": """# Délais et frais de livraison

La livraison standard prend trois à cinq jours ouvrés. La livraison express arrive le jour ouvré suivant.
""",
    "fr/remboursements.md": """# Remboursements

Nous remboursons sur le moyen de paiement d'origine sous 14 jours après le retour du colis à l'entrepôt.
""",
}


@dataclass(frozen=True)
class Asked:
    """A shop whose help centre is only read."""

    searcher: Searcher
    index: Index

    def finds(self, query: str, k: int = 10, language: str | None = None) -> list[str]:
        return [hit.source for hit in self.searcher.search(query, k, language)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("shop")
    for name, text in HELP.items():
        (folder / "help" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "help" / name).write_text(text, "utf-8")
    report = ingest([folder / "help"], folder / "index", embedder, lambda done, total: None)
    assert report.articles == len(HELP)
    with closing(Index.open(folder / "index")) as index:
        yield Asked(Searcher(index, embedder), index)


def test_a_paraphrase_finds_the_article_that_shares_no_word_with_it(shop: Asked) -> None:
    assert shop.finds("when do I get my money back", k=1, language="en") == ["refunds.md"]
    assert shop.finds("my box came smashed", k=1, language="en") == ["lost.md"]


def test_a_rare_product_code_is_found_by_its_letters(shop: Asked) -> None:
    for query in ("QX-7731", "is my qx-7731 still covered?", "7731"):
        assert shop.finds(query, k=1) == ["warranty.md"]


def test_the_passage_that_answers_stands_for_its_article(shop: Asked) -> None:
    (hit,) = shop.searcher.search("who has to pay for the return label?", 1, "en")
    assert (hit.source, hit.heading) == ("returns.md", "Who pays for the return label?")
    assert "4.95 euros" in hit.text


def test_an_article_comes_once_however_many_passages_match(shop: Asked) -> None:
    hits = shop.searcher.search("returns", 10)
    assert len({hit.article_id for hit in hits}) == len(hits) == len(HELP)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_k_articles_come_while_there_are_k(shop: Asked, k: int) -> None:
    assert len(shop.finds("kettle warranty", k)) == k


def test_more_than_there_are_gives_all(shop: Asked) -> None:
    assert len(shop.finds("kettle", 100)) == len(HELP)
    assert shop.finds("kettle", 0) == []


def test_the_best_comes_first(shop: Asked) -> None:
    scores = [hit.score for hit in shop.searcher.search("express delivery", 8, "en")]
    assert scores == sorted(scores, reverse=True)


def test_a_french_question_prefers_the_french_article(shop: Asked) -> None:
    (hit,) = shop.searcher.search("Qui paie l'étiquette de retour ?", 1, "fr")
    assert hit.language == "fr"
    assert shop.finds("Sous combien de jours suis-je remboursé ?", 1, "fr") == ["remboursements.md"]


def test_an_english_question_prefers_the_english_article_of_the_same_name(shop: Asked) -> None:
    (hit,) = shop.searcher.search("how many days do I have to return something?", 1, "en")
    assert (hit.source, hit.language) == ("returns.md", "en")


def test_a_language_is_preferred_and_not_required(shop: Asked) -> None:
    assert shop.finds("QX-7731", k=1, language="fr") == ["warranty.md"]


def test_similarity_tells_an_answered_question_from_a_strange_one(shop: Asked) -> None:
    (near,) = shop.searcher.search("How long does delivery take?", 1, "en")
    (far,) = shop.searcher.search("Who won the football match last night?", 1, "en")
    assert 0 <= far.similarity < 0.3 < 0.5 < near.similarity <= 1


def test_a_vector_made_before_gives_the_same_hits(shop: Asked, embedder: OnnxEmbedder) -> None:
    query = "where is the refund"
    vector = embedder.embed([query])[0]
    assert shop.searcher.search(query, vector=vector) == shop.searcher.search(query)


@pytest.mark.parametrize("query", ["", "?!", "zzzz qqqq", "the of and", "a" * 20_000, "\x00", "order \ud800"])
def test_a_senseless_query_gives_articles_and_no_error(shop: Asked, query: str) -> None:
    assert len(shop.finds(query, k=3)) == 3


def test_an_empty_index_finds_nothing(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    assert Searcher(Index.open(tmp_path / "none"), embedder).search("anything") == ()
    assert not (tmp_path / "none").exists()


def test_another_embedding_model_is_refused_with_the_remedy(shop: Asked, embedder: OnnxEmbedder) -> None:
    class Other(OnnxEmbedder):
        @property
        def name(self) -> str:
            return "another-model"

    with pytest.raises(OtherEmbedder, match=r"built with all-MiniLM-L6-v2.*another-model.*wismo ingest"):
        Searcher(shop.index, Other(embedder.folder)).search("anything")


def test_exact_search_and_chroma_name_the_same_rows(shop: Asked, embedder: OnnxEmbedder) -> None:
    vector = embedder.embed(["how long can I return something"])[0]
    with shop.index.reading() as snapshot:
        assert snapshot.nearest(vector, 5) == snapshot.by_chroma(vector, 5)


def test_of_articles_that_say_the_same_the_newest_is_found_once(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    said = "# Gift cards\n\nA gift card is valid for {years} years from the day that it was bought, in all our shops.\n"
    for name, day, years in (("old", "2024-01-31", "two"), ("new", "2026-10-01", "three"), ("undated", "", "two")):
        front = f"---\nupdated: {day}\n---\n" if day else ""
        (tmp_path / f"{name}.md").write_text(front + said.format(years=years), encoding="utf-8")
    (tmp_path / "other.md").write_text("# Showroom\n\nOur showroom in Lyon is open on Saturdays.\n", encoding="utf-8")
    ingest(sorted(tmp_path.glob("*.md")), tmp_path / "index", embedder, lambda *_: None)
    with closing(Index.open(tmp_path / "index")) as index:
        hits = Searcher(index, embedder).search("how many years is a gift card valid?", 4)
        all_four = Searcher(index, embedder).search("how many years is a gift card valid?", 4, older=True)
        three = Searcher(index, embedder).search("how many years is a gift card valid?", 3, older=True)
    assert [hit.source for hit in hits] == ["new.md", "other.md"]
    assert hits[0].score > hits[1].score
    assert all_four[:2] == hits
    assert {hit.source for hit in all_four[2:]} == {"old.md", "undated.md"}
    assert hits[1].score >= all_four[2].score >= all_four[3].score
    assert three == all_four[:3]
