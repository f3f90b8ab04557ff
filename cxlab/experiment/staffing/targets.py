"""What a shift plan aims at: limits as people write them, such as "service_level>=80%"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cxlab.errors import InputError, nearest
from cxlab.metrics import metric
from cxlab.scenario import Scenario
from cxlab.units import format_value

__all__ = ["AIMS", "VALUE", "Target", "parse_targets"]

VALUE = "value"
"""The aim that has no limit: the most discounted margin, less wages and acquisition."""

AIMS = (
    "service_level", "service_level_served", "service_level_no_short", "sla", "abandonment",
    "asa", "frt", "frt_p90", "frt_mean", "art", "art_median", "art_p90",
)  # fmt: skip
"""The metrics that a plan can aim at: those that follow from when people are answered."""

_FORM = re.compile(
    r"\s*([A-Za-z_][\w]*)\s*(?:\[\s*([\w.-]+)\s*\])?\s*(>=|<=|≥|≤|=>|=<|>|<|==?)\s*(.+?)\s*"
)
_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z%]*)")
_UNITS: dict[str, tuple[str, float]] = {
    "%": ("share", 0.01), "percent": ("share", 0.01), "": ("share", 1.0),
    "s": ("s", 1.0), "sec": ("s", 1.0), "seconds": ("s", 1.0),
    "min": ("s", 60.0), "minutes": ("s", 60.0), "m": ("s", 60.0),
    "h": ("s", 3600.0), "hours": ("s", 3600.0),
    "d": ("s", 86_400.0), "days": ("s", 86_400.0),
}  # fmt: skip
_EXPECTED = "a target such as service_level>=80%, frt_p90[email]<=8h, abandonment<=5% or value"


@dataclass(frozen=True, slots=True)
class Target:
    """A limit for one metric, over all channels or one; `limit` is a share or seconds.

    A metric that is better when it is higher has a least value, any other a most. `value` has
    no limit (NaN): it is to be as high as possible.

    >>> target = Target("service_level", "phone", 0.8)
    >>> target.text, target.excess(0.78) < 0, target.stricter().text
    ('service_level[phone]>=80%', True, 'service_level[phone]>=81%')
    """

    metric: str
    channel: str | None
    limit: float

    @property
    def unit(self) -> str:
        """The unit of the limit: "share", "s", or "money" for the value."""
        return "money" if self.metric == VALUE else metric(self.metric).unit

    @property
    def at_least(self) -> bool:
        """Whether more is better."""
        return self.metric == VALUE or metric(self.metric).direction == "up"

    @property
    def name(self) -> str:
        """The metric with its channel: "frt_p90[email]"."""
        return self.metric + (f"[{self.channel}]" if self.channel else "")

    @property
    def text(self) -> str:
        """The target as people write it; what is read is this again."""
        if self.metric == VALUE:
            return VALUE
        return f"{self.name}{'>=' if self.at_least else '<='}{_written(self.limit, self.unit)}"

    @property
    def words(self) -> str:
        """The limit in words: "at least 80.0 %"."""
        side = "at least" if self.at_least else "at most"
        return f"{side} {format_value(self.limit, self.unit)}"

    def excess(self, value: float) -> float:
        """Return by how much a value is better than the limit; below 0 it is missed.

        Of a share in shares, of a time as a share of the limit; NaN for no value.
        """
        better = value - self.limit if self.at_least else self.limit - value
        return better if self.unit == "share" else better / self.limit

    def stricter(self) -> Target:
        """Return the next point: a share one point better, a time a tenth shorter."""
        if self.unit != "share":
            return replace(self, limit=self.limit * 0.9)
        return replace(self, limit=self.limit + (0.01 if self.at_least else -0.01))

    @property
    def attainable(self) -> bool:
        """Whether the limit is one that a number in this unit can meet at all."""
        return 0 < self.limit < 1 if self.unit == "share" else self.limit > 0


def parse_targets(scenario: Scenario, texts: Sequence[str]) -> list[Target]:
    """Return the targets that texts state for a scenario.

    Raises InputError for no target, a metric that no plan can aim at (with the nearest name), a
    channel that is not there, a limit on the wrong side, a unit that does not measure the
    metric or a number that it cannot have, and two limits for one thing.

    >>> from cxlab.files import scenario_file
    >>> base = Scenario.load(scenario_file("base"))
    >>> [t.words for t in parse_targets(base, ["service_level>=80%", "frt_p90[email]<=1.5d"])]
    ['at least 80.0 %', 'at most 36.0 h']
    """
    given = [texts] if isinstance(texts, str) else list(texts)
    if not given:
        raise InputError("a plan without a target costs nothing", expected=_EXPECTED)
    targets = [_one(scenario, text) for text in given]
    names = [target.name for target in targets]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError("two targets for one thing", given=twice[0], expected="one limit each")
    return targets


def _one(scenario: Scenario, text: str) -> Target:
    if text.strip() == VALUE:
        return _value(scenario)
    form = _FORM.fullmatch(text)
    if form is None:
        guess = nearest(text.strip(), [*AIMS, VALUE])
        hint = f"did you mean {guess!r}, with a limit?" if guess else None
        raise InputError("not a target", given=text, expected=_EXPECTED, hint=hint)
    name, channel, sign, number = form.groups()
    if name == VALUE:
        raise InputError("the value is to be as high as possible", given=text, expected=VALUE)
    if name not in AIMS:
        raise InputError("no plan can aim at this metric", given=name, known=[*AIMS, VALUE])
    if channel is not None and channel not in scenario.lines:
        raise InputError(f"unknown channel in {text}", given=channel, known=scenario.lines)
    target = Target(name, channel, 0.0)
    _check_side(target, sign, text)
    _check_measured(target, scenario, text)
    return replace(target, limit=_limit(target, number, text))


def _value(scenario: Scenario) -> Target:
    if scenario.lifecycle is None:
        raise InputError(
            "a desk without customers who pay has no value", given=scenario.name,
            expected="a scenario with a table [lifecycle], or a target such as service_level>=80%",
        )  # fmt: skip
    return Target(VALUE, None, float("nan"))


def _check_side(target: Target, sign: str, text: str) -> None:
    wanted = ">=" if target.at_least else "<="
    if (">" in sign) != target.at_least or sign in ("=", "=="):
        side = "higher" if target.at_least else "lower"
        raise InputError(
            f"{target.metric} is better when it is {side}", given=text,
            expected=f"{target.name}{wanted} and a limit",
        )  # fmt: skip


def _check_measured(target: Target, scenario: Scenario, text: str) -> None:
    """Raise InputError where no ticket can count for a target: it would be met by silence."""
    lines = [target.channel] if target.channel else list(scenario.lines)
    if not any(_counts(target.metric, scenario, name) for name in lines):
        lacks = (
            "a first_reply_target" if target.metric == "sla" else "customers who wait in line "
            "(phone, chat, or service_level_seconds)"
        )  # fmt: skip
        raise InputError(f"{target.name} measures nothing here", given=text,
                         expected=f"a channel with {lacks}")  # fmt: skip


def _counts(name: str, scenario: Scenario, line: str) -> bool:
    channel = scenario.lines[line]
    if name == "sla":
        return channel.first_reply_target_s is not None
    live = scenario.kind(line) in ("phone", "chat") or channel.service_level_seconds is not None
    return live or name.startswith(("frt", "art"))


def _limit(target: Target, text: str, whole: str) -> float:
    """Return the limit in the metric's stored unit."""
    form = _NUMBER.fullmatch(text)
    share = target.unit == "share"
    expected = "a share such as 80% or 0.8" if share else "a duration such as 20s, 5min, 8h or 2d"
    what = f"the limit of {target.name}"
    if form is None or form[2] not in _UNITS:
        raise InputError(what, given=whole, expected=expected)
    kind, factor = _UNITS[form[2]]
    if kind != target.unit:
        raise InputError(f"{what} has the wrong unit", given=whole, expected=expected)
    limit = float(form[1]) * factor
    if not (0 < limit < 1 if share else 0 < limit < float("inf")):
        between = "more than 0 % and less than 100 %" if share else "more than 0"
        raise InputError(what, given=whole, expected=f"{expected}, {between}")
    return limit


def _written(limit: float, unit: str) -> str:
    if unit == "share":
        return f"{limit * 100:.10g}%"
    for name, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if limit >= size and abs(round(limit / size, 2) * size - limit) < 1e-6:
            return f"{limit / size:.10g}{name}"
    return f"{limit:.10g}s"
