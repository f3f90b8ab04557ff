"""Figures side by side, and exercises that must not teach something wrong."""

import pytest

from cxlab.errors import InputError, RunError
from cxlab.lessons import exercise, figures, readings, refused, results, worked
from cxlab.theory import erlang_c

ANSWER = {"question": "2 of 4?", "unit": "share", "because": "2 ÷ 4."}


def test_figures_keep_order_limits_and_cases():
    rows = figures("Share", "share", {"a": 0.5, "b": 0.25}, low=[0.1, 0.2], high=[0.9, 0.3],
                   n=[4, 8])  # fmt: skip
    assert rows[["reading", "value", "low", "high", "n"]].values.tolist() == [
        ["a", 0.5, 0.1, 0.9, 4], ["b", 0.25, 0.2, 0.3, 8],
    ]  # fmt: skip


def test_figures_refuse_an_unknown_unit_and_too_few_limits():
    with pytest.raises(InputError, match="unknown unit"):
        figures("Share", "percent", {"a": 0.5})
    with pytest.raises(InputError, match="limits of figures"):
        figures("Share", "share", {"a": 0.5, "b": 0.1}, low=[0.1], high=[0.9])


def test_results_leave_out_columns_without_a_word():
    rows = readings({"now": figures("Wait", "s", {"all": 60.0}, n=3)})
    block = results(rows, by="reading", caption="Waits")
    assert block.words == "Waits\nWait, now, all  1.0 min  3"
    assert "Pending" not in str(block.body)
    assert "95 %" not in str(block.body)


def test_an_exercise_refuses_a_wrong_solution():
    with pytest.raises(RunError, match="differ"):
        exercise(**ANSWER, by_hand=0.5, measured=0.51)


@pytest.mark.parametrize(("given", "said"), [(0.5, "Right."), (0.5024, "Right."),
                                             (0.5026, "Not yet"), (50, "Not yet")])  # fmt: skip
def test_an_exercise_allows_rounding_by_half_a_percent(given, said):
    assert f"\n{said}" in exercise(**ANSWER, by_hand=0.5, measured=0.5, given=given).words


def test_a_worked_step_refuses_a_wrong_value():
    step = {"unit": "s", "because": "ρ ÷ (1 − ρ) · 6 minutes."}
    assert (
        "By hand: 24.0 min. cxlab: 24.0 min."
        in worked("Wait", by_hand=1440, measured=1440.0, **step).words
    )
    with pytest.raises(RunError, match="Wait by hand and by cxlab differ"):
        worked("Wait", by_hand=1440, measured=1441, **step)


def test_a_limit_that_is_none_is_not_told():
    over = {"calls_per_hour": 10, "handle_s": 360, "agents": 1}
    assert "no steady state" in refused("Load 1", erlang_c, **over).words
    with pytest.raises(RunError, match="not refused"):
        refused("Load 1/2", erlang_c, **over | {"agents": 2})
