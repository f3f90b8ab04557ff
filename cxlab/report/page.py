"""An executed notebook becomes one HTML page that asks nothing of the network.

The page is rendered by nbconvert with our own template. Its Content-Security-Policy lists the
hash of every script and style on it and forbids everything else, as a second wall behind
escaping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cxlab.charts.theme import config
from cxlab.errors import RunError
from cxlab.report.absent import gathered
from cxlab.report.drawing import Colours
from cxlab.report.foreign import markdown
from cxlab.report.html import Html, join, json_for_script, slug, without_nan
from cxlab.report.lists import Lists
from cxlab.report.outputs import Collected, join_outputs
from cxlab.report.references import settled
from cxlab.report.room import size, with_drawings, with_tables
from cxlab.report.smaller import fitted, plain_math, smaller, used_rules, without_optional_tags
from cxlab.report.typeset import typeset
from cxlab.report.vega import Bundle, csp_hash, packed

__all__ = [
    "MAX_STATIC",
    "Page",
    "build_page",
    "build_plain_page",
    "build_static_page",
    "check_page",
    "first_page",
]

MAX_BYTES = 500_000
"""What a page may weigh, in bytes (500 kB)."""

MAX_STATIC = 100_000
"""What a page without scripts may weigh, in bytes (100 kB)."""

_HEADING = re.compile(r"^(#{1,2})\s+(.+?)\s*#*\s*$", re.MULTILINE)
_FENCED = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass
class Section:
    """A part of the page, with the heading that opens it."""

    title: str
    id: str
    body: Html = field(default_factory=Html)


@dataclass
class Page:
    """Everything that the template prints."""

    title: str
    kind: str
    subtitle: str
    facts: list[tuple[str, str]]
    sections: list[Section]
    version: str
    charts: Html | None
    bundle: Html
    css: Html
    script: Html
    tables: Html
    csp: str
    static: bool = False
    code: list[str] = field(default_factory=list)
    provenance: Html = field(default_factory=Html)


def build_page(notebook: Any, provenance: Html, bundle: Bundle, *, version: str) -> str:
    """Return the page of an executed notebook (an nbformat node).

    `provenance` is printed at its end; the bundle is left out when there is no chart.
    """
    collected = Collected()
    sections = _sections(notebook, collected)
    page = _page(collected, sections, version, bundle)
    whole = _render(replace(page, code=_code(notebook), provenance=provenance))
    return fitted(whole, MAX_BYTES)


def build_static_page(notebook: Any, provenance: Html, *, version: str) -> str:
    """Return the page of an executed notebook without any script.

    Charts are drawings, sliders stand still, tables of charts are folded away; tables of many
    columns are lists on a phone. What does not fit in `MAX_STATIC` is left out: the code first,
    then the examples of the definitions, the largest tables of charts, and at last the drawings at
    the end.
    """
    colours, lists = Colours(), Lists()
    collected = Collected(colours=colours)
    sections = _sections(notebook, collected)
    for section in sections:
        section.body = lists.marked(section.body)
    tables = [lists.marked(table) for table in collected.tables]
    page = replace(
        _page(collected, sections, version, Bundle("", "")),
        provenance=lists.marked(provenance), css=_CSS, charts=None, static=True,
        csp=f"default-src 'none'; style-src {_HASH}; base-uri 'none'; form-action 'none'",
    )  # fmt: skip
    css = _template("page.css") + colours.css() + lists.css()
    parts = (*collected.drawings, *tables)

    def made(page: Page) -> str:
        text = plain_math(_render(page))
        used = used_rules(css, join([Html(text), *parts]))
        return without_optional_tags(text.replace(_HASH, csp_hash(used)).replace(_CSS, used))

    room = MAX_STATIC - sum(map(size, parts))
    text = made(replace(page, code=_code(notebook)))
    if size(text) > room:
        text = fitted(made(page), room)
    return with_tables(with_drawings(text, collected.drawings, MAX_STATIC), tables, MAX_STATIC)


_CSS, _HASH = Html("/*style*/"), "'sha256-style'"
"""What stands in a page without scripts until its style sheet is known."""


def _code(notebook: Any) -> list[str]:
    return [c.source for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def build_plain_page(
    facts: Mapping[str, Any], sections: Sequence[tuple[str, Html]], *, version: str
) -> str:
    """Return a page of titled sections without a notebook behind it: an index."""
    made: list[Section] = []
    for title, body in sections:
        made.append(Section(title, _fresh(slug(title), made), body))
    collected = Collected()
    collected.add_facts(facts)
    page = _page(collected, made, version, Bundle("", ""))
    return _render(page)


def first_page(bundle: Bundle) -> None:
    """Do what the first page of a process does and every later one finds done."""
    _policy(bundle)
    build_plain_page({}, [], version="")


def _page(collected: Collected, sections: list[Section], version: str, bundle: Bundle) -> Page:
    facts = collected.facts
    return Page(
        title=str(facts.get("title", "Report")),
        kind=str(facts.get("kind", "")),
        subtitle=str(facts.get("subtitle", "")),
        facts=[(str(k), str(v)) for k, v in facts.get("facts", [])],
        sections=sections,
        version=version,
        charts=_chart_data(collected),
        bundle=Html(bundle.packed),
        css=_template("page.css"),
        script=_template("page.js"),
        tables=_template("tables.js"),
        csp=_policy(bundle if collected.charts else None),
    )


def page_facts(notebook: Any) -> dict[str, Any]:
    """Return the facts that an executed notebook's blocks give for the page as a whole."""
    collected = Collected()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            join_outputs(cell.outputs, collected)
    return {"title": _title(notebook)} | collected.facts


def _title(notebook: Any) -> str:
    """Return the first `#` heading: the page's title where no block of the notebook gives one."""
    for cell in notebook.cells:
        for match in _headings(cell.source) if cell.cell_type == "markdown" else ():
            if match.group(1) == "#":
                return match.group(2)
    return "Report"


def _headings(source: str) -> list[re.Match[str]]:
    """Return where Markdown has headings; a `#` inside fenced code is none."""
    code = [range(*m.span()) for m in _FENCED.finditer(source)]
    found = _HEADING.finditer(source)
    return [m for m in found if not any(m.start() in lines for lines in code)]


def _sections(notebook: Any, collected: Collected) -> list[Section]:
    sections = [Section("", "")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            _add_text(cell.source, sections)
        elif cell.cell_type == "code":
            last = sections[-1]
            last.body = Html(last.body + join_outputs(cell.outputs, collected))
    collected.facts.setdefault("title", _title(notebook))
    bodies = settled([s.body for s in sections])
    for section, body in zip(sections, bodies, strict=True):
        section.body = gathered(body)
    return [s for s in sections if s.title or s.body]


def _add_text(source: str, sections: list[Section]) -> None:
    """Add a markdown cell; each `##` heading in it opens a section.

    A `#` heading, with the text below it, is for whoever runs the notebook: the page has a head
    of its own.
    """
    place, hidden = 0, False
    for match in _headings(source):
        if not hidden:
            _append(sections[-1], source[place : match.start()])
        hidden = match.group(1) == "#"
        if not hidden:
            sections.append(Section(match.group(2), _fresh(slug(match.group(2)), sections)))
        place = match.end()
    if not hidden:
        _append(sections[-1], source[place:])


def _append(section: Section, source: str) -> None:
    if source.strip():
        section.body = Html(section.body + markdown(source))


def _fresh(name: str, sections: list[Section]) -> str:
    taken = {s.id for s in sections} | {"how", "provenance", "main"}
    return name if name not in taken else f"{name}-{len(sections)}"


def _chart_data(collected: Collected) -> Html | None:
    """Return the charts, their data and the two themes as packed JSON."""
    if not collected.charts or collected.colours is not None:
        return None
    themes = {"light": config(), "dark": config(dark=True)}
    data = {name: _by_column(_few_digits(rows)) for name, rows in collected.datasets.items()}
    whole = {"charts": collected.charts, "datasets": data, "themes": themes}
    text = json_for_script(without_nan(whole))
    if all(map(_HASHED.fullmatch, data)):  # hashes do not pack
        for number, name in enumerate(data):
            text = Html(text.replace(name, f"d{number}"))
    return Html(packed(text))


_HASHED = re.compile("data-[0-9a-f]{32}")
"""A name that Altair gave: one of a notebook's own may be a word that stands elsewhere too."""

_DIGITS = 7
"""So many digits of a fraction are drawn or read at most; more would only make a page heavy."""


def _few_digits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose fractions have no more digits than anybody sees.

    Whole numbers keep all; of large ones (sums of money, times) two decimals are kept.
    """
    return [{name: _short(value) for name, value in row.items()} for row in rows]


def _short(value: Any) -> Any:
    if not isinstance(value, float) or value.is_integer():
        return value
    large = abs(value) >= 10 ** (_DIGITS - 2)
    return round(value, 2) if large else float(f"{value:.{_DIGITS}g}")


def _by_column(rows: list[dict[str, Any]]) -> Any:
    """Return rows as columns, which pack into two thirds of the room; page.js turns them back.

    Rows that do not all have the same names are left as they are.
    """
    names = list(rows[0]) if rows else []
    if not names or any(list(row) != names for row in rows):
        return rows
    return {name: [row[name] for row in rows] for name in names}


@cache
def _template(name: str) -> Html:
    """Return a file of the template, without what only its authors read."""
    text = (files("cxlab.report") / "template" / name).read_text(encoding="utf-8")
    return Html(smaller(text, css=name.endswith(".css")))


def _policy(bundle: Bundle | None) -> str:
    """Return what the page may do: run its own scripts, use its own style, and nothing else."""
    scripts: list[str] = [_template("tables.js")]
    if bundle is not None:
        scripts += [_template("page.js"), bundle.source]
    allowed = " ".join(csp_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {csp_hash(_template('page.css'))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _render(page: Page) -> str:
    # Nothing of the notebook is left to be processed: nbconvert would copy it three times.
    return typeset(str(_page_template().render(resources={"page": page})).lstrip("\r\n"))


@cache
def _page_template() -> Any:
    """Return the template of all pages, compiled."""
    from nbconvert.exporters import TemplateExporter

    class PageExporter(TemplateExporter):
        """nbconvert with our template and none of its own preprocessors."""

        file_extension = ".html"
        default_preprocessors: list[str] = []  # noqa: RUF012  # a traitlet, not shared state

    folder = Path(str(files("cxlab.report") / "template"))
    make: Any = PageExporter
    exporter = make(template_file=str(folder / "page.html.j2"), extra_template_paths=[str(folder)])
    return exporter.template


_LOADS = re.compile(
    r"<(?:script|img|link|iframe|object|embed|source|video|audio|use|image)\b"
    r"(?:\"[^\"]*\"|'[^']*'|[^>\"'])*?"  # what stands inside a value is none of its own
    r"\b(?:src|href|srcset|data)\s*=\s*[\"']?(?!data:|#)([^\"'\s>]+)",
    re.IGNORECASE,
)


def check_page(text: str, most: int = MAX_BYTES) -> None:
    """Raise RunError when a finished page is too big, asks the network, or lacks its policy."""
    if size(text) > most:
        expected = f"at most {most:,}"
        hint = "fewer or coarser charts: aggregate before drawing"
        raise RunError(
            "the page is too big (bytes)", given=size(text), expected=expected, hint=hint
        )
    outside = _LOADS.search(text)
    if outside:
        raise RunError("the page would load something from elsewhere", given=outside.group(1))
    if "Content-Security-Policy" not in text or "</html>" not in text:
        raise RunError("the page is not complete")
