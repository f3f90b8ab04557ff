"""The command line's frame: the commands, errors without tracebacks, exit codes.

Exit codes: 0 ok, 1 failed, 2 bad input, 3 a target was missed or an alert raised (when
asked to fail on it), 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

import cxlab
from cxlab.cli import (
    checking,
    company,
    customers,
    data,
    experiments,
    learn,
    sensitivity,
    staffing,
    work,
)
from cxlab.errors import CxlabError, of_system
from cxlab.forking import allow_forks

__all__ = ["app", "main"]

app = typer.Typer(
    name="cxlab",
    help="Customer-experience metrics from real logs and from simulated support desks.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def _frame(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"cxlab {cxlab.__version__}")
        raise typer.Exit


work.register(app)
experiments.register(app)
sensitivity.register(app)
data.register(app)
learn.register(app)
customers.register(app)
company.register(app)
staffing.register(app)
checking.register(app)


STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; errors the user can mend are one line on stderr."""
    allow_forks()
    _leave_in_order()
    sys.exit(run(arguments))


def _leave_in_order() -> None:
    """End as by an exception when a scheduler or a closed terminal ends this process.

    Its children, a browser and half-written files would be left behind otherwise. What is ignored
    (by nohup) stays so.
    """
    for name in ("SIGTERM", "SIGHUP"):
        one = getattr(signal, name, None)
        if one is not None and signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, _leave)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console = Console(stderr=True)
    try:
        app(args=arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        console.print("stopped")
        return STOPPED
    except RuntimeError as error:
        if "interrupted" not in str(error).lower():  # Ctrl-C reached the database first
            raise
        console.print("stopped")
        return STOPPED
    except CxlabError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        return error.exit_code
    except OSError as error:
        told = of_system(error)
        console.print(f"[bold red]error:[/] {escape(str(told))}", soft_wrap=True, highlight=False)
        return told.exit_code
    return 0
