"""Commands on customers: their journey by stages, and what to do next for whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_json, say
from cxlab.errors import InputError
from cxlab.files import write_whole
from cxlab.units import format_interval, format_value

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(decide)
    app.command()(journey)


def decide(
    folder: Annotated[Path, typer.Argument(help="Folder or file of canonical tables.")],
    rules: Annotated[Path | None, typer.Option(help="Rules (TOML); default: cxlab's own.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A CSV file: each customer and its leaf.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count which customers call for which next action, by a file of rules."""
    import cxlab
    from cxlab.decisions import decide as ask
    from cxlab.decisions import load_rules

    if out is not None and out.is_dir():
        raise InputError("--out is a folder", given=str(out), expected="a CSV file")
    found = ask(cxlab.Tables.read(folder), load_rules(rules))
    if found.note:
        say(f"note: {found.note}")
    for reason, count in found.excluded.items():
        say(f"left out: {count:,} customers: {reason}")
    if out is not None:
        write_whole({out: found.named().to_csv(index=False)})
        say(f"wrote {out}")
    if as_json:
        print_json(found.leaves)
        return
    for row in found.leaves.to_dict("records"):
        share = format_value(row["share"], "share")
        interval = format_interval(row["low"], row["high"], "share")
        typer.echo(f"{row['leaf']}: {row['customers']:,} ({share}; {interval})")
        if row["action"]:
            typer.echo(f"    {row['action']}")


def journey(
    folder: Annotated[Path, typer.Argument(help="Folder or file of canonical tables.")],
    stages: Annotated[
        Path | None, typer.Option(help="Stages (TOML); default: cxlab's own.")
    ] = None,
    by: Annotated[str, typer.Option(help="Groups: segment, region, …")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the stages customers go through: how many go on, and how long it takes."""
    import cxlab
    from cxlab.metrics.journey import journey as ask
    from cxlab.metrics.journey_map import load_journey

    rows = ask(cxlab.Tables.read(folder), load_journey(stages), by=by)
    if as_json:
        print_json(rows)
        return
    groups = [g.strip() for g in by.split(",") if g.strip()]
    for row in rows.to_dict("records"):
        name = " ".join([*(str(row[g]) for g in groups), str(row["stage"])])
        words = f"{name}: {row['entered']:,} entered"
        if row["conversion"] == row["conversion"]:
            interval = format_interval(row["conversion_low"], row["conversion_high"], "share")
            words += f", {format_value(row['conversion'], 'share')} went on ({interval})"
            words += f", median {format_value(row['median_s'], 's')}"
        typer.echo(words)
