"""The look of every chart: one type scale and one colour-blind-safe palette, light and dark.

Charts name *styles* ("target", "band", "label"), never colours, so that the same specification
is drawn light in JupyterLab and light or dark in a page: whoever draws it brings the config.
The first five series colours are near Okabe and Ito's (2008), darkened for paper and lightened for
a dark ground; the next three are as far from all others as can be, also for eyes without red or
green cones.
"""

from __future__ import annotations

from typing import Any

__all__ = ["FONT", "GROUND", "config"]

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'

_LIGHT = {
    "ink": "#1b2330",
    "muted": "#566070",
    "grid": "#e3e7ed",
    "series": [
        "#0b68a8",
        "#c2500a",
        "#0b8f6b",
        "#7d4272",
        "#ad8900",
        "#33361a",
        "#2f93f5",
        "#4a0f66",
    ],
    "target": "#a63c06",
    "doubt": "#b9c0ca",
    "ground": "#ffffff",
    "ramp": ["#eef4f9", "#b5d3e8", "#6ba7d1", "#2273af", "#08325c"],
}
_DARK = {
    "ink": "#e8ecf2",
    "muted": "#a5b0bf",
    "grid": "#2f3947",
    "series": [
        "#63b3ea",
        "#f0955a",
        "#3fc796",
        "#d79bc9",
        "#f2dc6a",
        "#a06a0a",
        "#7a63ff",
        "#e62aa0",
    ],
    "target": "#ffb27a",
    "doubt": "#4a5462",
    "ground": "#171d26",
    "ramp": ["#1f2b3a", "#24527a", "#3a80b5", "#7db8e2", "#e3f1fc"],
}


GROUND = str(_LIGHT["ground"])
"""What the light look is drawn for."""


def config(*, dark: bool = False) -> dict[str, Any]:
    """Return the Vega-Lite config for a light or a dark ground.

    >>> config()["axis"]["labelFontSize"], config(dark=True)["background"]
    (12, 'transparent')
    """
    look = _DARK if dark else _LIGHT
    return {
        "background": "transparent",
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": _axis(look),
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": _legend(look),
        "title": {"anchor": "start", "color": look["ink"], "fontSize": 15, "fontWeight": 600,
                  "subtitleColor": look["muted"], "subtitleFontSize": 12},
        "range": {"category": look["series"], "heatmap": look["ramp"], "ramp": look["ramp"]},
        "style": _styles(look),
    }  # fmt: skip


def _axis(look: dict[str, Any]) -> dict[str, Any]:
    return {
        "labelColor": look["muted"],
        "labelFontSize": 12,
        "titleColor": look["muted"],
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridColor": look["grid"],
        "domainColor": look["grid"],
        "tickColor": look["grid"],
        "labelPadding": 6,
    }


def _legend(look: dict[str, Any]) -> dict[str, Any]:
    return {
        "labelColor": look["ink"],
        "labelFontSize": 12,
        "titleColor": look["muted"],
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
        "symbolStrokeWidth": 3,
    }


def _styles(look: dict[str, Any]) -> dict[str, Any]:
    # "color", not "fill" or "stroke": Vega-Lite writes its own default over those two. The names
    # start with cx_ because a plain "bar" or "area" would restyle every mark of that type.
    first, second = look["series"][:2]
    return {
        "cx_series": {"color": first, "strokeWidth": 2.25},
        "cx_point": {"color": first, "stroke": look["ground"], "strokeWidth": 1.5, "opacity": 1},
        "cx_net": {
            "color": look["ink"],
            "stroke": look["ground"],
            "strokeWidth": 1.5,
            "opacity": 1,
        },
        "cx_bar": {"color": first},
        "cx_area": {"color": first, "fillOpacity": 0.2},
        "cx_band": {"color": first, "fillOpacity": 0.16},
        "cx_whisker": {"color": first, "strokeWidth": 2.25},
        "cx_target": {"color": look["target"], "strokeDash": [6, 4], "strokeWidth": 1.5},
        "cx_target_label": {"color": look["target"], "fontSize": 12, "fontWeight": 600},
        "cx_branch": {"color": look["muted"], "strokeWidth": 1, "opacity": 0.6},
        "cx_doubt": {"color": look["doubt"], "opacity": 1},
        "cx_here": {"color": look["target"]},
        "cx_now": {"color": look["target"]},
        "cx_marker": {"color": second, "strokeWidth": 1.5},
        "cx_label": {"color": look["ink"], "fontSize": 12, "fontWeight": 600},
        "cx_note": {"color": look["muted"], "fontSize": 13},
    }
