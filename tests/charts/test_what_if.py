"""Pictures that follow sliders: their specification, their words, their data."""

from __future__ import annotations

import nbformat
import pytest

import cxlab as cx
from cxlab import charts
from cxlab.charts.renderer import MIME
from cxlab.errors import InputError
from tests.report.helpers import small_scenario

AGENTS, CALLS = "team.shifts.0.agents", "channels.phone.arrivals_per_hour"
SLIDERS = ["set_team_shifts_0_agents", "set_channels_phone_arrivals_per_hour"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    desk = cx.Scenario.load(small_scenario(tmp_path_factory.mktemp("desk")))
    ranges = {AGENTS: (1, 4), CALLS: ("x0.8", "x1.4")}
    return cx.what_if(desk, ranges, "frt,abandonment", levels=4, replications=2)


@pytest.fixture(scope="module")
def specs(found):
    drawn = {
        "readings": charts.what_if_readings(found),
        "map": charts.what_if_map(found, "abandonment"),
        "curve": charts.what_if_curve(found, "abandonment", CALLS),
    }
    return {name: chart._repr_mimebundle_()[MIME] for name, chart in drawn.items()}


@pytest.mark.parametrize("name", ["readings", "map", "curve"])
def test_sliders_are_bound_inputs_and_say_their_key(specs, name):
    params = [p for p in specs[name]["params"] if "bind" in p]
    assert [p["name"] for p in params] == SLIDERS
    agents, calls = (p["bind"] for p in params)
    assert (agents["input"], agents["min"], agents["max"], agents["step"]) == ("range", 1, 4, 1)
    assert agents["name"] == "team: agents, Mon–Fri 08:00 to 18:00"
    assert calls["name"] == "phone: arrivals per hour (times)"
    assert [p["value"] for p in params] == [2, 1]


@pytest.mark.parametrize("name", ["readings", "map", "curve"])
def test_words_and_table_say_what_is_shown_at_first(specs, found, name):
    spec = specs[name]
    assert "phone: arrivals per hour × 1" in spec["description"] or name == "curve"
    assert "Abandonment rate" in spec["description"]
    assert len(spec["usermeta"]["cxlab_table"]["rows"]) == 16
    assert "nan" not in str(spec["description"]).lower()
    assert "#" not in str({k: v for k, v in spec.items() if k != "config"})
    bundle = {MIME: spec, "text/plain": spec["description"]}
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=bundle)])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_all_pictures_carry_the_same_data_under_one_name(specs):
    large = [
        {name for name, rows in spec["datasets"].items() if len(rows) == 100}
        for spec in specs.values()
    ]
    assert large[0] == large[1] == large[2]
    assert len(large[0]) == 1


def test_readings_are_read_out(specs):
    assert specs["readings"]["usermeta"]["cxlab_live"] is True
    assert "cxlab_live" not in specs["map"]["usermeta"]


def test_axes_carry_their_unit(specs):
    assert "'title': 'Abandonment rate (%)'" in str(specs["map"])
    assert "'title': 'Abandonment rate (%)'" in str(specs["curve"])


def test_what_is_no_metric_or_key_is_refused(found):
    with pytest.raises(InputError, match="did you mean 'abandonment'"):
        charts.what_if_map(found, "abandonmen")
    with pytest.raises(InputError, match="the key does not vary"):
        charts.what_if_curve(found, "frt", "seed")
    with pytest.raises(InputError, match="two keys"):
        charts.what_if_map(found, "frt", x=AGENTS, y=AGENTS)


def test_one_key_has_curves_and_no_map(found):
    one = cx.what_if(found.scenario, {CALLS: ("x0.8", "x1.4")}, "abandonment", levels=5,
                     replications=2)  # fmt: skip
    assert len(cx.report.what_if_pictures(one)) == 1
    with pytest.raises(InputError, match="two keys"):
        charts.what_if_map(one, "abandonment")
