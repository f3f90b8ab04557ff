"""Targets: a TOML file of what each metric should reach, with the unit in the key.

[targets.art_median]
at_most_hours = 24

[targets.sla]
at_least_percent = 65
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxlab.errors import InputError
from cxlab.metrics import METRICS, metric
from cxlab.units import convert_key, format_value

__all__ = ["Target", "line", "load_targets", "parse_targets"]


@dataclass(frozen=True, slots=True)
class Target:
    """A limit for one metric, in the metric's stored unit.

    >>> Target("sla", "share", at_least=0.65).met(0.63)
    False
    """

    metric: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def met(self, value: float) -> bool:
        """Return whether `value` reaches the target; the limit itself does."""
        low_enough = self.at_most is None or value <= self.at_most
        return low_enough and (self.at_least is None or value >= self.at_least)

    @property
    def words(self) -> str:
        """The limit as text: "at most 24.0 h"."""
        parts = (("at most", self.at_most), ("at least", self.at_least))
        return " and ".join(f"{w} {format_value(v, self.unit)}" for w, v in parts if v is not None)

    @property
    def line(self) -> float | None:
        """Where a chart draws the target."""
        return self.at_most if self.at_most is not None else self.at_least


def load_targets(path: str | Path | None) -> dict[str, Target]:
    """Read targets from a TOML file; no path, no targets.

    Raises InputError when the file is missing, is not TOML, or names something unknown.
    """
    if path is None:
        return {}
    file = Path(path)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise InputError("no such file of targets", given=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the targets in {file.name}", hint=str(error)) from None
    return parse_targets(data)


def parse_targets(data: Mapping[str, Any]) -> dict[str, Target]:
    """Check the content of a targets file.

    >>> parse_targets({"targets": {"sla": {"at_least_percent": 65}}})["sla"].words
    'at least 65.0 %'
    """
    unknown = [name for name in data if name != "targets"]
    if unknown:
        raise InputError("unknown table in the targets", given=unknown[0], known=["targets"])
    tables = data.get("targets", {})
    if not isinstance(tables, Mapping):
        raise InputError("targets must be tables", expected="[targets.sla] with a limit below")
    return {name: _one(str(name), limits) for name, limits in tables.items()}


def _one(name: str, limits: object) -> Target:
    if name not in METRICS:
        raise InputError("unknown metric in the targets", given=name, known=METRICS)
    if not isinstance(limits, Mapping) or not limits:
        expected = "a limit such as at_most_hours = 24 or at_least_percent = 65"
        raise InputError(f"target of {name} has no limit", given=limits, expected=expected)
    unit = metric(name).unit
    found: dict[str, float] = {}
    for key, value in limits.items():
        side = "at_least" if str(key).startswith("at_least") else "at_most"
        factor = convert_key(str(key), side, unit)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{name}: {key} must be a number", given=value)
        if side in found:
            raise InputError(f"{name} has two limits of one kind", given=str(key))
        found[side] = float(value) * factor
    return Target(name, unit, **found)


def line(targets: Mapping[str, Target], metric_id: str) -> float | None:
    """Return where a chart of the metric draws its target; None when it has none."""
    return targets[metric_id].line if metric_id in targets else None
