"""The command line's frame: the commands, errors without tracebacks, exit codes.

Exit codes: 0 ok, 1 failed, 2 bad input, 3 a target was missed or an alert raised (when
asked to fail on it), 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from typing import Annotated

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
from cxlab.errors import CxlabError
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
    sys.exit(run(arguments))


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
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        return 1
    return 0
