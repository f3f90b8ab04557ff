"""What `cxlab report` does around the pages: those that stand, PDFs, the mail, the index."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_json, progress_bar, say
from cxlab.errors import CxlabError, InputError, RunError
from cxlab.files import place_for, write_whole
from cxlab.imports import importing
from cxlab.pages import Kept, kept_page, request_of
from cxlab.temporary import clear_stale

if TYPE_CHECKING:
    from cxlab.report import ReportResult

__all__ = ["before_running", "index", "make_pages", "show_pages", "standing"]


def index(
    folder: Annotated[Path, typer.Argument(help="Folder of pages.")] = Path("reports"),
    as_json: JsonOption = False,
) -> None:
    """Write index.html about the reports in a folder, with their key figures over time."""
    from cxlab.report.index import index_pages

    path = index_pages(folder)
    if as_json:
        print_json({"path": str(path)})
    else:
        typer.echo(str(path))


def standing(
    periods: Sequence[str | None], out: Path, *, pdf: bool, **asked: Any
) -> dict[str | None, Kept]:
    """Return, by period, the pages that need not be made again; one without its PDF does."""
    found: dict[str | None, Kept] = {}
    for period in periods:
        kept = kept_page(request_of(period=period, out=out, **asked), out)
        if kept is not None and not (pdf and not kept.path.with_suffix(".pdf").is_file()):
            found[period] = kept
            say(f"unchanged since {kept.data.get('made_at') or 'it was made'}: {kept.page}")
    return found


def before_running(summary: str | None, out: Path, *, pdf: bool, as_json: bool) -> None:
    """Refuse what would fail after the pages are made: places for them, a lacking browser."""
    place_for(out)
    if summary == "-" and as_json:
        raise InputError("--summary - and --json both write to stdout", hint="--summary FILE")
    if summary is not None and summary != "-" and not _may_hold(summary):
        raise InputError("not a file for the summary", given=summary, expected="a file, or -")
    if pdf:
        from cxlab.report.pdf import the_browser

        the_browser()


def _may_hold(summary: str) -> bool:
    """Return whether a file can be put there: in the place of a device it would be its end."""
    return bool(summary) and (Path(summary).is_file() or not Path(summary).exists())


def make_pages(
    periods: Sequence[str | None],
    out: Path,
    *,
    pdf: bool = False,
    with_index: bool = True,
    as_json: bool = False,
    **options: Any,
) -> list[ReportResult]:
    """Make a page per period, with its PDF, then the index of the folder.

    What each page says is told as soon as it is there. Where one fails or Ctrl-C ends the work, the
    index knows those made before.
    """
    if not periods:
        return []
    with importing():
        from cxlab.report.series import reports

    clear_stale()
    made: list[ReportResult] = []

    def done(result: ReportResult) -> None:
        made.append(result)
        if as_json:
            return
        if len(periods) > 1:
            say(f"{result.path.stem}:")
        for line in result.summary:
            say(line)
        if result.replaced:
            say(f"note: {result.replaced}")

    try:
        with progress_bar("report") as progress:
            reports(periods, out=out, progress=progress, done=done, **options)
        if pdf:
            _print(made)
    finally:
        if with_index and made:
            _index(out)
    return made


def _print(made: Sequence[ReportResult]) -> None:
    from cxlab.report.pdf import make_pdf

    for result in made:
        say(f"wrote {make_pdf(result.path)}")


def show_pages(
    made: Sequence[ReportResult],
    still: Sequence[Kept],
    *,
    summary: str | None = None,
    as_json: bool = False,
) -> None:
    """Print where the pages are, and write the mail about those that were made."""
    if as_json:
        found = [*map(_plain, made), *map(_kept, still)]
        print_json(found[0] if len(found) == 1 else found)
    elif summary != "-":
        for result in made:
            typer.echo(str(result.path))
    if summary is not None and made:
        _mail(made, summary)


def _kept(page: Kept) -> dict[str, Any]:
    return {"path": str(page.page), "manifest_path": str(page.path), "unchanged": True}


def _plain(result: ReportResult) -> dict[str, Any]:
    paths = {"path": str(result.path), "manifest_path": str(result.manifest_path)}
    return asdict(result) | paths


def _index(out: Path) -> None:
    """Write the index; that it cannot be is said, and fails nothing: the pages are there."""
    from cxlab.report.index import index_pages

    try:
        index_pages(out)
    except CxlabError as error:
        say(f"note: no index: {error}")


def _mail(results: Sequence[ReportResult], summary: str) -> None:
    from cxlab.report.mail import mail_text

    pages: list[tuple[Mapping[str, Any], Path]] = [
        (json.loads(r.manifest_path.read_text(encoding="utf-8")), r.path) for r in results
    ]
    text = mail_text(pages)
    if summary == "-":
        sys.stdout.write(text)
    else:
        try:
            write_whole({Path(summary).resolve(): text})  # a link stays one
        except RunError as error:
            raise RunError("cannot write the summary", given=summary, hint=error.hint) from None
