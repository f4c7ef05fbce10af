"""The written reply: templates by language, what they may say, how it is said. `compose` needs no model.

What is decided is not decided here, and nothing here is sent: the check step has the last word.
"""

from __future__ import annotations

from agent.case import Act, Approve, Ask, Case, Decision, Done, Draft, HandOff, Inform, Mood, Reason
from agent.policy import Policy
from agent.replies.sources import Sources, sources
from agent.replies.templates import fill, sections_of, variant
from agent.routing import playbook_of
from tools.contract import Fact
from tools.orders.agreement import Action, Quote, Result
from tools.views import is_late, status

TOLD_OF_A_PART = frozenset({"confirm", "done", "requested", "queued", "rejected"})
IN_A_CHAT = frozenset({"widget"})
"""Channels that show who speaks beside each message: a greeting and a signature are said once there."""
CHOSEN_FROM = frozenset({"order", "items", "goods", "variant", "sold_out", "article"})


def compose(case: Case, policy: Policy) -> Draft:
    """A draft from templates alone: greeting, one paragraph a request, who is speaking."""
    language = _language(case, policy)
    known = sources(case, policy)
    spoken = _once(case["decisions"])
    paragraphs = dict.fromkeys(p for d in spoken for p in _paragraphs(case, d, language, known, policy))
    body = [_opening(case, policy, language, known), *paragraphs, _closing(case, language, known)]
    cited = tuple(fact for d in case["decisions"] for fact in _citations(case, d))
    return Draft(language, "\n\n".join(part for part in body if part), cited)


def around(
    case: Case, policy: Policy, said: str, worded: tuple[Decision, ...], citations: tuple[str, ...], by: str
) -> Draft:
    """A draft in somebody else's words for some of the decisions: the house's frame, and its words for the others."""
    language = _language(case, policy)
    known = sources(case, policy)
    others = [one for one in _once(case["decisions"]) if one not in worded]
    paragraphs = dict.fromkeys(p for one in others for p in _paragraphs(case, one, language, known, policy))
    body = [_opening(case, policy, language, known), said, *paragraphs, _closing(case, language, known)]
    cited = (*citations, *(fact for one in others for fact in _citations(case, one)))
    return Draft(language, "\n\n".join(part for part in body if part), tuple(dict.fromkeys(cited)), by)


def told_of(case: Case, decision: Decision, policy: Policy) -> str:
    """One decision in the house's words."""
    language = _language(case, policy)
    told = _paragraphs(case, decision, language, sources(case, policy), policy)
    return "\n\n".join(part for part in told if part)


def language_of(case: Case, policy: Policy) -> str:
    """That a reply is written in."""
    return _language(case, policy)


def _once(decisions: tuple[Decision, ...]) -> list[Decision]:
    """The same question is put once, however many requests it is asked of."""
    asked: set[str] = set()
    told: list[Decision] = []
    for one in decisions:
        question = one.missing if isinstance(one, Ask) and one.proposal is None else ""
        if not question or question not in asked:
            told.append(one)
        asked.add(question)
    return told


def hand_off_text(case: Case, policy: Policy, reason: Reason) -> Draft:
    """What is said when no draft passed the check: nothing but that a person takes over."""
    language = _language(case, policy)
    known = sources(case, policy)
    parts = (
        _opening(case, policy, language, known),
        _filled(language, "hand_off", reason, {}, known),
        _closing(case, language, known),
    )
    return Draft(language, "\n\n".join(part for part in parts if part))


def _language(case: Case, policy: Policy) -> str:
    """The customer's, where the shop answers in it and the replies are written in it."""
    spoken = case["triage"].language
    written = [one for one in (spoken, *policy.shop.languages, "en") if sections_of(one, "frame")]
    return next(one for one in written if one in policy.shop.languages or one == "en")


def _opening(case: Case, policy: Policy, language: str, known: Sources) -> str:
    greeting = "named" if "name" in known["caller"] else "unknown"
    greets = policy.voice.greeting and not _goes_on(case)
    parts = [_filled(language, "frame", greeting, {}, known)] if greets else []
    if case["triage"].mood is not Mood.NEUTRAL:
        parts.append(_filled(language, "frame", "sorry", {}, known))
    return "\n\n".join(parts)


def _closing(case: Case, language: str, known: Sources) -> str:
    return "" if _goes_on(case) else _filled(language, "frame", "closing", {}, known)


def _goes_on(case: Case) -> bool:
    return case["ticket"].channel in IN_A_CHAT and case["ticket"].thread.turns > 0


def _paragraphs(case: Case, decision: Decision, language: str, known: Sources, policy: Policy) -> list[str]:
    match decision:
        case HandOff():
            return [_filled(language, "hand_off", _why(case, decision), {}, known)]
        case Ask(proposal=proposal) if proposal is not None:
            key = _key(case, proposal.quote, "confirm")
            asked = _filled(language, proposal.action, key, {"quote": proposal.id}, known)
            offered = _filled(language, "frame", "offered", {}, known) if case["ticket"].verdict else ""
            return [offered, asked, _also(case, decision, language, known, policy)]
        case Ask():
            return _asked(decision, language, known)
        case Inform():
            return _informed(case, decision, language, known, policy)
        case Act() | Approve():
            return [_acted(case, decision, language, known)]


def _why(case: Case, decision: HandOff) -> str:
    if case["triage"].mood is Mood.HARM:
        return "harm"
    return "foreign" if decision.rule == "LNG-1" else decision.reason


def _asked(decision: Ask, language: str, known: Sources) -> list[str]:
    """The question, then what there is to choose from: an order each, or a product each."""
    kind = f"{decision.missing}_choice" if decision.missing in CHOSEN_FROM else None
    told = [_filled(language, "ask", kind, {"fact": fact}, known) for fact in decision.facts[:5]] if kind else []
    roles = {"wish": f"W{decision.request}"}
    return [_filled(language, "ask", decision.missing, roles, known), "\n".join(one for one in told if one)]


def _informed(case: Case, decision: Inform, language: str, known: Sources, policy: Policy) -> list[str]:
    request = next(one for one in case["triage"].requests if one.id == decision.request)
    playbook = playbook_of(policy, request, case["triage"], case["ticket"].received_at)
    verdict, refused = case["ticket"].verdict, decision.proposal
    if verdict:
        key = _key(case, verdict.quote, decision.code)
        return [_filled(language, verdict.quote.action, key, {"quote": "P1"}, known)]
    if refused:
        roles = {"quote": refused.id, "order": decision.facts[0] if decision.facts else "F0"}
        return [_filled(language, refused.action, decision.code, roles, known)]
    facts = [fact for fact in case["facts"].facts(decision.request) if fact.id in decision.facts]
    if not facts or decision.rule == "CND-1":
        return [_filled(language, "talk", decision.code, {}, known)]
    if playbook.about == "help" or decision.rule == "KNO-1":
        return [_filled(language, "help", "help", {"passage": facts[0].id}, known)]
    told = [_told(case, playbook.reply, fact, language, known) for fact in facts]
    if decision.rule != "STA-3":
        return told
    unchanged, offer = (_filled(language, "frame", key, {}, known) for key in ("unchanged", "offers_person"))
    return [unchanged, *told, offer]


def _told(case: Case, name: str, fact: Fact, language: str, known: Sources) -> str:
    """One order in words. Lateness, and what we wrote about it before, are sentences of their own."""
    assert fact.order
    now = case["ticket"].received_at
    key = status(fact.order) if name == "order_status" else _money_variant(fact)
    text = _filled(language, name, key, {"order": fact.id}, known)
    if name != "order_status":
        return text
    late = ("late",) if is_late(fact.order, now) else ()
    told = ("told",) if "told" in fact.fields else ()
    more = (_filled(language, name, key, {"order": fact.id}, known) for key in (*late, *told))
    return " ".join((text, *more)).strip()


def _money_variant(fact: Fact) -> str:
    if "refund" in fact.fields:
        return "refunded" if "refund_settled" in fact.fields else "refunding"
    return "returning" if "rma" in fact.fields else "none"


def _acted(case: Case, decision: Act | Approve, language: str, known: Sources) -> str:
    proposal = decision.proposal
    done = next(one for one in case["outcomes"] if one.proposal == proposal.id)
    roles = {"quote": proposal.id, "outcome": f"O{proposal.id}"}
    return _filled(language, proposal.action, _key(case, proposal.quote, _result(done)), roles, known)


def _key(case: Case, quote: Quote, key: str) -> str:
    """What takes a part out of an order is told in words of its own, where the template has them."""
    facts = case["facts"].facts(kind="order") if "facts" in case else ()
    order = next((one.order for one in facts if one.order and one.order.id == quote.order_id), None)
    left = sum(line.open for line in order.lines) if order else 0
    part = order and quote.action is Action.CANCEL_ORDER and sum(x.quantity for x in quote.lines) < left
    return f"{key}_part" if part and key in TOLD_OF_A_PART else key


def _also(case: Case, decision: Ask, language: str, known: Sources, policy: Policy) -> str:
    """What the playbook asks for beside the quote; a yes does not wait for it."""
    request = next(one for one in case["triage"].requests if one.id == decision.request)
    also = playbook_of(policy, request, case["triage"], case["ticket"].received_at).also
    return _filled(language, "ask", also, {}, known) if also and not case["ticket"].verdict else ""


def _result(done: Done) -> str:
    """A waiting approval is `queued`; a refusal inside the transaction is told by its code."""
    if done.outcome is None:
        return "queued"
    if done.outcome.result is Result.DONE:
        return "done" if done.outcome.settled else "requested"
    return "changed" if done.outcome.result is Result.CHANGED else done.outcome.ruling.code


def _citations(case: Case, decision: Decision) -> tuple[str, ...]:
    if not isinstance(decision, Inform):
        return ()
    passages = {fact.id for fact in case["facts"].facts(decision.request, "passage")} if "facts" in case else set()
    return tuple(fact for fact in decision.facts if fact in passages)


def _filled(language: str, name: str, key: str, roles: dict[str, str], known: Sources) -> str:
    return fill(variant(language, name, key), roles, known)
