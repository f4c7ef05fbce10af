"""The helpdesks' exports: every translation an article, and nothing told that the shop does not tell everybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.load import Loaded, load


def loaded(folder: Path, export: Any) -> Loaded:
    file = folder / "export.json"
    file.write_text(json.dumps(export), encoding="utf-8")
    found = load([file])
    assert found.problems == ()
    return found


def titles(found: Loaded) -> list[str]:
    return [article.title for article in found.articles]


def zendesk(number: int, **given: Any) -> dict[str, Any]:
    url = f"https://lumen.test/hc/en-us/articles/{number}"
    article = {"id": number, "title": f"A{number}", "body": "<p>Said.</p>", "html_url": url, "locale": "en-us"}
    return article | {"draft": False, "outdated": False, "user_segment_id": None, "section_id": 7} | given


def test_a_zendesk_article_is_filed_under_its_section_and_knows_its_day(tmp_path: Path) -> None:
    export = {
        "articles": [zendesk(1, updated_at="2026-10-02T08:00:00Z")],
        "sections": [{"id": 7, "name": "Returns"}],
        "categories": [{"id": 1, "name": "Help", "description": "All of it"}],
    }
    (article,) = loaded(tmp_path, export).articles
    assert (article.topic, article.updated, article.language) == ("Returns", "2026-10-02", "en")


@pytest.mark.parametrize(
    "mark", [{"draft": True}, {"outdated": True}, {"user_segment_id": 42}, {"user_segment_ids": [1]}], ids=str
)
def test_what_zendesk_does_not_show_everybody_is_counted_and_not_told(tmp_path: Path, mark: dict[str, Any]) -> None:
    found = loaded(tmp_path, {"articles": [zendesk(1), zendesk(2, **mark)]})
    assert (titles(found), found.withheld) == (["A1"], 1)


def test_each_zendesk_translation_is_an_article_of_its_language_unless_it_is_a_draft(tmp_path: Path) -> None:
    french = {"locale": "fr", "title": "Retours", "body": "<p>Dit.</p>", "draft": False, "outdated": False}
    german = {"locale": "de", "title": "Retouren", "body": "<p>Gesagt.</p>", "draft": True}
    own = {"locale": "en-us", "title": "A1", "body": "<p>Said.</p>"}
    found = loaded(tmp_path, {"articles": [zendesk(1, translations=[own, french, german])]})
    assert [(article.title, article.language) for article in found.articles] == [("A1", "en"), ("Retours", "fr")]
    assert found.withheld == 1
    assert len({article.id for article in found.articles}) == 2


def test_an_intercom_export_gives_its_published_articles_in_every_language(tmp_path: Path) -> None:
    german = {
        "type": "article_content",
        "title": "Retouren",
        "body": "<p>Gesagt.</p>",
        "state": "published",
        "url": None,
    }
    french = {"type": "article_content", "title": "Retours", "body": "<p>Dit.</p>", "state": "draft"}
    common = {"type": "article", "default_locale": "en", "description": "Not the text", "updated_at": 1_790_000_000}
    export = {
        "type": "list",
        "data": [
            {
                **common,
                "title": "Returns",
                "body": "<p>Said.</p>",
                "state": "published",
                "url": "https://lumen.test/1",
                "translated_content": {"type": "article_translated_content", "de": german, "fr": french},
            },
            {**common, "title": "Soon", "body": "<p>Secret.</p>", "state": "draft", "url": None},
            {"type": "internal_article", "title": "For us", "body": "<p>Secret.</p>"},
        ],
    }
    found = loaded(tmp_path, export)
    assert [(one.title, one.text, one.language) for one in found.articles] == [
        ("Returns", "Said.", "en"),
        ("Retouren", "Gesagt.", "de"),
    ]
    assert {one.updated for one in found.articles} == {"2026-09-21"}
    assert found.withheld == 3


def freshdesk(title: str, **given: Any) -> dict[str, Any]:
    return {"title": title, "description": "<p>Said.</p>", "description_text": "Said.", "status": 2} | given


def test_a_freshdesk_list_gives_its_published_articles_with_their_folder(tmp_path: Path) -> None:
    above = [{"type": "category", "data": {"name": "Shop"}}, {"type": "folder", "data": {"name": "Returns"}}]
    export = [freshdesk("Told", folder_id=4, hierarchy=above), freshdesk("Draft", folder_id=4, status=1)]
    found = loaded(tmp_path, export)
    assert [(one.title, one.topic, one.text) for one in found.articles] == [("Told", "Returns", "Said.")]
    assert found.withheld == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_freshdesk_tree_is_walked_and_folders_that_not_everybody_sees_are_not_told(
    tmp_path: Path, wrapped: bool
) -> None:
    def box(name: str, content: dict[str, Any]) -> dict[str, Any]:
        return {name: content} if wrapped else content

    told = [box("article", freshdesk("Told")), box("article", freshdesk("Draft", status=1))]
    inner = box("folder", {"id": 6, "name": "Deep", "visibility": 1, "articles": [freshdesk("Within")]})
    seen = box("folder", {"id": 4, "name": "Returns", "visibility": 1, "articles": told, "sub_folders": [inner]})
    agents = box("folder", {"id": 5, "name": "Agents", "visibility": 3, "articles": [freshdesk("For us")]})
    found = loaded(tmp_path, [box("category", {"name": "Shop", "description": "x", "folders": [seen, agents]})])
    assert sorted((one.title, one.topic) for one in found.articles) == [("Told", "Returns"), ("Within", "Deep")]
    assert found.withheld == 2


def test_an_export_without_end_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text('{"folders":[' * 450 + "1" + "]}" * 450, encoding="utf-8")
    found = load([file])
    assert (len(found.articles), len(found.problems)) == (0, 1)
