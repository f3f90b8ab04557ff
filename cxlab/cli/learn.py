"""Commands that explain: the catalogue of metrics, lessons, and how much data a number needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_json, progress_bar, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(metrics)
    app.command()(lesson)
    app.command()(precision)


def metrics(
    metric: Annotated[str | None, typer.Argument(help="A metric id; default: all.")] = None,
    sql: Annotated[bool, typer.Option(help="Also print the SQL that measures it.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue, or one metric: definition, formula, worked example, SQL."""
    from cxlab.metrics import METRICS, metric_sql
    from cxlab.metrics import metric as find

    if metric is None:
        if as_json:
            print_json([m.entry() for m in METRICS.values()])
        else:
            _catalogue()
        return
    found = find(metric)
    if as_json:
        print_json({**found.entry(), **({"sql": metric_sql(found)} if sql else {})})
        return
    typer.echo(str(found))
    if sql:
        typer.echo(f"\nSQL (DuckDB)\n{metric_sql(found)}")


def _catalogue() -> None:
    from rich.console import Console
    from rich.table import Table

    from cxlab.metrics import METRICS

    table = Table(box=None, pad_edge=False)
    for name in ("id", "title", "unit", "better", "definition"):
        table.add_column(name, overflow="fold")
    for m in METRICS.values():
        table.add_row(m.id, m.title, m.unit, m.direction, m.definition)
    Console().print(table)


def lesson(
    name: Annotated[
        str | None, typer.Argument(help="A lesson, or a metric id; default: list them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Make all pages and an index.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pages.")] = Path(
        "reports/lessons"
    ),
    as_json: JsonOption = False,
) -> None:
    """List the lessons, or make the page of one (or of all, with an index)."""
    from cxlab.lessons import lesson as make
    from cxlab.lessons import lesson_pages, lessons

    if every:
        with progress_bar("lessons") as progress:
            typer.echo(str(lesson_pages(out, progress=progress)))
    elif name is not None:
        with progress_bar("lesson") as progress:
            typer.echo(str(make(name, out=out, progress=progress).path))
    elif as_json:
        print_json([{"name": each.name, "title": each.title, "family": each.family,
                     "question": each.question, "metrics": list(each.metrics)}
                    for each in lessons().values()])  # fmt: skip
    else:
        for each in lessons().values():
            typer.echo(f"{each.name:<24} {each.family}: {each.title}. {each.question}")
        say("make one with: cxlab lesson NAME")


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
