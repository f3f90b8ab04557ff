"""Survey answers: agents who are equally good, and look different."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.tables import Tables

__all__ = ["equal_agents"]


def equal_agents(satisfied: float = 0.8, *, agents: int = 10, seed: int = 32) -> Tables:
    """Return answers on ten agents of whom each truly satisfies the same share of customers.

    Agent k of the first half has 4 + k answers (5 to 9), of the second half 20 · k (120 to 200).
    Each answer is a 5 with probability `satisfied` and a 2 otherwise, so whatever order the
    agents stand in is chance. The seed was chosen: with it the first and the last of the ten have
    few answers, and every 95 % interval holds the truth (of ten, all do in 60 % of draws).

    >>> len(equal_agents().frame("surveys"))
    835
    """
    rng = np.random.default_rng(seed)
    sizes = [4 + k if 2 * k <= agents else 20 * k for k in range(1, agents + 1)]
    names = [f"agent {k:02d} (n = {n})" for k, n in enumerate(sizes, start=1)]
    agent = np.repeat(names, sizes)
    answered = pd.Timestamp("2026-01-05T09:00Z")
    surveys = pd.DataFrame(
        {
            "survey_id": [f"S{i:04d}" for i in range(len(agent))],
            "instrument": "csat",
            "scale_min": 1,
            "scale_max": 5,
            "subject_type": "ticket",
            "subject_id": [f"T{i:04d}" for i in range(len(agent))],
            "agent_id": agent,
            "answered_at": answered + pd.to_timedelta(np.arange(len(agent)), unit="min"),
            "score": np.where(rng.random(len(agent)) < satisfied, 5.0, 2.0),
        }
    )
    return Tables.from_frames({"surveys": surveys}, source="lesson: equal agents")
