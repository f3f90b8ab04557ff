"""Business hours: equal to the calendar round the clock, right where clocks and hours change."""

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from tests.metrics.desk.log import ROUND_THE_CLOCK, full_log, schedule
from tests.metrics.helpers import tickets

PAIRS = {
    "frt_business": "frt", "frt_business_p90": "frt_p90", "frt_business_mean": "frt_mean",
    "frt_zendesk_business": "frt_zendesk", "frt_dbt_zendesk_business": "frt_dbt_zendesk",
    "frt_chatwoot_business": "frt_chatwoot", "nrt_business": "nrt", "art_business": "art",
    "art_business_median": "art_median", "rt_requester_wait_business": "rt_requester_wait",
    "rt_agent_work_business": "rt_agent_work",
}  # fmt: skip


def test_round_the_clock_is_calendar_time_exactly():
    log = full_log(n=150, seed=8, hours=ROUND_THE_CLOCK)
    both = cx.measure(log, [*PAIRS, *PAIRS.values()], by="channel").set_index(["metric", "channel"])
    for business, calendar in PAIRS.items():
        for channel in ("email", "chat", "phone"):
            mine, plain = both.loc[(business, channel)], both.loc[(calendar, channel)]
            assert mine["n"] == plain["n"] > 0
            for part in ("value", "low", "high"):
                np.testing.assert_array_equal(mine[part], plain[part], err_msg=business)


def measured(metric, *rows, hours, as_of="+90 00:00", **tables):
    made = tickets(*rows, as_of=as_of, schedules=hours.to_dict("records"), **tables)
    return cx.measure(made, metric).iloc[0]


def days(hours, tz="Europe/Berlin", **valid):
    return schedule([(*hours, day) for day in range(5)], tz=tz).assign(**valid)


def test_a_night_on_which_the_clocks_change():
    # Friday 2026-03-27 16:30 in Berlin is 15:30 UTC; Monday 09:30 is 07:30 UTC (summer time).
    row = {"created_at": "+81 15:30", "first_human_reply_at": "+84 07:30"}
    office = measured("frt_business", row, hours=days(("09:00", "17:00")))
    assert office["value"] == 3600.0
    night = {"created_at": "+82 22:00", "first_human_reply_at": "+83 22:00"}
    assert measured("frt_business", night, hours=schedule(ROUND_THE_CLOCK))["value"] == 86400.0


def test_a_reply_outside_hours_is_0_not_unknown_and_not_negative():
    row = {"created_at": "+5 10:00", "first_human_reply_at": "+6 12:00"}  # Saturday, Sunday
    found = measured("frt_business", row, hours=days(("09:00", "17:00")))
    assert (found["value"], found["n"], found["excluded"]) == (0.0, 1, {})


def test_a_closed_day_does_not_count():
    made = tickets(
        {"created_at": "+1 16:00", "first_human_reply_at": "+3 10:00"},
        schedules=days(("09:00", "17:00"), tz="UTC").to_dict("records"),
        schedule_exceptions=[{"schedule_id": "desk", "date": "2026-01-07", "kind": "closed"}],
    )
    assert cx.measure(made, "frt_business").iloc[0]["value"] == 7200.0


def test_hours_that_change_add_up_and_zendesk_keeps_those_of_the_start():
    # 09-17 until Tuesday, 09-12 from Wednesday; from Tuesday 16:00 to Wednesday 15:00.
    hours = pd.concat(
        [days(("09:00", "17:00"), tz="UTC", valid_to="2026-01-07"),
         days(("09:00", "12:00"), tz="UTC", valid_from="2026-01-07")]
    )  # fmt: skip
    hours = hours.astype(object).where(hours.notna(), None)
    said = [{"message_id": "m", "ticket_id": "T0", "author_type": "agent", "is_public": True,
             "at": "+2 15:00"}]  # fmt: skip
    row = {"created_at": "+1 16:00", "first_human_reply_at": "+2 15:00"}
    assert measured("frt_business", row, hours=hours)["value"] == 4 * 3600
    zendesk = measured("frt_zendesk_business", row, hours=hours, messages=said)
    assert zendesk["value"] == 7 * 3600


def test_a_ticket_has_its_own_schedule_or_the_only_one_or_none():
    row = {"created_at": "09:00", "first_human_reply_at": "11:00"}
    early, late = (schedule([(a, "12:00", 0)], name, "UTC") for name, a in
                   (("early", "09:00"), ("late", "10:00")))  # fmt: skip
    both = pd.concat([early, late])
    named = measured("frt_business_mean", row | {"schedule_id": "late"}, row, hours=both)
    assert (named["value"], named["n"], named["excluded"]) == (3600.0, 1, {"no_schedule": 1})
    assert measured("frt_business", row, hours=late)["value"] == 3600.0
    unknown = measured("frt_business", row | {"schedule_id": "elsewhere"}, hours=late)
    assert unknown["flag"] == "undefined"


def test_it_can_be_asked_after_a_question_that_needed_fewer_columns():
    """What was kept for the first question holds no ticket's id and no schedule."""
    made = tickets({"first_human_reply_at": "10:00"}, as_of="+90 00:00",
                   schedules=days(("09:00", "17:00"), tz="UTC").to_dict("records"))  # fmt: skip
    assert cx.measure(made, "frt")["value"].item() == 3600.0
    assert cx.measure(made, "frt_business")["value"].item() == 3600.0


def test_a_schedule_that_overlaps_itself_is_refused():
    hours = schedule([("09:00", "12:00", 0), ("11:00", "13:00", 0)])
    with pytest.raises(cx.InputError, match="overlaps itself"):
        measured("frt_business", {"first_human_reply_at": "10:00"}, hours=hours)
