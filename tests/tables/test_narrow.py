"""Queries without the columns nobody asks for give the same rows; steps hold what was asked."""

import ibis
import ibis.expr.operations as ops
import pandas as pd
import pytest

from cxlab.tables import narrow
from cxlab.tables.dialects import many_queries
from cxlab.tables.narrow import Steps, narrowed
from cxlab.tables.sources import connect


@pytest.fixture
def rows():
    frame = pd.DataFrame(
        {"k": [1, 1, 2, 3, 3], "a": [5, 5, None, 7, 8], "b": list("xxyzz"), "c": [1.5] * 5}
    )
    return connect().create_table("rows", frame)


def wide(rows):
    return rows.mutate(d=rows.a + 1, e=rows.b + "!", f=rows.c * 2)


def _filtered(rows):
    step = wide(rows)
    return step.filter(step.d > 5).select("k", "e")


def _joined(rows):
    left, right = wide(rows), wide(rows).select("k", "f", other="d").distinct()
    return left.left_join(right, left.k == right.k).select("b", "other")


def _distinct(rows):
    return wide(rows).select("k", "b", "c").distinct().select("k")


def _united(rows):
    step = wide(rows)
    return ibis.union(step, step.filter(step.k > 1)).select("e", "k")


def _united_distinct(rows):
    step = wide(rows).select("k", "b", "d")
    return ibis.union(step, step, distinct=True).select("k")


def _grouped(rows):
    step = wide(rows)
    found = step.group_by("k").aggregate(n=step.count(), top=step.d.max(), last=step.e.max())
    return found.filter(found.n > 0).select("top")


def _windowed(rows):
    step = wide(rows)
    place = ibis.row_number().over(group_by=step.k, order_by=[step.a, step.b])
    return step.mutate(place=place).filter(lambda t: t.place == 0).drop("c", "f", "a")


def _inside(rows):
    step = wide(rows)
    return step.filter(step.k.isin(step.filter(step.d > 6).select("k").k)).select("b")


def _scalar(rows):
    step = wide(rows)
    return step.filter(step.d == step.d.max().as_scalar()).select("e")


def _counted(rows):
    step = wide(rows).drop("k")
    return step.aggregate(n=step.count(), same=step.nunique())


def _sorted(rows):
    step = wide(rows)
    return step.order_by([step.a.desc(), step.b]).limit(3).select("k")


SHAPES = [_filtered, _joined, _distinct, _united, _united_distinct, _grouped, _windowed, _inside,
          _scalar, _counted, _sorted]  # fmt: skip


def answer(query):
    frame = query.to_pandas()
    return frame.sort_values(list(frame.columns), ignore_index=True)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
def test_the_answer_is_the_same(rows, shape):
    query = shape(rows)
    pd.testing.assert_frame_equal(answer(narrowed(query)), answer(query))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
def test_a_step_kept_as_a_table_gives_the_same_answer(rows, shape):
    steps = Steps()
    place = steps.later(wide(rows).select("k", "a", "b", "c"))
    (ready,) = steps.ready([shape(place)])
    expected = answer(shape(rows))
    pd.testing.assert_frame_equal(answer(ready), expected)
    pd.testing.assert_frame_equal(answer(Steps().inlined(shape(rows))), expected)


def test_columns_that_nobody_asks_for_are_not_written(rows):
    with many_queries():
        before, written = (ibis.to_sql(q) for q in (_filtered(rows), narrowed(_filtered(rows))))
    assert '"c"' in before
    assert '"c"' not in written
    assert '"f"' not in written


@pytest.fixture
def made(monkeypatch):
    """The columns of every temporary table that was made."""
    columns = []

    def kept(rows):
        columns.append(list(rows.columns))
        return rows.cache()

    monkeypatch.setattr(narrow, "kept", kept)
    return columns


def test_a_step_holds_what_the_queries_of_one_question_ask_for(rows, made):
    steps = Steps()
    first = steps.later(wide(rows))
    second = steps.later(first.mutate(g=first.d + first.k))
    asked = [second.aggregate(x=second.g.sum()), second.aggregate(y=second.e.max())]
    ready = steps.ready(asked)
    assert made == [["k", "d", "e"], ["e", "g"]]
    assert [q.to_pandas().iloc[0, 0] for q in ready] == [37.0, "z!"]
    steps.ready(asked)
    assert len(made) == 2  # asked again, nothing is made again


def test_a_step_that_lacks_a_column_is_kept_anew_with_all_of_them(rows, made):
    steps = Steps()
    place = steps.later(wide(rows))
    steps.ready([place.select("k")])
    (ready,) = steps.ready([place.select("b")])
    assert made == [["k"], list("kabcdef")]
    assert sorted(ready.to_pandas()["b"]) == list("xxyzz")


def test_a_step_that_nobody_asks_for_is_no_table(rows, made):
    steps = Steps()
    steps.later(wide(rows))
    place = steps.later(rows)
    steps.ready([place.select("k")])
    assert made == [["k"]]


def test_a_question_asked_once_makes_no_table(rows, made):
    steps = Steps()
    first = steps.later(wide(rows))
    second = steps.later(first.filter(first.k > 1))
    query = steps.inlined(second.aggregate(x=second.d.max()))
    assert query.to_pandas()["x"].item() == 9
    assert made == []


def test_a_question_asked_once_looks_behind_a_table_that_holds_less(rows, made):
    steps = Steps()
    place = steps.later(wide(rows))
    steps.ready([place.select("k")])
    assert steps.inlined(place.aggregate(x=place.d.max())).to_pandas()["x"].item() == 9
    assert made == [["k"]]


def test_a_place_that_is_not_filled_in_cannot_be_run(rows):
    with pytest.raises(ibis.common.exceptions.IbisError, match="unbound"):
        Steps().later(rows).select("k").to_pandas()


def test_types_are_those_the_query_promised(rows):
    steps = Steps()
    place = steps.later(rows.mutate(small=ibis.literal(1, "int8"), many=rows.k.sum().over()))
    (ready,) = steps.ready([place.select("small", "many")])
    assert ready.schema() == place.select("small", "many").schema()
    assert ready.op().find(ops.DatabaseTable)
