"""The command line: `cxlab init, report, simulate, import, measure, metrics, check`."""

from cxlab.cli.app import main

__all__ = ["main"]
