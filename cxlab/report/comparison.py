"""What the page of a comparison shows: options against a base, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from cxlab.charts import changes as changes_chart
from cxlab.charts import warm_up
from cxlab.experiment.comparison import Comparison
from cxlab.experiment.verdicts import difference_words, movement, p_words, signed, span_words
from cxlab.report.blocks import Block
from cxlab.report.heading import heading, scenario_provenance
from cxlab.report.html import Html, element, join, table
from cxlab.report.tiles import tiles
from cxlab.report.trust import care_box, neighbour_table
from cxlab.report.typeset import unbroken
from cxlab.scenario import Scenario
from cxlab.scenario.changes import differences
from cxlab.units import RANGES, format_value

__all__ = [
    "change_pictures",
    "compared_metrics",
    "compared_neighbours",
    "comparison_doubts",
    "comparison_heading",
    "comparison_provenance",
    "comparison_tiles",
    "counts_table",
    "difference_tables",
    "options_table",
    "warm_up_pictures",
    "what_it_shows",
]

Row = Mapping[Hashable, Any]

_DESK = ("frt", "frt_p90", "service_level", "abandonment", "art_median", "fcr_7d", "backlog",
         "csat")  # fmt: skip
_COMPANY = ("churn", "grr", "nrr", "arpa", "nps")


def compared_metrics(scenario: Scenario) -> list[str]:
    """Return the metrics that a comparison shows where nobody chose.

    Few, one reading of each: with every further number Holm's correction makes all harder to show.
    """
    life = scenario.lifecycle is not None
    return [*(_DESK if scenario.lines else ()), *(_COMPANY if life else ())]


def comparison_heading(found: Comparison) -> Block:
    """Return the head of the page of a comparison."""
    base = found.runs[found.base].scenario
    horizon = base.horizon
    length = f"{horizon.total_days} days from {base.start}"
    if horizon.dropped_days:
        length += f", the first {horizon.dropped_days} not counted"
    facts = [
        ["Base", found.base],
        ["Options", "; ".join(found.others)],
        ["Replications", f"{base.replications:,} pairs, all under the same draws"],
        ["Length of each", length],
        ["Time zone", base.time_zone],
    ]
    title = f"{base.title or base.name}: what would change"
    return heading("Comparison", title, base.description, facts)


def comparison_doubts(found: Comparison) -> Block:
    """Return a box with what makes any of the scenarios doubtful; nothing where nothing does."""
    everybody = [found.base, *found.others]
    told = [
        what if who == everybody else f"{what} ({', '.join(who)})"
        for what, who in found.doubts.items()
    ]
    return care_box(told)


_SHOWS = {
    "better": "Better", "worse": "Worse", "moves": "Changes", "open": "No difference shown",
    "same": "Does not change at all", "unknown": "Cannot be told",
}  # fmt: skip


def what_it_shows(found: Comparison) -> Block:
    """Return, option by option, what gets better and worse and what shows no difference."""
    parts, told = [], []
    for option, rows in found.table.groupby("scenario", sort=False):
        lines = list(_shown(rows))
        inner = element("ul", join(element("li", element("strong", f"{what}: "), unbroken(words))
                                   for what, words in lines))  # fmt: skip
        parts.append(element("div", _name(found, str(option)), inner, class_="box"))
        told += [f"{option}. {what}: {words}" for what, words in lines]
    said = list(found.summary[:2])
    body = join([*parts, *(element("p", _sentence(line)) for line in said)])
    return Block(body, "\n".join([*told, *said]), {"summary": [*told, *said]})


def _name(found: Comparison, option: str) -> Html:
    """Return an option's name as a heading, with its title where it has one of its own."""
    scenario, base = found.runs[option].scenario, found.runs[found.base].scenario
    own = scenario.title if scenario.title not in (None, "", base.title) else ""
    return element("h3", f"{own} ({option})" if own else option)


def _shown(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for judged, words in _SHOWS.items():
        mine = rows[rows["judgement"] == judged].to_dict("records")
        if mine:
            yield words, "; ".join(_short(row) for row in mine) + "."


def _short(row: Row) -> str:
    if row["judgement"] in ("better", "worse", "moves"):
        return f"{row['title']} {movement(row)}"
    if row["judgement"] == "open":
        widest = max(abs(row["low"]), abs(row["high"]))
        size = signed(widest, row["unit"], exact=True).removeprefix("+")
        return f"{row['title']} (more than {size} is excluded)"
    return str(row["title"])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


_MOST_KEYS = 12


def options_table(found: Comparison) -> Block:
    """Return what each option changes in the scenario: key, value in the base, value in it."""
    base = found.runs[found.base].scenario
    lines: list[list[object]] = []
    for option in found.others:
        keys = differences(base, found.runs[option].scenario)
        lines += [[option, element("code", key), _value(one), _value(other)]
                  for key, one, other in keys[:_MOST_KEYS]]  # fmt: skip
        if len(keys) > _MOST_KEYS:
            lines.append([option, f"and {len(keys) - _MOST_KEYS} keys more", "", ""])
        if not keys:
            lines.append([option, "nothing: it is the base by another name", "", ""])
    columns = ["Option", "Key", "In the base", "In the option"]
    body = table(columns, lines, caption="What each option changes in the scenario")
    words = "\n".join(" · ".join(str(cell) for cell in line) for line in lines)
    return Block(body, words)


def _value(value: Any) -> str:
    """Return a scenario's value in words: long lists by their number and mean."""
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{k} = {_value(v)}" for k, v in value.items() if v not in ([], {}, False))
    if isinstance(value, list):
        numbers = [v for v in value if isinstance(v, int | float)]
        if len(numbers) == len(value) > 6:
            return f"{len(value)} values, mean {sum(numbers) / len(numbers):.3g}"
        return ", ".join(_value(v) for v in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def comparison_tiles(found: Comparison) -> Block:
    """Return a tile per KPI: the base with its interval, and each option with its difference."""
    rows = found.table
    lines = {
        str(metric): join(_tile_line(row) for row in mine.to_dict("records"))
        for metric, mine in rows.groupby("metric", sort=False)
    }
    own = found.rows[found.rows["scenario"] == found.base]
    return tiles(found.tables[found.base], lines=lines, runs=own)


def _tile_line(row: Row) -> Html | None:
    if math.isnan(row["other"]):
        return None
    unit = str(row["unit"])
    value = unbroken(format_value(row["other"], unit))
    told = [element("strong", str(row["scenario"])), f": {value}"]
    if row["judgement"] == "same":
        return element("p", *told, ", the same", class_="line")
    change = unbroken(difference_words(row))
    words = {"better": "better", "worse": "worse", "open": "no difference shown"}
    judged = words.get(row["judgement"])
    class_ = judged if judged in ("better", "worse") else None
    end = ["; ", element("span", judged, class_=class_)] if judged else []
    return element("p", *told, f", {change}", *end, class_="line")


def counts_table(found: Comparison) -> Block:
    """Return how many tickets stand behind the times, by scenario."""
    counts = found.counts
    if counts.empty:
        return Block(Html(""), "")
    names = [c for c in counts.columns if c != "scenario"]
    columns = ["Scenario", *(_COUNTED.get(name, name) for name in names)]
    lines = [
        [row["scenario"], *(format_value(row[name], "count") for name in names)]
        for row in counts.to_dict("records")
    ]
    caption = "Tickets per run behind the times: what is still open has no resolution time"
    body = table(columns, lines, caption=caption, numeric=columns[1:])
    return Block(body, "\n".join(" · ".join(map(str, line)) for line in [columns, *lines]))


_COUNTED = {"opened": "Opened", "answered": "Answered", "resolved": "Resolved",
            "open": "Open at the end"}  # fmt: skip


def change_pictures(found: Comparison) -> list[Any]:
    """Return a forest of differences for each kind of unit, so that an axis means one thing.

    What has no natural range (times, numbers, money) is drawn in per cent of the base's value,
    shares in percentage points, scores in their own points.
    """
    rows = found.table
    kinds = [_kind(row) for row in rows.to_dict("records")]
    charts = []
    for kind, (title, what) in _KINDS.items():
        frame = _frame(rows[[k == kind for k in kinds]], kind)
        if len(frame):
            charts.append(changes_chart(frame, what=what, title=title))
    return charts


_KINDS = {
    "relative": ("Times, numbers and money", "Change (% of the base)"),
    "share": ("Shares", "Change (percentage points)"),
    "points": ("Scores from 1 to 5", "Change (points)"),
    "points_7": ("Scores from 1 to 7", "Change (points, 1 to 7)"),
    "nps": ("Net promoter score", "Change (points, −100 to 100)"),
    "score": ("Scores from 0 to 100", "Change (points, 0 to 100)"),
    "net": ("Balances", "Change (−1 to 1)"),
}


def _kind(row: Row) -> str:
    """Return on which of the axes a row's difference is drawn, "" for none."""
    unit = str(row["unit"])
    if math.isnan(row["difference"]) or math.isnan(row["low"]):
        return ""
    if math.isfinite(RANGES[unit][1]):
        return unit
    # Of nothing there is no per cent.
    return "relative" if row["base"] else ""


def _frame(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    records = rows.to_dict("records")
    factor = 100.0 if kind in ("relative", "share") else 1.0
    whole = rows["base"].abs().to_numpy(float) if kind == "relative" else 1.0
    ends = {
        name: factor * rows[column].to_numpy(float) / whole
        for name, column in (("value", "difference"), ("low", "low"), ("high", "high"))
    }
    return pd.DataFrame(
        {
            "metric": rows["title"], "option": rows["scenario"], **ends,
            "words": [difference_words(r) for r in records],
            "interval": [span_words(r["low"], r["high"], r["unit"]) for r in records],
        }
    )  # fmt: skip


def difference_tables(found: Comparison) -> Block:
    """Return a table per option: difference, interval, p, correlation, and what that shows."""
    columns = [
        "KPI",
        "Base",
        "Option",
        "Difference",
        "p\u00a0(Holm)",
        "Correlation",
        "What it shows",
    ]
    parts, words = [], []
    for option, rows in found.table.groupby("scenario", sort=False):
        records = rows.to_dict("records")
        caption = f"{option} against {found.base}, with 95 % intervals"
        lines = [_difference_line(row) for row in records]
        parts.append(table(columns, lines, caption=caption, numeric=columns[1:6]))
        words += [f"{option}: {row['title']} {row['verdict']}" for row in records]
    return Block(join(parts), "\n".join(words))


def _difference_line(row: Row) -> list[object]:
    unit = str(row["unit"])
    interval = span_words(row["low"], row["high"], unit)
    known = not math.isnan(row["correlation"])
    return [
        row["title"],
        unbroken(format_value(row["base"], unit)),
        unbroken(format_value(row["other"], unit)),
        _two_lines(unbroken(difference_words(row)), _halves(interval)),
        p_words(row["p_holm"]),
        _two_lines(f"{row['correlation']:.2f}" if known else "–", _runs(row["independent"])),
        unbroken(_sentence(row["verdict"])),
    ]


def _halves(interval: str) -> str:
    """Return an interval that breaks before its "to" at most."""
    return unbroken(interval).replace(" to ", " to\u00a0")


def _two_lines(first: str, second: str) -> Html:
    return join([first, Html("<br>"), element("small", second)] if second else [first])


def _runs(independent: float) -> str:
    if math.isnan(independent):
        return ""
    return "no number" if math.isinf(independent) else f"{independent:,.0f} runs"


def warm_up_pictures(found: Comparison) -> list[Any]:
    """Return Welch's picture of every scenario; one note where none of them has a warm-up."""
    runs = found.runs.items()
    if not any(run.warm_up is not None and run.warm_up.steady for _, run in runs):
        return [warm_up(found.runs[found.base].warm_up)]
    each = max(_LEAST_LINES, _LINES // len(found.runs))
    return [
        warm_up(run.warm_up, title=f"{label}: open tickets by day", single=each)
        for label, run in runs
    ]


_LINES, _LEAST_LINES = 40, 5
"""Single runs that all pictures of a page draw together, and each at least: a page has a limit."""


def compared_neighbours(found: Comparison) -> Block:
    """Return Erlang's formulas beside the simulated waits of every scenario."""
    parts = [run.neighbours.assign(scenario=label) for label, run in found.runs.items()]
    rows = pd.concat(parts, ignore_index=True)
    return neighbour_table(rows if rows.empty else rows.sort_values("channel", kind="stable"))


def comparison_provenance(found: Comparison) -> Block:
    """Return where the numbers come from: the base whole, of each option what is other in it."""
    base = found.runs[found.base]
    block = scenario_provenance(base.scenario, counted=base.counted)
    block.page["tickets_per_run"] = _by_label(found, found.base)
    block.page["compared"] = [
        {
            "label": option,
            "name": found.runs[option].scenario.name,
            "scenario_sha256": found.runs[option].scenario.sha256,
            "changes": [
                {"key": key, "base": one, "option": other}
                for key, one, other in differences(base.scenario, found.runs[option].scenario)
            ],
            "counted": dict(found.runs[option].counted),
            "tickets_per_run": _by_label(found, option),
        }
        for option in found.others
    ]
    return block


def _by_label(found: Comparison, label: str) -> dict[str, float] | None:
    rows = found.counts[found.counts["scenario"] == label].drop(columns="scenario")
    if len(rows) != 1:
        return None
    return {str(name): float(value) for name, value in rows.iloc[0].items()}
