"""Was this said already? For vendors that keep no mark with our words: the same words, in our name, since the customer.

A key of ours would be better; none of these vendors has a field for it that the customer does not see.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

from connectors.helpdesks import Author, Conversation, Words

SKEW = timedelta(minutes=5)
"""A vendor's clock may be behind ours by so much."""
TAG = re.compile(r"<[^>]*>")


def said_before(conversation: Conversation, words: Words) -> bool:
    """Ours, since the customer's last word: an answer to an earlier one may well read the same."""
    customers = [place for place, one in enumerate(conversation.comments) if one.author is Author.CUSTOMER]
    since = conversation.comments[customers[-1] + 1 :] if customers else conversation.comments
    wanted = plain(words.text)
    return any(one.author is Author.WISMO and one.public == words.public and plain(one.text) == wanted for one in since)


def said_since(conversation: Conversation, words: Words, since: datetime) -> bool:
    """Ours, whatever the customer said after it: for words that nobody asked for, each put once.

    By our mark where the vendor keeps one, else the same words since they were put.
    """
    wanted, first = plain(words.text), since - SKEW
    ours = [one for one in conversation.comments if one.author is Author.WISMO and one.public == words.public]
    return any(one.key == words.key or (one.at >= first and plain(one.text) == wanted) for one in ours)


def plain(text: str) -> str:
    """Letters and digits alone: what a vendor does to markup, blanks and signs tells nothing."""
    return "".join(char for char in html.unescape(TAG.sub(" ", text)).casefold() if char.isalnum())


def paragraphs(text: str) -> str:
    """Plain text as HTML."""
    parts = (html.escape(one) for one in text.split("\n\n") if one.strip())
    return "".join(f"<p>{one}</p>" for one in parts).replace("\n", "<br>")
