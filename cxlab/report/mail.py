"""What a page says as a plain-text mail: subject, figures in columns, what needs attention."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from email.header import Header
from pathlib import Path
from typing import Any

from cxlab.report.compare import CHANCE
from cxlab.report.restated import restated_words
from cxlab.report.undecided import NOT_YET

__all__ = ["WIDTH", "mail_text", "one_line"]

WIDTH = 72
"""The longest line, but for a path: one that is broken cannot be opened."""

HEADERS = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
           "Content-Transfer-Encoding: 8bit")  # fmt: skip

Row = Mapping[str, Any]


def mail_text(pages: Sequence[tuple[Row, Path]]) -> str:
    """Return the mail about pages, given as manifests and paths: headers, an empty line, the body.

    The subject comes first. No text of the data can add a header: each is one line, without control
    characters, and a subject that is not ASCII is encoded as RFC 2047 has it (over lines of 76, the
    further ones with a space before). Values come
    first in each line, so that a proportional font keeps them under each other too.
    """
    plain = _subject([data for data, _ in pages])
    encoded = Header(plain, "utf-8", maxlinelen=74, header_name="Subject")
    line = plain if plain.isascii() else encoded.encode()
    bodies = [_body(data, path) for data, path in pages]
    return "\n".join([f"Subject: {line}", *HEADERS, "", *_joined(bodies), ""])


def _joined(bodies: Sequence[list[str]]) -> list[str]:
    lines = list(bodies[0])
    for body in bodies[1:]:
        lines += ["", "-" * 40, "", *body]
    return lines


def one_line(text: object, most: int = 200) -> str:
    """Return text as one line: signs that cannot be printed are spaces, what is too long is cut.

    >>> one_line("weekly\\r\\nBcc: all@example.org")
    'weekly Bcc: all@example.org'
    """
    plain = "".join(c if c.isprintable() else " " for c in str(text))
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _subject(manifests: Sequence[Row]) -> str:
    parts = [one_line(manifests[-1].get("title") or "Report", 100)]
    if len(manifests) > 1:
        parts[0] += f" and {len(manifests) - 1} more"
    missed = sum(len(m.get("missed_targets", [])) for m in manifests)
    alerts = sum(len(m.get("alerts", [])) for m in manifests)
    told = [_many(missed, "target") + " missed" if missed else "", _many(alerts, "alert")]
    needed = ", ".join(t for t in told if t)
    return parts[0] + (f" - {needed}" if needed else "")


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}" if number else ""


def _body(data: Row, path: Path) -> list[str]:
    lines = _wrapped(one_line(data.get("title") or "Report"))
    kpis = data.get("kpis", [])
    if kpis:
        lines += ["", *_figures(kpis)]
    else:
        lines += ["", *(w for s in data.get("summary", []) for w in _item(s))]
    notes = [s.removeprefix(_NOTE) for s in data.get("summary", []) if s.startswith(_NOTE)]
    sections = (
        ("Notes", notes if kpis else []),
        ("Alerts", [a["text"] + (f" ({a['side']})" if a.get("side") else "")
                    for a in data.get("alerts", [])]),
        ("Targets", _targets(kpis)),
        ("Changes beyond chance", _changes(kpis)),
        ("Restated", [restated_words(r).partition(": ")[2] for r in data.get("restated", [])]),
    )  # fmt: skip
    for title, items in sections:
        if items:
            lines += ["", title, *(w for item in items for w in _item(item))]
    lines += ["", "The page", f"  {one_line(path.resolve(), 4000)}"]
    return lines


_NOTE = "note: "
"""What begins a line of the summary that is no figure."""


def _figures(kpis: Sequence[Row]) -> list[str]:
    """Return value, change, verdict and name in columns; what has no value is named below."""
    known = [k for k in kpis if k.get("value") is not None]
    cells = [(one_line(k["shown"], 14), _change(k), _verdict(k)) for k in known]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    since = {k["before"]["period"] for k in known if k.get("before")}
    head = f"Key figures (change against {', '.join(sorted(since))})" if since else "Key figures"
    lines = _wrapped(one_line(head))
    for kpi, row in zip(known, cells, strict=True):
        columns = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width]
        begin = "  " + "  ".join(columns) + "  "
        lines.append(begin + _named(kpi, WIDTH - len(begin)))
    none = [k["title"] for k in kpis if k.get("value") is None]
    return lines + (_item("no value: " + "; ".join(none)) if none else [])


def _named(kpi: Row, room: int) -> str:
    """Return the title of a figure, with its n where that is small."""
    few = f" (n = {kpi.get('n', 0):,})" if kpi.get("flag") == "small_n" else ""
    return one_line(kpi["title"], room - len(few)) + few


def _verdict(kpi: Row) -> str:
    """Return in a word or two what the interval of a change tells; "" where none is judged."""
    told = str((kpi.get("before") or {}).get("told", ""))
    first = told.partition(",")[0]
    known = {"better": "better", "worse": "worse", "beyond chance": "changed",
             CHANCE: "none shown"}  # fmt: skip
    return "too early" if told.startswith(NOT_YET) else known.get(first, "")


def _change(kpi: Row) -> str:
    before = kpi.get("before") or {}
    return one_line(before.get("change", ""), 16).replace("−", "-")


def _targets(kpis: Sequence[Row]) -> list[str]:
    told: Mapping[object, str] = {True: "met", False: "MISSED"}
    return [
        f"{told.get(k.get('met'), _unjudged(k))}: {k['title']} {k['shown']}, target {k['target']}"
        for k in sorted(kpis, key=lambda k: k.get("met") is not False)
        if k.get("target")
    ]


def _unjudged(kpi: Row) -> str:
    return "cannot be judged" if kpi.get("value") is None else NOT_YET


def _changes(kpis: Sequence[Row]) -> list[str]:
    told = [(k, (k.get("before") or {}).get("told", "")) for k in kpis]
    return [
        f"{k['title']}: {k['before']['shown']} to {k['shown']}"
        + (f" ({words.partition(',')[0]})" if "," in words else "")
        for k, words in told
        if "beyond chance" in words
    ]


def _item(text: object) -> list[str]:
    return textwrap.wrap(
        one_line(text, 1000), WIDTH, initial_indent="  - ", subsequent_indent="    ",
        break_on_hyphens=False,
    )  # fmt: skip


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False) or [""]
