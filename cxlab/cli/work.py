"""Commands on scenarios and pages: init, report, index, simulate, keys, describe, validate."""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from cxlab.cli.data import ForceOption, FormatOption, JsonOption, known_format, refuse_other_tables
from cxlab.cli.failing import attention, refuse_silence
from cxlab.cli.pages import before_running, index, make_pages, show_pages, standing
from cxlab.cli.show import print_json, progress_bar, row_count, say
from cxlab.errors import InputError
from cxlab.files import place_for
from cxlab.forking import may_fork

__all__ = ["register"]

TIME_LIMIT_S = 1800.0
"""Seconds that a cell of a report may take on the command line, where nobody says otherwise."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command()(report)
    app.command()(index)
    app.command()(simulate)
    app.command()(keys)
    app.command()(describe)
    app.command()(validate)


def init(
    directory: Annotated[Path, typer.Argument(help="Folder to lay out; made when missing.")],
    force: Annotated[bool, typer.Option(help="Overwrite files that are there.")] = False,
) -> None:
    """Lay out a working folder: notebooks, scenarios and a sample import."""
    from cxlab.files import lay_out

    written = [path.relative_to(directory).parts[0] for path in lay_out(directory, force=force)]
    counts = ", ".join(f"{folder} {n}" for folder, n in Counter(written).items())
    say(f"wrote {len(written)} files into {directory}: {counts}")
    typer.echo(f"next: cd {shlex.quote(str(directory))}, and then")
    for command, why in _NEXT:
        typer.echo(f"  {command}\n      {why}")


_NEXT = (
    ("jupyter lab notebooks/start.ipynb", "a first walk: a log, a metric, a chart, a page"),
    ("cxlab report scenarios/base.toml", "the page of a simulated support desk"),
    ("cxlab import scenarios/sample_import/mapping.toml --out tables",
     "a help desk's export becomes tables; copy the mapping for your own export"),
    ("cxlab report --data tables --period last", "the page of its last whole week"),
    ("cxlab check scenarios/base.toml", "what is wrong with a file that you changed"),
)  # fmt: skip
"""What to do in a folder that was laid out, and what comes of it."""


def report(
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario file, or a shipped one's name.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of canonical tables.")] = None,
    period: Annotated[
        list[str] | None,
        typer.Option(
            help="2016-W15, 2016-04, 2016-Q2, 2016, last, last-month, …; repeatable, or a range "
            "2016-W10..2016-W15. The last week is the last one that the log covers to its last "
            "day, not counting days on which the desk is closed."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="What a log is broken down by: channel,priority or columns of yours."),
    ] = None,
    notebook: Annotated[Path | None, typer.Option(help="A notebook of your own.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="name=value, repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pages.")] = Path("reports"),
    engine: Annotated[
        str, typer.Option(help="inprocess (fast) or kernel (reference).")
    ] = "inprocess",
    fail_on_target: Annotated[
        bool, typer.Option("--fail-on-target", help="Exit with 3 when a target was missed.")
    ] = False,
    static: Annotated[
        bool, typer.Option("--static", help="A page without scripts, of at most 100 kB.")
    ] = False,
    fail_on_alert: Annotated[
        bool, typer.Option("--fail-on-alert", help="Exit with 3 on an alert (unless better).")
    ] = False,
    only_if_changed: Annotated[
        bool, typer.Option("--only-if-changed", help="Do nothing when the page still stands.")
    ] = False,
    summary: Annotated[
        str | None, typer.Option(help="File for a plain-text mail about the page; - is stdout.")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also print the page to a PDF, with a Chromium.")
    ] = False,
    index: Annotated[bool, typer.Option(help="Write the folder's index.html.")] = True,
    time_limit: Annotated[
        float | None, typer.Option(min=1, help="Seconds that a cell may take; default 1800.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run one notebook into one offline HTML page and its manifest; one page per period."""
    able = may_fork()  # asked before anything is imported that has threads
    from cxlab.calendars.asked import periods_asked

    asked: dict[str, Any] = {"scenario": scenario, "data": data, "notebook": notebook,
                             "parameters": _parameters(parameter or [], by),
                             "static": static}  # fmt: skip
    if time_limit is not None and not hasattr(os, "fork"):
        say("note: --time-limit does nothing here: this system cannot fork")
    periods: list[str | None] = [*periods_asked(period)] if period else [None]
    if len(periods) > 1:
        from cxlab.report.series import distinct_periods

        given = asked["parameters"]
        periods = distinct_periods(periods, data, given, notebook=notebook, may_fork=able)
    watched = {"fail_on_target": fail_on_target, "fail_on_alert": fail_on_alert}
    refuse_silence(periods, asked, **watched)
    before_running(summary, out, pdf=pdf, as_json=as_json)
    still = standing(periods, out, pdf=pdf, **asked) if only_if_changed else {}
    results = make_pages(
        [p for p in periods if p not in still], out, pdf=pdf, with_index=index, as_json=as_json,
        engine=engine, from_text=True, may_fork=able,
        time_limit=time_limit or (TIME_LIMIT_S if able else None), **asked,
    )  # fmt: skip
    show_pages(results, list(still.values()), summary=summary, as_json=as_json)
    if attention(results, list(still.values()), **watched):
        raise typer.Exit(3)


def _parameters(given: list[str], by: str | None) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise InputError("a parameter has no value", given=text, expected="name=value")
        pairs[name.strip()] = value
    if by is not None:
        if "by" in pairs:
            raise InputError("by is given twice", given=pairs["by"])
        pairs["by"] = by
    return pairs


def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file, or a shipped one's name.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the canonical tables.")],
    replications: Annotated[int | None, typer.Option(help="Default: the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the scenario's.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="compiled (fast, Numba) or simpy (the specification); same tables."),
    ] = None,
    format: FormatOption = "parquet",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate a scenario and write its canonical tables."""
    import cxlab
    from cxlab.files import scenario_file
    from cxlab.sim.run import engine_for, known_engine

    known_format(format)
    known_engine(engine)
    loaded = cxlab.Scenario.load(scenario_file(scenario))
    refuse_other_tables(out, loaded.name, force)
    if replications is not None:
        loaded = loaded.but(replications=replications)
    chosen = engine or engine_for(loaded)
    started = time.perf_counter()
    with progress_bar("simulating") as progress:
        tables = cxlab.simulate(
            loaded, seed=seed, progress=progress,
            engine=chosen,  # type: ignore[arg-type]
        )  # fmt: skip
    paths = tables.write(out, format=format)  # type: ignore[arg-type]
    rows = {name: row_count(tables, name) for name in tables.names}
    if as_json:
        counted = {"counted": tables.counted} if tables.counted else {}
        print_json({"scenario": loaded.name, "rows": rows, **counted,
                    "files": [str(p) for p in paths]})  # fmt: skip
        return
    counts = ", ".join(f"{name} {count:,}" for name, count in rows.items())
    say(f"{loaded.name}: {counts} rows in {time.perf_counter() - started:.1f} s ({chosen} engine)")
    for note in cxlab.doubts(loaded, tables):
        say(f"note: {note}")
    say(f"tables written to {out}")


def keys(
    table: Annotated[
        str | None,
        typer.Argument(help="One table: channels, shifts, law, lifecycle, plans, …."),
    ] = None,
) -> None:
    """Print what a scenario file may say: every table and key, what it may hold, its default."""
    from cxlab.scenario.keys import keys_text

    typer.echo(keys_text(table))


def validate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the page.")] = Path(
        "reports"
    ),
    replications: Annotated[int, typer.Option(min=2, help="Runs of each case.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Root seed of all cases.")] = 20260105,
    as_json: JsonOption = False,
) -> None:
    """Hold the model against queueing theory, as a page; exit code 1 when anything differs."""
    from cxlab.report import report as make

    place_for(out)
    with progress_bar("validating") as progress:
        result = make(
            notebook="validation", parameters={"replications": replications, "seed": seed},
            out=out, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"path": str(result.path), "summary": result.summary,
                    "differs": result.missed_targets})  # fmt: skip
    else:
        for line in result.summary:
            say(line)
        typer.echo(str(result.path))
    if result.missed_targets:
        raise typer.Exit(1)


def describe(
    scenario: Annotated[Path, typer.Argument(help="A scenario file, or a shipped one's name.")],
    format: Annotated[str, typer.Option("--format", help="md, html or json.")] = "md",
) -> None:
    """Describe scenario and model in the order of the STRESS-DES checklist."""
    import cxlab
    from cxlab.files import scenario_file

    if format not in ("md", "html", "json"):
        raise InputError("unknown format", given=format, known=("md", "html", "json"))
    description = cxlab.describe(cxlab.Scenario.load(scenario_file(scenario)))
    if format == "json":
        print_json(description.as_dict())
    else:
        typer.echo(description.markdown() if format == "md" else description.html())
