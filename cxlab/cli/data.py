"""Commands on data: import, measure."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxlab.cli.show import print_json, print_results, progress_bar, say
from cxlab.errors import InputError

if TYPE_CHECKING:
    from cxlab.calendars import Period
    from cxlab.ingest import ImportReport
    from cxlab.metrics.view import View
    from cxlab.tables import Tables

__all__ = ["quarantined", "register"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
FormatOption = Annotated[str, typer.Option("--format", help="parquet, csv or duckdb.")]
ForceOption = Annotated[bool, typer.Option(help="Replace the tables of another source in --out.")]
FORMATS = ("parquet", "csv", "duckdb")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_)
    app.command()(measure)


def known_format(name: str) -> str:
    """Return a table format; InputError with the nearest known name otherwise."""
    if name not in FORMATS:
        raise InputError("unknown format", given=name, known=FORMATS)
    return name


def refuse_other_tables(out: Path, source: str | None, force: bool) -> None:
    """Refuse to replace the tables of another log or scenario; InputError names both."""
    try:
        there = json.loads((out / "_cxlab.json").read_text(encoding="utf-8")).get("source")
    except (OSError, ValueError, AttributeError):
        return  # nothing there that says whose it is; writing has rules of its own
    if there != source and not force:
        raise InputError(
            f"the folder holds the tables of {there!r}", given=str(out),
            expected="another folder", hint="--force replaces them",
        )  # fmt: skip


def import_(
    mapping: Annotated[str, typer.Argument(help="A mapping file, or the name of a shipped one.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the canonical tables.")],
    file: Annotated[
        Path | None, typer.Option(help="The export, when not the mapping's own.")
    ] = None,
    format: FormatOption = "parquet",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Turn a real export into canonical tables."""
    from cxlab.ingest import find_mapping, import_export

    known_format(format)
    with progress_bar("importing") as progress:
        tables, report = import_export(find_mapping(mapping), file=file, progress=progress)
    refuse_other_tables(out, tables.source, force)
    paths = tables.write(out, format=format)  # type: ignore[arg-type]
    if as_json:
        print_json({**report.as_dict(), "files": [str(p) for p in paths]})
        return
    for line in _import_lines(report):
        say(line)
    say(f"tables written to {out}")


_SET_ASIDE = (
    "a row with one value that cannot be read is set aside whole, and counts in no number; codes "
    'that stand for nothing ("n/a") belong in `missing` of the mapping: then the row stays'
)
"""What a quarantine means, told once: without its first reply a ticket counts as unanswered."""


def _import_lines(report: ImportReport) -> list[str]:
    """Return what became of the export's rows, in words."""
    rows = ", ".join(f"{name} {count:,}" for name, count in report.rows.items())
    lines = [f"{report.source}: {report.rows_read:,} rows read → {rows}"]
    lines += [
        f"excluded: {count:,} {'tickets' if name == 'tickets' else f'rows of {name}'}: {reason}"
        for name, reasons in report.excluded_rows.items()
        for reason, count in reasons.items()
    ]
    lines += [quarantined(problem) for problem in report.quarantine.itertuples()]
    if report.quarantined:
        lines.append(_SET_ASIDE)
    for column, values in report.value_misses.items():
        shown = ", ".join(f"{value!r} {count:,}" for value, count in list(values.items())[:5])
        lines.append(f"values that the map of {column} does not know: {shown}")
    lines += [f"moved: {count:,} instants of {name}" for name, count in report.adjusted.items()]
    if report.clock_repeated or report.clock_skipped:
        lines.append(
            f"clock changes: {report.clock_repeated:,} times in a repeated hour, "
            f"{report.clock_skipped:,} in a skipped one"
        )
    return lines


def quarantined(problem: Any) -> str:
    """Return a row of a quarantine in words."""
    where = f"{problem.table}.{problem.column}"
    return f"quarantined: {where}: {problem.rows:,} rows: {problem.reason} ({problem.examples})"


def measure(
    folder: Annotated[Path, typer.Argument(help="Folder of canonical tables, or a .duckdb file.")],
    metrics: Annotated[
        str | None, typer.Option(help="Ids with commas; default: all that fit.")
    ] = None,
    by: Annotated[str, typer.Option(help="Groups: channel, priority, week, your column …")] = "",
    period: Annotated[
        str | None, typer.Option(help="2016-W15, 2016-04, 2016-Q2, 2016, last, last-month …")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The state as known then (with zone).")] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of weeks, months, hours.")] = None,
    definition: Annotated[
        str | None, typer.Option(help="A vendor's readings: zendesk, intercom, …")
    ] = None,
    variants: Annotated[
        str | None, typer.Option(help="All readings of one metric side by side: fcr.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="TOML file with discount rates, weights of scores, …")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute metrics, with intervals, exclusions and what is still pending."""
    import cxlab
    from cxlab.metrics import DESK
    from cxlab.metrics.plan import asked_period
    from cxlab.metrics.settings import DEFAULTS, load_settings
    from cxlab.metrics.view import view_of

    metrics = _readings(metrics, definition, variants)
    known = load_settings(settings) if settings else DEFAULTS
    tables = cxlab.Tables.read(folder)
    groups = [name.strip() for name in by.split(",") if name.strip()]
    pooled = _several_runs(tables) and "replication" not in groups
    ask = cxlab.over_replications if pooled else cxlab.measure
    metrics = metrics or (",".join(DESK) if pooled else None)
    then, zone, chosen = _instant(as_of), tz or tables.time_zone or "UTC", None
    if period is not None:
        from cxlab.calendars import EVERY

        view = view_of(tables, then, known)
        chosen = asked_period(view, period, [g for g in groups if g in EVERY], zone)
        say(_covered(view, chosen))
    rows = ask(tables, metrics, by=groups, period=chosen, as_of=then, tz=zone, settings=known)
    if pooled:
        say("simulated replications: values and intervals are over the runs, n counts runs")
    if rows.empty:
        say("no rows: the log holds no ticket to group")
    for problem in tables.quarantine.itertuples():
        say(quarantined(problem))
    if as_json:
        print_json(rows)
    else:
        print_results(rows)


def _covered(view: View, period: Period) -> str:
    """Say which period is measured, and what the log has of it where that is not all."""
    words = f"period {period.label}"
    first, last = view.span
    begun, ended = max(first, period.start), min(last, period.end)
    late = first > period.start + dt.timedelta(days=1)  # a desk need not open at midnight
    if begun < ended and (late or last < period.end):
        from cxlab.calendars import time_zone

        zone = time_zone(period.zone)
        covered = f"{begun.astimezone(zone):%Y-%m-%d} to {ended.astimezone(zone):%Y-%m-%d}"
        words += f", of which the log covers {covered}"
    return words


def _readings(metrics: str | None, definition: str | None, variants: str | None) -> str | None:
    """Return the ids asked for: by name, by vendor, or all readings of a metric."""
    from cxlab.metrics import metric
    from cxlab.metrics.catalogue import preset_metrics
    from cxlab.metrics.catalogue import variants as readings

    if variants is not None:
        if metrics or definition:
            raise InputError("--variants stands alone", given=variants)
        return ",".join(readings(variants))
    if definition is None:
        return metrics
    found = preset_metrics(definition)
    if metrics is None:
        return ",".join(found)
    wanted = {name.strip() for name in metrics.split(",")}
    kept = [i for i in found if {i, metric(i).variant_of} & wanted]
    if not kept:
        raise InputError(f"{definition} has no reading of it", given=metrics, known=found)
    return ",".join(kept)


def _several_runs(tables: Tables) -> bool:
    """Return whether the tables hold more than one simulated replication."""
    if not tables.has("tickets", "replication"):
        return False
    return int(tables["tickets"].replication.nunique().execute()) > 1


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError("not an instant", given=text, expected="2016-05-01T00:00Z") from None
    if instant.tzinfo is None:
        raise InputError("the instant has no time zone", given=text, expected=f"{text}Z or +02:00")
    from cxlab.calendars import YEARS

    if instant.year not in YEARS:
        raise InputError("an instant out of reach", given=text, expected="a year from 1900 to 2199")
    return instant
