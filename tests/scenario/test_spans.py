"""Parts of the week in words."""

from cxlab.scenario.spans import week_spans


def test_half_hours_by_hand() -> None:
    assert week_spans([], minutes=30) == []
    assert week_spans([0, 1, 3, 335], minutes=30) == [
        "Mon 00:00–01:00", "Mon 01:30–02:00", "Sun 23:30–24:00",
    ]  # fmt: skip
    assert week_spans([20, 68, 164], minutes=30) == ["Mon–Tue, Thu 10:00–10:30"]


def test_hours_of_weekdays_are_one_span() -> None:
    eight = [day * 24 + 8 for day in range(5)]
    assert week_spans(eight, minutes=60) == ["Mon–Fri 08:00–09:00"]
    assert week_spans([*eight, *(h + 1 for h in eight)], minutes=60) == ["Mon–Fri 08:00–10:00"]
