"""Tiles: a number with its interval, its course, its change and its target, in words and sign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cxlab.report.blocks import Block
from cxlab.report.compare import judgement
from cxlab.report.headline import headline_facts
from cxlab.report.html import Html, element, join
from cxlab.report.kpis import FLAGS, Kpi, interval_text, rows_of, value_text
from cxlab.report.sparkline import Point, run_strip, trend_line
from cxlab.report.targets import Target
from cxlab.report.undecided import NOT_YET, decided, ends, known_from, target_met
from cxlab.stats import difference_interval
from cxlab.units import PERCENT, format_value

__all__ = ["tiles"]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a number on its tile, by metric."""

    before: Mapping[str, Kpi] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    lines: Mapping[str, Html] = field(default_factory=dict)
    trends: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    runs: Mapping[str, list[float]] = field(default_factory=dict)


def tiles(
    result: pd.DataFrame,
    previous: pd.DataFrame | None = None,
    targets: Mapping[str, Target] | None = None,
    lines: Mapping[str, Html] | None = None,
    *,
    trends: Mapping[str, pd.DataFrame] | None = None,
    runs: pd.DataFrame | None = None,
) -> Block:
    """Return KPI tiles: value, interval, course, change, target and n, in words and sign.

    `result` and `previous` are tidy results without groups, `previous` of the period before; a
    column `note` in it says why it cannot be compared, or how far (see `View.before`). `lines`
    has markup that stands at the foot of a metric's tile. A small picture shows the course over
    `trends` (from `View.trends`), or the single `runs` behind a mean (a tidy result by
    replication).
    The block tells the page which targets were missed, and gives it a summary in words.
    """
    before = {k.metric: k for k in rows_of(previous)} if previous is not None else {}
    beside = _Beside(before, targets or {}, lines or {}, trends or {},
                     {} if runs is None else _by_metric(runs))  # fmt: skip
    kpis = list(rows_of(result))
    told = [k for k in kpis if k.flag != "undefined"]
    untold = _untold([k for k in kpis if k.flag == "undefined"], beside.targets)
    pictures = {k.metric: _picture(k, beside) for k in told}
    body = join(
        [
            element("ul", join(_tile(k, pictures[k.metric], beside) for k in told),
                    class_=f"tiles {_columns(len(told), 4 if lines else 5)}"),
            _legend(beside, any(pictures.values())),
            element("p", untold) if untold else None,
        ]
    )  # fmt: skip
    summary = [_summary(k, before.get(k.metric), beside.targets.get(k.metric)) for k in told]
    summary += [untold] if untold else []
    missed = [k.metric for k in kpis if _missed(k, beside.targets.get(k.metric))]
    page: dict[str, Any] = {"summary": summary, "missed_targets": missed}
    page["kpis"] = headline_facts(kpis, before, beside.targets, (change, verdict))
    return Block(body, "\n".join(summary), page)


def _columns(count: int, most: int) -> str:
    """Return the classes for so many tiles: columns on a wide screen, and on a middling one.

    The last row should be full, or as full as can be; never one tile alone if that can be helped.

    >>> _columns(10, 5), _columns(7, 5), _columns(8, 4)
    ('wide-5 mid-2', 'wide-4 mid-2', 'wide-4 mid-2')
    """

    def left_empty(columns: int) -> tuple[int, int]:
        return (-count % columns, -columns)

    wide = min(range(3, most + 1), key=left_empty)
    return f"wide-{wide} mid-{min((3, 2), key=left_empty)}"


def _picture(kpi: Kpi, beside: _Beside) -> Html | None:
    def words(value: float) -> str:
        return value_text(value, kpi.unit)

    if not kpi.known:
        return None
    if kpi.metric in beside.trends:
        target = beside.targets.get(kpi.metric)
        points = [Point(k.period, k.value, k.low, k.high)
                  for k in rows_of(beside.trends[kpi.metric])]  # fmt: skip
        return trend_line(points, words, None if target is None else target.line)
    if kpi.metric in beside.runs:
        return run_strip(beside.runs[kpi.metric], words, kpi.value, kpi.low, kpi.high)
    return None


def _by_metric(runs: pd.DataFrame) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for metric, value in zip(runs["metric"], runs["value"].astype(float), strict=True):
        values.setdefault(str(metric), []).append(value)
    return values


def _legend(beside: _Beside, drawn: bool) -> Html | None:
    """Return what the small pictures show, once for all."""
    if not drawn:
        return None
    if beside.trends:
        shown = max(len(frame) for frame in beside.trends.values())
        words = f"Small pictures: the last {shown} periods, with their 95\u00a0% intervals"
        words += "; dashed, the target." if beside.targets else "."
    else:
        words = "Small pictures: a dot per run; the bar is the 95\u00a0% interval of their mean."
    return element("p", words, class_="fine legend")


def _untold(kpis: Sequence[Kpi], targets: Mapping[str, Target]) -> str:
    """Return the sentence that names the KPIs for which the data lack what they need, if any."""
    names = "; ".join(k.title + _unjudged(targets.get(k.metric), " ({})") for k in kpis)
    return f"No value, because the data lack what it needs: {names}." if kpis else ""


def _unjudged(target: Target | None, shape: str) -> str:
    """Return what becomes of the target of a KPI without a value, "" where it has none."""
    return shape.format(f"target {target.words} cannot be judged") if target else ""


def _missed(kpi: Kpi, target: Target | None) -> bool:
    return target_met(kpi, target) is False


def _tile(kpi: Kpi, picture: Html | None, beside: _Beside) -> Html:
    before, target = beside.before.get(kpi.metric), beside.targets.get(kpi.metric)
    value = value_text(kpi.value, kpi.unit) if kpi.known else "No value"
    foot = beside.lines.get(kpi.metric)
    parts: list[Html | None] = [
        element("h3", element("a", kpi.title, href=f"#def-{kpi.metric}"), class_="name"),
        element("p", value, class_=_size(value) if kpi.known else "value none"),
        _interval_line(interval_text(kpi)),
        element("div", picture, class_="picture") if picture else None,
        _change_line(kpi, before),
        _target_line(kpi, target),
        element("div", foot, class_="foot") if foot else None,
        _detail(kpi),
    ]
    return element("li", join(parts), class_="tile", id=f"kpi-{kpi.metric}")


_LONG = 11
"""A value of more signs is set smaller, so that it stays on one line in a narrow tile."""


def _size(value: str) -> str:
    return "value long" if len(value) > _LONG else "value"


def _interval_line(words: str) -> Html | None:
    return element("p", "95\u00a0% interval ", _whole(words), class_="interval") if words else None


def _detail(kpi: Kpi) -> Html:
    """Return what is read second: cases, what makes the number doubtful, who is not in it."""
    lines = [element("p", _cases(kpi))]
    if kpi.flag in FLAGS and not (kpi.flag == "immature" and _mostly_pending(kpi)):
        words = kpi.few or FLAGS[kpi.flag]
        lines.append(element("p", words[0].upper() + words[1:] + ".", class_="flag"))
    if _mostly_pending(kpi):
        lines.append(_undecided(kpi))
    if kpi.known and kpi.note:  # who did not answer, what is taken for granted
        lines.append(element("p", kpi.note[0].upper() + kpi.note[1:] + "."))
    return element("div", join(lines), class_="detail")


def _cases(kpi: Kpi) -> str:
    words = f"n\u00a0=\u00a0{kpi.n:,}"
    if kpi.kind == "runs":
        runs = f"over {kpi.n:,} {'run' if kpi.n == 1 else 'runs'}"
        return runs + (f"; {kpi.pending:,} cases of all runs still pending" if kpi.pending else "")
    if kpi.excluded and sum(kpi.excluded.values()):
        words += f", {sum(kpi.excluded.values()):,} excluded"
    if kpi.pending and not _mostly_pending(kpi):
        words += f", {kpi.pending:,} still pending"
    return words


def _undecided(kpi: Kpi) -> Html:
    """Return how many cases are pending, where it is most of them, and until when if that is known.

    A repeat contact may come until its window has run out for the period's last case.
    """
    day = known_from(kpi)
    if kpi.n == 0:
        words = f"Too early to tell: none is decided, {kpi.pending:,} cases still pending"
    else:
        words = f"Most are not decided: {kpi.pending:,} cases still pending"
    until = f"known {'in full ' if kpi.n else ''}from {day}"
    return element("p", words + (f"; {until}" if day else "") + ".", class_="flag")


def _mostly_pending(kpi: Kpi) -> bool:
    """Return whether more than half of the cases are pending; over runs n counts the runs."""
    cases = kpi.n + kpi.pending + sum(kpi.excluded.values())
    return kpi.kind == "cases" and 2 * kpi.pending > cases


def _change_line(kpi: Kpi, before: Kpi | None) -> Html | None:
    if before is None:
        return None
    if not (kpi.known and before.known):
        why = before.note if not before.known and before.note else ""
        words = why or f"no comparison with {before.period}"
        return element("p", words[0].upper() + words[1:] + ".", class_="line change")
    parts: list[object] = [_arrow(kpi.value - before.value), change(kpi, before),
                           " against ", _whole(_against(before))]  # fmt: skip
    told = verdict(kpi, before)
    if told:
        first, comma, rest = told.partition(",")
        class_ = first if first in ("better", "worse") else None
        parts += ["; ", element("span", first, class_=class_), comma + rest]
    return element("p", *parts, class_="line change")


def _whole(words: str) -> Html:
    """Return words that go to the next line together where a line has no room for them."""
    return element("span", words, class_="whole")


def _arrow(difference: float) -> Html | None:
    """Return an arrow for the eye; the sign and the words beside it say the same."""
    if not difference:
        return None
    return element("span", "▲ " if difference > 0 else "▼ ", class_="arrow", aria_hidden="true")


def _against(before: Kpi) -> str:
    words = f"{before.period} ({value_text(before.value, before.unit)})"
    return words + (f" ({before.note})" if before.note else "")


_SCALES = ("points", "points_7", "nps", "score", "net")
"""Units whose zero is not nothing: a share of their value would say nothing."""


def change(kpi: Kpi, before: Kpi) -> str:
    """Return the change since `before` in words: "+2.1 points", "−0.6 %"."""
    difference = kpi.value - before.value
    if kpi.unit in PERCENT:
        words = f"{_signed(difference * 100, '.1f')}\u00a0points"
    elif before.value and kpi.unit not in _SCALES:
        words = f"{_signed(difference / before.value * 100, '.1f')}\u00a0%"
    else:
        words = value_text(difference, kpi.unit, signed=True)
    return words


def verdict(kpi: Kpi, before: Kpi) -> str:
    """Return what the interval of the change tells, "" where there is none.

    A number of cases is not judged against a period of which the log has a part only, and no
    number that its pending cases could turn.
    """
    if before.note and kpi.unit == "count":
        return ""
    then, sign = (before.value, before.low, before.high), _better_sign(kpi.direction)
    told = [judgement(difference_interval(k.value, k.low, k.high, *then), sign) for k in ends(kpi)]
    return told[0] if decided(told) else f"{NOT_YET}: {kpi.pending:,} cases are pending"


def _signed(value: float, pattern: str) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):{pattern}}"


def _better_sign(direction: str) -> int:
    if direction in ("↑", "up", "higher"):
        return 1
    return -1 if direction in ("↓", "down", "lower") else 0


def _target_line(kpi: Kpi, target: Target | None) -> Html | None:
    if target is None:
        return None
    if not kpi.known:
        return element("p", f"Target {target.words}: cannot be judged.", class_="line target")
    met = target_met(kpi, target)
    words = re.sub(r"(?<=\d) (?=\S+$)", "\u00a0", target.words)  # no number without its unit
    if met is None:
        return element("p", f"Target {words}: {NOT_YET}.", class_="line target")
    verdict, mark = ("met", "✓\u00a0") if met else ("missed", "✗\u00a0")
    return element(
        "p", f"Target {words}: ", element("span", mark + verdict, class_=verdict),
        class_="line target",
    )  # fmt: skip


_MET = {True: "met", False: "MISSED", None: f"({NOT_YET})"}


def _summary(kpi: Kpi, before: Kpi | None, target: Target | None) -> str:
    if not kpi.known:
        day = known_from(kpi) if kpi.flag == "immature" else None
        when = f"; known from {day}" if day else ""
        told = f"{kpi.title}: no value ({FLAGS.get(kpi.flag, kpi.flag)}{when})"
        return told + _unjudged(target, ", {}")
    words = f"{kpi.title}: {format_value(kpi.value, kpi.unit)}"
    interval = interval_text(kpi)
    if interval:
        words += f" ({interval})"
    if before is not None:
        words += _summary_change(kpi, before)
    if target is not None:
        words += f", target {target.words} {_MET[target_met(kpi, target)]}"
    return words


def _summary_change(kpi: Kpi, before: Kpi) -> str:
    if not before.known:
        return f", {before.note}" if before.note else ""
    told = verdict(kpi, before)
    note = f" ({before.note})" if before.note else ""
    words = f", {change(kpi, before)} against {before.period}{note}"
    return words + (f"; {told}" if told else "")
