"""A scripted customer: what they say next, in their mood. Deterministic by the random that is handed in."""

from __future__ import annotations

from random import Random

from agent.answer import Answer
from agent.case import Disposition
from eval.suite.case import ASKED, Reaction, Scripted, When, pattern_of

NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "n": "m", "o": "i", "r": "t", "s": "a", "t": "r", "l": "k", "u": "y"}


class Speaker:
    def __init__(self, script: Scripted, random: Random) -> None:
        self._script = script
        self._random = random
        self._left = [one.times for one in script.reacts]
        self._turns = 0

    def opens(self) -> str:
        self._turns = 1
        return coloured(self._script.opens, self._script.mood, self._random)

    def reacts(self, answer: Answer) -> str | None:
        """The first reaction that fits; None when there is nothing more to say."""
        if self._turns >= self._script.at_most:
            return None
        for place, one in enumerate(self._script.reacts):
            if self._left[place] and _fits(one, answer):
                self._left[place] -= 1
                self._turns += 1
                return coloured(one.say, self._script.mood, self._random)
        return None


def _fits(reaction: Reaction, answer: Answer) -> bool:
    return reaction.when is None or _holds(reaction.when, answer)


def _holds(when: When, answer: Answer) -> bool:
    asking = {one["rule"] for one in answer.requests if one["disposition"] == Disposition.ASKED}
    return (
        (when.asked is None or bool(asking & ASKED[when.asked]))
        and when.disposition in {None, answer.disposition}
        and (when.replied is None or bool(pattern_of(when.replied).search(answer.reply)))
    )


def coloured(text: str, mood: str, random: Random) -> str:
    """The same words as somebody in this mood types them; digits and addresses stay as they are."""
    match mood:
        case "polite":
            return f"Hello,\n\n{text}\n\nMany thanks and kind regards"
        case "terse":
            return text.rstrip(".!").lower() if "@" not in text else text
        case "shouting":
            return text.upper() + "!!"
        case "typing":
            return " ".join(_mistyped(word, random) for word in text.split(" "))
    return text


def _mistyped(word: str, random: Random) -> str:
    """One slip in about one of eight longer words."""
    if len(word) < 6 or not word.isalpha() or random.random() > 0.125:
        return word
    place = random.randrange(1, len(word) - 1)
    wrong = NEIGHBOURS.get(word[place], word[place])
    return word[:place] + wrong + word[place + 1 :]
