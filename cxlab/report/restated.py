"""What a page tells differently from what was published: the same figure, then and now.

A log goes on after its week: late replies, reopened tickets and answers change a number that is
already in somebody's mail. The first published value counts: a page made again says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxlab.pages import manifests
from cxlab.report.blocks import BLOCK_MIME, PAGE_MIME
from cxlab.report.html import Html, element, join
from cxlab.report.typeset import unbroken

__all__ = ["restated", "restated_words", "tell_restated"]

Row = Mapping[str, Any]


def restated(facts: Row, input_id: str, out: Path) -> list[dict[str, Any]]:
    """Return the figures that pages in `out` published with another value, as data.

    Compared are the figures of the page's own period with the page that it replaces, and those of
    the period before with that period's page, both of the same source; only what is shown counts,
    rounded as it is. Each has metric, title, period, was, published (the day, or None) and now.
    A page without a period has none. A figure of `facts` that is as it was gets the day on which it
    was `published` first, which a page made again would forget.
    """
    period = facts.get("period")
    if not period:
        return []
    known = [k.data for k in manifests(out)[0] if k.data.get("input_id") == input_id]
    found: list[dict[str, Any]] = []
    for kpi in facts.get("kpis", []):
        own = _first(known, str(period), kpi["metric"])
        found += _changed(kpi, str(period), kpi["shown"], own)
        if own is not None and own[0] == kpi["shown"]:
            kpi["published"] = own[1]
        before = kpi.get("before")
        if before:
            then = _first(known, str(before["period"]), kpi["metric"])
            found += _changed(kpi, str(before["period"]), before["shown"], then)
    return found


def _first(known: list[dict[str, Any]], period: str, metric: str) -> tuple[str, str | None] | None:
    """Return the value of a period that was published first, and when; None for none."""
    for data in known:
        if data.get("period") != period:
            continue
        for row in data.get("restated", []):
            if row.get("period") == period and row.get("metric") == metric:
                return str(row.get("was")), row.get("published")
        for row in data.get("kpis", []):
            if row.get("metric") == metric and row.get("value") is not None:
                return str(row.get("shown")), _day(row.get("published") or data.get("made_at"))
    return None


def _day(instant: object) -> str | None:
    return instant[:10] if isinstance(instant, str) else None


def _changed(
    kpi: Row, period: str, now: str, then: tuple[str, str | None] | None
) -> list[dict[str, Any]]:
    if then is None or then[0] == now:
        return []
    was, published = then
    return [{"metric": kpi["metric"], "title": kpi["title"], "period": period, "was": was,
             "published": published, "now": now}]  # fmt: skip


def restated_words(row: Row) -> str:
    """Return one restated figure as a sentence without its full stop.

    >>> restated_words({"title": "First response time", "period": "2016-W14", "was": "3.1 h",
    ...                 "published": "2016-04-18", "now": "3.4 h"})
    'restated: First response time of 2016-W14 was published as 3.1 h on 2016-04-18, is 3.4 h now'
    """
    when = f" on {row['published']}" if row.get("published") else ""
    said = f"{row['title']} of {row['period']} was published as {row['was']}{when}"
    return f"restated: {said}, is {'without a value' if row['now'] == '–' else row['now']} now"


def tell_restated(executed: Any, rows: list[dict[str, Any]]) -> None:
    """Add a box with what is restated to an executed notebook, below its alerts or its heading."""
    if not rows:
        return
    place = _place(executed)
    if place is None:
        return
    words = [restated_words(row) for row in rows]
    data = {BLOCK_MIME: str(_box(words)), "text/plain": "\n".join(words)}
    place.outputs.append(_output(data))


def _output(data: dict[str, str]) -> Any:
    import nbformat

    return nbformat.v4.new_output("display_data", data=data)  # type: ignore[no-untyped-call]


def _place(executed: Any) -> Any:
    """Return the cell that tells the alerts, else the one that tells the title."""
    for name in ("alerts", "title"):
        for cell in executed.cells:
            if any(name in o.get("data", {}).get(PAGE_MIME, {}) for o in cell.get("outputs", [])):
                return cell
    return None


def _box(words: list[str]) -> Html:
    items = element("ul", join(element("li", unbroken(w[0].upper() + w[1:] + ".")) for w in words))
    why = "The log has changed since: replies, solutions and answers that came late."
    head = element("p", element("strong", f"Restated: {len(words)}"))
    return element("div", head, items, element("p", why), class_="note", role="note")
