"""The helpdesks' exports of their articles: unfolded to plain records, and which of them customers must not hear of.

Zendesk    {"articles": [{… "translations"?: […]}], "sections"?: [{"id", "name"}]}
Intercom   {"data": [{… "translated_content"?: {"fr": {…}}}]}
Freshdesk  a list of articles, or categories > folders > articles, each perhaps wrapped: {"folder": {…}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from knowledge.errors import Unreadable

Record = Mapping[str, Any]

LISTS = ("articles", "data", "results", "items")
BRANCHES = ("categories", "folders", "sub_folders")
WRAPPERS = ("category", "folder", "article")
UNPUBLISHED = frozenset({"draft", "archived", "unpublished", "internal", "private", "pending", "trash"})
# Freshdesk's numbers of a draft, and of a folder that everybody sees.
DRAFT, EVERYBODY = 1, 1


def records(value: object) -> Iterator[object]:
    """What is no object comes out as it is: for a person to mend."""
    if isinstance(value, list):
        for item in value:
            yield from _unfolded(item)
    elif isinstance(value, Mapping):
        yield from _unfolded(value) if _is_branch(value) else _listed(value)
    else:
        raise Unreadable("neither a list of articles nor an object that holds one")


def is_withheld(record: Record) -> bool:
    """Not published, out of date by the helpdesk's own mark, or shown to some people only."""
    if any(record.get(mark) is True for mark in ("draft", "outdated", "archived", "internal")):
        return True
    if any(str(record.get(name)).lower() in UNPUBLISHED for name in ("state", "status")):
        return True
    if record.get("published") is False or record.get("type") == "internal_article":
        return True
    if record.get("user_segment_id") or record.get("user_segment_ids"):
        return True
    return record.get("folder_id") is not None and record.get("status") == DRAFT


def _listed(value: Record) -> Iterator[object]:
    lists = (value[key] for key in LISTS if isinstance(value.get(key), list))
    names = _names(value.get("sections"))
    for item in next(lists, [value]):
        if isinstance(item, Mapping) and item.get("section_id") in names:
            item = {"topic": names[item["section_id"]], **item}
        yield from _unfolded(item)


def _names(sections: object) -> dict[object, object]:
    listed = [one for one in sections if isinstance(one, Mapping)] if isinstance(sections, list) else []
    return {one.get("id"): one.get("name") for one in listed if isinstance(one.get("id"), int | str)}


def _unfolded(item: object) -> Iterator[object]:
    if not isinstance(item, Mapping):
        yield item
    elif _is_branch(item):
        yield from _of_branch(item, {})
    else:
        yield from _translated(_in_its_folder(item))


def _is_branch(value: Record) -> bool:
    """A Freshdesk category or folder. Zendesk's export has categories too, beside its articles."""
    if len(value) == 1 and next(iter(value)) in WRAPPERS:
        return isinstance(next(iter(value.values())), Mapping)
    folder = "articles" in value and "name" in value and "title" not in value
    tree = any(isinstance(value.get(key), list) for key in BRANCHES) and "articles" not in value
    return folder or (tree and "title" not in value)


def _of_branch(branch: Record, above: Record) -> Iterator[object]:
    """`above` is what the branch around it says of all its articles: their topic, and whether they are internal."""
    if len(branch) == 1 and next(iter(branch)) in WRAPPERS:
        name, inner = next(iter(branch.items()))
        yield from _translated({**above, **inner}) if name == "article" else _of_branch(inner, above)
        return
    internal = above.get("internal") is True or branch.get("visibility", EVERYBODY) != EVERYBODY
    given = {
        **above,
        "topic": branch.get("name") or above.get("topic"),
        "internal": internal,
        "folder_id": branch.get("id"),
    }
    yield from _leaves(branch, given)


def _leaves(branch: Record, given: Record) -> Iterator[object]:
    for key in (*BRANCHES, "articles"):
        inside = branch.get(key)
        for inner in inside if isinstance(inside, list) else []:
            if not isinstance(inner, Mapping):
                yield inner
            elif key in BRANCHES or _is_branch(inner):
                yield from _of_branch(inner, given)
            else:
                yield from _translated({**given, **inner})


def _in_its_folder(record: Record) -> Record:
    """Freshdesk tells of an article by the folders above it, the nearest last."""
    above = record.get("hierarchy")
    if not isinstance(above, list) or not above or not isinstance(above[-1], Mapping):
        return record
    data = above[-1].get("data")
    return {"topic": data.get("name"), **record} if isinstance(data, Mapping) else record


def _translated(record: Record) -> Iterator[Record]:
    """The article, and each translation as one of its own: what a translation does not say, the article says."""
    yield record
    own = record.get("locale") or record.get("default_locale")
    shared = {key: value for key, value in record.items() if key not in ("translations", "translated_content")}
    for locale, translation in _translations(record):
        if translation.get("body") and locale != own:
            said = {key: value for key, value in translation.items() if value is not None}
            yield {**shared, "outdated": False, **said, "locale": locale}


def _translations(record: Record) -> Iterator[tuple[object, Record]]:
    listed, by_locale = record.get("translations"), record.get("translated_content")
    if isinstance(listed, list):
        yield from ((one.get("locale"), one) for one in listed if isinstance(one, Mapping))
    if isinstance(by_locale, Mapping):
        yield from ((locale, one) for locale, one in by_locale.items() if isinstance(one, Mapping))
