"""First contact resolution under every rule, against the same rule written in pandas."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

import cxlab as cx
from cxlab.tables.derive import complete
from tests.metrics.desk.log import DAYS
from tests.metrics.helpers import START, tickets

END = START + pd.Timedelta(days=DAYS)


@pytest.fixture(scope="module")
def frame(desk_log):
    """Counted tickets with what the rules ask of them, by pandas."""
    rows = complete(desk_log).frame("tickets")
    rows = rows[rows["excluded_reason"].isna()].copy()
    live = ~rows["status"].isin(["solved", "closed"])
    rows["live"] = live
    rows["resolved"] = ~live & (rows["n_solves"] > rows["n_reopens"])
    escalated = set(desk_log.frame("escalations")["ticket_id"])
    rows["escalated"] = rows["ticket_id"].isin(escalated)
    rows["mature"] = rows["created_at"] + pd.Timedelta(days=30) <= END
    for name, same in {"topic": ["customer_id", "topic"], "channel": ["customer_id", "channel"],
                       "any": ["customer_id"]}.items():  # fmt: skip
        ordered = rows[theirs(rows)].sort_values(["created_at", "ticket_id"])
        following = ordered.groupby(same)["created_at"].shift(-1)
        rows[f"next_{name}"] = following.reindex(rows.index)
    said = desk_log.frame("messages")
    said = said[said["is_public"].astype(bool)]
    agents = said[said["author_type"] == "agent"].groupby("ticket_id")
    rows["comments"] = rows["ticket_id"].map(agents.size()).fillna(0).astype(int)
    rows["people"] = rows["ticket_id"].map(agents["author_id"].nunique()).fillna(0)
    mine = said[said["author_type"] == "customer"].groupby("ticket_id").size()
    rows["wrote"] = rows["ticket_id"].map(mine).fillna(0)
    spoken = said[said["author_type"].isin(["customer", "agent"])]
    first = spoken.sort_values(["at", "message_id"]).groupby("ticket_id")["author_type"].first()
    own = (rows["opened_by"] == "agent") & (rows["ticket_id"].map(first) == "agent")
    rows["further"] = rows["comments"] - own
    rows["silent"] = ~rows["ticket_id"].isin(spoken["ticket_id"])
    return rows


def share(rows, good):
    return (len(rows), int(good[rows.index].sum()))


RULES = {
    "fcr_never_reopened": lambda r: (r[r.resolved], r.n_reopens == 0),
    "fcr_no_escalation": lambda r: (r[r.resolved], (r.n_reopens == 0) & ~r.escalated),
    "fcr_no_repeat": lambda r: (known(r), ~within(r, "topic")),
    "fcr_sqm": lambda r: (known(r), ~within(r, "channel")),
    "fcr_ocr": lambda r: (
        known(r), (r.n_contacts.fillna(1) <= 1) & (r.n_reopens == 0) & ~within(r, "any"),
    ),
    "fcr_zendesk": lambda r: (r[~r.live & ~r.silent], r.further < 2),
    "fcr_dbt_zendesk": lambda r: (r[~r.live & ~r.silent], r.comments == 1),
    "fcr_freshdesk": lambda r: (
        r[r.resolved & ~r.silent & (r.resolver_id.notna() | r.assignee_id.notna())], r.wrote <= 1,
    ),
    "fcr_intercom": lambda r: (
        r[~r.live & ~r.silent], (r.n_solves <= 1) & (r.n_reopens == 0) & (r.people == 1),
    ),
}  # fmt: skip


def known(rows):
    return rows[theirs(rows) & rows.resolved & rows.mature & rows.customer_id.notna()]


def theirs(rows):
    """Tickets that the customer opened: others are no contacts, and repeat nothing."""
    return rows.opened_by != "agent"


def within(rows, name):
    return rows[f"next_{name}"] <= rows.created_at + pd.Timedelta(days=30)


@pytest.fixture(scope="module")
def measured(desk_log):
    return cx.measure(desk_log, list(RULES)).set_index("metric")


@pytest.mark.parametrize("metric", RULES)
def test_the_same_rule_in_pandas_gives_the_same_numbers(measured, frame, metric):
    row = measured.loc[metric]
    assert (row["n"], int(row["numerator"])) == share(*RULES[metric](frame))


def test_the_curve_is_that_of_statsmodels_and_young_tickets_do_not_flatter(desk_log, frame):
    rows = frame[theirs(frame) & frame.resolved & frame.customer_id.notna()]
    ended = rows["next_topic"].notna()
    time = (rows["next_topic"].fillna(END) - rows["created_at"]).dt.total_seconds()
    curve = SurvfuncRight(time.to_numpy(), ended.to_numpy().astype(int))
    at = np.searchsorted(curve.surv_times, 30 * 86400, side="right") - 1
    row = cx.measure(desk_log, "fcr_km").iloc[0]
    assert row["value"] == pytest.approx(curve.surv_prob[at], rel=1e-12)
    assert row["n"] == len(rows)
    naive = 1 - (within(rows, "topic")).mean()
    assert row["value"] < naive


def test_where_all_are_old_the_curve_is_the_share():
    rng = np.random.default_rng(4)
    rows = [{"customer_id": f"c{rng.integers(40)}", "created_at": f"+{rng.integers(60)} 09:00",
             "last_solved_at": "+70 09:00", "n_solves": 1} for _ in range(120)]  # fmt: skip
    found = cx.measure(tickets(*rows, as_of="+200 00:00"), "fcr_km,fcr_no_repeat")
    assert found["value"].iloc[0] == pytest.approx(found["value"].iloc[1], rel=1e-12)


def test_median_with_open_tickets_is_that_of_statsmodels(desk_log, frame):
    rows = frame[~((frame.n_solves < 1) & ~frame.live)]
    end = rows["last_solved_at"].where(~rows["live"], END)
    time = (end - rows["created_at"]).dt.total_seconds()
    curve = SurvfuncRight(time.to_numpy(), (~rows["live"]).to_numpy().astype(int))
    for metric, q in (("art_km_median", 0.5), ("art_km_p90", 0.9)):
        row = cx.measure(desk_log, metric).iloc[0]
        expected = curve.quantile(q)
        assert row["value"] == pytest.approx(expected, nan_ok=True)
    dropped = cx.measure(desk_log, "rt_ticket").iloc[0]["value"]
    assert dropped < cx.measure(desk_log, "art_km_median").iloc[0]["value"]


def test_a_repeat_in_another_channel_counts_for_one_contact_and_not_for_the_channel():
    base = {"customer_id": "c", "topic": "x", "last_solved_at": "+20 00:00"}
    log = tickets(base, {**base, "topic": "y", "channel": "phone", "created_at": "+3 09:00"})
    found = cx.measure(log, "fcr,fcr_sqm,fcr_ocr").set_index("metric")["numerator"]
    assert found.to_dict() == {"fcr": 2, "fcr_sqm": 2, "fcr_ocr": 1}


@pytest.mark.parametrize(
    ("replies", "zendesk", "dbt"), [(0, 1, 0), (1, 1, 1), (2, 0, 0)]
)  # Zendesk counts "fewer than two", dbt_zendesk "exactly one"
def test_zendesk_and_dbt_disagree_on_no_reply(replies, zendesk, dbt):
    log = tickets({"last_solved_at": "10:00", "n_public_agent_replies": replies})
    found = cx.measure(log, "fcr_zendesk,fcr_dbt_zendesk")["value"].tolist()
    assert found == [zendesk, dbt]


def test_the_replies_of_one_chat_session_are_one_for_dbt():
    said = [{"message_id": str(i), "ticket_id": "T0", "author_type": "agent", "is_public": True,
             "at": f"09:0{i}", "session_id": "s"} for i in range(3)]  # fmt: skip
    found = cx.measure(tickets({}, messages=said), "fcr_zendesk,fcr_dbt_zendesk")["value"].tolist()
    assert found == [0.0, 1.0]


def test_a_reopen_by_a_thank_you_is_one_touch_for_zendesk_only():
    row = {"last_solved_at": "+1 09:00", "n_solves": 2, "n_public_agent_replies": 1}
    found = cx.measure(tickets(row), "fcr_zendesk,fcr_never_reopened")["value"].tolist()
    assert found == [1.0, 0.0]


def test_a_friday_may_be_asked_about_on_monday_but_not_on_tuesday():
    ask = {"instrument": "other", "version": "fcr", "scale_min": 0, "scale_max": 1, "score": 1,
           "subject_type": "ticket"}  # fmt: skip
    surveys = [
        {**ask, "survey_id": str(i), "subject_id": f"T{i}", "sent_at": sent, "answered_at": sent}
        for i, sent in enumerate(("+7 23:00", "+8 00:00"))
    ]
    friday = {"created_at": "+4 15:00"}
    row = cx.measure(tickets(friday, friday, surveys=surveys), "fcr_survey").iloc[0]
    assert (row["n"], row["excluded"]) == (1, {"asked_late": 1})


def test_all_readings_of_a_concept_and_of_a_vendor_are_named():
    assert set(cx.metrics.catalogue.variants("fcr")) > {"fcr", "fcr_7d", "fcr_km", "fcr_zendesk"}
    assert cx.metrics.catalogue.variants("fcr_km")[0] == "fcr"
    assert set(cx.metrics.catalogue.preset_metrics("zendesk")) == {
        "frt_zendesk", "frt_zendesk_business", "nrt_zendesk", "fcr_zendesk", "csat_zendesk",
    }  # fmt: skip
    with pytest.raises(cx.InputError, match="did you mean 'zendesk'"):
        cx.metrics.catalogue.preset_metrics("zendes")
    with pytest.raises(cx.InputError, match="unknown metric"):
        cx.metrics.catalogue.variants("fcrr")
