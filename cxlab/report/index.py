"""The index of a folder of pages, made from their manifests: what there is, and how it went."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cxlab
from cxlab.calendars import Period
from cxlab.errors import InputError
from cxlab.files import no_file, write_whole
from cxlab.pages import MOST_BYTES, Broken, Kept, holding, manifests
from cxlab.report.heading import heading
from cxlab.report.html import Html, element, join, markup, table
from cxlab.report.page import MAX_BYTES, build_plain_page
from cxlab.report.series_svg import series_line

__all__ = ["index_pages"]

KIND = "Index of reports"
"""What stands above the title: by it an index made here is known from another page."""

STATIC = "-static"
"""How the name of a page without scripts ends."""

SHOWN = 52
"""So many periods a line shows at most."""

Row = Mapping[str, Any]


def index_pages(folder: str | Path) -> Path:
    """Write `index.html` about the reports in a folder, from their manifests; return it.

    One table per source or notebook, the newest first, and for a series of periods its key figures
    as lines over time. A file that is no manifest is named at the end. Two that write at once leave
    the index of all.

    Raises InputError when there is no report, and when an `index.html` is there that is no such
    index: another page is not replaced.
    """
    out = Path(folder)
    if not out.is_dir():
        raise no_file("no such folder of reports", folder)
    target = out / "index.html"
    if not _ours(target):
        raise InputError("an index.html that is no index of reports is there", given=str(target))
    with holding(out):
        kept, broken = manifests(out)
        if not kept:
            hint = f"{broken[0].path.name}: {broken[0].reason}" if broken else None
            raise InputError("no report in the folder", given=str(folder), hint=hint)
        write_whole({target: _page(kept, broken, out)})
    return target


def _ours(target: Path) -> bool:
    """Return whether the place is free, or has an index made here; a pipe or device has none."""
    if not target.is_file():
        return not target.exists()
    try:
        with target.open("rb") as file:
            return f'<p class="kind">{KIND}</p>'.encode() in file.read(MOST_BYTES)
    except OSError:
        return False


def _page(kept: Sequence[Kept], broken: Sequence[Broken], out: Path) -> str:
    """Return the page; where it would be too big, without the lines, then without old reports."""
    groups = _groups(kept)
    for lines, rows in ((True, len(kept)), (False, len(kept)), (False, 300), (False, 50)):
        text = _built(groups, broken, out, lines=lines, rows=rows)
        if len(text.encode("utf-8")) <= MAX_BYTES:
            break
    return text


def _built(
    groups: Mapping[str, list[Kept]], broken: Sequence[Broken], out: Path, *, lines: bool, rows: int
) -> str:
    number = sum(len(pages) for pages in groups.values())
    each = max(1, rows // max(1, len(groups))) if rows < number else number
    sections = [
        (title, join([_series(title, pages) if lines else None, _table(title, pages, out, each)]))
        for title, pages in (list(groups.items())[:rows])
    ]
    if (out / "lessons" / "index.html").is_file():
        link = element("a", "What the metrics mean", href="lessons/index.html")
        sections.append(("Lessons", element("p", link)))
    if broken:
        sections.append(("Not read", _not_read(broken)))
    newest = [pages[0].data for pages in groups.values()]
    facts = [
        ["Reports", f"{number:,}"],
        [
            "Latest reports that missed a target",
            f"{sum(bool(d.get('missed_targets')) for d in newest):,}",
        ],
        ["Latest reports with an alert", f"{sum(bool(d.get('alerts')) for d in newest):,}"],
    ]
    place = out.resolve().name
    title = f"Reports in {place}" if place not in ("", "reports") else "Reports"
    head = heading(KIND, title, "", facts)
    return build_plain_page(head.page, sections, version=cxlab.__version__)


_SINGLE = "Reports"
"""Title of the pages that are neither a series nor several of a kind."""

_FEW = 3
"""From so many pages on, those of one kind have a table of their own."""


def _groups(kept: Sequence[Kept]) -> dict[str, list[Kept]]:
    """Return the pages of each series, then the others by notebook, each the newest first."""
    found: dict[tuple[str, str, str], list[Kept]] = {}
    for page in kept:
        data = page.data
        period = _period(data)
        notebook = str(data["notebook"].get("name", "")).removesuffix(".ipynb")
        if period is None:
            key = (str(data.get("kind") or notebook), "", notebook)
        else:
            key = (_source(page), str(data.get("input_id")), period.every)
        found.setdefault(key, []).append(page)
    few = [key for key, pages in found.items() if not key[1] and len(pages) < _FEW]
    if len(few) > 1:
        found[_SINGLE, "", ""] = [page for key in few for page in found.pop(key)]
    titles: dict[str, list[Kept]] = {}
    times: dict[str, int] = {}
    ordered = sorted(found, key=lambda key: (not key[1], key))  # series first
    for (name, _, every), pages in ((key, found[key]) for key in ordered):
        plain = f"{name} by {every}" if _period(pages[0].data) else name
        times[plain] = times.get(plain, 0) + 1
        title = plain if times[plain] == 1 else f"{plain} ({times[plain]})"
        titles[title] = sorted(pages, key=_when, reverse=True)
    return titles


def _source(page: Kept) -> str:
    """Return the name of a log: what the manifest says, else what its folder is called."""
    parameters = page.data.get("parameters")
    place = parameters.get("data") if isinstance(parameters, dict) else None
    return str(page.data.get("source") or (Path(str(place)).name if place else page.path.stem))


def _period(data: Row) -> Period | None:
    try:
        return Period.parse(str(data.get("period") or ""))
    except InputError:
        return None


def _when(page: Kept) -> tuple[str, str, str]:
    period = _period(page.data)
    first = period.first_day.isoformat() if period else ""
    return first, str(page.data.get("made_at") or ""), page.path.name


def _table(title: str, pages: Sequence[Kept], out: Path, most: int) -> Html:
    mixed = not any(page.data.get("period") for page in pages)
    shown = pages[:most]
    cells: dict[str, list[object]] = {
        "Report": [_link(page) for page in shown],
        "Kind" if mixed else "Period": [_kind(page.data, mixed) for page in shown],
        "Made": [_made(page.data) for page in shown],
        "Targets": [_targets(page.data) for page in shown],
        "Alerts": [_alerts(page.data) for page in shown],
    }
    for judged in ("Targets", "Alerts"):  # that none has any need not be said for each
        if all(cell == markup("–") for cell in cells[judged]):
            del cells[judged]
    columns, rows = list(cells), list(zip(*cells.values(), strict=True))
    rest = f" (the newest {most} of {len(pages)})" if len(pages) > most else ""
    told = f"{title}, the newest first" if mixed else f"{title}: reports"
    return table(columns, rows, caption=told + rest)


def _kind(data: Row, mixed: bool) -> object:
    """Return the kind of a page, or its period, which no narrow column breaks at the hyphen."""
    if mixed:
        return data.get("kind") or "–"
    return element("span", data.get("period") or "–", class_="unbroken")


def _link(page: Kept) -> Html:
    title = str(page.data.get("title") or page.path.stem)[:200]
    if not page.page.is_file():
        return join([title, " (the page is missing)"])
    parts: list[object] = [element("a", title, href=quote(page.page.name))]
    if page.path.stem.endswith(STATIC):
        parts += [" ", element("small", "static: without scripts, for mail")]
    if page.path.with_suffix(".pdf").is_file():
        name = page.path.with_suffix(".pdf").name
        parts += [" · ", element("a", "PDF", href=quote(name), aria_label=f"{title} as PDF")]
    return join(parts)


def _made(data: Row) -> str:
    return str(data.get("made_at") or "–").replace("T", " ")[:16]


def _targets(data: Row) -> Html:
    missed = data.get("missed_targets", [])
    if missed:
        titles = {k.get("metric"): k.get("title") for k in data.get("kpis", [])}
        names = ", ".join(str(titles.get(m) or m) for m in missed)
        return element("span", f"✗ missed: {names}", class_="missed")
    met = [k.get("met") for k in data.get("kpis", []) if k.get("target")]
    if not met or None in met:
        return markup("too early to judge" if met else "–")
    return element("span", "✓ met", class_="met")


def _alerts(data: Row) -> Html:
    sides = [str(a.get("side") or "") for a in data.get("alerts", [])]
    signs = (("worse", "▼", "worse"), ("better", "▲", "better"), ("", "◆", "changed"))
    told = [element("span", f"{sign} {sides.count(side)} {word}", class_=f"{side} unbroken".strip())
            for side, sign, word in signs if side in sides]  # fmt: skip
    return join(told, between=", ") if told else markup("none" if data.get("judged") else "–")


def _series(title: str, pages: Sequence[Kept]) -> Html | None:
    """Return the key figures of a series over time, of one period what is still missing for that.

    None for pages that are no series.
    """
    once = {str(page.data.get("period")): page for page in reversed(pages)}  # static twins
    shown = list(once.values())[-SHOWN:]
    if _period(shown[0].data) is None:
        return None
    if len(shown) < 2:
        words = "One period so far: key figures over time are shown from the second on."
        return element("p", words, class_="fine")
    labels = [str(p.data["period"]) for p in shown]
    values = [{k.get("metric"): k.get("value") for k in p.data.get("kpis", [])} for p in shown]
    rows = [
        (str(kpi.get("title")), str(kpi.get("shown")), _before(shown, kpi.get("metric")), line)
        for kpi in shown[-1].data.get("kpis", [])
        if (line := _line(kpi, [_number(v.get(kpi.get("metric"))) for v in values], labels))
    ]
    columns = ["Key figure", labels[-1], labels[-2], "Over time"]
    caption = f"{title}: key figures of {len(shown)} periods"
    return table(columns, rows, caption=caption, numeric=columns[1:3]) if rows else None


def _line(kpi: Row, values: list[float | None], labels: Sequence[str]) -> Html:
    return series_line(values, labels, str(kpi.get("unit")), str(kpi.get("title")))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond all floats
        return None


def _before(shown: Sequence[Kept], metric: object) -> str:
    kpis = shown[-2].data.get("kpis", [])
    return next((str(k.get("shown")) for k in kpis if k.get("metric") == metric), "–")


def _told(name: str) -> str:
    """Return a file name as it can be printed: on Linux it may be no text."""
    return os.fsencode(name).decode("utf-8", "replace")


def _not_read(broken: Sequence[Broken]) -> Html:
    items = [element("li", element("code", _told(b.path.name)), f": {b.reason}")
             for b in broken[:50]]  # fmt: skip
    more = f"and {len(broken) - 50} more" if len(broken) > 50 else None
    listed = element("ul", join(items), element("li", more) if more else None)
    return element("div", element("p", "These files are no manifests of reports."), listed,
                   class_="box")  # fmt: skip
