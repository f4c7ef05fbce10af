"""Was this said already? For vendors that keep no mark with our words: the same words, in our name, since the customer.

A key of ours would be better; none of these vendors has a field for it that the customer does not see.
"""

from __future__ import annotations

import html
import re

from connectors.helpdesks import Author, Conversation, Words

TAG = re.compile(r"<[^>]*>")


def said_before(conversation: Conversation, words: Words) -> bool:
    """Ours, since the customer's last word: an answer to an earlier one may well read the same."""
    customers = [place for place, one in enumerate(conversation.comments) if one.author is Author.CUSTOMER]
    since = conversation.comments[customers[-1] + 1 :] if customers else conversation.comments
    wanted = plain(words.text)
    return any(one.author is Author.WISMO and one.public == words.public and plain(one.text) == wanted for one in since)


def plain(text: str) -> str:
    """Letters and digits alone: what a vendor does to markup, blanks and signs tells nothing."""
    return "".join(char for char in html.unescape(TAG.sub(" ", text)).casefold() if char.isalnum())


def paragraphs(text: str) -> str:
    """Plain text as HTML."""
    parts = (html.escape(one) for one in text.split("\n\n") if one.strip())
    return "".join(f"<p>{one}</p>" for one in parts).replace("\n", "<br>")
