"""Wordings that mean one thing, however little they say to a classifier."""

from __future__ import annotations

import re

from agent.brains import reading
from agent.brains.addresses import address_in
from agent.brains.classifier import Guess
from agent.case import Intent

WHERE = re.compile(r"(?i)\b(?:where|when|status|où|quand|suivi)\b")
WHERE_IS_IT = re.compile(
    r"(?i)\W*(?:(?:and|so|but|et|alors|mais|y|und)\b\W*)*(?:where (?:is|are) (?:it|they)(?: (?:right )?now| currently| at)?"
    r"|when (?:will|does|do) (?:it|they) (?:come|arrive|get here|reach me|be (?:here|delivered))"
    r"|¿?d[oó]nde est[aá]n?(?: ahora)?|wo (?:ist|bleibt|sind) (?:es|sie|er)(?: jetzt| gerade)?"
    r"|où (?:en )?(?:est|sont)[- ](?:elles?|ils?)(?: maintenant| actuellement)?|(?:elles?|ils?) (?:en )?(?:est|sont) où"
    r"|quand (?:arrive|arrivera)[-t ]*(?:elle|il|ils|elles))\W*"
)
THUMB = re.compile(r"(?:(?P<up>[👍👌✅]+)|(?P<down>👎+))[\s.!\ufe0f\U0001f3fb-\U0001f3ff]*")
# "Never arrived" is a claim; "has not arrived yet" asks where it is.
NEVER_CAME = re.compile(
    r"(?i)\bnever (?:actually |even )?(?:arrived|came|received|got (?:it|them|my|the)|showed up|turned up|reached me|been delivered)\b"
    r"|\bjamais (?:été )?(?:reçue?s?|arrivée?s?|livrée?s?|parvenue?s?|eu)\b"
)
SAID_DELIVERED = re.compile(
    r"(?i)\b(?:says?|said|marked|shows?|showing|claims?|according|indique|indiqué\w*|marqué\w*|noté\w*|affiche|dit|statut)\b.{0,40}\b(?:delivered|livrée?s?|remise?|distribuée?)\b"
)
NOT_HERE = re.compile(
    r"(?i)\b(?:never|not|\w+n['’]t|nothing|no (?:parcel|package|box|sign)|nowhere|nobody|jamais|pas|rien|aucun\w*)\b"
)
# What was not received is no goods, or went the other way.
NO_GOODS = re.compile(
    r"(?i)\b(?:received|got|reçu) (?:\w+ ){0,3}?(?:refund|money|e-?mail|mail|confirmation|invoice|label|answer|reply|response|code|link|remboursement|argent|facture|étiquette|réponse|lien)\b"
    r"|\bsen[dt] (?:\w+ )?back\b|\breturned\b|\brenvoy\w+|\bretourné\w*"
)
HOW_TO_TRACK = re.compile(
    r"(?i)\bhow (?:can|do|could|does|would) (?:i|one|you|we) (?:track|follow) (?:an? |the )?(?:orders?|parcels?|packages?|deliver(?:y|ies)|shipments?)\b"
    r"|\bcomment (?:puis-je |peut-on |faire pour )?(?:suivre|suit-on) (?:une?|des|les) (?:commandes?|colis|livraisons?)\b"
)
HOW_LONG_A_REFUND = re.compile(
    r"(?i)\b(?:how (?:long|many days)|when)\b.{0,30}\b(?:a refund|refunds)\b"
    r"|\b(?:combien de (?:temps|jours)|quel délai|sous combien|quand)\b.{0,30}\b(?:un remboursement|les remboursements)\b"
)
TAKE_THERE = re.compile(
    r"(?i)\b(?:deliver|ship|send|re-?route|redirect|livr(?:er|ez)|envoy(?:er|ez)|expédi(?:er|ez))\b[^.?!\n]{0,60}\b(?:to|at|au|à|chez)\b"
)
# Another time of delivery: no address is to be changed by it, and no tool books one.
ANOTHER_TIME = re.compile(
    r"(?i)\b(?:courier|driver|carrier|deliver\w*|bring|livr\w+|coursier|facteur|passer|repartidor|entreg\w+|zustell\w*|liefer\w*|bote)\b"
    r"[^?!\n]{0,80}\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|tomorrow|demain|mañana|morgen|evening|morning|afternoon|soir|matin|après-midi|after \d|before \d|\d ?(?:am|pm|h|uhr)\b"
    r"|time ?slot|créneau|franja|zeitfenster)"
)
ADDRESS = re.compile(r"(?i)\b(?:address\w*|adress\w*|direcci[oó]n|anschrift|street|rue|calle|straße)\b")
SMALL = frozenset({Intent.PRAISE, Intent.THANKS, Intent.GREETING})
MUST_NAME = frozenset({Intent.DENY, Intent.OUT_OF_SCOPE, Intent.ORDER_STATUS, Intent.COMPLAINT, Intent.REFUND_STATUS})
# "Not yet": it is still awaited.
STILL = re.compile(r"(?i)\b(?:todavía|aún|noch|encore|toujours)\b")
SURELY = 0.9
ORDERS = re.compile(
    r"(?i)#?\d{4,}\b|\b(?:order(?:s|ed)?|parcels?|packages?|deliver\w*|shipments?|items?|refund\w*|shop|store"
    r"|commandes?|commandée?s?|colis|livr\w+|articles?|rembours\w+|boutique"
    r"|pedidos?|paquetes?|env[ií]os?|entreg\w+|art[ií]culos?|reembols\w+|tienda"
    r"|bestell\w*|pakete?s?|liefer\w*|artikel|rückerstatt\w*|laden)\b"
)
GOODS = frozenset({Intent.ORDER_STATUS, Intent.REFUND_REQUEST, Intent.MISSING_OR_DAMAGED})
CHANGES = frozenset(
    {
        Intent.CANCEL_ORDER,
        Intent.CHANGE_ADDRESS,
        Intent.CHANGE_ORDER,
        Intent.RETURN_REQUEST,
        Intent.EXCHANGE_REQUEST,
        Intent.MISSING_OR_DAMAGED,
    }
)
LACKS = frozenset({"missing", "lost"})


def as_said(guess: Guess, text: str, *, own_matter: bool = False) -> Guess:
    """The guess, or what the words plainly say. `own_matter`: an offer stands open, so that a question is about that."""
    intent = _plainly(guess, text) or (None if own_matter else _in_general(text))
    return Guess(intent.value, max(guess.confidence, SURELY), 1.0) if intent else guess


def _plainly(guess: Guess, text: str) -> Intent | None:
    thumb = THUMB.fullmatch(text)
    if thumb:
        return Intent.AFFIRM if thumb["up"] else Intent.DENY
    if reading.matches(text, "plainly", "withdrawal", reading.WRITTEN):
        return Intent.WITHDRAWAL
    if guess.label in MUST_NAME and reading.matches(text, "plainly", "not_received", reading.WRITTEN):
        return Intent.ORDER_STATUS if STILL.search(text) else Intent.MISSING_OR_DAMAGED
    return _no_action(guess, text) or _goods_and_places(guess, text)


def _no_action(guess: Guess, text: str) -> Intent | None:
    """What sounds like an action and is none that a shop can do."""
    vague = guess.label in SMALL and guess.confidence < SURELY
    if vague and reading.matches(text, "plainly", "vague", reading.WRITTEN):
        return Intent.OUT_OF_SCOPE
    if guess.label in CHANGES and _elsewhere(text):
        return Intent.OUT_OF_SCOPE
    if guess.label == Intent.CHANGE_ADDRESS and _at_another_time(text):
        return Intent.DELIVERY_INFO
    return None


def _goods_and_places(guess: Guess, text: str) -> Intent | None:
    if guess.label in GOODS and did_not_come(text, paid_back=guess.label == Intent.REFUND_REQUEST):
        return Intent.MISSING_OR_DAMAGED
    if guess.confidence < SURELY and TAKE_THERE.search(text) and address_in(text) is not None:
        return Intent.CHANGE_ADDRESS
    return None


def _elsewhere(text: str) -> bool:
    """A matter of calendars, banks, journeys or voice assistants, with no word of an order beside it."""
    return reading.matches(text, "plainly", "elsewhere", reading.WRITTEN) > 0 and ORDERS.search(text) is None


def _at_another_time(text: str) -> bool:
    return ANOTHER_TIME.search(text) is not None and ADDRESS.search(text) is None and address_in(text) is None


def _in_general(text: str) -> Intent | None:
    """It names no order of one's own."""
    if re.search(r"\d{3}", text):
        return None
    if HOW_TO_TRACK.search(text):
        return Intent.DELIVERY_INFO
    return Intent.RETURN_POLICY if HOW_LONG_A_REFUND.search(text) else None


def did_not_come(text: str, *, paid_back: bool) -> bool:
    """All of it or a part: with a wish for money any such word says so, else only what leaves no doubt."""
    if NO_GOODS.search(text):
        return False
    if SAID_DELIVERED.search(text) and NOT_HERE.search(text):
        return True
    if paid_back:
        return reading.reason(text, reading.WRITTEN) in LACKS
    return bool(NEVER_CAME.search(text)) and not WHERE.search(text)


def asks_where_it_is(text: str) -> bool:
    """ "And where is it now?" means the order, however little that says to a classifier."""
    return WHERE_IS_IT.fullmatch(text.strip()) is not None


def broken(text: str, language: str) -> bool:
    return reading.reason(text, (language,)) == "damaged" and not WHERE.search(text)
