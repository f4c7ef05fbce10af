"""The customer's own words of now: markup out, and what they quote, forward or sign with cut off."""

from __future__ import annotations

import html
import re

# The line that a mail program puts above what it quotes; long addresses make it break.
QUOTED = re.compile(
    r"(?im)^(?:>.*"
    r"|on (?=[^\n]{0,40}\d)[^\n]{5,160}(?:\n[^\n]{0,80})?\bwrote ?:[ \t]*"
    r"|le (?=[^\n]{0,40}\d)[^\n]{5,160}(?:\n[^\n]{0,80})?\ba écrit ?:[ \t]*"
    r"|el (?=[^\n]{0,40}\d)[^\n]{5,160}(?:\n[^\n]{0,80})?\bescribió ?:[ \t]*"
    r"|am (?=[^\n]{0,40}\d)[^\n]{5,160}(?:\n[^\n]{0,80})?\bschrieb [^\n]{0,80}:[ \t]*"
    r"|-{2,} ?(?:original message|message d['’]origine|mensaje original|ursprüngliche nachricht).*"
    r"|_{10,}\s*$"
    r"|(?:from|de|von) ?:[^\n]*\n(?:[^\n]*\n)??(?:sent|date|envoyé|enviado|gesendet|datum) ?(?:le)? ?:.*)$"
)
FORWARDED = re.compile(
    r"(?im)^(?:-{2,} ?(?:forwarded|original message|message (?:transféré|d['’]origine))|fwd?:|tr ?:).*$"
)
SIGNATURE = re.compile(r"(?m)^(?:-- ?|(?:sent|get outlook) (?:from|for) .*|envoyé (?:de|depuis) .*)$", re.IGNORECASE)
# A closing formula alone on its line: who signs with a title, a company and telephone numbers asks nothing by them.
CLOSING = re.compile(
    r"(?im)^[ \t]*(?:(?:with )?(?:my |our )?(?:very )?(?:kind|best|warm|many)?(?:est)? ?(?:regards|wishes)|best|cheers"
    r"|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?"
    r"|(?:bien |très )?cordialement|bien à vous|(?:meilleures |sincères )?salutations|belle journée|bonne journée"
    r"|(?:un )?(?:cordial )?saludos?|atentamente"
    r"|(?:mit )?(?:freundlichen|besten|vielen) grüßen|(?:viele|liebe|beste) grüße|mfg)[ \t]*[,.!]?[ \t]*$"
)
SAYS_MORE = re.compile(r"(?i)\?|\bp\.? ?s\b|\b(?:order|commande|pedido|bestellung)\b|#\d")
ANSWERS = re.compile(r"(?i)\s*(?:re|aw|sv|rép|rv|antw)\s*(?:\[\d+\])?\s*:")
LONGEST_SIGNATURE = 400
"""Letters."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
MARKUP = re.compile(r"<[a-zA-Z!/][^>]*>")
# "Ana <ana@shop.example>" and "<https://shop.example>" are text, however much they look like tags.
BRACKETED = re.compile(r"<((?:mailto:)?[^<>\s@]+@[^<>\s]+|https?://[^<>\s]+)>")
# What mail programs leave where a picture or a file stood.
ATTACHED = re.compile(r"(?i)\[(?:image|cid|inline|attachment|attached|pi[eè]ce jointe|photo|file)\b[^\]\n]{0,200}\]")


def plain(raw: str, limit: int) -> str:
    """HTML to text (scripts dropped), control and direction marks out, quoted mail and signature cut off."""
    text = BRACKETED.sub(r"(\1)", raw[: limit * 4])
    if MARKUP.search(text):
        text = _without_markup(text)
    text = CONTROL.sub(" ", html.unescape(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = ATTACHED.sub(" ", text)
    own = _before(QUOTED, _before(SIGNATURE, text))
    if QUOTED.match(own.lstrip()) and not FORWARDED.search(own):
        own = ""  # a reply without a word above what it quotes
    return re.sub(r"[ \t]+", " ", _unsigned(own)).strip()[:limit]


def _without_markup(text: str) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for tag in soup(["script", "style", "head", "template", "blockquote"]):
        tag.decompose()
    return soup.get_text("\n")


def _before(mark: re.Pattern[str], text: str) -> str:
    """What stands above the first mark; everything when nothing stands above it."""
    found = mark.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text


def _unsigned(own: str) -> str:
    """Above the last closing formula, where a short block that says nothing more stands below it."""
    formula = next(reversed(list(CLOSING.finditer(own))), None)
    if formula is None or not own[: formula.start()].strip():
        return own
    below = own[formula.end() :]
    return own if len(below) > LONGEST_SIGNATURE or SAYS_MORE.search(below) else own[: formula.start()]


def answers_a_mail(subject: str) -> bool:
    """Then the subject is that of an earlier mail, often ours: it asks for nothing now."""
    return bool(ANSWERS.match(subject))
