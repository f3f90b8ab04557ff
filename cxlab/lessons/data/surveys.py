"""Surveys: two waves that hardly differ, and one experience asked about in two directions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.tables import Tables

__all__ = ["both_efforts", "two_waves"]

EASE = {"2026-03": (3, 4, 5, 6), "2026-04": (4, 5, 6, 7)}
"""How easy it was, 1 to 7, for a quarter of the customers each."""


def two_waves() -> Tables:
    """Return 100 answers in March and 100 in April to the question of the net promoter score.

    March has 50 promoters (9), 30 passives (8) and 20 detractors (5): 50 − 20 = +30. April has
    54, 28 and 18: +36. With shares p and d of promoters and detractors the standard error of one
    score is 100 · √((p + d − (p − d)²) / n) = 7.8, so scores of 100 answers differ surely from
    1.96 · 7.8 · √2 = 21.6 points on.

    >>> two_waves().frame("surveys")["score"].value_counts().to_dict()
    {9.0: 104, 8.0: 58, 5.0: 38}
    """
    waves = {"2026-03": (50, 30, 20), "2026-04": (54, 28, 18)}
    parts = [
        _answers(month, np.repeat([9.0, 8.0, 5.0], sizes), "nps", None, (0, 10))
        for month, sizes in waves.items()
    ]
    return Tables.from_frames({"surveys": pd.concat(parts)}, source="lesson: two waves")


def both_efforts() -> Tables:
    """Return what 80 customers of March and 80 of April say to CES 2.0 and to CES 1.0.

    How easy it was (CES 2.0, 1 to 7) is 3, 4, 5 or 6 in March, a quarter each, and one point
    better in April: 4.5 → 5.5. The same customers tell their effort (CES 1.0, 1 to 5): 5 less
    two thirds of a point for each point of ease above 1. It falls: 2.67 → 2.00. Better is up
    on one scale and down on the other.

    >>> both_efforts().frame("surveys").groupby("version", observed=True)["score"].size().to_dict()
    {'ces_1': 160, 'ces_2': 160}
    """
    parts = []
    for month, ease in EASE.items():
        easy = np.repeat(np.array(ease, dtype=float), 20)
        parts.append(_answers(month, easy, "ces", "ces_2", (1, 7)))
        parts.append(_answers(month, 5 - (easy - 1) * 2 / 3, "ces", "ces_1", (1, 5)))
    return Tables.from_frames({"surveys": pd.concat(parts)}, source="lesson: effort and ease")


def _answers(
    month: str, scores: np.ndarray, instrument: str, version: str | None, scale: tuple[int, int]
) -> pd.DataFrame:
    numbers = [f"{version or instrument}-{month}-{i:03d}" for i in range(len(scores))]
    answered = pd.Timestamp(f"{month}-02T09:00Z")
    return pd.DataFrame(
        {
            "survey_id": numbers,
            "instrument": instrument,
            "version": version,
            "scale_min": scale[0],
            "scale_max": scale[1],
            "subject_type": "customer",
            "subject_id": numbers,
            "customer_id": numbers,
            "sent_at": answered,
            "answered_at": answered + pd.to_timedelta(np.arange(len(scores)), unit="h"),
            "score": scores,
        }
    )
