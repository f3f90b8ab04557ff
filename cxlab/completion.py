"""The tabulator key in IPython and JupyterLab: names inside the quotes of `cx.metric("`.

Keys of a dictionary complete by themselves; of a function's text neither jedi nor IPython knows
what it may be. `import cxlab` adds one matcher to the session that it runs in, if there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

__all__ = ["add_to_session", "names_for"]

_OPEN = re.compile(r"""([A-Za-z_][\w.]*)\(([^()"']*)(["'])([^"']*)$""")
"""A call whose text is still open: what is called, what stands before, the quote, the text."""

_FIRST = re.compile(r"\s*(\w+\s*=\s*)?$")
"""What may stand before a call's first argument."""


def _metrics() -> Iterable[str]:
    from cxlab.metrics import METRICS

    return METRICS


def _lessons() -> Iterable[str]:
    from cxlab.lessons import lessons

    return lessons()


def _scenarios() -> Iterable[str]:
    from cxlab.files import bundled

    return sorted(path.stem for path in bundled("scenarios").glob("*.toml"))


_KNOWN: dict[str, tuple[Callable[[], Iterable[str]], bool]] = {
    "metric": (_metrics, True),
    "measure": (_metrics, False),
    "lesson": (_lessons, True),
    "Scenario.load": (_scenarios, True),
}
"""Of each function: its names, and whether they are its first argument."""


def names_for(text: str, namespace: Mapping[str, Any]) -> list[str]:
    """Return the names that may go on where `text`, code up to the cursor, ends.

    `namespace`: what the session has; only what is cxlab's own there is completed, and nothing is
    evaluated.

    >>> import cxlab
    >>> names_for('cx.metric("frt_business_p', {"cx": cxlab})
    ['frt_business_p90']
    """
    found = _OPEN.search(text)
    if found is None:
        return []
    called, before, _, begun = found.groups()
    name = _own_name(called, namespace)
    if name not in _KNOWN:
        return []
    known, first = _KNOWN[name]
    if bool(_FIRST.match(before)) != first:
        return []
    part = begun if first else begun.rpartition(",")[2].lstrip()
    return [each for each in known() if each.startswith(part)]


def _own_name(called: str, namespace: Mapping[str, Any]) -> str:
    """Return the public name in cxlab of what a dotted name means; "" where it is another's."""
    head, *rest = called.split(".")
    here = namespace.get(head)
    if isinstance(here, ModuleType):
        return ".".join(rest) if here.__name__ == "cxlab" else ""
    own = getattr(here, "__module__", None) or ""
    named = getattr(here, "__name__", None)
    return ".".join([str(named), *rest]) if str(own).startswith("cxlab.") else ""


def add_to_session() -> None:
    """Complete names in the IPython session that this is run in; nothing where there is none."""
    ipython = sys.modules.get("IPython")
    session: Any = ipython.get_ipython() if ipython is not None else None
    completer = getattr(session, "Completer", None)
    matchers = getattr(completer, "custom_matchers", None)
    if matchers is None or any(getattr(m, "cxlab", False) for m in matchers):
        return
    from IPython.core.completer import SimpleCompletion

    def cxlab_names(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        lines[-1] = lines[-1][: context.cursor_position]
        names = names_for("\n".join(lines), session.user_ns)
        return {
            "completions": [SimpleCompletion(text=name, type="value") for name in names],
            "suppress": bool(names),  # files of the folder are no metrics
        }

    cxlab_names.__dict__ |= {"matcher_api_version": 2, "cxlab": True}
    matchers.append(cxlab_names)
