"""Every metric's worked example, worked out by hand in its declaration, is what it measures."""

import duckdb
import pytest
from latex2mathml.converter import convert

import cxlab as cx
from cxlab.metrics import METRICS, metric_sql
from cxlab.metrics.examples import clock, example_row, example_tables
from cxlab.tables import TABLES
from cxlab.units import UNITS

IDS = list(METRICS)


@pytest.mark.parametrize("metric_id", IDS)
def test_measure_gives_the_value_worked_out_by_hand(metric_id):
    metric = cx.metric(metric_id)
    row = example_row(metric)
    assert row["value"] == pytest.approx(metric.example.value, rel=1e-12)
    assert row["flag"] in ("ok", "small_n")


@pytest.mark.parametrize("metric_id", IDS)
def test_the_sql_shown_gives_the_same_value(metric_id):
    metric = cx.metric(metric_id)
    tables = example_tables(metric)
    connection = duckdb.connect()
    for name, spec in TABLES.items():
        if name in tables:
            connection.register(f"{name}_rows", tables[name].to_pyarrow())
            connection.execute(f"create table {name} as select * from {name}_rows")
        else:
            columns = ", ".join(f'"{c.name}" {_sql_type(c.kind)}' for c in spec.columns)
            connection.execute(f"create table {name} ({columns})")
    rows = connection.execute(metric_sql(metric, as_of=clock(metric.example.as_of))).df()
    assert rows.iloc[0, 1] == pytest.approx(metric.example.value, rel=1e-12)


def _sql_type(kind):
    types = {"instant": "timestamp", "integer": "bigint", "number": "double", "boolean": "boolean"}
    return types.get(kind, "varchar")


@pytest.mark.parametrize("metric_id", IDS)
def test_the_declaration_is_complete(metric_id):
    entry = cx.metric(metric_id).entry()
    for key in ("title", "definition", "formula", "source", "population", "interval_method"):
        assert len(entry[key]) > 3, key
    assert entry["unit"] in UNITS
    assert entry["direction"] in ("up", "down", "depends")
    assert entry["example"]["story"].strip()
    assert "<math" in convert(entry["formula"])
    assert entry["definition"].endswith(".")


def test_a_shown_metric_says_what_the_declaration_says():
    text = str(cx.metric("frt"))
    html = cx.metric("frt")._repr_html_()
    for shown in (text, html):
        assert "First response time" in shown
        assert "20.0 min" in shown
    assert "<math" in html


def test_an_unknown_metric_is_refused_with_the_nearest_name():
    with pytest.raises(cx.InputError, match="did you mean 'frt_p90'"):
        cx.metric("frt_90")
