"""Money of a company: how its revenue moves, and what its customers are worth."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw, room_for_words
from cxlab.charts.words import PLAIN_ZERO, amount, span

__all__ = ["revenue_moves", "revenue_waterfall", "value_distribution"]

_STEPS = {"start": "at the start", "new": "new", "reactivation": "came back",
          "expansion": "expansion", "contraction": "contraction", "churn": "churn",
          "end": "at the end"}  # fmt: skip
_DOWN = ("contraction", "churn")
_KINDS = ["new", "reactivation", "expansion", "contraction", "churn"]


def revenue_waterfall(
    frame: pd.DataFrame, *, currency: str, title: str = "Monthly recurring revenue, step by step"
) -> Figure:
    """Draw how revenue came from its start to its end: a bar per kind of movement.

    `frame`: kind (start, new, reactivation, expansion, contraction, churn, end), value (never
    negative), low, high.
    """
    rows = frame.set_index("kind").reindex(list(_STEPS)).dropna(subset=["value"])
    if not {"start", "end"} <= set(rows.index) or rows["value"].abs().sum() == 0:
        return nothing_to_draw(title, "No customer ever pays, so there is no revenue to follow.")
    sign = np.array([0 if k in ("start", "end") else -1 if k in _DOWN else 1 for k in rows.index])
    move = sign * rows["value"].to_numpy()
    after = rows.loc["start", "value"] + np.cumsum(move)
    level = sign == 0
    data = pd.DataFrame(
        {
            "step": [_STEPS[k] for k in rows.index],
            "from": np.where(level, 0.0, after - move),
            "to": np.where(level, rows["value"], after),
            "kind": np.where(level, "level", np.where(sign < 0, "less", "more")),
            "words": [
                amount(v if s == 0 else s * v, currency, signed=s != 0)
                for s, v in zip(sign, rows["value"], strict=True)
            ],
            "interval": [span(a, b, currency) for a, b in zip(rows["low"], rows["high"],
                                                              strict=True)],
        }
    )  # fmt: skip
    data["right"] = data[["from", "to"]].max(axis=1)
    most = float(data["right"].max())
    y = alt.Y("step:N", sort=list(data["step"]), title=None, axis=alt.Axis(labelLimit=120))
    x = alt.X("from:Q", title=f"Monthly recurring revenue ({currency})",
              axis=alt.Axis(tickCount=4, format="~s", grid=True, labelSeparation=8,
                            labelExpr=PLAIN_ZERO),
              scale=alt.Scale(domain=[min(0.0, float(data["to"].min())), most], nice=False,
                              range=room_for_words(100)))  # fmt: skip
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["level", "less", "more"]))
    tooltip = [alt.Tooltip("step:N"), alt.Tooltip("words:N", title="mean"),
               alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    chart = layered(
        base.mark_bar(height={"band": 0.62}).encode(x=x, x2="to:Q", color=colour, tooltip=tooltip),
        base.mark_text(style="cx_label", align="left", dx=6).encode(
            x=alt.X("right:Q"), text="words:N"
        ),
    )
    told = "; ".join(f"{r.step} {r.words}" for r in data.itertuples())
    table = data[["step", "words", "interval"]].set_axis(
        ["Step", "Mean of the runs", "95 % interval"], axis=1
    )
    figure: Figure = finish(chart, title, f"{title}: {told}.", height=34 * len(data) + 30,
                            data=table, caption="")  # fmt: skip
    return figure


def revenue_moves(
    frame: pd.DataFrame, *, currency: str, title: str = "What moved revenue, month by month"
) -> Figure:
    """Draw what was won and lost of monthly recurring revenue in each month, and what is left.

    `frame`: month, kind (new, reactivation, expansion, contraction, churn), value (never
    negative).
    """
    rows = frame[frame["kind"].isin(_KINDS)]
    if rows.empty or rows["value"].abs().sum() == 0:
        return nothing_to_draw(title, "No revenue moved: nobody came, left or changed the plan.")
    months = sorted(rows["month"].unique())
    signed = np.where(rows["kind"].isin(_DOWN), -rows["value"], rows["value"])
    data = pd.DataFrame(
        {
            "month": rows["month"], "kind": [_STEPS[k] for k in rows["kind"]], "value": signed,
            "words": [amount(v, currency, signed=True) for v in signed],
        }
    )  # fmt: skip
    net = data.groupby("month", as_index=False)["value"].sum()
    net["words"] = [amount(v, currency, signed=True) for v in net["value"]]
    kinds = [_STEPS[k] for k in _KINDS if (rows["kind"] == k).any()]
    x = alt.X("month:O", sort=months, title=None,
              axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8))  # fmt: skip
    y = alt.Y("value:Q", title=f"Change of monthly revenue ({currency})",
              axis=alt.Axis(format="~s", tickCount=6, labelExpr=PLAIN_ZERO))  # fmt: skip
    colour = alt.Color("kind:N", sort=kinds, title=None,
                       scale=alt.Scale(domain=[_STEPS[k] for k in _KINDS]),
                       legend=alt.Legend(orient="top", symbolType="square", symbolStrokeWidth=0,
                                         values=kinds, columns=3))  # fmt: skip
    tooltip = [alt.Tooltip("month:O"), alt.Tooltip("kind:N"), alt.Tooltip("words:N")]
    chart = layered(
        alt.Chart(data).mark_bar().encode(x=x, y=y, color=colour, tooltip=tooltip),
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_branch").encode(y="at:Q"),
        alt.Chart(net).mark_circle(style="cx_net", size=60).encode(
            x=x, y="value:Q",
            tooltip=[alt.Tooltip("month:O"), alt.Tooltip("words:N", title="net")],
        ),
    )  # fmt: skip
    best, worst = net.loc[net["value"].idxmax()], net.loc[net["value"].idxmin()]
    words = (
        f"{title}: above zero what came, below what went; the dot is what is left of both. Most "
        f"in {best['month']} ({best['words']}), least in {worst['month']} ({worst['words']})."
    )
    table = data.pivot(index="month", columns="kind", values="words").reindex(columns=kinds)
    table = table.reset_index().rename(columns={"month": "Month"})
    table["net"] = list(net["words"])
    figure: Figure = finish(chart, title, words, data=table)
    return figure


def value_distribution(
    frame: pd.DataFrame, *, currency: str, what: str, title: str = "What customers were worth"
) -> Figure:
    """Draw how customers' values spread, group by group: middle 80 %, middle half, median, mean.

    `frame`: group, statistic (p10, p25, p50, p75, p90, mean), value, customers, as
    `cxlab.value_quantiles` returns them for these shares.
    """
    if frame.empty:
        return nothing_to_draw(title, "No customer was seen for so long: nothing is known yet.")
    data = frame.pivot(index="group", columns="statistic", values="value")
    counts = frame.groupby("group")["customers"].first()
    order = sorted(data.index, key=lambda g: (g != "all", -data.loc[g, "mean"]))
    data = data.loc[order].reset_index()
    data["customers"] = [int(counts[g]) for g in order]
    data["told"] = [
        f"median {amount(m, currency)}, mean {amount(a, currency)}"
        for m, a in zip(data["p50"], data["mean"], strict=True)
    ]
    y = alt.Y("group:N", sort=order, title=None, axis=alt.Axis(labelLimit=120))
    x = alt.X("p10:Q", title=f"{what} ({currency})",
              axis=alt.Axis(tickCount=6, format="~s", labelSeparation=8, labelExpr=PLAIN_ZERO),
              scale=alt.Scale(zero=True))  # fmt: skip
    tooltip = [alt.Tooltip("group:N"), alt.Tooltip("told:N", title="worth"),
               alt.Tooltip("customers:Q", format=",")]  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    chart = layered(
        base.mark_rule(style="cx_whisker").encode(x=x, x2="p90:Q"),
        base.mark_bar(style="cx_bar", height=16, opacity=0.45).encode(x="p25:Q", x2="p75:Q"),
        base.mark_tick(style="cx_marker", thickness=3, size=24).encode(x="p50:Q"),
        base.mark_circle(style="cx_point", size=90).encode(x="mean:Q", tooltip=tooltip),
        base.mark_text(style="cx_label", align="left", baseline="bottom", dy=-13).encode(
            x=alt.value(4), text="told:N"
        ),
    )
    told = "; ".join(
        f"{r['group']} {r['told']}, one in ten below {amount(r['p10'], currency)}, one in ten "
        f"above {amount(r['p90'], currency)}"
        for r in data.to_dict("records")
    )
    words = f"{what}. Line: middle 80 %; bar: middle half; stroke: median; dot: mean. {told}."
    names = {"p10": "10 %", "p25": "25 %", "p50": "Median", "p75": "75 %", "p90": "90 %",
             "mean": "Mean"}  # fmt: skip
    table = pd.DataFrame({"Group": data["group"]})
    for name, label in names.items():
        table[label] = [amount(v, currency) for v in data[name]]
    table["Customers"] = [f"{n:,}" for n in data["customers"]]
    figure: Figure = finish(chart, title, words, height=58 * len(data) + 40, data=table,
                            caption="Line: middle 80 %; bar: middle half; stroke: median; dot: "
                            "mean.")  # fmt: skip
    return figure
