"""What each figure counts, one sentence at a time."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eval.conversation import Conversation, Grades
from eval.metrics.calibration import compared, predictions
from eval.metrics.definitions import DEFINITIONS, table
from eval.metrics.deflection import TOO_FEW, UNKNOWN, Arm, causal
from eval.metrics.intervals import bound_after_none, rate
from eval.metrics.passk import pass_k
from eval.metrics.populations import funnel
from eval.metrics.resolution import EVER, VERIFYING, WINDOWS, Standing, judged
from eval.metrics.restating import days, months, restated
from eval.metrics.spending import Inputs
from eval.metrics.summary import Given, Summary, summarise
from tests.eval.talks import GOOD, MONDAY, after, talk, turn

PARIS = ZoneInfo("Europe/Paris")


def one(*conversations: Conversation, now: datetime = EVER) -> Standing:
    return judged(conversations, now)[0]


def state(conversation: Conversation, hours: float, *others: Conversation) -> str:
    return one(conversation, *others, now=after(hours)).state(VERIFYING)


# -- intervals -------------------------------------------------------------------------------------------------


def test_the_wilson_interval_is_the_published_one_and_never_leaves_zero_to_one() -> None:
    found = rate(81, 263)  # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    none = rate(0, 20)
    assert (none.low, round(none.high, 4)) == (0.0, 0.1611)
    assert rate(20, 20).high == 1.0


def test_of_nothing_there_is_no_share() -> None:
    assert rate(0, 0).share is None
    assert (rate(0, 0).low, rate(0, 0).high) == (0.0, 1.0)


def test_nothing_found_in_n_tries_is_at_most_three_in_n() -> None:
    assert bound_after_none(2_000) == 0.0015
    assert bound_after_none(0) == bound_after_none(2) == 1.0


def test_pass_k_is_the_chance_that_k_tries_of_a_task_all_succeed() -> None:
    tasks = [(True, True, True, False), (True, True, True, True)]
    assert pass_k(tasks, 1) == pytest.approx((0.75 + 1) / 2)
    assert pass_k(tasks, 2) == pytest.approx((3 / 6 + 1) / 2)
    assert pass_k(tasks, 4) == 0.5
    assert pass_k(tasks, 8) is None


# -- populations -----------------------------------------------------------------------------------------------


def test_each_population_holds_those_of_the_one_before_with_one_thing_more() -> None:
    found = funnel(
        (
            talk(turn()),
            talk(turn(end="asked")),
            talk(turn(sent=False)),
            talk(turn(intent="out_of_scope")),
            talk(turn(), holdout=True),
            talk(turn(rule="ROL-1", end="handed_off")),
            talk(turn(intent="greeting")),
            talk(turn(), test=True),
            talk(turn(machine=True)),
        )
    )
    assert (found.inbound, found.meaningful, found.eligible, found.involved, found.answered) == (7, 6, 3, 2, 1)


def test_a_yes_that_runs_an_action_is_an_answer_and_no_confirmation() -> None:
    acted = one(talk(turn(0, "cancel_order", "asked"), turn(1, "affirm", "acted")), now=after(2))
    assert acted.answered
    assert not acted.confirmed


# -- contained -------------------------------------------------------------------------------------------------


def test_silence_counts_once_the_window_is_over_and_not_at_its_last_moment() -> None:
    silent = talk(turn())
    assert not one(silent, now=after(72)).contained(VERIFYING)
    assert one(silent, now=after(72) + timedelta(seconds=1)).contained(VERIFYING)


def test_a_further_request_or_a_person_within_the_window_breaks_it_and_later_does_not() -> None:
    for later in (turn(72, end="asked"), turn(72, end="handed_off", handoff="identity"), turn(72, end="queued")):
        assert not one(talk(turn(), later)).contained(VERIFYING)
        assert one(talk(turn(), later)).contained(WINDOWS["24h"])
    assert one(talk(turn(), turn(72.1, end="asked"))).contained(VERIFYING)


def test_thanks_are_silence_and_an_explicit_yes_needs_no_window() -> None:
    thanked, agreed = talk(turn(), turn(1, "thanks")), talk(turn(), turn(1, "affirm"))
    assert not one(thanked, now=after(2)).contained(VERIFYING)
    assert one(agreed, now=after(2)).contained(VERIFYING)
    assert one(thanked).contained(VERIFYING)


def test_a_yes_to_a_question_of_ours_confirms_nothing() -> None:
    assert not one(talk(turn(), turn(1, end="asked"), turn(2, "affirm"))).confirmed


def test_a_yes_with_a_no_beside_it_is_no_yes() -> None:
    both = turn(1, "affirm")
    unsure = replace(both, requests=(*both.requests, *turn(1, "deny").requests))
    assert one(talk(turn(), both)).confirmed
    assert not one(talk(turn(), unsure)).confirmed


def test_what_was_written_at_the_very_moment_of_the_answer_is_no_return() -> None:
    assert one(talk(turn()), talk(turn(), name="c2")).verified


def test_hours_are_hours_on_the_day_on_which_clocks_change() -> None:
    """72 hours after Friday 12:00 in Paris it is Monday 13:00 there, for Sunday has 23 hours."""
    friday = datetime(2026, 3, 27, 12, 0, tzinfo=PARIS)
    answered = talk(replace(turn(), at=friday))
    assert not one(answered, now=datetime(2026, 3, 30, 12, 59, tzinfo=PARIS)).contained(VERIFYING)
    assert one(answered, now=datetime(2026, 3, 30, 13, 1, tzinfo=PARIS)).contained(VERIFYING)


# -- verified --------------------------------------------------------------------------------------------------


def test_what_is_contained_is_verified_only_with_facts_end_state_and_answer_graded_right() -> None:
    assert one(talk(turn())).verified
    for wrong in ({"facts": False}, {"end_state": False}, {"answered": False}, {"facts": None}):
        assert not one(talk(turn(), grades=replace(GOOD, **wrong))).verified


def test_who_comes_back_with_the_same_wish_in_any_channel_within_a_week_was_not_helped() -> None:
    first = talk(turn())
    for back in (
        talk(turn(168), name="c2", channel="email"),
        talk(turn(100), name="c2", customer="", orders=("W1",)),
    ):
        assert not one(replace(first, orders=("W1",)), back).verified
    for other in (
        talk(turn(168.1), name="c2"),
        talk(turn(100, "invoice"), name="c2"),
        talk(turn(100), name="c2", customer="bob"),
        talk(turn(100, "thanks"), name="c2"),
    ):
        assert one(first, other).verified


def test_who_comes_back_to_a_silent_conversation_reopens_it_and_who_goes_on_talking_does_not() -> None:
    assert not one(talk(turn(), turn(100))).verified
    assert one(talk(turn(), turn(1))).verified
    assert one(talk(turn(), turn(100, "invoice"))).verified


def test_false_resolutions_are_the_contained_that_are_not_verified() -> None:
    lied = talk(turn(), name="c2", customer="bob", grades=replace(GOOD, facts=False))
    handed = talk(turn(end="handed_off", handoff="identity"), name="c3", customer="eve")
    found = summarise((talk(turn()), lied, handed)).headline
    assert (found.contained["72h"].hits, found.contained["72h"].of) == (2, 3)
    assert (found.verified.hits, found.verified.of) == (1, 3)
    assert (found.false_resolution.hits, found.false_resolution.of) == (1, 2)


def test_what_nobody_graded_is_never_verified_and_never_counted_against_it() -> None:
    ungraded = talk(turn(), name="c2", customer="bob", grades=Grades())
    mixed = summarise((talk(turn()), ungraded)).headline
    assert (mixed.verified.hits, mixed.verified.of, mixed.graded, mixed.decided) == (1, 1, 1, 2)
    assert (mixed.automation.hits, mixed.automation.of) == (1, 2)
    alone = summarise((ungraded,)).headline
    assert alone.verified.share is alone.automation.share is alone.false_resolution.share is None


def test_recent_conversations_are_in_no_rate_however_they_went() -> None:
    failed = talk(turn(100, end="handed_off", handoff="identity"), name="c2", customer="bob")
    found = summarise((talk(turn()), failed), now=after(110)).headline
    assert (found.contained["72h"].hits, found.contained["72h"].of) == (1, 1)


# -- the life of a resolution ----------------------------------------------------------------------------------


def test_a_resolution_is_pending_then_provisional_then_settled() -> None:
    silent = talk(turn())
    assert [state(silent, hours) for hours in (72, 73, 168, 169)] == [
        "pending",
        "provisional",
        "provisional",
        "settled",
    ]


def test_a_chargeback_months_later_reverses_it_from_then_on() -> None:
    bought = talk(turn(), reversed_at=after(2_000))
    assert (state(bought, 1_999), state(bought, 2_000)) == ("settled", "reversed")


def test_a_return_of_the_customer_reverses_it_from_then_on() -> None:
    back = talk(turn(150), name="c2")
    assert (state(talk(turn()), 149, back), state(talk(turn()), 150, back)) == ("provisional", "reversed")


def test_what_was_handed_over_has_no_life_as_a_resolution() -> None:
    assert state(talk(turn(end="handed_off", handoff="identity")), 999) == ""


def test_a_reversal_restates_the_old_month_and_leaves_what_was_published() -> None:
    bought = talk(turn(), reversed_at=after(24 * 60))
    now = after(24 * 90)
    (march,) = restated((bought,), months(now, PARIS, 6), now)
    assert march.name == "2026-03"
    assert (march.published.verified.hits, march.current.verified.hits, march.reversed_since) == (1, 0, 1)


def test_a_month_begins_at_midnight_of_the_shop() -> None:
    at = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # March in Paris
    (month,) = restated((talk(replace(turn(), at=at)),), months(after(2_000), PARIS, 6), after(2_000))
    assert month.name == "2026-03"


def test_days_are_the_shops_and_the_day_of_the_clocks_is_one_too() -> None:
    now = datetime(2026, 3, 30, 10, 0, tzinfo=UTC)
    period = days(now, PARIS, 2)
    assert period.since.astimezone(UTC) == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert days(now, PARIS, 1).since.astimezone(UTC) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)


# -- other rules -----------------------------------------------------------------------------------------------


def under(*conversations: Conversation) -> dict[str, tuple[int, int]]:
    return {row.key: (row.rate.hits, row.rate.of) for row in table(judged(conversations))}


def test_a_wrong_answer_that_is_met_with_silence_is_resolved_under_every_rule_but_those_that_read_it() -> None:
    lied = under(talk(turn(), grades=replace(GOOD, facts=False)))
    assert [key for key, (hits, _) in lied.items() if not hits] == ["ada", "verified"]


def test_a_second_mail_about_the_same_is_a_conversation_of_its_own_for_some() -> None:
    twice = under(talk(turn()), talk(turn(2), name="c2", channel="email"))
    assert (twice["zendesk_contained"], twice["gorgias"], twice["verified"]) == ((2, 2), (1, 1), (1, 2))


def test_thanks_break_only_the_rule_that_wants_no_answer_at_all() -> None:
    thanked = under(talk(turn(), turn(1, "thanks")))
    assert [key for key, (hits, _) in thanked.items() if not hits] == [
        "forethought_received",
        "forethought_eligible",
        "forethought_responded",
    ]


def test_the_page_of_metrics_says_of_each_rule_what_the_code_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = [f"| {one.name} | {one.says} | {one.over} |" for one in DEFINITIONS]
    (gorgias,) = (row for row in table(()) if row.key == "gorgias")
    assert [row for row in (*rows, f"| {gorgias.name} | {gorgias.says} | {gorgias.over} |") if row not in page] == []


# -- the rest of a summary -------------------------------------------------------------------------------------


def test_without_a_holdout_the_causal_deflection_is_said_to_be_unknown() -> None:
    found = summarise((talk(turn()),))
    assert (found.causal.deflection, found.causal.why) == (None, UNKNOWN)
    assert (found.deflection.hits, found.deflection.of) == (1, 1)


def test_deflection_compares_contacts_per_order_with_those_of_customers_held_out() -> None:
    found = causal(Arm(300, 4_000), Arm(50, 500))
    assert found.deflection == pytest.approx(0.25)
    # By hand: 1 - 0.75 × exp(± 1.96 × sqrt(1/300 + 1/50)); 50 contacts are too few to tell it from none.
    assert [found.low, found.high] == [pytest.approx(-0.0118, abs=1e-4), pytest.approx(0.4440, abs=1e-4)]
    assert causal(Arm(3, 100), Arm(0, 10)).why == TOO_FEW


def test_a_handoff_is_assisted_when_a_person_finds_who_which_order_and_what() -> None:
    handed = turn(end="handed_off", handoff="not_permitted", orders=("W1",))
    whole = talk(handed, turn(5, end="handed_off", sent=False), identified=True)
    bare = talk(turn(0, "talk_to_human", "handed_off", handoff="asked_for_person"), name="c2")
    found = summarise((whole, bare)).handoffs
    assert found.reasons == {"asked_for_person": 1, "not_permitted": 1}
    assert (found.assisted.hits, found.repeated.hits, found.filled["intent"].hits) == (1, 1, 1)
    assert found.seconds_to_person is None
    waited = summarise((replace(whole, closed_by_person=after(2)),)).handoffs
    assert waited.seconds_to_person == 7_200


def test_cost_stands_beside_its_inputs_and_without_a_price_only_minutes_are_told() -> None:
    talks = (talk(turn(cost=3)), talk(turn(end="handed_off", handoff="identity"), name="c2", customer="bob"))
    priced = summarise(talks, given=Given(inputs=Inputs(6, 3_000, 20_000))).spending
    assert (priced.minutes_saved, priced.ticket_cost, priced.automation_micros) == (6, 300, 50_000)
    assert priced.saved == 300 - 5
    assert (priced.per(priced.inbound), priced.per(priced.verified)) == (25_000, 50_000)
    assert summarise(talks, given=Given(inputs=Inputs(6))).spending.saved is None


def test_tables_count_a_conversation_once_under_its_first_wish() -> None:
    talks = (talk(turn(0, "greeting"), turn(1, "invoice")), talk(turn(), name="c2", customer="bob", channel="email"))
    found = summarise(talks)
    assert [(row.name, row.inbound) for row in found.by["intent"]] == [("invoice", 1), ("order_status", 1)]
    assert [row.name for row in found.by["channel"]] == ["chat", "email"]


def test_p95_is_the_time_that_nineteen_in_twenty_turns_do_not_exceed() -> None:
    talks = tuple(talk(turn(took_ms=float(n)), name=f"c{n}", customer=str(n)) for n in range(1, 21))
    latency = summarise(talks).latency
    assert latency is not None
    assert (latency.count, latency.p50, latency.p95) == (20, 10.0, 19.0)


def test_the_same_conversations_in_another_order_give_the_same_bytes() -> None:
    import json

    talks = [talk(turn(n, i), name=f"c{n}", customer="") for n, i in enumerate(("invoice", "order_status", "invoice"))]

    def text(found: Summary) -> str:
        return json.dumps(found.as_json())

    assert text(summarise(talks)) == text(summarise(talks[::-1]))


def test_the_simulation_is_held_against_what_came_per_intent() -> None:
    promised = predictions(summarise((talk(turn()),)).as_json())
    (row,) = compared(promised, {"order_status": rate(1, 4)})
    assert (row.error, row.agrees) == (0.75, True)
    simulated = {"predicted": {"tables": {"intent": {"order_status": {"automation": {"hits": 4, "of": 5}}}}}}
    assert predictions(simulated) == {"order_status": rate(4, 5)}
    with pytest.raises(ValueError, match="no prediction"):
        predictions({"anything": 1})
    with pytest.raises(ValueError, match="no prediction in it"):
        predictions({"results": [], "summary": summarise((talk(turn()),)).as_json()})


def test_nothing_at_all_has_figures_too() -> None:
    found = summarise(())
    assert found.as_json()["contained"]["72h"]["share"] is None
    assert asdict(found.headline.populations)["inbound"] == 0
    assert found.csat is None
    assert MONDAY < EVER
