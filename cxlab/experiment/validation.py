"""The model against theory: desks whose answer is known exactly, simulated and compared.

A case is a scenario and what queueing theory says about it. Each of its quantities is estimated
over replications, and Student's t asks whether the theoretical value can be the mean. All tests
are one family (Holm): when model and theory agree, the chance that any of them says otherwise is
`FAMILY`. What each test would have found with 90 % probability is stated beside it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as st

from cxlab import stats
from cxlab.errors import InputError
from cxlab.experiment.case import Case, Fault
from cxlab.experiment.pairing import holm
from cxlab.experiment.readings import Run
from cxlab.experiment.validation_cases import FAULTS, all_cases

__all__ = ["FAMILY", "POWER", "judge", "plant", "validate"]

FAMILY = 0.01
"""Chance that any of the tests raises a false alarm."""

POWER = 0.9
"""Probability with which the smallest detectable fault is found."""

SEED = 20260105
REPLICATIONS = 30

Progress = Callable[[int, int], None]


def validate(
    cases: Sequence[Case] | None = None,
    *,
    replications: int = REPLICATIONS,
    seed: int = SEED,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Simulate the cases and hold each quantity against theory; one row per quantity.

    Columns: case, formula, source, quantity, unit, theory, value (simulated), low and high (95 %),
    se (standard error), t (difference ÷ se), p, p_family (Holm), verdict ("agrees", "differs"),
    detectable (the smallest difference found with 90 % probability), replications, contacts
    (counted in all runs), seed. `progress(done, total)` counts cases. Raises InputError for fewer
    than two replications.
    """
    if replications < 2:
        raise InputError("replications", given=replications, expected="2 or more")
    chosen = list(all_cases() if cases is None else cases)
    rows = []
    for done, case in enumerate(chosen, start=1):
        rows += _compare(case, replications, seed)
        if progress is not None:
            progress(done, len(chosen))
    return judge(pd.DataFrame(rows))


def plant(
    faults: Sequence[Fault] | None = None,
    *,
    tests: int,
    replications: int = REPLICATIONS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Put faults into cases and return whether the tests notice: one row per fault.

    `tests` is how many tests the family has; a fault is found when a p-value is below
    `FAMILY` ÷ `tests` (Bonferroni, which is stricter than Holm). Columns: fault, case, found,
    quantity (the one with the largest |t|), theory, value, t.
    """
    known = {case.name: case for case in all_cases()}
    rows = []
    for fault in FAULTS if faults is None else faults:
        case = known[fault.case]
        wrong = Case(
            case.name, case.formula, case.source, case.scenario.but(**fault.changes),
            case.quantities,
        )  # fmt: skip
        seen = pd.DataFrame(_compare(wrong, replications, seed))
        worst = seen.iloc[int(seen["t"].abs().to_numpy().argmax())]
        rows.append(
            {"fault": fault.what, "case": case.name, "found": bool(worst["p"] < FAMILY / tests),
             **{name: worst[name] for name in ("quantity", "unit", "theory", "value", "t")}}
        )  # fmt: skip
    return pd.DataFrame(rows)


def judge(rows: pd.DataFrame, family: float = FAMILY) -> pd.DataFrame:
    """Return the rows with Holm's p-values, verdicts and what could have been found.

    >>> frame = pd.DataFrame({"p": [0.001, 0.4], "se": [1.0, 1.0], "replications": [30, 30]})
    >>> judge(frame)[["p_family", "verdict"]].values.tolist()
    [[0.002, 'differs'], [0.4, 'agrees']]
    """
    m = len(rows)
    adjusted = holm(rows["p"].to_numpy(dtype=float))
    freedom = rows["replications"].to_numpy() - 1
    reach = st.t.ppf(1 - family / (2 * m), freedom) + st.t.ppf(POWER, freedom)
    return rows.assign(
        p_family=adjusted,
        verdict=np.where(adjusted < family, "differs", "agrees"),
        detectable=reach * rows["se"],
    )


def case_seed(seed: int, name: str) -> int:
    """Return the seed of a case: other cases have other draws, whatever their order."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def _compare(case: Case, replications: int, seed: int) -> list[dict[str, Any]]:
    own = case_seed(seed, case.name)
    scenario = case.scenario.but(seed=own)
    read = np.zeros((replications, len(case.quantities), 2))
    contacts = 0
    for replication in range(replications):
        run = Run.of(scenario, replication + 1)
        read[replication] = [q.reading(run) for q in case.quantities]
        contacts += int(run.counted.sum())
    return [
        {
            "case": case.name,
            "formula": case.formula,
            "source": case.source,
            "quantity": q.name,
            "unit": q.unit,
            "theory": q.theory,
            **_estimate(read[:, place], q.theory),
            "replications": replications,
            "contacts": contacts,
            "seed": own,
        }
        for place, q in enumerate(case.quantities)
    ]


def _estimate(pairs: Any, theory: float) -> dict[str, float]:
    """Return the ratio of sums, its interval, and Student's test of the theoretical value."""
    value, low, high = stats.jackknife_ratio(pairs[:, 0], pairs[:, 1])
    freedom = len(pairs) - 1
    se = (high - low) / 2 / float(st.t.ppf(0.975, freedom))
    off = value - theory
    if not se > 0:  # the same in every run, as only a fixed number is
        t = 0.0 if math.isclose(value, theory, rel_tol=1e-9) else math.copysign(math.inf, off)
    else:
        t = off / se
    p = 2 * float(st.t.sf(abs(t), freedom))
    return {"value": value, "low": low, "high": high, "se": se, "t": t, "p": p}
