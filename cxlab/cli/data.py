"""Commands on data: import, measure, metrics, check."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from cxlab.cli.show import print_json, print_results, progress_bar, say
from cxlab.errors import CxlabError, InputError

__all__ = ["register"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
FormatOption = Annotated[str, typer.Option("--format", help="parquet, csv or duckdb.")]
FORMATS = ("parquet", "csv", "duckdb")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_)
    app.command()(measure)
    app.command()(metrics)
    app.command()(check)


def known_format(name: str) -> str:
    """Return a table format; InputError with the nearest known name otherwise."""
    if name not in FORMATS:
        raise InputError("unknown format", given=name, known=FORMATS)
    return name


def import_(
    mapping: Annotated[str, typer.Argument(help="A mapping file, or the name of a shipped one.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the canonical tables.")],
    file: Annotated[
        Path | None, typer.Option(help="The export, when not the mapping's own.")
    ] = None,
    format: FormatOption = "parquet",
    as_json: JsonOption = False,
) -> None:
    """Turn a real export into canonical tables."""
    from cxlab.ingest import import_export

    known_format(format)
    with progress_bar("importing") as progress:
        tables, report = import_export(mapping, file=file, progress=progress)
    paths = tables.write(out, format=format)  # type: ignore[arg-type]
    if as_json:
        print_json({**report.as_dict(), "files": [str(p) for p in paths]})
        return
    say(str(report))
    say(f"tables written to {out}")


def measure(
    folder: Annotated[Path, typer.Argument(help="Folder of canonical tables, or a .duckdb file.")],
    metrics: Annotated[str | None, typer.Option(help="Ids with commas; default: all.")] = None,
    by: Annotated[str, typer.Option(help="Groups: channel, priority, week, your column …")] = "",
    period: Annotated[str | None, typer.Option(help="2016-W15, 2016-04, 2016-Q2, 2016 …")] = None,
    as_of: Annotated[str | None, typer.Option(help="The state as known then (with zone).")] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of weeks, months, hours.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute metrics, with intervals, exclusions and what is still pending."""
    import cxlab

    tables = cxlab.Tables.read(folder)
    rows = cxlab.measure(tables, metrics, by=by, period=period, as_of=_instant(as_of), tz=tz)
    for problem in tables.quarantine.itertuples():
        say(f"quarantined: {problem.table}.{problem.column}: {problem.rows} rows: {problem.reason}")
    if as_json:
        print_json(rows)
    else:
        print_results(rows)


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError("not an instant", given=text, expected="2016-05-01T00:00Z") from None
    if instant.tzinfo is None:
        raise InputError("the instant has no time zone", given=text, expected=f"{text}Z or +02:00")
    return instant


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
        typer.echo(f"\nSQL (by channel, DuckDB)\n{metric_sql(found)}")


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


def check(
    paths: Annotated[list[Path], typer.Argument(help="Scenarios, mappings, tables, folders.")],
    as_json: JsonOption = False,
) -> None:
    """Check scenarios, mappings and tables; exit code 2 when anything is wrong."""
    results = [_checked(path) for path in paths]
    if as_json:
        print_json(results)
    else:
        for result in results:
            say(f"{'ok' if result['ok'] else 'bad'}: {result['file']}: {result['message']}")
            for problem in result["problems"]:
                say(f"  {problem}")
    if not all(r["ok"] for r in results):
        raise typer.Exit(2)


def _checked(path: Path) -> dict[str, object]:
    try:
        message, problems = _check_toml(path) if path.suffix == ".toml" else _check_tables(path)
    except CxlabError as error:
        return {"file": str(path), "ok": False, "message": str(error), "problems": []}
    return {"file": str(path), "ok": not problems, "message": message, "problems": problems}


def _check_toml(path: Path) -> tuple[str, list[str]]:
    from cxlab.ingest import is_mapping, load_mapping
    from cxlab.scenario import Scenario

    if is_mapping(path):
        load_mapping(path)
        return "a mapping", []
    scenario = Scenario.load(path)
    return f"scenario {scenario.name!r}", []


def _check_tables(path: Path) -> tuple[str, list[str]]:
    from cxlab.tables import Tables, agreement

    tables = Tables.read(path)
    problems = [
        f"{p.table}.{p.column}: {p.rows} rows quarantined: {p.reason} ({p.examples})"
        for p in tables.quarantine.itertuples()
    ]
    for row in agreement(tables).itertuples():
        if row.disagree:
            say(f"note: {path}: tickets.{row.column}: recorded and rebuilt from events differ in "
                f"{row.disagree} of {row.compared} tickets")  # fmt: skip
    rows = ", ".join(f"{name} {tables.rows(name):,}" for name in tables.names)
    return f"tables: {rows} rows", problems
