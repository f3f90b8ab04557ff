"""Exit code 3: which pages can ask for it, and what asks for it, on pages made now or standing."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxlab.cli.show import say
from cxlab.errors import InputError
from cxlab.pages import Kept, notebooks_for

if TYPE_CHECKING:
    from cxlab.report import ReportResult

__all__ = ["attention", "refuse_silence"]

_ALERTS = {"alerts", "customer_alerts"}
_TARGETS = {"tiles", "plan_answer", "validation_heading"}
"""What a notebook calls that tells a page of alerts, and of targets missed."""


def refuse_silence(
    periods: Sequence[str | None],
    asked: Mapping[str, Any],
    *,
    fail_on_target: bool,
    fail_on_alert: bool,
) -> None:
    """Refuse to watch for what the page cannot tell: a job would pass for ever.

    `asked`: scenario, data, notebook and parameters of the report. Raises InputError.
    """
    if not (fail_on_target or fail_on_alert):
        return
    named = {name: asked[name] for name in ("scenario", "data", "notebook")}
    books = [_Book(path) for path in notebooks_for(**named)]
    given = dict(asked["parameters"])
    if periods != [None]:
        given["period"] = periods[0]
    if fail_on_alert:
        _need_alerts(books, given)
    if fail_on_target:
        _need_targets(books, given)


def _need_alerts(books: Sequence[_Book], given: Mapping[str, Any]) -> None:
    judging = [book for book in books if book.calls & _ALERTS]
    if not judging:
        raise InputError(
            "--fail-on-alert: the page has no alerts", given=books[0].name,
            expected="the notebook periodic, or customers with a --period",
        )  # fmt: skip
    if all(book.lacks("period", given) for book in judging):
        raise InputError(
            "--fail-on-alert: without a period the page has no alerts", given=books[0].name,
            expected="a period, such as --period last-month",
        )  # fmt: skip


def _need_targets(books: Sequence[_Book], given: Mapping[str, Any]) -> None:
    if all(book.lacks("targets", given) for book in books):
        raise InputError(
            "--fail-on-target: no targets are given", expected="-p targets=FILE.toml",
        )  # fmt: skip
    if not any("targets" in book.defaults or book.calls & _TARGETS for book in books):
        raise InputError("--fail-on-target: the page has no targets", given=books[0].name)
    file = next((value for book in books if (value := book.value("targets", given))), None)
    if isinstance(file, str) and _no_target(Path(file)):
        raise InputError(
            f"--fail-on-target: no targets in {Path(file).name}",
            given=file, expected="a limit such as at_least_percent = 65",
            hint="--fail-on-alert watches those of alerts (alert_below_percent)",
        )  # fmt: skip


def _no_target(file: Path) -> bool:
    """Return whether a file of targets has none; what cannot be read is the report's to refuse."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("targets", {})
        keys = [str(key) for limits in tables.values() for key in limits]
    except (OSError, ValueError, AttributeError, TypeError):
        return False
    return all(key.startswith("alert_") for key in keys)


_MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
"""A line that IPython knows and Python does not: the rest of its cell is read all the same."""


class _Book:
    """What a notebook calls, and the defaults of its parameters; nothing where it is none."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.calls: set[str] = set()
        self.defaults: dict[str, Any] = {}
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            for cell in cells:
                if cell["cell_type"] == "code":
                    self._read(cell)
        except (OSError, ValueError, KeyError, TypeError):
            return

    def _read(self, cell: Mapping[str, Any]) -> None:
        try:
            tree = ast.parse(_MAGIC.sub("", "".join(cell["source"])))
        except SyntaxError:  # the cell will say so when it runs
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self.calls.add(getattr(node.func, "attr", getattr(node.func, "id", "")))
        if "parameters" in cell["metadata"].get("tags", []):
            for line in tree.body:
                if isinstance(line, ast.AnnAssign | ast.Assign):
                    target = line.target if isinstance(line, ast.AnnAssign) else line.targets[0]
                    if isinstance(target, ast.Name) and line.value:
                        self.defaults[target.id] = ast.literal_eval(line.value)

    def lacks(self, name: str, given: Mapping[str, Any]) -> bool:
        """Return whether a parameter that the notebook has is left without a value."""
        if name not in self.defaults:
            return False
        return self.value(name, given) is None

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return what a parameter is set to; None for nothing."""
        value = given.get(name, self.defaults.get(name))
        return None if value in (None, "", []) or str(value).casefold() == "none" else value


def attention(
    results: Sequence[ReportResult],
    still: Sequence[Kept] = (),
    *,
    fail_on_target: bool,
    fail_on_alert: bool,
) -> bool:
    """Say what asks for attention, and return whether the command is to exit with 3.

    A page that still stands asks for what it asked for when it was made. An alert that tells of
    something better is no reason to.
    """
    pages = [(r.path.name, r.missed_targets, r.alerts, "") for r in results]
    pages += [
        (k.page.name, k.data.get("missed_targets", ()), k.data.get("alerts", ()), "still ")
        for k in still
    ]
    found = False
    for name, targets, alerts, how in pages:
        where = f" ({name})" if len(pages) > 1 or how else ""
        missed = sorted(set(targets)) if fail_on_target else []
        if missed:
            say(f"{how}missed targets{where}: {', '.join(missed)}")
        bad = [a for a in alerts if a.get("side") != "better"] if fail_on_alert else []
        for alert in bad:
            say(f"{how and 'still an '}alert{where}: {alert.get('text', '')}")
        found = found or bool(missed or bad)
    return found
