"""Model against theory: how many standard errors every compared number is off."""

from __future__ import annotations

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw

__all__ = ["standardised_differences"]


def standardised_differences(
    rows: pd.DataFrame, limit: float, *, title: str = "Difference from theory, in standard errors"
) -> Figure:
    """Draw a dot for each compared number of each case, in standard errors from theory.

    `rows`: what `cxlab.validate` returns; `limit`: the |t| from which a single number would be
    an alarm. Between the dashed lines nothing is.
    """
    if rows.empty:
        return nothing_to_draw(title, "Nothing was compared.")
    data = pd.DataFrame(
        {
            "case": rows["case"],
            "t": rows["t"].clip(-3 * limit, 3 * limit).round(3),
            "quantity": rows["quantity"],
        }
    )
    order = list(dict.fromkeys(data["case"]))
    reach = max(limit, float(data["t"].abs().max())) * 1.08
    x = alt.X("t:Q", title="Difference (standard errors)",
              scale=alt.Scale(domain=[-reach, reach], nice=False),
              axis=alt.Axis(tickCount=5, grid=True))  # fmt: skip
    y = alt.Y(
        "case:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=alt.ExprRef("width > 480 ? 240 : 150")),
    )
    tooltip = [
        alt.Tooltip("case:N"),
        alt.Tooltip("quantity:N"),
        alt.Tooltip("t:Q", title="standard errors", format=".2f"),
    ]
    limits = pd.DataFrame({"at": [-limit, limit]})
    chart = layered(
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_branch").encode(x="at:Q"),
        alt.Chart(limits).mark_rule(style="cx_target").encode(x="at:Q"),
        alt.Chart(data).mark_circle(style="cx_point", size=64).encode(x=x, y=y, tooltip=tooltip),
    )
    off = int((rows["verdict"] != "agrees").sum())
    worst = rows.loc[[rows["t"].abs().idxmax()]].iloc[0]
    words = (
        f"{len(rows)} numbers of {len(order)} cases; the largest difference is "
        f"{abs(worst['t']):.1f} standard errors ({worst['case']}: {worst['quantity']}). A single "
        f"number is an alarm beyond {limit:.1f} (dashed lines); {off} are."
    )
    by_distance = rows.assign(off=rows["t"].abs()).sort_values("off", ascending=False)
    furthest = by_distance.drop_duplicates("case").sort_index()
    table = pd.DataFrame(
        {
            "Case": furthest["case"],
            "Furthest off": furthest["quantity"],
            "Standard errors": [f"{t:+.2f}" for t in furthest["t"]],
        }
    )
    figure: Figure = finish(chart, title, words, height=24 * len(order) + 20, data=table)
    return figure
