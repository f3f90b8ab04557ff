"""How charts are shown: a MIME type that JupyterLab draws offline and nbformat accepts.

Altair 6 labels its output `application/vnd.vegalite.v6.json`; nbformat refuses that type, so
papermill fails, and JupyterLab 4 carries Vega-Lite 5. The charts of this package use nothing
that is new in 6, so the same specification goes out as `application/vnd.vegalite.v5+json`.
"""

from __future__ import annotations

from typing import Any, cast

import altair as alt

from cxlab.charts.theme import GROUND, config

__all__ = ["LAB_WIDTH", "MIME", "enable", "mime_bundle", "saved_look"]

MIME = "application/vnd.vegalite.v5+json"
"""MIME type of the charts, drawn by JupyterLab 4 without a network."""

LAB_WIDTH = 680
"""Width of a chart in JupyterLab, in pixels."""

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


def mime_bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the MIME bundle of one Vega-Lite specification: the chart, and its words.

    >>> bundle = mime_bundle({"mark": "bar", "description": "Two bars."})
    >>> bundle["text/plain"], sorted(bundle)
    ('Two bars.', ['application/vnd.vegalite.v5+json', 'text/plain'])
    """
    words = str(spec.get("description", "A chart without a description."))
    # A ground of its own: in a dark JupyterLab dark words would stand on dark. A page brings its
    # own config for light and dark.
    shown = {**spec, "$schema": _SCHEMA, "config": config() | {"background": GROUND}}
    if spec.get("width") == "container":
        # JupyterLab's output area has no width of its own to fill; a page puts it back.
        shown["width"] = LAB_WIDTH
    return {MIME: shown, "text/plain": words}


def saved_look() -> alt.theme.ThemeConfig:
    """Return the theme of a chart that is saved to a file: light, and as wide as in JupyterLab.

    A chart that fills its container has in a file only the width of the theme.
    """
    view = {"stroke": None, "continuousWidth": LAB_WIDTH}
    return cast(
        "alt.theme.ThemeConfig", {"config": config() | {"background": GROUND, "view": view}}
    )


def enable() -> None:
    """Make this the way Altair shows charts in this process, and saves them to files.

    A page takes nothing of the theme: it brings its own.
    """
    alt.theme.register("cxlab", enable=True)(saved_look)
    alt.renderers.register("cxlab", mime_bundle)
    alt.renderers.enable("cxlab")
