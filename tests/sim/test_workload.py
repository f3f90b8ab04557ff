"""The drawn world: the right numbers of arrivals at the right hours, and the same for all."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats
from small_desks import desk_file

from cxlab.scenario import Scenario
from cxlab.sim.roster import roster
from cxlab.sim.streams import stream, uniforms
from cxlab.sim.timeline import RateSteps, Timeline, rate_steps
from cxlab.sim.workload import Workload, arrival_times, draw_workload

FALSE_ALARM = 1e-3
"""How often a right program would fail a statistical test here with another seed."""

EMAIL = {
    "arrivals_per_hour": {"Mon-Fri": 3.0, "Sat-Sun": 1.0},
    "handle_minutes": {"law": "gamma", "mean": 6.0, "cv": 0.5},
    "first_reply": "end",
}


def profile() -> list[float]:
    """Return 168 different rates, some of them 0."""
    hours = np.arange(168)
    return (10 * np.maximum(0, np.sin(hours / 5)) + (hours % 7 == 0)).round(3).tolist()


def test_arrivals_by_hour_of_week_are_poisson() -> None:
    """Pearson's statistic over the hours of the week, two-sided; 200 weeks of one channel.

    Smallest fault seen with a probability above 0.99: every rate 3 % off (120,000 expected
    arrivals give a noncentrality of 120,000 · 0.03² = 108 on 99 degrees of freedom).
    """
    scenario = desk_file(
        **{
            "channels.chat.arrivals_per_hour": profile(),
            "horizon": {"type": "terminating", "weeks": 200},
        }
    )
    created = draw_workload(scenario, 1).created
    hours = (created // 3600).astype(int) % 168
    expected = 200 * np.array(profile())
    counts = np.bincount(hours, minlength=168)
    assert (counts[expected == 0] == 0).all()
    busy = expected > 0
    statistic = ((counts - expected)[busy] ** 2 / expected[busy]).sum()
    low, high = stats.chi2(busy.sum()).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2])
    assert low < statistic < high
    # Given their hours, arrivals are uniform inside the hour.
    assert stats.kstest(created % 3600 / 3600, "uniform").pvalue > FALSE_ALARM


def test_arrivals_follow_the_exact_inverse() -> None:
    """Rate 2 an hour for 2 h, none for 1 h, 4 an hour for 1 h: worked out by hand.

    Running sums s of unit exponentials up to 2·2 + 4·1 = 8 lie at s/2 hours while s ≤ 4, and
    at 3 + (s − 4)/4 hours after that.
    """
    steps = RateSteps(np.array([0, 2, 3, 4]) * 3600.0, np.array([2.0, 0.0, 4.0]))
    got = arrival_times(stream(5, 1, "x"), steps)
    sums = np.cumsum(stream(5, 1, "x").standard_exponential(100))
    sums = sums[sums < 8]
    expected = np.where(sums <= 4, sums / 2, 3 + (sums - 4) / 4) * 3600
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert len(got) > 2


def test_no_arrivals_without_a_rate() -> None:
    assert len(draw_workload(desk_file(**{"channels.chat.arrivals_per_hour": 0}), 1)) == 0


@pytest.mark.parametrize(
    ("start", "hours", "sunday_2am"),
    [("2026-03-23", 167, 0.0), ("2026-10-19", 169, 2.0), ("2026-01-05", 168, 1.0)],
)
def test_a_week_with_a_clock_change(start: str, hours: int, sunday_2am: float) -> None:
    """Europe/Berlin: 2026-03-29 has no 02:00, 2026-10-25 has it twice."""
    rates = [0.0] * 168
    rates[6 * 24 + 2] = 10.0
    scenario = desk_file(
        **{
            "start": start,
            "time_zone": "Europe/Berlin",
            "horizon": {"type": "terminating", "weeks": 1},
            "channels.chat.arrivals_per_hour": rates,
        }
    )
    assert Timeline.of(scenario).horizon_s == hours * 3600
    steps = rate_steps(scenario, "chat", replication=1, seed=3)
    expected = (np.diff(steps.edges) * steps.per_hour).sum() / 3600
    assert expected == 10.0 * sunday_2am


def test_shifts_keep_the_local_clock() -> None:
    """A shift from 8 local begins at 07:00 UTC before the change of 2026-03-29, at 06:00 after."""
    scenario = desk_file(
        **{
            "start": "2026-03-28",
            "time_zone": "Europe/Berlin",
            "horizon": {"type": "terminating", "days": 3},
            "team.shifts": [
                {"agents": 1, "days": "Sat-Mon", "from": "08:00", "to": "12:00"},
                {"agents": 1, "days": "Sun", "from": "00:00", "to": "24:00"},
            ],
        }
    )
    morning, sunday = roster(scenario, 1)
    at = [scenario.starts_at + timedelta(seconds=start) for start, _ in morning.shifts]
    assert [(t.day, t.hour) for t in at] == [(28, 7), (29, 6), (30, 6)]
    assert [end - start for start, end in sunday.shifts] == [23 * 3600]


def test_zones_off_the_whole_hour() -> None:
    """Kolkata is 5:30 ahead of UTC; its hours still begin at whole local hours."""
    scenario = desk_file(time_zone="Asia/Kolkata")
    assert rate_steps(scenario, "chat", replication=1, seed=3).edges.tolist() == [
        h * 3600.0 for h in range(25)
    ]


def test_night_shifts_pass_midnight_and_touching_shifts_are_one() -> None:
    hour = 3600.0
    line = {"agents": 2, "days": "Mon-Sun", "from": "22:00", "to": "06:00"}
    scenario = desk_file(**{"horizon.days": 2, "team.shifts": [line]})
    plan = roster(scenario, 1)
    # From the Sunday before the start, the two nights, the last cut at the horizon.
    spells = ((0.0, 6 * hour), (22 * hour, 30 * hour), (46 * hour, 48 * hour))
    assert [agent.shifts for agent in plan] == [spells, spells]
    round_the_clock = desk_file(
        **{"horizon.days": 3, "team.shifts": [{**line, "from": "00:00", "to": "24:00"}]}
    )
    assert roster(round_the_clock, 1)[0].shifts == ((0.0, 72 * hour),)


def same(a: Workload, b: Workload) -> bool:
    """Return whether two workloads are the same to the byte."""
    return all(
        np.asarray(getattr(a, f.name)).tobytes() == np.asarray(getattr(b, f.name)).tobytes()
        for f in dataclasses.fields(Workload)
    )


def of_channel(workload: Workload, name: str) -> list[np.ndarray]:
    """Return all that was drawn for the requests of one channel."""
    mine = workload.line == workload.lines.index(name)
    contacts = mine[workload.request]
    steps = contacts[workload.contact]
    columns = {f.name: getattr(workload, f.name) for f in dataclasses.fields(Workload)}
    starts = {"first_contact": mine, "first_step": contacts}
    own: list[np.ndarray] = [np.diff(columns.pop(c))[rows] for c, rows in starts.items()]
    rows_of = {len(mine): mine, len(contacts): contacts, len(steps): steps}
    for column in ("lines", "topics", "line", "key"):
        columns.pop(column)
    return own + [values[rows_of[len(values)]] for values in columns.values()]


def nth(workload: Workload, k: int, column: str = "work") -> np.ndarray:
    """Return what was drawn for the k-th contacts (from 0), of requests that have one."""
    has = np.diff(workload.first_contact) > k
    row = workload.first_contact[:-1][has] + k
    return getattr(workload, column)[workload.first_step[row] if column == "work" else row]


def test_staffing_changes_no_draw() -> None:
    base = desk_file()
    more = base.but(**{"team.shifts.0.agents": 4, "team.shifts.0.to": "18:00"})
    assert same(draw_workload(base, 1), draw_workload(more, 1))
    assert not same(draw_workload(base, 1), draw_workload(base, 2))
    assert not same(draw_workload(base, 1), draw_workload(base.but(seed=4), 1))


def test_another_channel_changes_no_draw() -> None:
    base = desk_file()
    both = base.but(**{"channels.email": EMAIL})
    alone, beside = (of_channel(draw_workload(s, 1), "chat") for s in (base, both))
    for one, other in zip(alone, beside, strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_longer_mean_stretches_every_ticket_and_moves_none() -> None:
    base = desk_file()
    a = draw_workload(base, 1)
    b = draw_workload(base.but(**{"channels.chat.handle_minutes.mean": 10.0}), 1)
    np.testing.assert_array_equal(a.created, b.created)
    np.testing.assert_allclose(b.work, 2 * a.work, rtol=1e-12)


def test_more_contacts_leave_the_first_ones_alone() -> None:
    returns = {"channels.chat.resolution_probability": 0.5, "channels.chat.return_hours": 1.0}
    a = draw_workload(desk_file(**returns, **{"channels.chat.max_contacts": 2}), 1)
    b = draw_workload(desk_file(**returns, **{"channels.chat.max_contacts": 5}), 1)
    for k in (0, 1):
        np.testing.assert_array_equal(nth(a, k), nth(b, k))
    np.testing.assert_array_equal(nth(a, 0, "final"), nth(b, 0, "final"))
    assert nth(a, 1, "final").all()
    assert not nth(b, 1, "final").all()


def test_purposes_have_streams_of_their_own() -> None:
    names = ["chat.handling.1", "chat.handling.2", "chat.patience.1", "email.handling.1"]
    drawn = [uniforms(7, replication, name, 1000) for replication in (1, 2) for name in names]
    correlation = np.corrcoef(drawn) - np.eye(len(drawn))
    # 28 pairs of 1,000 numbers, standard deviation 1/√1000: 0.15 is 4.7 of them.
    assert np.abs(correlation).max() < 0.15


def test_a_stream_is_what_it_was() -> None:
    """Golden: a change here changes every published number and belongs into the changelog."""
    assert stream(20260105, 1, "email.arrivals").integers(0, 2**32, 3).tolist() == [
        2655174512,
        346542646,
        2727618274,
    ]


def test_shares_and_laws_of_the_drawn_tickets() -> None:
    """Means and shares of 20,000 tickets within 4 standard errors (false alarm 1 in 16,000)."""
    changes = {
        "horizon.days": 140,
        "channels.chat.priority_shares": {"low": 0.3, "urgent": 0.1, "normal": 0.6},
        "channels.chat.topic_shares": {"a": 0.25, "b": 0.75},
        "channels.chat.resolution_probability": 0.7,
        "channels.chat.return_hours": 2.0,
        "channels.chat.handle_minutes": {"law": "lognormal", "mean": 8.0, "cv": 0.8},
        "channels.chat.patience_minutes": {"law": "gamma", "mean": 4.0, "cv": 0.5},
    }
    w = draw_workload(desk_file(**changes), 1)
    n = len(w)

    def close(value: float, mean: float, sd: float) -> bool:
        return abs(value - mean) < 4 * sd / np.sqrt(n)

    for place, share in ((0, 0.1), (1, 0.0), (2, 0.6), (3, 0.3)):
        assert close(np.mean(w.priority == place), share, np.sqrt(share * (1 - share)) + 1e-12)
    assert close(np.mean([w.topics[t] == "a" for t in w.topic]), 0.25, np.sqrt(0.25 * 0.75))
    assert close(nth(w, 0, "final").mean(), 0.7, np.sqrt(0.21))
    assert close(nth(w, 0).mean(), 480, 0.8 * 480)
    patience = nth(w, 0, "patience")
    assert close(patience.mean(), 240, 0.5 * 240)
    assert close(patience.std(), 120, 150)
    back = w.return_after
    assert (back[~w.final] == 7200).all()
    assert np.isinf(back[w.final]).all()
    # Purposes have nothing to do with each other: 20,000 pairs, σ = 0.007 …
    columns = [nth(w, 0), patience, nth(w, 0, "final"), w.customer, w.priority]
    assert np.abs(np.corrcoef(columns) - np.eye(len(columns))).max() < 0.035
    # … nor have contacts: 1,800 requests with three of them, σ = 0.024.
    thrice = w.first_contact[:-1][np.diff(w.first_contact) == 3]
    assert len(thrice) > 1500
    columns = [v[thrice + k] for v in (w.work, w.patience) for k in range(3)]
    assert np.abs(np.corrcoef(columns) - np.eye(len(columns))).max() < 0.12
    assert set(np.unique(w.customer)) == set(range(50))


def by_day(scenario: Scenario, channel: str, replication: int = 1) -> np.ndarray:
    """Return the rate of each day, which is constant over it here."""
    return rate_steps(scenario, channel, replication=replication, seed=3).per_hour[::24]


def test_special_days_multiply_the_rates_of_their_channels() -> None:
    # From Monday 5 January: the 6th and 7th thrice the chats, the 7th half of everything.
    scenario = desk_file(
        **{
            "horizon.days": 4,
            "channels.chat.arrivals_per_hour": 4.0,
            "channels.email": {**EMAIL, "arrivals_per_hour": 2.0},
            "special_days": [
                {"from": "2026-01-06", "to": "2026-01-07", "arrivals_factor": 3.0,
                 "channels": ["chat"]},
                {"from": "2026-01-07", "arrivals_factor": 0.5},
            ],
        }
    )  # fmt: skip
    assert by_day(scenario, "chat").tolist() == [4.0, 12.0, 6.0, 4.0]
    assert by_day(scenario, "email").tolist() == [2.0, 2.0, 1.0, 2.0]


def test_the_busyness_of_a_day_is_a_gamma_factor_that_all_channels_share() -> None:
    """Mean 1 and the stated deviation within 4 standard errors; once, not squared."""
    scenario = desk_file(
        **{"horizon.days": 5000, "busyness_cv": 0.5, "channels.chat.arrivals_per_hour": 4.0,
           "channels.email": {**EMAIL, "arrivals_per_hour": 2.0}}
    )  # fmt: skip
    factor = by_day(scenario, "chat") / 4
    assert abs(factor.mean() - 1) < 4 * 0.5 / np.sqrt(5000)
    # The 4th moment of a gamma law of shape 4 is 4.5 in units of the variance squared, so the
    # variance has a standard error of √(3.5/5000) of itself.
    assert abs(factor.var() / 0.25 - 1) < 4 * np.sqrt(3.5 / 5000)
    np.testing.assert_allclose(by_day(scenario, "email") / 2, factor, rtol=1e-12)
    assert not np.isclose(by_day(scenario, "chat", 2) / 4, factor).any()


def test_what_callers_do_in_a_queue_is_drawn_each_by_itself() -> None:
    """Shares within 4 standard errors of 20,000 requests, and none of them tells another."""
    w = draw_workload(
        desk_file(
            **{
                "horizon.days": 140,
                "channels.chat.patience_minutes": 5.0,
                "channels.chat.balk_probability": 0.2,
                "channels.chat.callback_probability": 0.4,
                "channels.chat.redial_probability": 0.6,
                "channels.chat.redial_minutes": {"law": "exponential", "mean": 20.0},
                "channels.chat.resolution_probability": 0.5,
                "channels.chat.return_hours": {"law": "exponential", "mean": 3.0},
            }
        ),
        1,
    )
    first = w.first_contact[:-1]
    redial, back = w.redial_after[first], w.return_after[first]
    happens = [w.patience[first] == 0, w.leaves_number[first], np.isfinite(redial), w.final[first]]
    for one, share in zip(happens, (0.2, 0.4, 0.6, 0.5), strict=True):
        assert abs(one.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(w))
    assert np.abs(np.corrcoef(happens) - np.eye(4)).max() < 0.035
    # 20 minutes with a standard deviation of 20, for 12,000; with the returns, for 6,000.
    again, both = np.isfinite(redial), np.isfinite(redial) & np.isfinite(back)
    assert abs(redial[again].mean() - 1200) < 4 * 1200 / np.sqrt(again.sum())
    assert abs(np.corrcoef(redial[both], back[both])[0, 1]) < 4 / np.sqrt(both.sum())


def test_the_work_of_a_second_tier_has_nothing_to_do_with_that_of_the_first() -> None:
    shift = {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}
    w = draw_workload(
        desk_file(
            **{
                "horizon.days": 140,
                "team": None,
                "teams": {"front": {"shifts": [shift]}, "back": {"tier": 2, "shifts": [shift]}},
                "channels.chat.escalation_probability": 0.5,
                "channels.chat.tier2": {"handle_minutes": {"law": "exponential", "mean": 15.0}},
            }
        ),
        1,
    )
    first, passed = w.work[w.first_step[:-1]], np.diff(w.first_step) == 2
    second = w.work[w.first_step[:-1][passed] + 1]
    assert abs(passed.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(w))
    assert abs(second.mean() - 900) < 4 * 900 / np.sqrt(len(second))
    assert abs(np.corrcoef(first, passed)[0, 1]) < 4 / np.sqrt(len(w))
    assert abs(np.corrcoef(first[passed], second)[0, 1]) < 4 / np.sqrt(len(second))


def test_classes_are_ranks_first_and_priorities_inside_them() -> None:
    # Urgent is the first of four priorities and low the last: rank 1 has the classes 0 and 3,
    # rank 2 the classes 4 and 7.
    urgent = {"priority_shares": {"urgent": 0.5, "low": 0.5}}
    scenario = desk_file(
        **{"channels.chat.priority_shares": urgent["priority_shares"],
           "channels.email": {**EMAIL, **urgent, "queue_rank": 2}}
    )  # fmt: skip
    w = draw_workload(scenario, 1)
    for place, expected in ((0, {0, 3}), (1, {4, 7})):
        assert set(w.queue_class[w.line == place].tolist()) == expected
    assert set(w.priority[w.queue_class % 4 == 0].tolist()) == {0}


def test_nobody_comes_back_in_the_same_instant() -> None:
    """The least pause is a second, also where the law says 0.36 seconds."""
    never = {"law": "constant", "mean": 1e-4}
    w = draw_workload(
        desk_file(**{"channels.chat.resolution_probability": 0.5,
                     "channels.chat.return_hours": never}), 1
    )  # fmt: skip
    assert set(w.return_after[~w.final].tolist()) == {1.0}


def test_the_sample_scenarios_draw_the_same_customers(scenarios: dict[str, Scenario]) -> None:
    base, more = scenarios["base"], scenarios["one_more_agent"]
    assert same(draw_workload(base, 1), draw_workload(more, 1))
