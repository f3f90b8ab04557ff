"""What holds for every declared table: rows survive, bad rows are named, looking back cuts."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from babel.core import get_global

from cxlab.errors import InputError
from cxlab.tables import TABLES, Kind, Tables, complete
from cxlab.tables.catalogue import CURRENCIES

NAMES = list(TABLES)
START = datetime(2024, 3, 1, 9, tzinfo=UTC)
EARLY, LATE = datetime(1999, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

# What a value of its kind alone would get wrong.
FITTING = {
    "surveys": {"instrument": "csat", "scale_min": 1, "scale_max": 5, "score": 4.5},
    "sla_targets": {"pauses_on": "pending, hold"},
    "schedules": {"tz": "Asia/Kolkata", "start": "09:00", "end": "24:00"},
    "schedule_exceptions": {"kind": "closed", "start": "00:00", "end": "12:30"},
    "customers": {"tz": "Europe/Berlin", "currency": "EUR"},
}


def value(column, place, row):
    """A value of the column's kind; instants ascend from column to column."""
    match column.kind:
        case Kind.INSTANT:
            return START + timedelta(hours=place, days=100 * row, microseconds=1)
        case Kind.DATE:
            return (START + timedelta(days=place)).date().isoformat()
        case Kind.INTEGER:
            return 3 + row
        case Kind.NUMBER:
            return 0.25 + 0.5 * row
        case Kind.BOOLEAN:
            return row == 0
        case _:
            return column.values[row] if column.values else f"{column.name} {row} é\n'\",;"


def rows(name, *, full, n=2):
    columns = [c for c in TABLES[name].columns if full or not c.optional]
    made = [{c.name: value(c, p, row) for p, c in enumerate(columns)} for row in range(n)]
    fitting = {k: v for k, v in FITTING.get(name, {}).items() if k in made[0]}
    return [r | fitting for r in made]


def loaded(name, given):
    return Tables.from_frames({name: pd.DataFrame(given)})


def plain(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


# Of whole tables ten, of required columns alone five here, all with `make validate`.
WHOLE = ("tickets", "messages", "surveys", "customers", "subscriptions", "transactions",
         "usage_events", "schedules", "schedule_exceptions", "costs")  # fmt: skip
SPARSE = ("tickets", "surveys", "schedule_exceptions", "transactions", "entitlements")


def _some(name, full):
    here = WHOLE if full else SPARSE
    kind = "full" if full else "minimal"
    marks = [] if name in here else [pytest.mark.long]
    return pytest.param(name, full, id=f"{name}-{kind}", marks=marks)


@pytest.mark.parametrize(
    ("name", "full"), [_some(n, full) for full in (True, False) for n in NAMES]
)
def test_rows_come_back_equal_from_every_format(tmp_path, name, full):
    given = rows(name, full=full)
    made = loaded(name, given)
    assert made.quarantine.empty
    kinds = {c.name: c.kind for c in TABLES[name].columns}
    for row, back in zip(given, plain(made.frame(name)), strict=True):
        for column, expected in row.items():
            if kinds[column] is Kind.DATE:
                expected = pd.Timestamp(expected)
            assert back[column] == expected, column
        assert all(v is None for c, v in back.items() if c not in row)
    for form in ("parquet", "csv", "duckdb"):
        made.write(tmp_path / form, format=form)
        again = Tables.read(tmp_path / form)
        pd.testing.assert_frame_equal(again.frame(name), made.frame(name))
        assert again.given_columns(name) == tuple(c for c in kinds if c in given[0])


def outside(column):
    return {f"{column} is outside the years 1900 to 2199": {column: NEVER}}


def before(first, second):
    return {f"{second} is before {first}": {second: EARLY}}


def negative(column):
    return {f"{column} is negative": {column: -1}}


ZONE = {"tz is no IANA time zone": {"tz": "Europe/Berln"}}
HOURS = {
    "start is not a clock time HH:MM": {"start": "24:00"},
    "end is not a clock time HH:MM up to 24:00": {"end": "24:01"},
    "end is not after start (split hours across midnight in two)": {
        "start": "22:00",
        "end": "06:00",
    },
}

# For every rule of every table a row made to break it; the reasons are those of the quarantine.
BREAKS = {
    "tickets": outside("created_at")
    | before("created_at", "first_reply_at")
    | before("created_at", "first_human_reply_at")
    | before("created_at", "answered_at")
    | before("created_at", "abandoned_at")
    | before("created_at", "first_solved_at")
    | before("created_at", "last_solved_at")
    | {
        "answered_at is before queued_at": {"queued_at": LATE, "abandoned_at": None},
        "abandoned_at is before queued_at": {"queued_at": LATE, "answered_at": None},
    }
    | negative("n_solves")
    | negative("n_reopens")
    | negative("n_public_agent_replies")
    | negative("n_customer_messages")
    | negative("n_contacts")
    | negative("service_target_s"),
    "messages": {"polarity is outside −1 to 1": {"polarity": -1.5}},
    "surveys": {
        "score is outside its scale": {"score": 11, "scale_min": 0, "scale_max": 10},
        "scale_max is not above scale_min": {"scale_min": 5, "score": None},
        "an nps has a scale other than 0 to 10": {"instrument": "nps", "scale_max": 11},
        "a ces has a version other than ces_1 and ces_2": {"instrument": "ces"},
        "a ces has no version": {"instrument": "ces", "version": None},
    }
    | negative("weight")
    | before("sent_at", "answered_at"),
    "agents": before("hired_at", "left_at") | negative("fte") | negative("hourly_cost"),
    "shifts": before("start", "end"),
    "operations": outside("at"),
    "sla_targets": {
        "target_s is not above 0": {"target_s": 0},
        "pauses_on is not a list of statuses": {"pauses_on": "pending hold"},
        "valid_to is not after valid_from": {"valid_to": EARLY},
    },
    "schedules": ZONE
    | {"weekday is not 0 to 6": {"weekday": 7}}
    | HOURS
    | {"valid_to is not after valid_from": {"valid_from": "2024-05-01", "valid_to": "2024-05-01"}},
    "schedule_exceptions": HOURS
    | {
        "kind is open but start or end is empty": {"kind": "open", "start": None},
        "only one of start and end is given": {"kind": "closed", "end": None},
    },
    "customers": outside("acquired_at") | ZONE,
    "stakeholders": outside("last_contact_at"),
    "subscriptions": outside("started_at")
    | outside("ended_at")
    | outside("renewed_at")
    | before("started_at", "ended_at")
    | before("started_at", "due_at")
    | before("started_at", "renewed_at")
    | negative("mrr")
    | negative("seats"),
    "mrr_movements": outside("at") | negative("amount"),
    "milestones": outside("at"),
    "transactions": outside("at")
    | {"amount is negative but is_refund is false": {"amount": -5, "is_refund": False}},
    "costs": outside("period_start") | outside("period_end") | before("period_start", "period_end"),
    "referrals": outside("at") | outside("closed_at") | before("at", "closed_at"),
    "advocacy_acts": outside("at"),
    "campaigns": outside("issued_at")
    | outside("redeemed_at")
    | before("issued_at", "expires_at")
    | before("issued_at", "redeemed_at"),
    "loyalty_members": outside("eligible_from")
    | outside("enrolled_at")
    | outside("left_at")
    | before("eligible_from", "enrolled_at")
    | before("enrolled_at", "left_at"),
    "usage_events": outside("at") | negative("n") | negative("duration_s"),
    "entitlements": outside("granted_at")
    | outside("revoked_at")
    | before("granted_at", "revoked_at")
    | negative("quantity"),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_sets_aside_the_row_that_breaks_it(name):
    breaks = BREAKS.get(name, {})
    assert set(breaks) == {r.reason for r in TABLES[name].rules}
    good = rows(name, full=True, n=1)[0]
    closed = {c.name for c in TABLES[name].columns if c.values}
    breaks = breaks | {f"{c} is none of": {c: "Nonesuch"} for c in closed}
    t = loaded(name, [good, *[good | change for change in breaks.values()]])
    assert len(t.frame(name)) == 1
    found = t.quarantined(name)["reason"].tolist()
    assert len(found) == len(breaks)
    for reason, expected in zip(found, breaks, strict=True):
        assert reason.startswith(expected)


@pytest.mark.parametrize("name", NAMES)
def test_equal_keys_are_set_aside_where_the_table_has_a_key(name):
    row = rows(name, full=False, n=1)[0]
    t = loaded(name, [row, row])
    assert len(t.frame(name)) == (1 if TABLES[name].key else 2)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_table_works_everywhere(tmp_path, name):
    t = loaded(name, {c: [] for c in TABLES[name].required})
    assert len(complete(t, START).frame(name)) == 0
    t.write(tmp_path / "o", format="csv")
    assert len(Tables.read(tmp_path / "o").frame(name)) == 0
    if len(TABLES[name].required) > 1:
        with pytest.raises(InputError, match=f"{name} lacks the column"):
            loaded(name, {TABLES[name].required[0]: []})


@pytest.mark.parametrize("name", NAMES)
def test_looking_back_shows_what_was_known_then(name):
    spec, row = TABLES[name], rows(name, full=True, n=1)[0]
    t = loaded(name, [row])
    tick = timedelta(microseconds=1)
    if not spec.known_from:
        assert len(complete(t, datetime(1990, 1, 1, tzinfo=UTC)).frame(name)) == 1
    else:
        known = row[spec.known_from[0]]
        assert len(complete(t, known - tick).frame(name)) == 0
        assert len(complete(t, known).frame(name)) == 1
    for column in spec.columns:
        if column.known_with is not None:
            when = row[column.known_with]
            unknown = plain(complete(t, when - tick).frame(name))
            assert all(r[column.name] == column.until_then for r in unknown)
            assert plain(complete(t, when).frame(name))[0][column.name] == row[column.name]


def test_a_spell_that_ended_later_was_running_and_an_ended_one_stays_ended():
    def spell(i, ended, status):
        return {
            "subscription_id": i,
            "customer_id": i,
            "started_at": "2024-01-01T00:00:00Z",
            "ended_at": ended,
            "status": status,
            "churn_kind": None if ended is None else "voluntary",
        }

    t = loaded(
        "subscriptions",
        [
            spell("a", "2024-02-01T00:00:00Z", "ended"),
            spell("b", "2024-04-01T00:00:00Z", "ended"),
            spell("c", None, "paused"),
        ],
    )
    seen = plain(complete(t, START).frame("subscriptions"))
    assert [r["status"] for r in seen] == ["ended", "active", "paused"]
    assert [r["ended_at"] is None for r in seen] == [False, True, True]
    assert [r["churn_kind"] for r in seen] == ["voluntary", None, None]


def test_a_ces_needs_a_version_even_where_the_file_has_no_such_column():
    row = rows("surveys", full=False, n=1)[0] | {"instrument": "ces"}
    assert loaded("surveys", [row]).quarantine["reason"].tolist() == ["a ces has no version"]
    for version in ("ces_1", "ces_2"):
        assert loaded("surveys", [row | {"version": version}]).quarantine.empty


def test_a_currency_that_is_no_code_is_named_with_the_nearest():
    row = rows("transactions", full=False, n=1)[0] | {"currency": "EURO"}
    (reason,) = loaded("transactions", [row]).quarantine["reason"]
    assert "none of AED, AFN, ALL, … (" in reason
    assert "did you mean 'EUR'" in reason


def test_the_currencies_are_those_in_use_by_cldr():
    used = {
        code
        for spells in get_global("territory_currencies").values()
        for code, _, end, legal_tender in spells
        if end is None and legal_tender
    }
    # Lists differ by the year of their release; a handful of codes come and go in one.
    assert len(used ^ set(CURRENCIES)) <= 4
    assert len(set(CURRENCIES)) == len(CURRENCIES)


def test_rows_of_a_customer_who_is_not_in_the_table_of_customers():
    customers = pd.DataFrame({"customer_id": ["a"]})
    for name in ("subscriptions", "transactions", "campaigns", "milestones", "usage_events"):
        given = rows(name, full=False)
        given[0]["customer_id"] = "a"
        t = Tables.from_frames({"customers": customers, name: pd.DataFrame(given)})
        assert t.frame(name)["customer_id"].tolist() == ["a"]
        assert t.quarantine["reason"].tolist() == ["no such customer_id in customers"]


@pytest.mark.parametrize(
    ("days", "reads"),
    [
        (["2024-02-29", "2024-12-31"], True),
        (pd.to_datetime(["2024-02-29", "2024-12-31"]), True),
        (pd.to_datetime(["2024-02-29", "2024-12-31"]).date, True),
        (["2024-02-30", "2024-12-31"], False),
        (["2024-02-29T00:00:00Z", "2024-12-31"], False),
        (pd.to_datetime(["2024-02-29 09:00", "2024-12-31 00:00"]), False),
    ],
)
def test_days_of_the_calendar(days, reads):
    frame = pd.DataFrame({"schedule_id": ["s", "s"], "date": days, "kind": ["closed", "closed"]})
    t = Tables.from_frames({"schedule_exceptions": frame})
    last = pd.Timestamp("2024-12-31")
    got = t.frame("schedule_exceptions")["date"]
    assert str(got.dtype) == "datetime64[us]"
    assert got.tolist() == ([pd.Timestamp("2024-02-29"), last] if reads else [last])
    if not reads:
        assert t.quarantine["reason"].iloc[0].startswith("date is not a day (YYYY-MM-DD)")


def test_a_day_with_a_zone_is_refused():
    zoned = pd.to_datetime(["2024-02-29"]).tz_localize("UTC")
    frame = pd.DataFrame({"schedule_id": ["s"], "date": zoned, "kind": ["closed"]})
    with pytest.raises(InputError, match=r"column 'date' \(date\) has a type it cannot have"):
        Tables.from_frames({"schedule_exceptions": frame})
