"""The rules of the path by id, in one sentence each. They are applied in agent/rulebook.py, risk.py and caps.py."""

from __future__ import annotations

from collections.abc import Mapping

from tools.orders.model import RuleId

RULES: Mapping[RuleId, str] = {
    RuleId(rule): says
    for rule, says in {
        "HND-1": "A plain request for a person is always met.",
        "HND-2": "Anger and threats of self-harm go to a person, whatever the policy says.",
        "HND-3": "A legal threat goes to a person, whatever the policy says.",
        "HND-4": "A conversation that a person has taken stays with the person.",
        "HND-5": "What the playbook hands over, or no tool can do, goes to a person.",
        "IDN-1": "Orders are told, and acted on, only for a proven caller: Wismo asks for the proof.",
        "IDN-2": "A caller who still cannot be proven goes to a person.",
        "SLT-1": "Wismo asks which order is meant when several may be.",
        "SLT-2": "Wismo asks for the new address when none can be read.",
        "SLT-4": "Wismo asks which items are meant when none can be read.",
        "SLT-5": "Wismo asks for which variant when several or none fit what was said.",
        "ROU-1": "What the shop's routing table gives to people goes to a person.",
        "SLT-3": "What was asked once and not answered goes to a person.",
        "IDN-3": "With mail connected, a code goes to the address on file; known and unknown addresses look the same.",
        "IDN-4": "A code that does not fit is asked for again; wrong, late and unknown are answered alike.",
        "IDN-5": "Without an address, Wismo asks which one the customer ordered with.",
        "IDN-6": "Where the shop allows it, order number with e-mail or postcode opens status and expected date only.",
        "STA-1": "A question about one's own order is answered from the record.",
        "STA-2": "The customer has no order that the question could mean.",
        "KNO-1": "A general question is answered from a passage of the help centre, which is cited.",
        "KNO-2": "A question that no passage answers goes to a person and becomes a gap.",
        "KNO-3": "A question that is near to several articles is asked back about, with their titles.",
        "TLK-1": "Small talk is answered shortly, and looks up nothing.",
        "TRI-1": "A message that is not understood is asked about, never guessed at.",
        "TRI-2": "A message that is not understood a second time goes to a person.",
        "CNF-1": "A consequential action waits for the customer's yes to the exact quote.",
        "CNF-2": "A quote that changed since it was shown, or was not the last thing asked, is asked about again.",
        "CNF-3": "The customer's no drops what was proposed.",
        "CNF-4": "A yes or no with nothing open changes nothing.",
        "CNF-5": "Nothing is done that the customer's own message does not say, whatever a brain read in it.",
        "AUT-1": "An action whose autonomy is off goes to a person.",
        "AUT-2": "An action whose autonomy is auto runs, within the caps.",
        "AUT-3": "An action whose autonomy is approve, or that moves money above a cap, waits for a person.",
        "AUT-4": "An action whose autonomy is draft is only suggested to a person.",
        "AUT-5": "The right of withdrawal is never held back by autonomy, caps or signals.",
        "APR-1": "A person accepted exactly this action.",
        "APR-2": "A person rejected this action.",
        "APR-3": "A person changed what was asked for: the customer agrees to the new quote before it runs.",
        "APR-4": "What nobody decided in time, or the customer did not take in time, is not done; a person answers.",
        "APR-5": "Above the second limit, or with a signal where the shop wants it, two different people must accept.",
        "APR-6": "What a person offered runs on the customer's yes to exactly that quote.",
        "CAP-1": "What may leave without a person, for an order, a customer or a day, is at its cap: a person decides.",
        "RSK-1": "Signal: the customer had several refunds lately.",
        "RSK-2": "Signal: a large share of what the customer bought went back.",
        "RSK-3": "Signal: the address was changed shortly before money is to go back.",
        "RSK-4": "Signal: said not to have arrived, while a scan says delivered.",
        "RSK-5": "Signal: a dispute about one of the customer's payments is open.",
        "ROL-1": "An intent that the shop switched off goes to a person.",
        "LIM-1": "A message that names more orders than the limit goes to a person.",
        "LIM-3": "A message that asks for more things than the limit goes to a person.",
        "LNG-1": "A message in a language that the shop does not answer in goes to a person, and says so.",
        "MCH-1": "An automatic reply or a bounced mail is noted, never answered.",
        "LIM-2": "A conversation that is longer than the limit goes to a person.",
        "TLF-1": "What cannot be looked up because a tool failed goes to a person.",
    }.items()
}
