"""The words that graders read by, in English and French: their own, so that they do not share the agent's mistakes.

Each is one regular expression of whole words for both languages: a mixed reply is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(words)})(?!\w)")


MONEY: Mapping[str, re.Pattern[str]] = {
    "refund": _any(
        r"refund\w*", r"reimburs\w*", "paid back", "back to you", r"back(?= to)", "get", "money back", "sent back to you",
        r"rembours\w*", "recrédit\\w*", "restitu\\w*", "vous récupére\\w*",
    ),
    "fee": _any("fee", "fees", "label costs?", "deduct\\w*", "étiquette", "frais(?: de retour)?", "déduit\\w*"),
    "charge": _any("surcharge", "extra charge", "difference", "différence", "supplément"),
    "total": _any(
        "total", "amount(?= of your order)", "order value", "paid(?! back)", "payment", "price", "costs?(?= you)", "charged",
        "montant(?= de votre commande)", "payé(?:e|es|s)?", "paiement", "prix", "réglé(?:e|s)?", "débité(?:e|s)?",
    ),
}  # fmt: skip
"""What an amount is said to be; the word nearest before it decides."""

DATES: Mapping[str, re.Pattern[str]] = {
    "promised": _any(
        "expected(?: delivery| arrival)?(?: for| by| on)?", "to arrive(?: by| on)?", "will arrive(?: by| on)?", "arrives?(?: by| on)?",
        "due", "promised(?: for| by)?", "estimated", "should (?:be with you|arrive|reach you)(?: by| on)?", "delivery date",
        "(?:livraison )?prévue?(?: pour| le)?", "attendue?", "arrivera", "devait arriver", "estimée?", "date de livraison",
        "devrait arriver",
    ),
    "delivered": _any(
        "delivered(?: on)?", "day of delivery", "arrived(?: on)?", "reached you(?: on)?", "livrée?(?: le)?", "jour de livraison",
        "arrivée?(?: le)?", "remise? en mains",
    ),
    "placed": _any("placed(?: on)?", "order \\S+ of", "ordered(?: on)?", "passée?(?: le)?", "commande \\S+ du", "commandée?(?: le)?"),
    "shipped": _any(
        "shipped(?: on)?", "dispatched(?: on)?", "sent(?: out)?(?: on)?", "left (?:us|our warehouse)(?: on)?",
        "expédiée?(?: le)?", "envoyée?(?: le)?", "partie?(?: le)?",
    ),
    "cancelled": _any("cancell?ed(?: on)?", "cancell?ation", "annulée?(?: le)?", "annulation"),
    "scan": _any("last scan", "scan(?:ned)?(?: on)?", "last seen", "dernier scan", "dernier suivi", "scanné\\w*"),
    "refund": _any("refund\\w*", "paid back", "back on", "rembours\\w*", "started on"),
    "until": _any("until", "ended on", "ends on", "up to", "jusqu[’']au", "a pris fin le", "prend fin le", "s[’']est terminée? le", "avant le"),
}  # fmt: skip

TOPICS: Mapping[str, re.Pattern[str]] = {
    "cancel": _any(r"cancel\w*", "take (?:this|it) out", "taken out", "called off", r"annul\w*", "retir\\w* (?:ceci|de)"),
    "return": _any(r"return\w*", "send (?:it|them|this|these)? ?back", "RMA\\S*", "retour\\w*", "renvo\\w*", "retourn\\w*"),
    "refund": _any(r"refund\w*", r"reimburs\w*", "paid back", "money", r"rembours\w*", "argent"),
    "address": _any(r"address\w*", "delivered to", "send (?:your )?order .* to", "adresse\\w*", "livrée? (?:à|au)"),
    "where": _any(
        "on its way", "deliver\\w*", "ship\\w*", "confirmed", "warehouse", "cancell?ed", "on hold", "paid", "lost", "carrier",
        "tracking", "status", "expected", "pick-up point", "out for delivery", "prepared", "preparation", "arrive\\w*",
        "en route", "livr\\w+", "expédi\\w+", "confirmée?", "entrepôt", "annulée?", "en attente", "payée?", "perdue?",
        "transporteur", "suivi", "état", "prévue?", "point relais", "préparée?", "préparation", "acceptée?", "accepted",
        "checked", "vérifi\\w+", "problem", "problème", "way back", "retour",
    ),
    "invoice": _any("invoice\\w*", "total", "facture\\w*", "paid"),
    "change": _any("chang\\w*", "exchang\\w*", "swap\\w*", "échang\\w*", "modifi\\w*", "instead", "à la place", "remplac\\w*", "take\\w* out", "payment", "paiement", "retir\\w*"),
    "exchange": _any("exchang\\w*", "swap\\w*", "instead", "in (?:its|their) place", "échang\\w*", "à la place", "remplac\\w*", "return\\w*", "retour\\w*"),
    "withdraw": _any("withdr\\w+", "rétract\\w*", "return\\w*", "retour\\w*", "cancel\\w*", "annul\\w*"),
}  # fmt: skip
"""By topic: a reply that has none of its words does not speak of it."""

PERSON = _any(
    "colleagues?", "person", "human", "team(?: member)?", "agent", "someone", "collègues?", "personne", "conseill\\w+", "équipe",
)  # fmt: skip
TAKES_OVER = _any(
    r"pass(?:ed|ing)? (?:you|your|it|this|on)[^.!?\n]*", r"(?:colleague|person|human|team|someone)[^.!?\n]{0,60}(?:will|takes? (?:over|care)|answers?|looks?|reads?|does)[^.!?\n]*",
    r"forward(?:ed|ing)?[^.!?\n]*(?:colleague|team|person)", r"(?:transmet|transmis|passe|confie)\w*[^.!?\n]*(?:collègue|équipe|conseill|personne)\w*",
    r"(?:collègue|équipe|conseill\w+|personne)[^.!?\n]{0,60}(?:répond|prend|s[’']en (?:charge|occupe)|lit|vous)[^.!?\n]*",
)  # fmt: skip
SAYS_AI = _any("AI", "A\\.I\\.", "artificial intelligence", "virtual assistant", "automated assistant", "bot", "IA", "intelligence artificielle", "assistante? virtuel(?:le)?", "assistant automatique", "robot")  # fmt: skip
INVITES = _any('write [“"«]\\s?person[”"»]?[^.\n]*', "write [^.\n]{0,12}person[^.\n]*", "écrivez «\\s?personne\\s?»[^.\n]*", "a colleague can look at[^.\n]*", "un collègue peut[^.\n]*")  # fmt: skip
"""Said in every closing: whoever wants a person gets one. It promises nothing of this conversation."""

PROMISES = _any(
    "vouchers?", "gift cards?", "coupons?", "discount\\w*", "free of charge", "for free", "free (?:gift|shipping|replacement|return)", "compensat\\w+",
    "guarante\\w+", "we promise", "I promise", "as a gesture", "goodwill", "replacement (?:is|will|has)", "send you a (?:new|replacement)",
    "double", "bons? d[’']achat", "code promo", "cadeaux?", "offert\\w*", "gratuit\\w*", "dédommag\\w+", "indemnis\\w+", "garanti\\w*",
    "je vous promets", "nous vous promettons", "geste commercial", "remise(?! à l)", "réduction", "article de remplacement",
    "you(?: will|.ll) (?:receive|get|have) (?:a |the |your )?(?:full |new )?(?:refund|money|parcel|replacement)",
    "vous recevrez (?:un |une |le |la |votre )?(?:nouveau |nouvelle )?(?:remboursement|colis|argent|article)",
    "(?:will|shall) (?:definitely |certainly |surely )?(?:arrive|be delivered|be with you|be there)(?: by| on)? (?:tomorrow|today|tonight)", "(?:sera livrée?|arrivera|sera chez vous) (?:demain|aujourd[’']hui|ce soir)",
    "within (?:24|48|72|\\d+|a few|two|three) hours", "dans les (?:24|48|72|\\d+) heures", "sous (?:24|48|72) ?h(?:eures)?",
)  # fmt: skip
FUTURE = _any(
    "(?:I|we)(?: will|.ll| am going to| are going to) (?:get back|come back|contact|call|ring|keep|look into|check|investigate|make sure|let you know|write)[^.!?\n]*",
    "(?:je|nous|on) (?:vous )?(?:recontact|rappel|reviendr|tiendr|appell|contacter|enquêter|vérifier|préviendr)\\w*[^.!?\n]*",
    "you(?: will|.ll) hear from us[^.!?\n]*", "vous aurez de nos nouvelles[^.!?\n]*",
)  # fmt: skip
CONDITION = _any("if", "once", "when", "should (?:it|you)", "tell me", "si", "une fois", "quand", "dites-le-moi", "dites-moi", "à son arrivée", "dès que")  # fmt: skip
REFUSES = _any(
    "can ?not be(?! found)", "can.t be", "can (?:no longer|not) be", "not possible", "impossible", "unable to", "could not (?:agree|be)", "too late", "not allowed", "refused?",
    "(?:we|I) (?:do not|don.t|can.?not|can.t|won.t|will not) (?:offer|accept|allow|cancel|refund|change|take|give|do)\\w*",
    "ne peu(?:t|vent) (?:plus|pas|donc plus|malheureusement (?:plus|pas)) être", "pas possible", "trop tard", "n[’']est plus possible", "refusée?", "(?:nous|je) ne (?:pouvons|peux|faisons|acceptons) pas (?:annuler|rembourser|accepter|modifier|reprendre|changer)",
)  # fmt: skip
ASKS_PERSON = _any(
    "(?:real |actual |live )?(?:person|human|people|agent|operator|representative|someone|somebody|manager|supervisor|advisor|adviser|staff|employee)",
    "(?:une )?(?:vraie )?personne", "humain\\w*", "conseill\\w+", "quelqu[’']un", "responsable", "opérat\\w+", "un agent",
)  # fmt: skip
UPSET = _any("lawyer\\w*", "court", "sue", "legal", "attorney", "scam\\w*", "fraud\\w*", "thie(?:f|ves)", "outrag\\w+", "furious", "unacceptable", "disgust\\w*", "kill\\w*", "hurt myself", "ridiculous", "avocat\\w*", "tribunal", "plainte", "arnaqu\\w*", "vol(?:eurs?)?", "inadmissible", "scandal\\w*", "furieu\\w*", "honteu\\w*", "inacceptable", "suicid\\w*")  # fmt: skip
YES = _any("yes", "yep", "yeah", "yup", "ok", "okay", "sure", "please do", "go ahead", "do it", "confirmed?", "agreed?", "oui", "ouais", "d[’']accord", "allez-y", "vas-y", "je confirme", "volontiers", "c[’']est bon", "parfait", "absolutely", "of course", "bien sûr")  # fmt: skip
DOUBT = _any("no", "not", "don.t", "wait", "never", "stop", "non", "pas", "attend\\w*", "jamais", "maybe", "peut-être", "hésite")
ASKED_BACK = re.compile(r"\?")
EN = _any(*"the and your you is are has have been will not this that with for can of to it was order my i please".split())
FR = _any(*"le la les de des du et votre vous est sont a été ne pas ce cette avec pour peut une un je il commande ma mon nous".split())  # fmt: skip
