"""Numbers print as people read them; errors say what, given, expected, nearest."""

import math

import pytest

from cxlab.errors import InputError, nearest
from cxlab.units import convert_key, format_interval, format_value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "s", "0.0 s"),
        (40.7733, "s", "40.8 s"),
        (59.96, "s", "1.0 min"),
        (90.0, "s", "1.5 min"),
        (3599.0, "s", "1.0 h"),
        (79560.0, "s", "22.1 h"),
        (48 * 3600.0, "s", "2.0 d"),
        (-90.0, "s", "−1.5 min"),
        (0.127325, "share", "12.7 %"),
        (24918, "count", "24,918"),
        (2.5, "count", "2.5"),
        (4.163, "points", "4.16"),
        (math.nan, "s", "–"),
        (math.inf, "s", "∞"),
    ],
)
def test_values_print_as_people_read_them(value, unit, text):
    assert format_value(value, unit) == text


def test_signs_are_words_of_direction():
    assert format_value(90.0, "s", signed=True) == "+1.5 min"
    assert format_interval(math.nan, math.nan, "s") == ""
    assert format_interval(math.nan, 60.0, "s") == "– to 1.0 min"


def test_a_unit_in_a_key_converts_and_an_unknown_one_is_refused():
    assert convert_key("at_most_days", "at_most", "s") == 86400.0
    with pytest.raises(InputError, match="did you mean 'at_most_hours'"):
        convert_key("at_most_hour", "at_most", "s")
    with pytest.raises(InputError, match="takes no unit"):
        convert_key("at_most_hours", "at_most", "count")


def test_an_error_has_its_four_parts_in_order():
    error = InputError("unknown column", given="chanel", known=["channel", "topic"])
    assert str(error) == (
        "unknown column: given 'chanel'; expected one of channel, topic; did you mean 'channel'?"
    )
    assert error.exit_code == 2


def test_hostile_values_are_quoted_and_cut():
    text = str(InputError("bad", given="x" * 10_000))
    assert len(text) < 300
    assert text.endswith("...")


def test_nothing_near_gives_no_hint():
    assert nearest("zzz", ["frt", "art"]) is None
