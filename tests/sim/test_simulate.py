"""Whole runs of the sample scenario: nothing lost, two routes agree, the same every time."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from small_desks import desk, desk_file, play

from cxlab.scenario import Scenario
from cxlab.sim import draw_workload, simulate, simulate_frames
from cxlab.sim.outcome import NOBODY
from cxlab.sim.roster import roster
from cxlab.tables import TABLES

Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def base(scenarios: dict[str, Scenario]) -> Scenario:
    return scenarios["base"].but(replications=2)


@pytest.fixture(scope="module")
def frames(base: Scenario) -> Frames:
    return simulate_frames(base)


def digest(frames: Frames) -> str:
    """Return a fingerprint of every value, column name and type of the frames."""
    whole = hashlib.sha256()
    for name, given in sorted(frames.items()):
        texts = given.select_dtypes("category").columns
        frame = given.astype(dict.fromkeys(texts, object))
        whole.update(f"{name}{frame.dtypes.to_dict()}".encode())
        whole.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    return whole.hexdigest()


def test_tables_are_canonical_and_nothing_is_quarantined(base: Scenario) -> None:
    seen: list[tuple[int, int]] = []
    tables = simulate(base, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert set(tables.names) == {
        "tickets", "messages", "status_events", "escalations", "surveys", "agents", "shifts",
        "costs",
    }  # fmt: skip
    assert len(tables.quarantine) == 0
    assert tables.as_of == base.ends_at
    assert tables.time_zone == "Europe/Berlin"
    assert tables.source == "base"


def test_columns_are_declared(frames: Frames) -> None:
    for name, frame in frames.items():
        declared = {column.name for column in TABLES[name].columns}
        assert set(frame.columns) <= declared
        assert set(frame["replication"]) == ({1, 2} if len(frame) else set()), name
    assert [name for name, frame in frames.items() if frame.empty] == ["escalations"]


def test_the_same_again_is_the_same_to_the_byte(base: Scenario, frames: Frames) -> None:
    assert digest(simulate_frames(base)) == digest(frames)
    assert digest(simulate_frames(base.but(seed=1))) != digest(frames)


def test_a_replication_does_not_depend_on_how_many_there_are(
    base: Scenario, frames: Frames
) -> None:
    alone = simulate_frames(base.but(replications=1))
    first = {name: f[f.replication == 1].reset_index(drop=True) for name, f in frames.items()}
    assert digest(alone) == digest(first)


def test_every_contact_ends_in_one_way_or_is_open(frames: Frames) -> None:
    t, e = frames["tickets"], frames["status_events"]
    key = ["replication", "ticket_id"]
    assert not t.duplicated(key).any()
    last = e[e.field == "status"].groupby(key, sort=False).new.last()
    assert (t.set_index(key).status == last).all()
    gone_later = (t.status == "closed") & t.abandoned_at.isna()
    ended = t.n_solves + t.abandoned_at.notna() + gone_later
    waits = t.status.isin(["new", "open"])
    assert (ended + waits == t.n_contacts).all()
    assert (t.answered_at.isna() | t.abandoned_at.isna()).all()
    assert t.last_solved_at.notna().equals(t.status == "solved")
    assert {"solved", "closed", "open", "new"} == set(t.status)


def test_work_by_two_routes(base: Scenario, frames: Frames) -> None:
    """Handling in the table of shifts = the drawn handling of what was solved, up to the cut."""
    s, e = frames["shifts"], frames["status_events"]
    ended = e[(e.replication == 1) & (e.new == "solved")]
    work = draw_workload(base, 1)
    ids = [f"{work.lines[c]}-{n + 1:06d}" for c, n in zip(work.line, work.number, strict=True)]
    first = pd.Series(work.first_contact[:-1], index=ids)
    contact = ended.groupby("ticket_id", observed=True).cumcount()
    expected = work.work[first[ended.ticket_id.astype(str)].to_numpy() + contact].sum()
    mine = s[(s.replication == 1) & (s.activity == "handling")]
    horizon = pd.Timestamp(base.ends_at)
    busy = (mine.end - mine.start).dt.total_seconds()[mine.end < horizon].sum()
    assert busy == pytest.approx(expected, abs=0.05)  # microseconds of 6,000 stretches


def test_nobody_handles_two_at_once_or_off_duty(frames: Frames) -> None:
    s = frames["shifts"].sort_values(["replication", "agent_id", "start", "end"])
    for activity in ("on_shift", "handling"):
        mine = s[s.activity == activity]
        before = mine.groupby(["replication", "agent_id"]).end.shift()
        assert (before.isna() | (mine.start >= before)).all()
    duty, busy = s[s.activity == "on_shift"], s[s.activity == "handling"]
    joined = pd.merge_asof(
        busy.sort_values("start"),
        duty.sort_values("start"),
        on="start",
        by=["replication", "agent_id"],
        suffixes=("", "_duty"),
    )
    assert (joined.end <= joined.end_duty).all()


def test_littles_law_on_a_drained_desk() -> None:
    """The area under the number waiting = the sum of all waits, once everybody is gone."""
    scenario = desk_file(**{"channels.chat.patience_minutes": 20.0})
    work = draw_workload(scenario, 1)
    out = play(work, desk([agent.shifts for agent in roster(scenario, 1)]))
    left = np.where(out.first_agent == NOBODY, out.left, out.answered)
    assert not np.isnan(left).any()
    assert len(left) == len(work) > 100
    times = np.concatenate((out.joined, left))
    steps = np.repeat([1, -1], len(left))
    order = np.argsort(times, kind="stable")
    area = (np.cumsum(steps[order])[:-1] * np.diff(times[order])).sum()
    waits = left - work.created
    assert area == pytest.approx(waits.sum(), rel=1e-9)


def test_one_more_agent_helps(scenarios: dict[str, Scenario], frames: Frames) -> None:
    """The same tickets meet more people: fewer give up, in each replication."""
    more = simulate_frames(scenarios["one_more_agent"].but(replications=2))["tickets"]
    base = frames["tickets"]
    assert more.ticket_id.tolist() == base.ticket_id.tolist()
    assert more.created_at.equals(base.created_at)
    given_up = [t.abandoned_at.notna().groupby(t.replication).mean() for t in (base, more)]
    assert (given_up[1] < given_up[0]).all()


def test_an_empty_desk_has_empty_tables() -> None:
    frames = simulate_frames(desk_file(**{"channels.chat.arrivals_per_hour": 0}))
    assert [len(frames[name]) for name in ("tickets", "messages", "status_events", "surveys")] == [
        0, 0, 0, 0,
    ]  # fmt: skip
    assert len(frames["agents"]) == 1
    tables = simulate(desk_file(**{"channels.chat.arrivals_per_hour": 0}))
    assert len(tables.frame("tickets")) == 0


def test_every_sample_scenario_runs(scenarios: dict[str, Scenario]) -> None:
    assert {"base", "one_more_agent", "black_friday"} <= set(scenarios)
    for scenario in scenarios.values():
        frames = simulate_frames(scenario.but(replications=1))
        assert len(frames["tickets"]) > 500
        if scenario.surveys:
            assert frames["surveys"].score.between(0, 10).sum() > 50
