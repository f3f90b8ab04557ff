"""Commands that explain: the catalogue of metrics, lessons, and how much data a number needs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_json, progress_bar, say
from cxlab.errors import InputError
from cxlab.files import place_for
from cxlab.forking import may_fork

if TYPE_CHECKING:
    from cxlab.lessons import Lesson

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(metrics)
    app.command()(lesson)
    app.command()(gallery)
    app.command()(precision)


def metrics(
    metric: Annotated[str | None, typer.Argument(help="A metric id; default: all.")] = None,
    search: Annotated[
        str | None, typer.Option(help="Text in id, title or another name: reply time.")
    ] = None,
    family: Annotated[str | None, typer.Option(help="One family with all its readings.")] = None,
    sql: Annotated[bool, typer.Option(help="Also print the SQL that measures it.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue by family, or one metric: definition, formula, worked example, SQL."""
    from cxlab.cli.catalogue import chosen, listing
    from cxlab.metrics import metric as find
    from cxlab.metrics import metric_sql
    from cxlab.metrics.finding import family_of

    if metric is None:
        shown = chosen(search, family)
        if as_json:
            print_json([{"family": family_of(m), **m.entry()} for m in shown])
            return
        whole = search is None and family is None
        for line in listing(shown, concepts=whole):
            typer.echo(line)
        if whole:
            say("one metric: cxlab metrics ID · one family in full: --family NAME · --search TEXT")
        return
    if search is not None or family is not None:
        raise InputError("either one metric or a search", given=metric)
    found = find(metric)
    if as_json:
        print_json({**found.entry(), **({"sql": metric_sql(found)} if sql else {})})
        return
    typer.echo(str(found))
    if sql:
        typer.echo(f"\nSQL (DuckDB)\n{metric_sql(found)}")


def lesson(
    name: Annotated[
        str | None, typer.Argument(help="A lesson, or a metric id; default: list them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Make all pages and an index.")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List lessons and what they teach.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pages.")] = Path(
        "reports/lessons"
    ),
    as_json: JsonOption = False,
) -> None:
    """List the lessons, or make the page of one (or of all, with an index)."""
    able = may_fork()  # asked before anything is imported that has threads
    from cxlab.lessons import lesson as make
    from cxlab.lessons import lesson_pages, lessons, lessons_on

    if list_ and (every or name is not None):
        raise InputError("--list stands alone", given=name or "--all")
    if every or name is not None:
        place_for(out)
    if every:
        with progress_bar("lessons") as progress:
            index = lesson_pages(out, at_once=2 if able else 1, may_fork=able, progress=progress)
        typer.echo(str(index))
    elif name is not None:
        found = [lessons()[name]] if name in lessons() else lessons_on(name)
        if found and found[0].name != name:
            say(f"{name} is taught in the lesson {found[0].name!r}: {found[0].title}")
        with progress_bar("lesson") as progress:
            typer.echo(str(make(name, out=out, progress=progress).path))
        for other in found[1:]:
            say(f"see also: cxlab lesson {other.name} ({other.title})")
    elif as_json:
        print_json([{"name": each.name, "title": each.title, "family": each.family,
                     "question": each.question, "metrics": list(each.metrics)}
                    for each in lessons().values()])  # fmt: skip
    else:
        _list_lessons(list(lessons().values()))
        say("make one with: cxlab lesson NAME (a lesson or a metric)")


def gallery(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pages.")] = Path("reports"),
    at_once: Annotated[int, typer.Option(min=1, help="Pages that are made at a time.")] = 2,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds that a cell of a notebook may take.")
    ] = 900,
    as_json: JsonOption = False,
) -> None:
    """Make a page of every notebook that ships with cxlab, and the lessons, with an index."""
    able = may_fork()
    from cxlab.lessons.gallery import gallery as make

    place_for(out)
    with progress_bar("pages") as progress:
        made = make(
            out, at_once=at_once, time_limit=time_limit, may_fork=able, progress=progress
        )  # fmt: skip
    if as_json:
        print_json({"index": str(made.index), "lessons": str(made.lessons),
                    "pages": [str(result.path) for result in made.results]})  # fmt: skip
    else:
        say(f"{len(made.results)} pages; the lessons: {made.lessons}")
        typer.echo(str(made.index))


def _list_lessons(found: Sequence[Lesson]) -> None:
    """Print lessons by family: name and title, question, and the metrics that they teach."""
    family = ""
    for each in found:
        if each.family != family:
            typer.echo(f"{'' if not family else chr(10)}{each.family}")
            family = each.family
        typer.echo(f"  {each.name:<22}  {each.title}")
        taught = [f"metrics: {', '.join(each.metrics)}"] if each.metrics else []
        for text in (each.question, *taught):
            for line in textwrap.wrap(text, 80 - 26, break_on_hyphens=False):
                typer.echo(f"{'':26}{line}")


def precision(
    folder: Annotated[Path, typer.Argument(help="Folder or file of canonical tables.")],
    metrics: Annotated[str, typer.Option(help="Metric ids, comma-separated.")],
    by: Annotated[str, typer.Option(help="Groups, comma-separated.")] = "",
    period: Annotated[str | None, typer.Option(help="2016-W15, 2016-04, …")] = None,
    half_width: Annotated[
        float | None,
        typer.Option(help="Wanted: 0.05 of a share, seconds, points. Default: by unit."),
    ] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of weeks, months, hours.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how precise numbers are, and how many cases a wanted precision takes."""
    import cxlab
    from cxlab.metrics.precision import precision as needed

    rows = cxlab.measure(cxlab.Tables.read(folder), metrics, by=by, period=period, tz=tz)
    result = needed(rows, half_width)
    if as_json:
        print_json(result)
        return
    groups = [g.strip() for g in by.split(",") if g.strip()]
    for row in result.to_dict("records"):
        name = " ".join([str(row["metric"]), *(str(row[g]) for g in groups)])
        lacking = row["flag"] == "undefined" and row["note"]
        typer.echo(f"{name}: {row['note'] if lacking else row['told']}")
