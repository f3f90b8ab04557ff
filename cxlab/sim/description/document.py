"""A description as a document: numbered sections of sentences, points and tables."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from cxlab import display

__all__ = ["SOURCE", "Description", "Grid", "Section"]

SOURCE = (
    "Checklist: STRESS-DES (Monks, Currie, Onggo, Robinson, Kunc and Taylor 2019, Strengthening "
    "the reporting of empirical simulation studies, Journal of Simulation 13, 55–67)."
)


@dataclass(frozen=True)
class Grid:
    """A table of the description: caption, columns, rows of text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One item of the checklist, such as "2.3 Components"."""

    number: str
    title: str
    text: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Description:
    """What STRESS-DES asks of a simulation study, for one scenario."""

    title: str
    sections: tuple[Section, ...] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {**asdict(self), "source": SOURCE}

    def markdown(self) -> str:
        """Return the description as Markdown; signs of the user's texts are made harmless."""
        parts = [f"# {_plain_md(self.title)}"]
        for one in self.sections:
            level = "##" if "." not in one.number else "###"
            parts.append(f"{level} {one.number} {one.title}")
            parts += [_plain_md(text) for text in one.text]
            if one.points:
                parts.append("\n".join(f"- {_plain_md(point)}" for point in one.points))
            parts += [_grid_md(grid) for grid in one.grids]
        return "\n\n".join([*parts, SOURCE]) + "\n"

    def html(self) -> str:
        """Return the description as HTML; every text is escaped."""
        parts = []
        for one in self.sections:
            tag = "h3" if "." not in one.number else "h4"
            parts.append(f"<{tag}>{escape(one.number)} {escape(one.title)}</{tag}>")
            parts += [f"<p>{escape(text)}</p>" for text in one.text]
            if one.points:
                items = "".join(f"<li>{escape(point)}</li>" for point in one.points)
                parts.append(f"<ul>{items}</ul>")
            parts += [_grid_html(grid) for grid in one.grids]
        return "".join([*parts, f"<p>{escape(SOURCE)}</p>"])

    def _repr_html_(self) -> str:
        return display.shown(f"<h2>{escape(self.title)}</h2>", self.html())

    def __str__(self) -> str:
        """Return the Markdown."""
        return self.markdown()


def _plain_md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _grid_md(grid: Grid) -> str:
    lines = [grid.columns, tuple("---" for _ in grid.columns), *grid.rows]
    rows = [
        "| " + " | ".join(c if c == "---" else _plain_md(c) for c in line) + " |" for line in lines
    ]
    return _plain_md(grid.caption) + ":\n\n" + "\n".join(rows)


def _grid_html(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in grid.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in grid.rows
    )
    return (
        f'<div class="table" tabindex="0" role="group" aria-label="{escape(grid.caption)}"><table>'
        f"<caption>{escape(grid.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
