"""A message cut into the stretches that each ask one thing. What they ask was guessed before; nothing is looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.brains.classifier import Guess
from agent.case import Intent
from knowledge.query import GREETING

SMALL_TALK = frozenset({Intent.GREETING, Intent.THANKS, Intent.PRAISE, Intent.AFFIRM, Intent.DENY})
ABOUT_AN_ORDER = frozenset(
    {
        Intent.ORDER_STATUS,
        Intent.CANCEL_ORDER,
        Intent.CHANGE_ADDRESS,
        Intent.CHANGE_ORDER,
        Intent.RETURN_REQUEST,
        Intent.EXCHANGE_REQUEST,
        Intent.REFUND_REQUEST,
        Intent.REFUND_STATUS,
        Intent.MISSING_OR_DAMAGED,
        Intent.INVOICE,
        Intent.PAYMENT_PROBLEM,
    }
)
# Asking for the first is part of asking for any of the others about the same order.
SUBSUMED: dict[Intent, frozenset[Intent]] = {
    Intent.REFUND_REQUEST: frozenset(
        {
            Intent.RETURN_REQUEST,
            Intent.CANCEL_ORDER,
            Intent.MISSING_OR_DAMAGED,
            Intent.WITHDRAWAL,
            Intent.REFUND_STATUS,
        }
    ),
    Intent.RETURN_REQUEST: frozenset({Intent.EXCHANGE_REQUEST, Intent.WITHDRAWAL}),
    Intent.CANCEL_ORDER: frozenset({Intent.WITHDRAWAL}),
    Intent.ORDER_STATUS: frozenset({Intent.MISSING_OR_DAMAGED, Intent.CANCEL_ORDER}),
    Intent.COMPLAINT: ABOUT_AN_ORDER,
    Intent.PLACE_ORDER: ABOUT_AN_ORDER,
}
# "Order number: 1001" names the order; by itself it asks for nothing.
BARE_NUMBER = re.compile(
    r"(?i)\W*(?:(?:my|ma|it|is|was|order|commande|pedido|bestellung|number|num[eé]ro|nummer|no|n|c|est|the|la|le|die|el"
    r"|and|et|y|und|about|concerning|regarding|re|concernant|of|for|from|with|de|pour|hi|hello|hey|bonjour)\b\W*)*(?:#1234\W*)+"
)
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
NUMBER_FIRST = re.compile(r"(?i)(?:order |commande |n° ?)?#?(?:[a-z]{1,4}-?)?\d{3,}\b")
JOINT = re.compile(
    r"(?i)(?:,\s*)?\b(?:and also|and then|and|et aussi|et puis|et|puis|ainsi que|but|mais)\b\s+|,\s*(?:also|aussi)\b\s+"
    r"|,\s*(?=(?:only|just|please|where|when|why|what|how|seulement|plutôt|juste|merci de|où|quand|pourquoi)\b)"
)
NEGATED = re.compile(
    r"(?i)\b(?:do(?:n['’]?t| not)|never|not|n['’]t) (?:want|wish|need|like|mean|ask\w*) (?:to|you to)\b"
    r"|\b(?:do not|don['’]?t|won['’]?t|will not|never mind|not) (?:cancel|refund|return)\w*|\bdon['’]?t\s*!"
    r"|\bn[e'’] ?(?:\w+ )?(?:surtout )?pas\b(?= (?:annul|renvoy|retourn|rembours))|\bn['’]annul\w+ (?:surtout )?pas\b|\bne (?:\w+ )?surtout pas\b"
    r"|\bn[e'’] ?(?:veux|souhaite|désire|demande) pas\b|\bpas (?:d[e'’] ?)?(?:annul|renvoy|retourn|rembours)\w*"
)
# A yes with any of these is no plain yes, and confirms nothing.
HESITATES = re.compile(
    r"(?i)\?|\b(?:not|no|never|but|only|if|unless|until|tomorrow|later|wait|keep|except|instead|maybe|perhaps|or|yet|\w+n['’]t"
    r"|pas|non|mais|seulement|si|sauf|demain|tard|gard\w+|attend\w+|jamais|peut-être|ou)\b"
)
INTRODUCES = re.compile(
    r"^\W*(?i:hi|hello|hey|dear \w+|bonjour)?\W*(?i:and |et )?(?:(?i:my (?:full )?name is|je m[’']appelle|this is)\b.{0,50}"
    r"|(?i:it(?:['’]s| is) (?:me|i)|c['’]est moi)\b.{0,80}"
    r"|(?i:my|mon) (?i:zip|post|e-?mail|phone|code postal|adresse mail)[\w -]* (?i:is|est)\b.{0,60}|I(?: am|[’']m) [A-Z]\w+(?: [A-Z]\w+)?)\W*$"
)
GREETS = re.compile(rf"(?i)\W*(?:{GREETING})\W*")
# Lines of the model withdrawal form, filled in.
FORM_LINE = re.compile(
    r"(?i)\W*(?:(?:name|address|signature|nom|adresse)\(?s?\)? (?:of|du|des|de)\b[^:\n]{0,40}|date|to|à l['’]attention d[eu]"
    r"|(?:\W*(?:ordered|received|commandée?|reçue?)[ /()]*)+ (?:on|le)\b[^:\n]{0,30}) ?:"
)
# Why somebody no longer wants a thing is part of the wish that it explains.
REASON = re.compile(
    r"(?i)\b(?:no longer (?:need|want)\w*|(?:don['’]?t|do not|didn['’]?t) (?:need|want|like|fit)\b|changed my mind|(?:by|in|my) (?:mistake|error|accident)"
    r"|too (?:small|big|large|tight|loose|late)|doesn['’]?t (?:fit|suit)|found (?:it|one)\b|plus besoin|n['’]en (?:ai|veux) plus|changé d['’]avis|par erreur|trop (?:petit|grand|tard|cher)\w*)"
)
WISHES = re.compile(
    r"(?i)\b(?:please|pls|can (?:i|you|we)|could|would|(?<!longer )want to|wish to|i['’]d|return\w*|cancel\w*|refund\w*|exchang\w+|swap\w*|send|money|replac\w+|merci de|voudrais|souhait\w+|annul\w+|renvo\w+|retourn\w+|rembours\w+|échang\w+)\b"
)
# A formal complaint is heard beside whatever else is asked.
FORMAL = re.compile(r"(?i)\b(?:complain\w*|complaints?|réclamation|plainte|plains)\b")
EXPLAINED = frozenset(
    {
        Intent.CANCEL_ORDER,
        Intent.RETURN_REQUEST,
        Intent.EXCHANGE_REQUEST,
        Intent.REFUND_REQUEST,
        Intent.WITHDRAWAL,
        Intent.CHANGE_ORDER,
    }
)
# "and the mug of order 1001" goes on with what came before: a thing and no word of what is the matter with it.
GOES_ON = re.compile(
    r"(?i)(?:the|a|an|my|both|one|two|three|four|\d{1,2}|le|la|les|l['’]|un|une|mon|ma|mes|deux|trois|el|los|las|mi|der|die|das|den|ein|eine|mein\w*)\b"
)
SAYS_WHAT = re.compile(
    r"(?i)\b(?:is|was|are|were|has|have|had|isn['’]?t|hasn['’]?t|came|come|comes|arriv\w+|want\w*|need\w*|would|wish|broke\w*|damag\w+|missing|wrong|cancel\w*"
    r"|return\w*|refund\w*|exchang\w+|chang\w+|swap\w*|replac\w+|send|sent|ship\w*|deliver\w*|track\w*|status|where|when|why|how|not|never|still|late|pay\w*|paid|invoice\w*|bill\w*|receipt|label|remov\w+|add|keep|cheap\w*|facture\w*|retir\w+|enlev\w+|ajout\w+|modif\w+|updat\w+|edit\w*|withdraw\w*|rétract\w+|claim|complain\w*|address\w*|adresse\w*|wait\w*|attend\w*|receiv\w+ nothing|nothing|no|broken|lost|perdu\w*|stop\w*|hold|too|trop|charg\w+"
    r"|est|sont|était|a|ont|arriv\w+|veux|voudrais|souhait\w+|annul\w+|renvo\w+|retour\w*|rembours\w+|échang\w+|chang\w+|cass\w+|manqu\w+|pas|où|quand)\b"
)
# "I just received my order": nothing is asked by it alone.
RECEIVED = re.compile(
    r"(?i)^\W*(?:(?:hi|hello|hey|bonjour|salut)\W+)?(?:I(?:['’]ve| have)?(?: just| recently| already)? (?:received|got|bought|ordered|placed|purchased)"
    r"|j['’]ai (?:bien |déjà |récemment )?(?:reçu|acheté|commandé|passé)|je viens de (?:recevoir|commander|passer|acheter))\b"
)
TROUBLE = re.compile(
    r"(?i)\?|\b(?:broke\w*|damag\w+|wrong|missing|not|never|only|\w+n['’]t|defect\w*|fault\w*|crack\w+|late|still|empty|twice|instead|without|part|incomplete|another|different|torn|leak\w*|stain\w*|used|worn"
    r"|cassé\w*|abîmé\w*|pas|jamais|manqu\w+|mauvais\w*|seulement|vide|autre|défectueu\w+|erreur)\b"
)
CONDITION = re.compile(
    r"(?i)^\W*(?:if|when(?! (?:will|do|does|did|is|are|can|could|should|would)\b)|once|unless|in case|si"
    r"|quand(?! (?:est-ce|arriv\w+|sera\w*|vais|va|vont|pourr\w+|aur\w+)\b)|lorsque|au cas où|une fois)\b"
)
SURE, SURE_IN_GENERAL = 0.6, 0.75
# A part understood as surely as this needs no second opinion from the whole message.
PLAIN = 0.9
MOST = 14


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of the message, or all of it. `text` keeps identifiers, `masked` is what is classified."""

    text: str
    masked: str
    orders: tuple[str, ...] = ()

    def heard(self, guess: Guess) -> Segment:
        return Segment(self.text, self.masked, guess, self.orders)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch and what it is taken to ask."""

    text: str
    masked: str
    guess: Guess
    orders: tuple[str, ...] = ()

    @property
    def intent(self) -> Intent:
        return Intent(self.guess.label)


# Of a stretch whose words alone show that it asks for nothing: it is not classified.
UNHEARD = Guess(Intent.OUT_OF_SCOPE.value, 0.0, 0.0)


def parts_of(whole: str) -> list[str]:
    """Sentences, and clauses where a joint may begin something of its own; none where there is only one."""
    clauses = [clause for sentence in SENTENCE.split(whole) for clause in _clauses(sentence)]
    return clauses[:MOST] if len(clauses) > 1 else []


def _clauses(sentence: str) -> list[str]:
    """What is too short to ask anything stays with what came before it."""
    clauses: list[str] = []
    for piece in (one.strip() for one in JOINT.split(sentence)):
        length = len(piece.split())
        short = length == 1 or (length == 2 and not re.search(r"\d", piece))
        if clauses and _goes_on_counting(clauses[-1], piece):
            clauses[-1] = f"{clauses[-1]}, {piece}"
        elif clauses and short:
            clauses[-1] = f"{clauses[-1]} {piece}"
        elif piece:
            clauses.append(piece)
    return clauses


def _goes_on_counting(before: str, piece: str) -> bool:
    """ "1001 and 1002 please": the second number belongs to what was asked of the first."""
    return bool(re.search(r"\d\W*$", before) and NUMBER_FIRST.match(piece)) and not SAYS_WHAT.search(piece)


def asked_in(parts: Sequence[Segment], whole: Stretch, hear: Callable[[], Guess]) -> list[Segment]:
    """One segment a request. No word is lost: what asks nothing by itself goes with its neighbour.

    `hear` classifies the whole message, where its parts leave a doubt.
    """
    groups = _grouped(parts)
    kept = [group for group in groups if not _part_of_another(group, groups)]
    if not kept:
        heard = whole.heard(_between_courtesies(parts) or hear())
        return [_refused(heard) if heard.intent in ABOUT_AN_ORDER and NEGATED.search(whole.text) else heard]
    if len(kept) > 1:
        return kept
    only = kept[0]
    doubtful = only.guess.confidence < PLAIN and not NEGATED.search(whole.text)
    guess = _surer(hear(), only.guess) if doubtful else only.guess
    return [Segment(whole.text, whole.masked, guess, only.orders or whole.orders)]


def _between_courtesies(parts: Sequence[Segment]) -> Guess | None:
    """A plain yes or no with nothing around it but a greeting and thanks, which blur it."""
    said = [part for part in parts if not _courtesy(part)]
    plain = len(said) == 1 and said[0].intent in {Intent.AFFIRM, Intent.DENY} and said[0].guess.confidence >= PLAIN
    return said[0].guess if plain else None


def _courtesy(part: Segment) -> bool:
    polite = part.intent in {Intent.GREETING, Intent.THANKS} and part.guess.confidence >= SURE
    return polite or GREETS.fullmatch(part.text) is not None


def _refused(whole: Segment) -> Segment:
    """ "Do not cancel" asks for nothing to be done."""
    guess = Guess(Intent.DENY.value, whole.guess.confidence, whole.guess.nearest)
    return Segment(whole.text, whole.masked, guess, whole.orders)


def _grouped(parts: Sequence[Segment]) -> list[Segment]:
    groups: list[Segment] = []
    before: list[Segment] = []
    for part in parts:
        if not _asks(part):
            if groups:
                groups[-1] = _kept_with(groups[-1], part)
            else:
                before.append(part)
        elif groups and _goes_on(groups[-1], part):
            groups[-1] = _joined(groups[-1], part, max(groups[-1].guess, part.guess, key=lambda g: g.confidence))
        else:
            groups.append(part)
    return [_with_lead(groups[0], before), *groups[1:]] if groups else []


def _asks(part: Segment) -> bool:
    least = SURE if part.intent in ABOUT_AN_ORDER else SURE_IN_GENERAL
    silent = part.intent in SMALL_TALK or part.intent is Intent.OUT_OF_SCOPE
    return (
        not silent
        and part.guess.confidence >= least
        and not asks_nothing(part.text, part.masked)
        and (part.intent not in ABOUT_AN_ORDER or bool(part.orders) or bool(SAYS_WHAT.search(part.text)))
    )


def asks_nothing(text: str, masked: str) -> bool:
    """By its words alone, whatever a classifier would make of it."""
    return bool(
        NEGATED.search(text)
        or INTRODUCES.match(text)
        or FORM_LINE.match(text)
        or GREETS.fullmatch(text)
        or BARE_NUMBER.fullmatch(masked.lower())
        or CONDITION.match(text)
        or (RECEIVED.match(text) and not TROUBLE.search(text))
        or (GOES_ON.match(text) and not SAYS_WHAT.search(text))
    )


def _goes_on(group: Segment, part: Segment) -> bool:
    """The same wish again is one request, unless it names an order of its own."""
    own_order = bool(part.orders and group.orders and set(part.orders) - set(group.orders))
    pronoun = part.intent is Intent.ORDER_STATUS and part.guess.nearest == 1.0 and group.intent in ABOUT_AN_ORDER
    return (group.intent is part.intent or pronoun) and not own_order


def _joined(first: Segment, second: Segment, guess: Guess) -> Segment:
    orders = tuple(dict.fromkeys(first.orders + second.orders))
    return Segment(f"{first.text}, {second.text}", f"{first.masked}, {second.masked}", guess, orders)


def _kept_with(group: Segment, part: Segment) -> Segment:
    """Words that ask nothing go along; the orders they name only where the wish names none of its own."""
    joined = _joined(group, part, group.guess)
    return Segment(joined.text, joined.masked, group.guess, group.orders or part.orders)


def _with_lead(group: Segment, before: Sequence[Segment]) -> Segment:
    """What stood before the first wish: it may name the order or the items."""
    text = " ".join((*(one.text for one in before), group.text))
    masked = " ".join((*(one.masked for one in before), group.masked))
    named = tuple(dict.fromkeys(order for one in before for order in one.orders))
    return Segment(text, masked, group.guess, group.orders or named)


def _part_of_another(group: Segment, groups: Sequence[Segment]) -> bool:
    if group.intent is Intent.COMPLAINT and FORMAL.search(group.text):
        return False
    if _explains(group) and any(one.intent in EXPLAINED and not _explains(one) for one in groups):
        return True
    larger = SUBSUMED.get(group.intent, frozenset())
    return any(one.intent in larger and _same_orders(one, group) for one in groups if one is not group)


def _explains(group: Segment) -> bool:
    """It says why, and asks for nothing else."""
    told = group.intent in EXPLAINED and not group.orders
    return told and bool(REASON.search(group.text)) and not WISHES.search(group.text)


def _same_orders(one: Segment, other: Segment) -> bool:
    return not one.orders or not other.orders or bool(set(one.orders) & set(other.orders))


def _surer(whole: Guess, part: Guess) -> Guess:
    """One wish: a long message blurs, so the surer guess names it."""
    agrees = whole.label == part.label or whole.label in ABOUT_AN_ORDER
    return max(whole, part, key=lambda guess: guess.confidence) if agrees else part
