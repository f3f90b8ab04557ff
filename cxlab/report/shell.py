"""The shell that runs a notebook's cells in this process: IPython's own, with outputs kept.

It shows what a kernel would show, and takes away afterwards what IPython leaves in the process.
"""

from __future__ import annotations

import atexit
import base64
import builtins
import contextlib
import gc
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import nbformat
import pandas as pd
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir

from cxlab.forking import is_fork
from cxlab.temporary import prefix

__all__ = ["fresh_shell", "run_cell"]

_v4: Any = nbformat.v4  # nbformat has no types


class _Outputs:
    """The outputs of the running cell, in order; streams of one name are joined."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def stream(self, name: str, text: str) -> None:
        """Add text written to stdout or stderr."""
        if not text:
            return
        last = self.items[-1] if self.items else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        else:
            self.items.append(_v4.new_output("stream", name=name, text=text))

    def shown(self, kind: str, data: Any, metadata: Any, **more: Any) -> None:
        """Add something displayed; a picture in bytes (Pillow's) becomes text, as in a kernel."""
        told = {
            name: base64.b64encode(one).decode("ascii") if isinstance(one, bytes) else one
            for name, one in data.items()
        }
        new = _v4.new_output(kind, data=told, metadata=dict(metadata or {}), **more)
        self.items.append(new)


class _Stream(io.TextIOBase):
    def __init__(self, outputs: _Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        self._outputs.stream(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):
    outputs: _Outputs

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        """Keep what a cell displays."""
        self.outputs.shown("display_data", data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown so far."""
        self.outputs.items.clear()


class _Hook(DisplayHook):
    outputs: _Outputs

    def write_output_prompt(self) -> None:
        """Print nothing: the notebook shows the number beside the cell."""

    def write_format_data(self, data: Any, md_dict: Any = None) -> None:
        """Keep the value of the cell's last line."""
        count = getattr(self.shell, "execution_count", None)
        self.outputs.shown("execute_result", data, md_dict, execution_count=count)

    def flush(self) -> None:
        """Forget the last values, and look for garbage only where this process lives on.

        IPython always looks, which takes a third of a second.
        """
        self._ = self.__ = self.___ = ""
        if not is_fork():
            gc.collect()


class _Shell(InteractiveShell):
    """IPython's shell, with a history that touches no file and an exception that is kept."""

    def init_history(self) -> None:
        """Keep the history in memory only."""
        from IPython.core.history import HistoryManager

        self.history_manager = HistoryManager(shell=self, parent=self, enabled=False)

    failure: BaseException | None = None

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """Print nothing and keep the error: it becomes an output of the cell.

        IPython comes here too when something cannot be displayed, and otherwise goes on with
        the object's repr: a chart that fails would turn into a line of text.
        """
        self.failure = (exc_tuple or sys.exc_info())[1]

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        """Print nothing and keep the error: it becomes an output of the cell."""
        self.failure = sys.exc_info()[1]

    def init_sys_modules(self) -> None:
        """Leave `__main__` to the program that runs us."""

    def enable_gui(self, gui: Any = None) -> None:
        """Start no event loop: pictures are shown in the notebook."""

    def init_prompts(self) -> None:
        """Leave `sys.ps1` alone: nobody types here."""


@contextlib.contextmanager
def fresh_shell() -> Iterator[Any]:
    """Give a shell of its own, and take away afterwards what IPython leaves in the process."""
    make: Any = _Shell
    profile: Any = ProfileDir
    added = [name for name in ("display", "__IPYTHON__") if not hasattr(builtins, name)]
    with tempfile.TemporaryDirectory(prefix=prefix()) as folder:
        # Made outside IPython's singleton: the program that calls us may be a notebook itself.
        # With a profile of its own no startup script of the user runs, as in no kernel either.
        shell = make(
            display_pub_class=_Publisher,
            displayhook_class=_Hook,
            profile_dir=profile.create_profile_dir(folder),
            ipython_dir=folder,
        )
        try:
            with _pictures(shell), _wide_frames():
                yield shell
        finally:
            shell.atexit_operations()  # clears the names as well
            atexit.unregister(shell.atexit_operations)
            for name in added:
                builtins.__dict__.pop(name, None)


@contextlib.contextmanager
def _pictures(shell: Any) -> Iterator[None]:
    """Let matplotlib show its pictures in the notebook, as kernels do; afterwards as it was.

    It is told by the environment before anything imports it, and by IPython where something has.
    """
    told, loaded = os.environ.get(_BACKEND), sys.modules.get("matplotlib")
    backend = None if loaded is None else _backend(loaded)
    if loaded is not None:
        with _current(shell):
            from matplotlib_inline.backend_inline import set_matplotlib_formats

            shell.enable_matplotlib("inline")
            formats: Any = set_matplotlib_formats
            formats("png")  # a second shell of a process would have none
    elif told is None:
        os.environ[_BACKEND] = "module://matplotlib_inline.backend_inline"
    try:
        yield
    finally:
        if told is None:
            os.environ.pop(_BACKEND, None)
        now: Any = sys.modules.get("matplotlib")
        if isinstance(backend, str):
            now.use(backend)
        elif now is not None:  # it had none yet, and is to look for one when it needs it
            now.rcParams["backend"] = now.rcParamsOrig["backend"]


def _backend(matplotlib: Any) -> object:
    """Return the backend that is set, without letting matplotlib look for one."""
    return dict.__getitem__(matplotlib.rcParams, "backend")


_BACKEND = "MPLBACKEND"


@contextlib.contextmanager
def _wide_frames() -> Iterator[None]:
    """Show 20 columns of a wide frame, as in a kernel: outside one pandas takes us for a terminal.

    Whoever has set another number keeps it.
    """
    if pd.get_option(_COLUMNS) != 0:
        yield
        return
    with pd.option_context(_COLUMNS, 20):
        yield


_COLUMNS = "display.max_columns"


@contextlib.contextmanager
def _current(shell: Any) -> Iterator[None]:
    """Make `shell` what `get_ipython()` and `display()` find while a cell runs."""
    before = InteractiveShell._instance
    hook = sys.displayhook
    InteractiveShell._instance = shell
    try:
        yield
    finally:
        InteractiveShell._instance = before
        sys.displayhook = hook


def run_cell(shell: Any, cell: Any) -> BaseException | None:
    """Run a code cell and keep its outputs in it; return what it raised. Ctrl-C goes on."""
    outputs = _Outputs()
    shell.display_pub.outputs = outputs
    shell.displayhook.outputs = outputs
    out, err = _Stream(outputs, "stdout"), _Stream(outputs, "stderr")
    with _current(shell), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        shell.failure = None
        result = shell.run_cell(cell.source, store_history=True)
    failure: BaseException | None = (
        result.error_before_exec or result.error_in_exec or shell.failure
    )
    if isinstance(failure, KeyboardInterrupt):  # Ctrl-C is for the report, not for a cell of it
        raise failure
    if failure is not None:
        frames = [f"{type(failure).__name__}: {failure}"]
        outputs.items.append(
            _v4.new_output(
                "error", ename=type(failure).__name__, evalue=str(failure), traceback=frames
            )
        )
    cell.execution_count = result.execution_count
    cell.outputs = outputs.items
    return failure
