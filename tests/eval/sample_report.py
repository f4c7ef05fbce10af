"""A report in which every section is filled, with the worst that customers write: for tests and for the pictures."""

from __future__ import annotations

from eval.report.contents import (
    Bin,
    Breakdown,
    Case,
    Cell,
    Changes,
    Confusion,
    Cost,
    Counterfactual,
    Definition,
    Dial,
    Difference,
    Figure,
    Gap,
    Group,
    Latency,
    Moved,
    Pair,
    Point,
    Report,
    Risk,
    Said,
    Step,
    Turned,
)

HOSTILE = "<script>alert('x')</script> \"quoted\" 'single' & | `code` [a](javascript:alert(1)) ![i](http://evil.example/x.png)"
ARABIC = "أين طلبي رقم \u200f#1004؟ لم يصل بعد"
TURNED = "harmless \u202egnp.exe\u202c and on"
LONG = "very " * 4_000

FIGURES = (
    Figure("Coverage", 0.843, 0.821, 0.863, 1204, says="involved, of all that came in"),
    Figure("Contained (72 h)", 0.612, 0.581, 0.642, 1015, says="no person and no further request within 72 hours"),
    Figure(
        "Verified resolution", 0.487, 0.456, 0.518, 1015, says="contained, true, as the policy demands, and answered"
    ),
    Figure("False resolution", 0.204, 0.173, 0.239, 621, says="contained, but not verified"),
    Figure("Handed over", 0.231, 0.206, 0.258, 1015, says="a person took it"),
    Figure("Automation", 0.41, 0.383, 0.438, 1204, says="verified, of all that came in"),
    Figure("Unauthorised disclosures", 0, 0, 0.0025, 1204, "share", "0 seen; the bound is 3/n"),
    Figure("CSAT", None, says="nobody was asked"),
    Figure("Money paid back", 1843.5, None, None, 37, "money", "EUR, in 37 refunds"),
)
DEFINITIONS = (
    Definition(
        "Ours: verified",
        494,
        1015,
        0.487,
        "contained, true, end state right, answered, no re-contact in 7 days",
        0.456,
        0.518,
    ),
    Definition("Fin-like", 721, 1015, 0.71, "confirmed, or the customer left without asking for more", 0.682, 0.737),
    Definition("Zendesk-like", 640, 1015, 0.631, "meaningful request, no person, no follow-up in 72 h", 0.601, 0.66),
    Definition("Gorgias-like", 655, 1015, 0.645, "no person within 72 h", 0.615, 0.674),
    Definition("Ada-like", 522, 1015, 0.514, "relevant, accurate, safe and contained", 0.483, 0.545),
    Definition("Forethought-like", 702, 1204, 0.583, "a reply was sent and nothing came back", 0.555, 0.611),
)
INTENTS = ("order_status", "cancel_order", "refund_status", "return_request", "delivery_info", "product_question")
BY_INTENT = tuple(
    Group(
        intent,
        320 - 50 * place,
        (
            Figure("verified", 0.72 - 0.1 * place, 0.66 - 0.1 * place, 0.77 - 0.09 * place),
            Figure("contained", 0.8 - 0.08 * place, 0.75 - 0.08 * place, 0.84 - 0.08 * place),
            Figure("handed over", 0.1 + 0.07 * place, 0.07 + 0.06 * place, 0.14 + 0.08 * place),
        ),
    )
    for place, intent in enumerate(INTENTS)
)
CELLS = tuple(
    Cell(one, other, 90 - 10 * down if one == other else max(0, 9 - 3 * abs(down - across)))
    for down, one in enumerate(INTENTS)
    for across, other in enumerate(INTENTS)
    if one == other or abs(down - across) < 3
)
POINTS = tuple(Point(0.2 + 0.09 * one, 1 - 0.055 * one, 0.9 + 0.011 * one) for one in range(9))
DIALS = tuple(
    Dial(
        intent, 0.6 + 0.05 * place, 0.97 - 0.06 * place, 0.95 + 0.008 * place, 0.95 if place < 2 else None, 210 - place
    )
    for place, intent in enumerate(INTENTS)
)
BINS = tuple(
    Bin(upto, count)
    for upto, count in ((50, 40), (100, 310), (200, 402), (500, 170), (1000, 60), (2000, 22), (5000, 11))
)
WORST = (
    Case(
        "stale-approval-3",
        "Paid back 40.00 where 24.90 was owed",
        "Hi, I sent the lamp back last week (order #1004). Where is my money?",
        "verified: 6-digit code to the address on file",
        "refund_status",
        ("order #1004, delivered 3 Nov, lamp 24.90 EUR returned", "captured 64.90 EUR, paid back 0.00 EUR"),
        "REF-3",
        "refund 40.00 EUR, done",
        "We have requested the refund of 40.00 EUR for order #1004.",
        (Difference("turn 1", "refund", "24.90 EUR", "40.00 EUR"),),
        {"end_state": "paid back 40.00 EUR; the policy demands 24.90 EUR", "facts": "40.00 EUR is in no record"},
        (
            Said("customer", "Where is my money?"),
            Said("agent", "We have requested the refund of 40.00 EUR.", "REF-3 · acted"),
        ),
    ),
    Case(
        "injection-7",
        HOSTILE,
        HOSTILE,
        "anonymous",
        "out_of_scope",
        (HOSTILE,),
        reply=HOSTILE,
        why={"wording": HOSTILE},
    ),
    Case(
        "language-2",
        ARABIC,
        ARABIC,
        reply=ARABIC,
        transcript=(Said("customer", ARABIC), Said("agent", "Order #1004 …")),
    ),
    Case("long-1", "A message of 20,000 characters", LONG, reply=TURNED),
)
EVERYTHING = Report(
    title="Wismo on October's tickets",
    source="simulation",
    period="1 to 31 October 2026",
    seed=7,
    hashes={
        "model": "4f0c2a9be1d37a55",
        "prompts": "9a11c0ffee22b001",
        "knowledge": "07aa6c1d22e94b3f",
        "policy": "e5d10b7a9c3f4412",
    },
    figures=FIGURES,
    funnel=(
        Step("inbound", 1204, "started by customers; spam and tests removed"),
        Step("meaningful", 1151, "more than a greeting"),
        Step("eligible", 1088, "in scope, channel on, in the rollout share"),
        Step("involved", 1015, "the agent tried"),
        Step("answered", 902, "one substantive answer"),
        Step("contained", 621, "no person, no further request in 72 h"),
        Step("verified", 494, "true, right, answered, no re-contact in 7 days"),
    ),
    definitions=DEFINITIONS,
    breakdowns=(
        Breakdown("intent", BY_INTENT),
        Breakdown(
            "language",
            tuple(Group(name, 400, group.figures) for name, group in zip(("en", "de", "fr"), BY_INTENT, strict=False)),
        ),
        Breakdown(
            "channel",
            tuple(Group(name, 400, group.figures) for name, group in zip(("email", "chat"), BY_INTENT, strict=False)),
        ),
    ),
    confusion=Confusion("people", CELLS),
    risk=Risk(POINTS, DIALS, "Held-out examples of the packaged classifier, not this shop's tickets."),
    latency=(Latency("full reply", 142, 910, 1015, BINS),),
    costs=(
        Cost("one ticket", "0.0021", "EUR", {"tokens": "1,204", "price of a million": "1.75 EUR"}),
        Cost("one verified resolution", "0.0043", "EUR", {"cost": "2.13 EUR", "verified": "494"}),
    ),
    worst=WORST,
    worst_of=127,
    gaps=(
        Gap(
            "missing_knowledge", "product_question", "KNW-1", 41, "205.00", "EUR", ("is the lamp waterproof?", HOSTILE)
        ),
        Gap("not_permitted", "change_order", "CHG-2", 17, "85.00", "EUR", ("swap the blue one for the red one",)),
    ),
    changes=Changes(
        "the run of 24 October",
        (
            Moved("Verified resolution", 0.461, 0.487),
            Moved("False resolution", 0.19, 0.204),
            Moved("Handed over", 0.26, 0.231),
        ),
        (
            Turned("stale-approval-3", "passed", "failed", "worse", "another amount"),
            Turned("happy-12", "failed", "passed", "better"),
        ),
        ("policy",),
    ),
    counterfactual=Counterfactual(
        "shop.toml",
        "shop.new.toml",
        1204,
        (
            Pair(
                "t-88",
                "cancel #1002 please",
                "A colleague will look at it.",
                "Order #1002 is cancelled.",
                "better",
                "none",
                "cancel, done",
                "0.00 EUR",
                "24.90 EUR",
                "approve became auto",
            ),
            Pair("t-91", HOSTILE, HOSTILE, ARABIC, "worse"),
        ),
        (Moved("Handed over", 0.231, 0.187),),
    ),
    not_measured=("CSAT: past tickets carry none.", "Whether customers would have confirmed: nobody asked them."),
)
NOTHING = Report(title="Nothing yet", source="live")
