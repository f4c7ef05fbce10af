"""One HTML page to Markdown-like text: headings, paragraphs, lists and tables stay; what nobody reads goes.

Files, records and their titles are formats.py's affair.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import Comment, NavigableString, PageElement, Tag

FURNITURE = "head title script style nav noscript template svg iframe form button footer aside"
# Also a guard: text that is hidden from people must not reach a model either.
HIDDEN = '[hidden], [aria-hidden="true"], [style*="display:none"], [style*="display: none"]'
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (
    "p",
    "div",
    "section",
    "article",
    "ul",
    "ol",
    "table",
    "blockquote",
    "dl",
    "dt",
    "dd",
    "pre",
    "figure",
)


class Page(NamedTuple):
    title: str
    text: str
    language: str | None
    updated: str | None = None
    """YYYY-MM-DD."""


def read(markup: str) -> Page:
    soup = BeautifulSoup(markup, "html.parser")
    language = soup.html.get("lang") if soup.html else None
    page_title = _words(soup.title) if soup.title else ""
    body = _body(soup)
    for tag in [*body.find_all(FURNITURE.split()), *body.select(HIDDEN)]:
        tag.decompose()
    top = soup.find("h1")
    title = (_words(top) if isinstance(top, Tag) else "") or page_title
    if isinstance(top, Tag):
        top.decompose()
    return Page(title, _text(body), str(language) if language else None)


def declared_encoding(raw: bytes) -> str | None:
    return EncodingDetector.find_declared_encoding(raw, is_html=True)


def _body(soup: BeautifulSoup) -> Tag:
    """The main part, if the page has just one: what stands around it repeats on every page."""
    for name in ("main", "article", "body"):
        found = soup.find_all(name)
        if len(found) == 1 and isinstance(found[0], Tag):
            return found[0]
    return soup


def _text(body: Tag) -> str:
    for element in list(body.descendants):
        _mark(element)
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in body.get_text().split("\n"))
    text = re.sub(r"^-\s*\n+", "- ", "\n".join(lines), flags=re.MULTILINE)  # a paragraph inside a list item
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _mark(element: PageElement) -> None:
    """Put into the text, around the element, what its tag says."""
    if isinstance(element, NavigableString):
        _flatten(element)
    elif isinstance(element, Tag):
        before, after = _marks(element)
        element.insert(0, NavigableString(before))
        element.append(NavigableString(after))


def _flatten(string: NavigableString) -> None:
    if not isinstance(string, Comment):
        string.replace_with(NavigableString(re.sub(r"\s+", " ", string)))


def _marks(tag: Tag) -> tuple[str, str]:
    if tag.name in HEADINGS:
        return f"\n\n{'#' * int(tag.name[1])} ", "\n\n"
    if tag.name == "li":
        return "\n- ", ""
    if tag.name in ("br", "tr"):
        return "\n", ""
    if tag.name in ("td", "th"):
        return "", " | "
    if tag.name == "a" and str(tag.get("href", "")).startswith("http"):
        return "", f" ({tag['href']})"
    return ("\n\n", "\n\n") if tag.name in BLOCKS else ("", "")


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())
