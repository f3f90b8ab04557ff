"""What a change is worth: the company with it and without it, under the same draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from cxlab import display, stats
from cxlab.errors import InputError
from cxlab.experiment.companies import Progress, all_company_runs, with_customers
from cxlab.experiment.executors import Executor
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.units import format_interval, format_value

__all__ = ["Worth", "paired", "without_links", "worth_of"]

UNITS = {"customers": "count", "lost": "count", "csat": "parameter"}
"""Units of what a company's runs come to; the rest is money."""


class Worth(pd.DataFrame):
    """What a change comes to: a DataFrame that shows itself as people read it.

    The columns hold plain numbers. `attrs["currency"]` names that of the money.
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return Worth

    def shown(self) -> pd.DataFrame:
        """Return the rows as people read them, all text."""
        rows = []
        currency = self.attrs.get("currency", "money")
        for row in self.to_dict("records"):
            unit = UNITS.get(str(row["quantity"]), "money")
            name = str(row["quantity"]) + (f" ({currency})" if unit == "money" else "")
            rows.append(
                {
                    "loop": row["loop"], "quantity": name,
                    "before": format_value(row["base"], unit),
                    "after": format_value(row["changed"], unit),
                    "difference": format_value(row["difference"], unit, signed=True),
                    "95 % interval": format_interval(row["low"], row["high"], unit),
                }
            )  # fmt: skip
        return pd.DataFrame(rows)

    def _readable(self) -> bool:
        needed = {"loop", "quantity", "base", "changed", "difference", "low", "high"}
        return len(self) > 0 and needed <= set(self.columns)

    def __repr__(self) -> str:
        """Return the rows as people read them."""
        return self.shown().to_string(index=False) if self._readable() else super().__repr__()

    def _repr_html_(self) -> str | None:
        if not self._readable():
            plain: str | None = pd.DataFrame(self)._repr_html_()  # type: ignore[operator]
            return plain
        numeric = ("before", "after", "difference", "95 % interval")
        return display.shown(display.frame(self.shown(), numeric=numeric), as_frame=True)


_QUANTITIES = ("margin", "support", "acquisition", "rewards", "value", "customers", "lost", "csat")


def without_links(scenario: Scenario) -> Scenario:
    """Return the control of a closed loop: the same company, where service changes nothing."""
    return with_customers(scenario).but(**{"lifecycle.closed_loop": False})


def worth_of(
    base: Scenario,
    *,
    replications: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
    quantities: tuple[str, ...] = _QUANTITIES,
    **changes: Any,
) -> Worth:
    """Return what a change of a scenario comes to, with the links and, as control, without them.

    `changes` are those of `Scenario.but`; `base` and the changed scenario meet the same draws, so
    that the difference is the change's. One row per loop ("closed", "control") and quantity (see
    `company_runs`; money is discounted), with columns base, changed, difference, low, high (a
    95 % interval over the paired replications), correlation and replications. In a closed loop the
    links are assumptions: what the control does not show rests on them. Raises InputError for a
    scenario without a customer base, for changes of seed, replications or `closed_loop` (the draws
    would differ, or the control would be none), for unknown quantities, and as `but` does.

    `worth_of(scenario, **{"teams.first.shifts.0.agents": 5})` values agents.
    """
    with_customers(base)
    loops = {"closed": base.but(**{"lifecycle.closed_loop": True}), "control": without_links(base)}
    if not base.lifecycle or not base.lifecycle.links:
        loops.pop("closed")
    changed = {loop: scenario.but(**changes) for loop, scenario in loops.items()}
    for loop, scenario in loops.items():
        _check_change(scenario, changed[loop])
    sides = [side for loop, scenario in loops.items() for side in (scenario, changed[loop])]
    runs = all_company_runs(
        sides, replications=replications, engine=engine, executor=executor, progress=progress
    )
    parts = [
        paired(without, with_it, quantities).assign(loop=loop)
        for loop, without, with_it in zip(loops, runs[::2], runs[1::2], strict=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    found = Worth(table[["loop", *(c for c in table.columns if c != "loop")]])
    found.attrs["currency"] = base.currency
    return found


def _check_change(scenario: Scenario, changed: Scenario) -> None:
    """Raise InputError for a change after which runs could not be set beside each other."""
    one, other = with_customers(scenario).lifecycle, with_customers(changed).lifecycle
    assert one is not None
    assert other is not None
    for key, before, after, why in (
        ("seed", scenario.seed, changed.seed, "both sides must meet the same draws"),
        ("replications", scenario.replications, changed.replications,
         "both sides need as many; there is an argument for both"),
        ("lifecycle.closed_loop", one.closed_loop, other.closed_loop,
         "the loop is closed and, for the control, opened in any case"),
    ):  # fmt: skip
        if before != after:
            raise InputError("a change that cannot be valued", given=key, hint=why)


def paired(
    base: pd.DataFrame, changed: pd.DataFrame, quantities: tuple[str, ...] = _QUANTITIES
) -> pd.DataFrame:
    """Return the paired differences of two tables of runs, quantity by quantity.

    All columns are of the runs that have a value on both sides (a run without answers has no CSAT).
    """
    rows = []
    for name in quantities:
        if name not in base:
            raise InputError("unknown quantity", given=name, known=[str(c) for c in base.columns])
        known = base[name].notna() & changed[name].notna()
        one, other = base.loc[known, name], changed.loc[known, name]
        difference, low, high = stats.replication_interval(other - one)
        spread = one.std() * other.std()
        rows.append(
            {
                "quantity": name, "base": one.mean(), "changed": other.mean(),
                "difference": difference, "low": low, "high": high,
                "correlation": one.cov(other) / spread if spread else float("nan"),
                "replications": len(one),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
