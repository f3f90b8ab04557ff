"""The loop of the compiled engine. Read `cxlab.sim.desk` first: the rules stand there.

Numba compiles this file once and keeps the machine code; it holds nothing but loops over arrays
of records. Records are linked by place; −1 is nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from cxlab.sim import openings

__all__ = [
    "AGENT",
    "BENCH",
    "CONTACT",
    "HELPER",
    "LINE",
    "NOBODY",
    "OPENING",
    "PRIORITIES",
    "ROW",
    "STATE",
    "STEP",
    "TASK",
    "TIERS",
    "Desk",
    "play",
]

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]
Records = Any  # an array of records, whose fields mypy does not know
Record = Any  # one row of it
Place = Any  # a whole number of any width
Function = TypeVar("Function", bound=Callable[..., Any])

TIERS = 3
PRIORITIES = 4
NOBODY = -1
GAVE_UP = 1
TURNED_AWAY = 2

# Nothing is allocated here: without Numba's reference counting the code is smaller and faster.
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(function: Function) -> Function:
    """Have Numba compile a function."""
    made: Any = njit(**_OPTIONS)
    return cast(Function, made(function))


def part(function: Function) -> Function:
    """Have Numba compile a function into those that call it."""
    made: Any = njit(**_OPTIONS, forceinline=True)
    return cast(Function, made(function))


last_opening = part(openings.last_opening)
is_open = part(openings.is_open)
calls_at = part(openings.calls_at)


def _record(**kinds: str) -> np.dtype[Any]:
    return np.dtype(list(kinds.items()), align=True)


CONTACT = _record(
    patience="f8", return_after="f8", redial_after="f8", joined="f8", left="f8", queued="f8",
    first_step="i4", end_step="i4", request="i4", line="i4", queue_class="i4", row="i4",
    step="i4", next="i4", prev="i4",
    exit="i1", leaves_number="b1", waiting="b1", answered="b1", inside="b1",
)  # fmt: skip
"""Drawn, then what happened (joined, left, exit), then where it stands: its step and its queue
row, its neighbours there, since when it waits."""

STEP = _record(
    work="f8", queued="f8", answered="f8", resumed="f8", ended="f8", first_agent="i4", agent="i4"
)
"""The work (what is left of it, after a hand-back), and what happened."""

AGENT = _record(
    speed="f8", hired_s="f8", ramp_s="f8", ramp_speed="f8", came="f8", changed="f8",
    settled="f8", done="f8", team="i4", held="i4", seat="i4", next="i4", prev="i4",
    busy_place="i4", on_duty="b1",
)  # fmt: skip
"""How fast, since when, with how many contacts in hand; the bench and the neighbours there; the
place in the heap of those at work."""

TASK = _record(left="f8", since="f8", contact="i4", step="i4")
BENCH = _record(head="i4", tail="i4")
"""Free agents, one list for every team and number of contacts in hand."""
ROW = _record(queue_class="i4", line="i4", queue="i4", head="i4", tail="i4")
"""Waiting contacts, one list for every channel, tier and priority."""
LINE = _record(
    slowdown="f8", room="f8", inside="i8", concurrency="i4", opening="i4", openings="i4",
    hand_back="b1",
)  # fmt: skip
HELPER = _record(after="f8", team="i4")
OPENING = _record(opens="f8", closes="f8")
STATE = _record(
    horizon="f8", ageing="f8", busy="i8", seated="i8", waiting="i8", joined="i8", handed="i8",
    duties="i8",
)  # fmt: skip


class Heap(NamedTuple):
    """Times with what is due then; wide enough for all that can be in it at once."""

    times: npt.NDArray[np.float64]
    whats: npt.NDArray[np.int32]
    size: npt.NDArray[np.int64]  # (1,)


class Desk(NamedTuple):
    """The desk as arrays of records: see the types above."""

    contacts: Records
    steps: Records
    agents: Records
    tasks: Records  # (agents, most in hand)
    benches: Records  # (teams, most in hand)
    rows: Records
    lines: Records
    helpers: Records
    helper_start: npt.NDArray[np.int64]  # by queue: line × TIERS + tier
    openings: Records
    busy: npt.NDArray[np.int32]  # heap of the agents at work, by when they are done with a task
    later: Heap  # contacts to come; −1: somebody else may take a waiting one from then on
    limits: Heap  # contacts whose patience ends
    joined: npt.NDArray[np.int32]  # who joined a queue in this instant
    handed: npt.NDArray[np.float64]  # (h, 4) step, agent, from, to
    duties: npt.NDArray[np.float64]  # (d, 3) agent, from, to
    state: Records  # (1,)


# --- a heap of (time, what), for what comes later --------------------------------------------


@part
def push(heap: Heap, time: float, what: int) -> None:
    times, whats, size = heap.times, heap.whats, heap.size[0]
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if times[above] <= time:
            break
        times[place], whats[place] = times[above], whats[above]
        place = above
    times[place], whats[place] = time, what
    heap.size[0] = size + 1


@part
def drop_first(heap: Heap) -> None:
    times, whats, size = heap.times, heap.whats, heap.size[0] - 1
    time, what = times[size], whats[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[place], whats[place] = times[below], whats[below]
        place = below
    times[place], whats[place] = time, what
    heap.size[0] = size


@part
def first_time(heap: Heap) -> float:
    return heap.times[0] if heap.size[0] > 0 else np.inf


# --- agents at work: a heap in which entries move --------------------------------------------


@part
def rise(agents: Records, busy: Small, place: int, agent: int) -> None:
    time = agents[agent].done
    while place > 0:
        above = (place - 1) >> 1
        other = busy[above]
        if agents[other].done <= time:
            break
        busy[place] = other
        agents[other].busy_place = place
        place = above
    busy[place] = agent
    agents[agent].busy_place = place


@part
def sink(agents: Records, busy: Small, size: int, place: int, agent: int) -> None:
    time = agents[agent].done
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and agents[busy[below + 1]].done < agents[busy[below]].done:
            below += 1
        other = busy[below]
        if agents[other].done >= time:
            break
        busy[place] = other
        agents[other].busy_place = place
        place = below
    busy[place] = agent
    agents[agent].busy_place = place


@part
def move(agents: Records, busy: Small, size: int, place: int, agent: int, earlier: bool) -> None:
    if earlier:
        rise(agents, busy, place, agent)
    else:
        sink(agents, busy, size, place, agent)


@part
def set_done(desk: Desk, agent: int, time: float) -> None:
    """Say when an agent will next be done with something; inf for never."""
    agents, busy, state = desk.agents, desk.busy, desk.state[0]
    place, before = agents[agent].busy_place, agents[agent].done
    agents[agent].done = time
    if time < np.inf:
        if place == NOBODY:
            place, before = state.busy, np.inf
            state.busy += 1
        move(agents, busy, state.busy, place, agent, time < before)
    elif place != NOBODY:
        state.busy -= 1
        agents[agent].busy_place = NOBODY
        last = busy[state.busy]
        if last != agent:
            move(agents, busy, state.busy, place, last, agents[last].done < before)


# --- linked lists: of free agents on a bench, of contacts in a queue --------------------------


@part
def link(ends: Record, items: Records, before: Place, item: Place, after: Place) -> None:
    """Put an item between two neighbours of a list; NOBODY is an end of it."""
    items[item].prev, items[item].next = before, after
    if before == NOBODY:
        ends.head = item
    else:
        items[before].next = item
    if after == NOBODY:
        ends.tail = item
    else:
        items[after].prev = item


@part
def unlink(ends: Record, items: Records, item: Place) -> None:
    """Take an item out of its list."""
    before, after = items[item].prev, items[item].next
    if before == NOBODY:
        ends.head = after
    else:
        items[before].next = after
    if after == NOBODY:
        ends.tail = before
    else:
        items[after].prev = before


# --- benches ---------------------------------------------------------------------------------


@part
def has_hand_free(desk: Desk, agent: int) -> bool:
    one = desk.agents[agent]
    if not one.on_duty:
        return False
    for i in range(one.held):
        line = desk.contacts[desk.tasks[agent, i].contact].line
        if one.held >= desk.lines[line].concurrency:
            return False
    return True


@part
def sit(desk: Desk, agent: int) -> None:
    """Be there for work, if there is a hand free."""
    if not has_hand_free(desk, agent):
        return
    agents, one = desk.agents, desk.agents[agent]
    bench = desk.benches[one.team, one.held]
    before, after = bench.tail, np.int32(NOBODY)
    while before != NOBODY and (
        agents[before].changed > one.changed
        or (agents[before].changed == one.changed and before > agent)
    ):
        before, after = agents[before].prev, before
    link(bench, agents, before, agent, after)
    one.seat = one.held
    desk.state[0].seated += 1


@part
def stand(desk: Desk, agent: int) -> None:
    """No longer be there for work."""
    agents, one = desk.agents, desk.agents[agent]
    if one.seat == NOBODY:
        return
    unlink(desk.benches[one.team, one.seat], agents, agent)
    one.seat = NOBODY
    desk.state[0].seated -= 1


# --- what an agent has in hand ---------------------------------------------------------------


@part
def speed_of(one: Record, now: float) -> float:
    if one.ramp_s == 0.0:
        return float(one.speed)
    share = (now - one.hired_s) / one.ramp_s
    if share >= 1:
        return float(one.speed)
    return float(one.ramp_speed + (one.speed - one.ramp_speed) * share)


@part
def pace(desk: Desk, agent: int, i: int) -> float:
    line = desk.contacts[desk.tasks[agent, i].contact].line
    return float(1.0 + desk.lines[line].slowdown * (desk.agents[agent].held - 1))


@part
def settle(desk: Desk, agent: int, now: float) -> None:
    """Take off what was done since the hands last changed."""
    one = desk.agents[agent]
    elapsed = now - one.settled
    for i in range(one.held):
        left = desk.tasks[agent, i].left - elapsed / pace(desk, agent, i)
        desk.tasks[agent, i].left = left if left > 0.0 else 0.0
    one.settled = now


@part
def first_done(desk: Desk, agent: int) -> tuple[int, float]:
    """Return which task will be done first, and how long that takes."""
    first, shortest = NOBODY, np.inf
    for i in range(desk.agents[agent].held):
        lasts = desk.tasks[agent, i].left * pace(desk, agent, i)
        if first == NOBODY or lasts < shortest:
            first, shortest = i, lasts
    return first, shortest


@part
def go_on(desk: Desk, agent: int, now: float) -> None:
    """Work on; the task that will be done first says when."""
    first, shortest = first_done(desk, agent)
    set_done(desk, agent, np.inf if first == NOBODY else now + shortest)


@part
def put_down(desk: Desk, agent: int, i: int) -> None:
    """Take a task out of an agent's hands; the others keep their order."""
    one, tasks = desk.agents[agent], desk.tasks
    one.held -= 1
    for j in range(i, one.held):
        tasks[agent, j].left, tasks[agent, j].since = (
            tasks[agent, j + 1].left,
            tasks[agent, j + 1].since,
        )
        tasks[agent, j].contact = tasks[agent, j + 1].contact
        tasks[agent, j].step = tasks[agent, j + 1].step


@part
def take(desk: Desk, agent: int, contact: int, now: float) -> None:
    """Begin to work on a contact."""
    one, step = desk.agents[agent], desk.contacts[contact].step
    this = desk.steps[step]
    if this.first_agent == NOBODY:
        this.first_agent, this.answered = agent, now
    this.agent, this.resumed = agent, now
    stand(desk, agent)
    settle(desk, agent, now)
    task = desk.tasks[agent, one.held]
    task.contact, task.step, task.since = contact, step, now
    task.left = this.work / speed_of(one, now)
    one.held += 1
    one.changed = now
    go_on(desk, agent, now)
    sit(desk, agent)


# --- queues ----------------------------------------------------------------------------------


@part
def comes_before(one: Record, other: Record) -> bool:
    if one.queued != other.queued:
        return bool(one.queued < other.queued)
    return bool(one.request < other.request)


@part
def wait(desk: Desk, contact: int, step: int, queued: float, from_the_front: bool) -> None:
    """Put a contact into its queue, by time of queueing, then by request."""
    contacts, one = desk.contacts, desk.contacts[contact]
    one.step, one.queued = step, queued
    one.row = (one.line * TIERS + step - one.first_step) * PRIORITIES + one.queue_class % PRIORITIES
    row = desk.rows[one.row]
    if from_the_front:
        before, after = np.int32(NOBODY), row.head
        while after != NOBODY and comes_before(contacts[after], one):
            before, after = after, contacts[after].next
    else:
        before, after = row.tail, np.int32(NOBODY)
        while before != NOBODY and comes_before(one, contacts[before]):
            before, after = contacts[before].prev, before
    link(row, contacts, before, contact, after)
    one.waiting = True
    desk.state[0].waiting += 1


@part
def leave_queue(desk: Desk, contact: int) -> None:
    contacts, one = desk.contacts, desk.contacts[contact]
    unlink(desk.rows[one.row], contacts, contact)
    one.waiting = False
    desk.state[0].waiting -= 1


@part
def leave_room(desk: Desk, contact: int) -> None:
    one = desk.contacts[contact]
    if one.inside:
        one.inside = False
        desk.lines[one.line].inside -= 1


@part
def free_agent(desk: Desk, row: Record, queued: float, now: float) -> int:
    """Return who takes the contact at the head of a queue."""
    for i in range(desk.helper_start[row.queue], desk.helper_start[row.queue + 1]):
        helper = desk.helpers[i]
        if helper.after > 0 and now < queued + helper.after:
            continue
        for held in range(desk.lines[row.line].concurrency):
            first = desk.benches[helper.team, held].head
            if first != NOBODY:
                return int(first)
    return NOBODY


@part
def dispatch(desk: Desk, now: float) -> None:
    """Give waiting contacts to free agents until none fits another."""
    state = desk.state[0]
    while state.seated > 0 and state.waiting > 0:
        best, chosen, best_first = NOBODY, NOBODY, np.inf
        for i in range(len(desk.rows)):
            row = desk.rows[i]
            if row.head == NOBODY:
                continue
            head = desk.contacts[row.head]
            first = float(row.queue_class)
            if state.ageing > 0:
                first = head.queued + row.queue_class * state.ageing
            if best != NOBODY and (
                first > best_first
                or (first == best_first and comes_before(desk.contacts[best], head))
            ):
                continue
            agent = free_agent(desk, row, head.queued, now)
            if agent != NOBODY:
                best, chosen, best_first = row.head, agent, first
        if best == NOBODY:
            return
        leave_queue(desk, best)
        desk.contacts[best].answered = True
        leave_room(desk, best)
        take(desk, chosen, best, now)


# --- customers -------------------------------------------------------------------------------


@part
def may_call(desk: Desk, line: int, time: float) -> bool:
    a, n = desk.lines[line].opening, desk.lines[line].openings
    if n == 0:
        return True
    opens, closes = desk.openings[a : a + n].opens, desk.openings[a : a + n].closes
    return is_open(closes, last_opening(opens, time), time)


@part
def comes_again(desk: Desk, contact: int, pause: float, now: float) -> None:
    """Let a customer come back after a pause, with the next contact."""
    if pause == np.inf:
        return
    line = desk.lines[desk.contacts[contact].line]
    time, a, n = now + pause, line.opening, line.openings
    if n > 0:
        opens, closes = desk.openings[a : a + n].opens, desk.openings[a : a + n].closes
        time = calls_at(opens, closes, last_opening(opens, time), time)
    push(desk.later, time, contact + 1)


@part
def goes(desk: Desk, contact: int, exit: int, now: float) -> None:
    """Let a customer leave unanswered, perhaps to try again."""
    one = desk.contacts[contact]
    if one.waiting:
        leave_queue(desk, contact)
    leave_room(desk, contact)
    one.left, one.exit = now, exit
    comes_again(desk, contact, one.redial_after, now)


@part
def look_again(desk: Desk, contact: int, now: float) -> None:
    """Look at a waiting contact again when another team may take it."""
    one = desk.contacts[contact]
    queue = desk.rows[one.row].queue
    for i in range(desk.helper_start[queue], desk.helper_start[queue + 1]):
        after = desk.helpers[i].after
        if after > 0 and one.queued + after > now:
            push(desk.later, one.queued + after, NOBODY)


@part
def get_in_touch(desk: Desk, contact: int, now: float) -> None:
    """Join the queue now."""
    one, state = desk.contacts[contact], desk.state[0]
    one.joined = now
    desk.steps[one.first_step].queued = now
    if not may_call(desk, one.line, now):
        goes(desk, contact, TURNED_AWAY, now)
        return
    one.inside = True
    desk.lines[one.line].inside += 1
    wait(desk, contact, one.first_step, now, False)
    look_again(desk, contact, now)
    desk.joined[state.joined] = contact
    state.joined += 1


@part
def finish(desk: Desk, agent: int, now: float) -> None:
    """Be done with a task: pass the contact on, or solve it."""
    first, _ = first_done(desk, agent)
    stand(desk, agent)
    settle(desk, agent, now)
    contact, step = desk.tasks[agent, first].contact, desk.tasks[agent, first].step
    put_down(desk, agent, first)
    desk.agents[agent].changed = now
    go_on(desk, agent, now)
    one = desk.contacts[contact]
    desk.steps[step].ended = now
    if step + 1 < one.end_step:
        desk.steps[step + 1].queued = now
        wait(desk, contact, step + 1, now, False)
        look_again(desk, contact, now)
    else:
        comes_again(desk, contact, one.return_after, now)
    sit(desk, agent)
    go_home(desk, agent, now)


@part
def leave(desk: Desk, agent: int, now: float) -> None:
    """End a shift: hand back what may be handed back, finish the rest."""
    one, state, i, changed = desk.agents[agent], desk.state[0], 0, False
    one.on_duty = False
    stand(desk, agent)
    while i < one.held:
        contact, step = desk.tasks[agent, i].contact, desk.tasks[agent, i].step
        if not desk.lines[desk.contacts[contact].line].hand_back:
            i += 1
            continue
        if not changed:
            settle(desk, agent, now)
            changed = True
        row = desk.handed[state.handed]
        row[0], row[1], row[2], row[3] = step, agent, desk.tasks[agent, i].since, now
        state.handed += 1
        desk.steps[step].work = desk.tasks[agent, i].left * speed_of(one, now)
        put_down(desk, agent, i)
        wait(desk, contact, step, desk.contacts[contact].queued, True)
        look_again(desk, contact, now)
    if changed:
        go_on(desk, agent, now)
    go_home(desk, agent, now)


@part
def go_home(desk: Desk, agent: int, now: float) -> None:
    """End the duty once the hands are empty."""
    one = desk.agents[agent]
    if not one.on_duty and one.held == 0:
        note_duty(desk, agent, now)


@part
def note_duty(desk: Desk, agent: int, end: float) -> None:
    row, state = desk.duties[desk.state[0].duties], desk.state[0]
    row[0], row[1], row[2] = agent, desk.agents[agent].came, end
    state.duties += 1


@part
def last_to_join(desk: Desk, line: int) -> int:
    """Return who of those that joined a channel's queue now stands last in it."""
    last = NOBODY
    for i in range(desk.state[0].joined):
        one, other = desk.contacts[desk.joined[i]], desk.contacts[max(last, 0)]
        if one.line == line and one.waiting and not one.answered and (
            last == NOBODY
            or one.queue_class > other.queue_class
            or (one.queue_class == other.queue_class and one.request > other.request)
        ):  # fmt: skip
            last = desk.joined[i]
    return last


@part
def turn_away(desk: Desk, now: float) -> None:
    """Keep no more waiting than the rooms hold."""
    for line in range(len(desk.lines)):
        while desk.lines[line].inside > desk.lines[line].room:
            last = last_to_join(desk, line)
            if last == NOBODY:
                break
            goes(desk, last, TURNED_AWAY, now)


@part
def come(desk: Desk, agent: int, now: float) -> None:
    """Begin a shift; who still works at the last one's task simply goes on."""
    one = desk.agents[agent]
    if one.held == 0:
        one.came = now
    one.on_duty, one.changed = True, now
    sit(desk, agent)


@part
def begin_patience(desk: Desk, now: float) -> None:
    """Let the patience end some time of those who joined now and were not answered at once."""
    for i in range(desk.state[0].joined):
        one = desk.contacts[desk.joined[i]]
        if one.waiting and not one.answered and one.patience < np.inf:
            push(desk.limits, now + one.patience, desk.joined[i])
    desk.state[0].joined = 0


@part
def still_there(desk: Desk) -> None:
    """Note the duties that the horizon cuts."""
    for agent in range(len(desk.agents)):
        one = desk.agents[agent]
        if one.on_duty or one.held > 0:
            note_duty(desk, agent, np.nan)


@part
def lose_patience(desk: Desk, contact: int, now: float) -> None:
    """End a customer's patience, unless somebody answered in time."""
    one = desk.contacts[contact]
    if one.answered or not one.waiting:
        return
    if one.leaves_number:
        leave_room(desk, contact)
    else:
        goes(desk, contact, GAVE_UP, now)


@compiled
def play(
    desk: Desk,
    joins: Floats,
    joins_with: Small,
    starts: Floats,
    starts_of: Small,
    ends: Floats,
    ends_of: Small,
    rooms: bool,
    until: float,
) -> None:
    """Play on to just before a time. Results stand in `contacts`, `steps`, `handed`, `duties`.

    `joins` and `joins_with` say when which contact first needs a person, `starts` to `ends_of`
    when whose shifts start and end, all before `until` and in order of time; `rooms` whether any
    room is finite. At the horizon the duties that it cuts are noted.
    """
    state, agents = desk.state[0], desk.agents
    i_join, i_start, i_end = 0, 0, 0
    while True:
        now = min(first_time(desk.later), first_time(desk.limits))
        if i_join < len(joins):
            now = min(now, joins[i_join])
        if state.busy > 0:
            now = min(now, agents[desk.busy[0]].done)
        if i_start < len(starts):
            now = min(now, starts[i_start])
        if i_end < len(ends):
            now = min(now, ends[i_end])
        if not now < until:
            break
        # Shifts start.
        while i_start < len(starts) and starts[i_start] == now:
            come(desk, starts_of[i_start], now)
            i_start += 1
        while True:
            # Customers come, for the first time or again; overflow begins (nobody comes).
            while True:
                if i_join < len(joins) and joins[i_join] == now:
                    contact = joins_with[i_join]
                    i_join += 1
                elif first_time(desk.later) == now:
                    contact = desk.later.whats[0]
                    drop_first(desk.later)
                else:
                    break
                if contact != NOBODY:
                    get_in_touch(desk, contact, now)
            # Work is completed.
            while state.busy > 0 and agents[desk.busy[0]].done == now:
                finish(desk, desk.busy[0], now)
            # Shifts end.
            while i_end < len(ends) and ends[i_end] == now:
                leave(desk, ends_of[i_end], now)
                i_end += 1
            # Waiting contacts are given out; what takes no time is completed at once.
            dispatch(desk, now)
            if not (state.busy > 0 and agents[desk.busy[0]].done == now):
                break
        # Full rooms turn away; the others who joined and wait have a patience that ends.
        if rooms and state.joined > 0:
            turn_away(desk, now)
        begin_patience(desk, now)
        # Patience ends.
        while first_time(desk.limits) == now:
            contact = desk.limits.whats[0]
            drop_first(desk.limits)
            lose_patience(desk, contact, now)
    if until >= state.horizon:
        still_there(desk)
