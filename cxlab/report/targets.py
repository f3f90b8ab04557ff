"""Targets: a TOML file of what each metric should reach, with the unit in the key.

[targets.art_median]
at_most_hours = 24

[targets.sla]
at_least_percent = 65
alert_below_percent = 60

A limit of the kind alert_above or alert_below is no target: the periodic page raises an alert
there.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxlab.errors import InputError, nearest
from cxlab.files import bundled, no_file
from cxlab.metrics import METRICS, metric
from cxlab.units import RANGES, convert_key, format_value

__all__ = [
    "Alarm", "Target", "line", "load_alarms", "load_targets", "parse_alarms", "parse_targets",
]  # fmt: skip

SIDES = ("at_most", "at_least")
ALARMS = ("alert_above", "alert_below")


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


@dataclass(frozen=True, slots=True)
class Alarm:
    """A limit at which a metric raises an alert, in the metric's stored unit.

    >>> Alarm("sla", "share", alert_below=0.6).words(0.55)
    'below 60.0 %'
    """

    metric: str
    unit: str
    alert_above: float | None = None
    alert_below: float | None = None

    def words(self, value: float) -> str:
        """Return which limit `value` lies beyond; "" for none, the limit itself is none."""
        if self.alert_above is not None and value > self.alert_above:
            return f"above {format_value(self.alert_above, self.unit)}"
        if self.alert_below is not None and value < self.alert_below:
            return f"below {format_value(self.alert_below, self.unit)}"
        return ""


SAMPLE = "sample"
"""Instead of a file: the targets that ship with cxlab, for the sample log."""


def load_targets(path: str | Path | None) -> dict[str, Target]:
    """Read targets from a TOML file, or the shipped "sample"; no path, no targets.

    Raises InputError when the file is missing, is not TOML, has no limit, or names something
    unknown.
    """
    return {} if path is None else parse_targets(_read(path))


def load_alarms(path: str | Path | None) -> dict[str, Alarm]:
    """Read the limits of alerts from a TOML file of targets; no path, no limits.

    Raises InputError as `load_targets` does.
    """
    return {} if path is None else parse_alarms(_read(path))


def _read(path: str | Path) -> dict[str, Any]:
    shipped = bundled("scenarios") / "sample_import" / "targets.toml"
    file = shipped if str(path) == SAMPLE else Path(path)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise no_file("no such file of targets", path, known=[SAMPLE]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the targets in {file.name}", hint=str(error)) from None
    if not data or data.get("targets") == {}:
        raise InputError(f"no targets in {file.name}", given=str(path), expected=_EXAMPLE)
    return data


_EXAMPLE = "tables such as [targets.frt] with at_most_hours = 1 below"


def parse_targets(data: Mapping[str, Any]) -> dict[str, Target]:
    """Check the content of a targets file and return the targets in it.

    >>> parse_targets({"targets": {"sla": {"at_least_percent": 65}}})["sla"].words
    'at least 65.0 %'
    """
    found = {name: _limits(name, table, SIDES) for name, table in _tables(data).items()}
    return {n: Target(n, metric(n).unit, **limits) for n, limits in found.items() if limits}


def parse_alarms(data: Mapping[str, Any]) -> dict[str, Alarm]:
    """Check the content of a targets file and return the limits of alerts in it.

    >>> parse_alarms({"targets": {"frt": {"alert_above_hours": 8}}})["frt"].alert_above
    28800.0
    """
    found = {name: _limits(name, table, ALARMS) for name, table in _tables(data).items()}
    return {n: Alarm(n, metric(n).unit, **limits) for n, limits in found.items() if limits}


def _tables(data: Mapping[str, Any]) -> dict[str, object]:
    unknown = [name for name in data if name != "targets"]
    if unknown:
        if unknown[0] in METRICS:
            raise InputError(
                f"a limit of {unknown[0]} outside the targets", given=data[unknown[0]],
                expected=f"a table [targets.{unknown[0]}] with a limit such as at_most_hours = 1",
            )  # fmt: skip
        raise InputError("unknown table in the targets", given=unknown[0], known=["targets"])
    tables = data.get("targets", {})
    if not isinstance(tables, Mapping):
        raise InputError("targets must be tables", expected="[targets.sla] with a limit below")
    return {str(name): table for name, table in tables.items()}


def _limits(name: str, limits: object, wanted: tuple[str, ...]) -> dict[str, float]:
    """Return the limits of one metric that are of a wanted kind; all of them are checked."""
    if name not in METRICS:
        hint = None if nearest(name, METRICS) else _called_alike(name)
        raise InputError("unknown metric in the targets", given=name, known=METRICS, hint=hint)
    if not isinstance(limits, Mapping) or not limits:
        expected = "a limit such as at_most_hours = 24 or at_least_percent = 65"
        raise InputError(f"target of {name} has no limit", given=limits, expected=expected)
    found: dict[str, float] = {}
    for key, value in limits.items():
        side = next((s for s in (*SIDES, *ALARMS) if str(key).startswith(s)), "at_most")
        try:
            factor = convert_key(str(key), side, metric(name).unit)
        except InputError as error:  # which says the key, and not whose it is
            raise InputError(f"target of {name}: {error}") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{name}: {key} must be a number", given=value)
        if side in found:
            raise InputError(f"{name} has two limits of one kind", given=str(key))
        found[side] = float(value) * factor
        _check_range(name, str(key), value, found[side])
    if found.get("at_least", -math.inf) > found.get("at_most", math.inf):
        raise InputError(f"{name} cannot be at least and at most this", given=dict(limits))
    return {side: limit for side, limit in found.items() if side in wanted}


def _called_alike(name: str) -> str:
    """Return the metrics whose titles share most words with a name that is like no id."""
    words = set(name.casefold().replace("_", " ").split())
    shared = {
        m.id: len(words & set(m.title.casefold().replace(",", "").split()))
        for m in METRICS.values()
        if not m.variant_of
    }
    most = max(shared.values())
    alike = [f"{i} ({METRICS[i].title})" for i, n in shared.items() if most and n == most]
    listed = "`cxlab metrics` lists them"
    return f"did you mean {' or '.join(alike[:3])}? {listed}" if alike else listed


def _check_range(name: str, key: str, given: float, limit: float) -> None:
    """Refuse a limit that no number of the unit reaches: 180 percent of all customers."""
    low, high = RANGES[metric(name).unit]
    if not low <= limit <= high:
        whole = 100 if key.endswith("percent") else 1
        expected = f"{low * whole:g} to {high * whole:g}"
        raise InputError(f"{name}: {key} is out of reach", given=given, expected=expected)


def line(targets: Mapping[str, Target], metric_id: str) -> float | None:
    """Return where a chart of the metric draws its target; None when it has none."""
    return targets[metric_id].line if metric_id in targets else None
