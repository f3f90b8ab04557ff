"""Results as people read them: tiles and tables with interval, n, change and target in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlab.metrics.precision import too_little
from cxlab.report.blocks import Block
from cxlab.report.compare import judgement
from cxlab.report.headline import headline_facts
from cxlab.report.html import Html, element, join, table
from cxlab.report.targets import Target
from cxlab.stats import difference_interval
from cxlab.units import format_value

__all__ = ["DRILL", "FLAGS", "HEADLINES", "drill_table", "kpi_table", "tiles"]

HEADLINES = ("vol", "frt", "frt_p90", "art_median", "fcr_7d", "sla", "service_level", "abandonment",
             "backlog", "csat")  # fmt: skip
"""The metrics that a page shows as tiles; its table has them all."""

DRILL = ("vol", "frt", "art_median", "reopen", "sla", "csat")
"""The metrics that a page breaks down by group."""

FLAGS: dict[str, str] = {
    "small_n": "few cases: read with care",
    "empty": "no cases",
    "immature": "too early to tell: for part of the cases the time has not run out",
    "undefined": "not defined here: the data lack what it needs",
}
"""What each flag means, in words."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One result row, as the helpers here need it."""

    metric: str
    title: str
    unit: str
    direction: str
    value: float
    low: float
    high: float
    n: int
    excluded: Mapping[str, int]
    pending: int
    flag: str
    period: str
    kind: str = "cases"
    note: str = ""
    few: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


def rows_of(result: pd.DataFrame) -> Iterator[Kpi]:
    """Yield the rows of a tidy result."""
    for row in result.to_dict("records"):
        yield _kpi(row)


def _kpi(row: Mapping[Any, Any]) -> Kpi:
    excluded = row.get("excluded")
    kind = "runs" if "replication" in str(row.get("interval_method", "")) else "cases"
    few = kind == "cases" and row.get("flag") == "small_n"
    return Kpi(
        metric=str(row["metric"]),
        title=str(row.get("title") or row["metric"]),
        unit=str(row["unit"]),
        direction=str(row.get("direction", "")),
        value=_number(row.get("value")),
        low=_number(row.get("low")),
        high=_number(row.get("high")),
        n=int(_number(row.get("n"), 0.0)),
        excluded=dict(excluded) if isinstance(excluded, Mapping) else {},
        pending=int(_number(row.get("pending"), 0.0)),
        flag=str(row.get("flag") or "ok"),
        period=str(row.get("period") or ""),
        kind=kind,
        note=str(row.get("note") or ""),
        few=too_little(row) if few else "",
    )


def _number(value: Any, missing: float = math.nan) -> float:
    return missing if value is None or pd.isna(value) else float(value)


def tiles(
    result: pd.DataFrame,
    previous: pd.DataFrame | None = None,
    targets: Mapping[str, Target] | None = None,
    lines: Mapping[str, Html] | None = None,
) -> Block:
    """Return KPI tiles: value, interval, n, change and target, each in words and sign.

    `result` and `previous` are tidy results without groups, `previous` of the period before; a
    column `note` in it says why it cannot be compared, or how far (see `View.before`). `lines`
    has markup that stands at the foot of a metric's tile.
    The block tells the page which targets were missed, and gives it a summary in words.
    """
    before = {k.metric: k for k in rows_of(previous)} if previous is not None else {}
    goals = targets or {}
    kpis = list(rows_of(result))
    told = [k for k in kpis if k.flag != "undefined"]
    body = join(
        [
            element(
                "ul",
                join(
                    _tile(k, before.get(k.metric), goals.get(k.metric), (lines or {}).get(k.metric))
                    for k in told
                ),
                class_="tiles",
            ),
            _untold([k for k in kpis if k.flag == "undefined"]),
        ]
    )
    summary = [_summary(k, before.get(k.metric), goals.get(k.metric)) for k in kpis]
    missed = [k.metric for k in kpis if _missed(k, goals.get(k.metric))]
    page: dict[str, Any] = {"summary": summary, "missed_targets": missed}
    page["kpis"] = headline_facts(kpis, before, goals, (change, verdict))
    return Block(body, "\n".join(summary), page)


def _untold(kpis: Sequence[Kpi]) -> Html | None:
    """Return the sentence that names the KPIs for which the data lack what they need."""
    if not kpis:
        return None
    names = "; ".join(k.title for k in kpis)
    return element("p", f"No value, because the data lack what it needs: {names}.")


def _missed(kpi: Kpi, target: Target | None) -> bool:
    return target is not None and kpi.known and not target.met(kpi.value)


def _tile(kpi: Kpi, before: Kpi | None, target: Target | None, foot: Html | None = None) -> Html:
    lines: list[Html | None] = [element("h3", kpi.title, class_="name")]
    if kpi.known:
        lines.append(element("p", _text(kpi.value, kpi.unit), class_="value"))
        lines.append(_interval_line(kpi))
    else:
        lines.append(element("p", "No value", class_="value none"))
    lines.append(element("p", _cases(kpi)))
    if kpi.flag in FLAGS:
        words = kpi.few or FLAGS[kpi.flag]
        lines.append(element("p", words[0].upper() + words[1:] + ".", class_="flag"))
    if _mostly_pending(kpi):
        words = f"Most are not decided: {kpi.pending:,} cases still pending."
        lines.append(element("p", words, class_="flag"))
    if kpi.known and kpi.note:  # who did not answer, what is taken for granted
        lines.append(element("p", kpi.note[0].upper() + kpi.note[1:] + "."))
    lines.append(_change_line(kpi, before))
    lines += [_target_line(kpi, target), foot]
    return element("li", join(lines), class_="tile")


def _interval_line(kpi: Kpi) -> Html | None:
    words = _interval(kpi)
    return element("p", f"95\u00a0% interval {words}") if words else None


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
        return element("p", words[0].upper() + words[1:] + ".", class_="line")
    parts: list[object] = [change(kpi, before), f" against {_against(before)}"]
    told = verdict(kpi, before)
    if told:
        first, comma, rest = told.partition(",")
        class_ = first if first in ("better", "worse") else None
        parts += ["; ", element("span", first, class_=class_), comma + rest]
    return element("p", *parts, class_="line")


def _against(before: Kpi) -> str:
    words = f"{before.period} ({_text(before.value, before.unit)})"
    return words + (f" ({before.note})" if before.note else "")


def change(kpi: Kpi, before: Kpi) -> str:
    """Return the change since `before` in words: "+2.1 points", "−0.6 %"."""
    difference = kpi.value - before.value
    if kpi.unit == "share":
        words = f"{_signed(difference * 100, '.1f')}\u00a0points"
    elif before.value and kpi.unit != "points":
        words = f"{_signed(difference / before.value * 100, '.1f')}\u00a0%"
    else:
        words = _text(difference, kpi.unit, signed=True)
    return words


def verdict(kpi: Kpi, before: Kpi) -> str:
    """Return what the interval of the change tells, "" where there is none.

    A number of cases is not judged against a period of which the log has a part only.
    """
    if before.note and kpi.unit == "count":
        return ""
    now, then = (kpi.value, kpi.low, kpi.high), (before.value, before.low, before.high)
    return judgement(difference_interval(*now, *then), _better_sign(kpi.direction))


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
        return element("p", f"Target {target.words}: cannot be judged.", class_="line")
    verdict = "met" if target.met(kpi.value) else "missed"
    mark = "✓ " if verdict == "met" else "✗ "
    return element(
        "p", f"Target {target.words}: ", element("span", mark + verdict, class_=verdict),
        class_="line",
    )  # fmt: skip


def _summary(kpi: Kpi, before: Kpi | None, target: Target | None) -> str:
    if not kpi.known:
        return f"{kpi.title}: no value ({FLAGS.get(kpi.flag, kpi.flag)})"
    words = f"{kpi.title}: {format_value(kpi.value, kpi.unit)}"
    interval = _interval(kpi)
    if interval:
        words += f" ({interval})"
    if before is not None:
        words += _summary_change(kpi, before)
    if target is not None:
        words += f", target {target.words} {'met' if target.met(kpi.value) else 'MISSED'}"
    return words


def _summary_change(kpi: Kpi, before: Kpi) -> str:
    if not before.known:
        return f", {before.note}" if before.note else ""
    told = verdict(kpi, before)
    note = f" ({before.note})" if before.note else ""
    words = f", {change(kpi, before)} against {before.period}{note}"
    return words + (f"; {told}" if told else "")


def kpi_table(result: pd.DataFrame, *, caption: str = "Every KPI with its interval") -> Block:
    """Return a table of KPIs: value, interval, n, excluded by reason, pending."""
    kpis = list(rows_of(result))
    runs = any(k.kind == "runs" for k in kpis)
    columns = ["KPI", "Value", "95 % interval", "Runs" if runs else "n", "Excluded", "Pending"]
    rows = [
        (
            _name(kpi),
            _text(kpi.value, kpi.unit),
            _interval(kpi) or "–",
            f"{kpi.n:,}",
            _reasons(kpi.excluded),
            f"{kpi.pending:,}",
        )
        for kpi in kpis
    ]
    heading = caption + (" over the runs; excluded and pending cases of all runs" if runs else "")
    body = table(columns, rows, caption=heading, numeric=[*columns[1:4], "Pending"])
    words = (f"{k.title}: {_text(k.value, k.unit)} (n = {k.n:,})" for k in kpis)
    return Block(body, "\n".join(words))


def _name(kpi: Kpi) -> Html | str:
    if kpi.flag not in FLAGS:
        return kpi.title
    return join([kpi.title, Html("<br>"), element("small", FLAGS[kpi.flag])])


def _text(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a value whose unit stays on its line; months without end are "never"."""
    if unit == "months" and math.isinf(value):
        return "never"
    return format_value(value, unit, signed=signed).replace(" ", "\u00a0")


def _interval(kpi: Kpi) -> str:
    """Return the interval in words; "" where there is no value to be unsure about."""
    if not kpi.known or math.isnan(kpi.low) or math.isnan(kpi.high):
        return ""
    return f"{_text(kpi.low, kpi.unit)} to {_text(kpi.high, kpi.unit)}"


def _reasons(excluded: Mapping[str, int]) -> str:
    named = [f"{n:,} {reason.replace('_', ' ')}" for reason, n in excluded.items() if n]
    return "; ".join(named) or "none"


def drill_table(result: pd.DataFrame, by: str | Sequence[str], *, caption: str = "") -> Block:
    """Return a table with one row per group and one column per metric (value and n).

    A group whose value rests on few cases says so in its cell.
    """
    keys = [by] if isinstance(by, str) else list(by)
    if result.empty or all((result[k] == "(missing)").all() for k in keys):
        words = f"The data do not record {' and '.join(keys)}: there is nothing to break down."
        return Block(element("p", words), words)
    titles = dict.fromkeys(k.title for k in rows_of(result))
    groups: dict[tuple[str, ...], dict[str, Kpi]] = {}
    for row in result.to_dict("records"):
        name = tuple(_group_name(row[k]) for k in keys)
        groups.setdefault(name, {})[str(row.get("title") or row["metric"])] = _kpi(row)
    ordered = sorted(groups.items(), key=lambda g: -next(iter(g[1].values())).n)
    told = [t for t in titles if any(t in k and k[t].known for k in groups.values())]
    rows = [
        (" · ".join(name), *[_drill_cell(kpis.get(title)) for title in told])
        for name, kpis in ordered[:_MOST_GROUPS]
    ]
    heading = caption or "By " + " and ".join(k.replace("_", " ") for k in keys)
    if len(ordered) > _MOST_GROUPS:
        heading += f" (the {_MOST_GROUPS} largest of {len(ordered)})"
    if len(told) < len(titles):
        heading += "; no value in any: " + "; ".join(t for t in titles if t not in told)
    first = " · ".join(k.replace("_", " ") for k in keys).capitalize()
    body = table([first, *told], rows, caption=heading, numeric=told)
    return Block(body, heading + "\n" + "\n".join(" · ".join(name) for name, _ in ordered))


_MOST_GROUPS = 12


def _group_name(value: Any) -> str:
    return "(none)" if value is None or pd.isna(value) else str(value)


def _drill_cell(kpi: Kpi | None) -> Html | str:
    if kpi is None or not kpi.known:
        return "–"
    note = f"n = {kpi.n:,}" + (", few" if kpi.flag == "small_n" else "")
    if kpi.kind == "runs":  # n would be their number, the same in every cell
        note = _interval(kpi) or note
    value = _text(kpi.value, kpi.unit)
    return join([value, Html("<br>"), element("small", note)])
