"""Every metric's worked example, worked out by hand in its declaration, is what it measures."""

import duckdb
import pytest
import sqlglot
from latex2mathml.converter import convert
from sqlglot import exp

import cxlab as cx
from cxlab.calendars import EVERY
from cxlab.metrics import METRICS, metric_sql
from cxlab.metrics.examples import clock, example_row, example_rows, example_tables
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Fitted, Ratio, ShrunkMean
from cxlab.tables import TABLES
from cxlab.units import UNITS

IDS = list(METRICS)
# Fits to the same cells share their SQL.
QUERIES = {
    (m.basis.name, m.statistic.cells if isinstance(m.statistic, Fitted) else m.statistic): m.id
    for m in METRICS.values()
}


# Sums of squares are kept to nine digits, and a search for a maximum ends a little before it.
PRECISION = {Ratio: 1e-8, Fitted: 1e-6}


def close(metric):
    rel = PRECISION.get(type(metric.statistic), 1e-12)
    return pytest.approx(metric.example.value, rel=rel)


@pytest.fixture(scope="module")
def measured():
    """Every example's result row; metrics that ask the same of the same rows in one question."""
    return example_rows(METRICS.values())


@pytest.mark.parametrize("metric_id", IDS)
def test_measure_gives_the_value_worked_out_by_hand(measured, metric_id):
    metric = cx.metric(metric_id)
    assert measured[metric_id]["value"] == close(metric)
    assert measured[metric_id]["flag"] in ("ok", "small_n")


# A metric of each kind here, every one with `make validate`.
ALONE = {type(cx.metric(i).statistic): i for i in IDS}.values()


@pytest.mark.parametrize(
    "metric_id", [pytest.param(i, marks=[] if i in ALONE else [pytest.mark.long]) for i in IDS]
)
def test_a_metric_asked_alone_has_the_value_worked_out_by_hand(metric_id):
    metric = cx.metric(metric_id)
    assert example_row(metric)["value"] == close(metric)


def _module(metric_id):
    """Where the rows of a metric's source are built."""
    return SOURCES[cx.metric(metric_id).basis.source].build.__module__


# The text of one metric of each module of sources and of each way to state a number here, of
# every metric with `make validate`.
SHOWN = {
    *{_module(i): i for i in QUERIES.values()}.values(),
    *{type(cx.metric(i).statistic): i for i in QUERIES.values()}.values(),
}


@pytest.mark.parametrize(
    "metric_id",
    [pytest.param(i, marks=[] if i in SHOWN else [pytest.mark.long]) for i in QUERIES.values()],
)
def test_the_sql_shown_gives_the_same_value(metric_id):
    """The text alone, run on the worked example's rows under their canonical names."""
    metric = cx.metric(metric_id)
    if isinstance(metric.statistic, ShrunkMean):
        pytest.skip("drawn towards the team's by Python: the SQL gives the plain value")
    period, by = asked(metric)
    now = clock(metric.example.as_of)
    rows = connection_of(metric).execute(metric_sql(metric, now, period=period, by=by)).df()
    for name in rows.columns.intersection(list(metric.example.group)):
        rows = rows[rows[name].astype(str) == metric.example.group[name]]
    if isinstance(metric.statistic, Fitted):
        cells = rows.sort_values(list(metric.statistic.cells), ignore_index=True)
        assert metric.statistic.fit(cells).value == close(metric)
    else:
        assert rows["value" if "value" in rows else "net__backlog"].item() == close(metric)


def asked(metric):
    """The example's period and groups; a period among the groups is asked for by name."""
    example = metric.example
    every = [name for name in example.group if name in EVERY]
    period = example.group[every[0]] if every else example.period
    return period, ",".join(n for n in example.by.split(",") if n not in EVERY) or None


def connection_of(metric):
    """A database with the example's tables; those it does not have are empty."""
    tables = example_tables(metric)
    connection = duckdb.connect()
    for name, spec in TABLES.items():
        if name in tables:
            connection.register(f"{name}_rows", tables[name].to_pyarrow())
            connection.execute(f"create table {name} as select * from {name}_rows")
        else:
            columns = ", ".join(f'"{c.name}" {_sql_type(c.kind)}' for c in spec.columns)
            connection.execute(f"create table {name} ({columns})")
    return connection


def _sql_type(kind):
    types = {"instant": "timestamp", "integer": "bigint", "number": "double", "boolean": "boolean"}
    return types.get(kind, "varchar")


@pytest.mark.parametrize("metric_id", ["frt", "esc", "csat", "churn", "ret_km_12"])
def test_the_sql_names_nothing_but_canonical_tables_and_its_own_steps(metric_id):
    tree = sqlglot.parse_one(metric_sql(cx.metric(metric_id)), dialect="duckdb")
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    assert {t.name for t in tree.find_all(exp.Table)} - steps <= set(TABLES)


def test_the_sql_of_a_metric_is_short_where_the_metric_is_simple():
    assert "escalations" not in metric_sql(cx.metric("frt"))
    assert "replication" not in metric_sql(cx.metric("frt"))


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
