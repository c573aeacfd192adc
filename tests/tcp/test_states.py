"""The machine, whole: 12 states by 1,024 event sets is little enough to look at all of it."""

from __future__ import annotations

import itertools

import pytest

from inspector.tcp.states import EVENT_SETS, NEXT, TRANSITIONS, Event, State, advance

SENT = [Event.SND_RST, Event.SND_SYN, Event.SND_SYN_CROSSING, Event.SND_FIN, Event.SND_FIN_CROSSING]
RECEIVED = [Event.RCV_SYN, Event.RCV_ACK_OF_SYN, Event.RCV_ACK_OF_FIN, Event.RCV_FIN]


def event_sets_that_occur() -> set[int]:
    """What one segment can mean to one end: RST ends it, and the crossing events exclude their plain ones."""
    departing = {0, Event.SND_RST}
    for syn, fin in itertools.product(
        (0, Event.SND_SYN, Event.SND_SYN_CROSSING), (0, Event.SND_FIN, Event.SND_FIN_CROSSING)
    ):
        departing.add(syn | fin)
    arriving = {Event.RCV_RST}
    for size in range(len(RECEIVED) + 1):
        arriving |= {sum(chosen) for chosen in itertools.combinations(RECEIVED, size)}
    return departing | arriving


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(State)


def test_the_table_has_as_many_entries_as_the_design_counts() -> None:
    assert sum(len(row) for row in TRANSITIONS.values()) == 43


def test_every_entry_moves() -> None:
    """An entry that led back to its own state would say nothing."""
    assert all(target != state for state, row in TRANSITIONS.items() for target in row.values())


def test_every_state_is_reachable_from_the_two_beginnings() -> None:
    reached = {State.CLOSED, State.LISTEN}
    while True:
        further = reached | {target for state in reached for target in TRANSITIONS[state].values()}
        if further == reached:
            break
        reached = further

    assert reached == set(State)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_repeating_an_event_set_changes_nothing(state: State) -> None:
    """A retransmission moves nobody."""
    for events in event_sets_that_occur():
        once = advance(state, events)

        assert advance(once, events) == once, (state, events, once)


def test_the_memo_is_the_table() -> None:
    for state in State:
        for events in range(EVENT_SETS):
            assert NEXT[state * EVENT_SETS + events] == advance(state, events)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_an_accepted_reset_leaves_nothing_alive(state: State) -> None:
    assert advance(state, Event.RCV_RST) in {State.CLOSED, State.LISTEN}


def test_reset_returns_a_passive_open_to_listen_and_an_active_one_to_closed() -> None:
    """RFC 9293 section 3.10.7.4, MUST-11."""
    assert advance(State.SYN_RECEIVED, Event.RCV_RST) is State.LISTEN
    assert advance(State.SYN_RECEIVED_ACTIVE, Event.RCV_RST) is State.CLOSED


def test_both_kinds_of_syn_received_print_alike() -> None:
    assert str(State.SYN_RECEIVED) == str(State.SYN_RECEIVED_ACTIVE) == "SYN-RECEIVED"


def test_states_print_as_the_rfc_prints_them() -> None:
    assert {str(state) for state in State} == {
        "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
        "CLOSING", "LAST-ACK", "TIME-WAIT",
    }  # fmt: skip


def test_a_fin_that_acknowledges_ours_passes_through_fin_wait_2() -> None:
    """Figure 5, note 2."""
    assert advance(State.FIN_WAIT_1, Event.RCV_ACK_OF_FIN | Event.RCV_FIN) is State.TIME_WAIT


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_the_close_is_a_projection_of_three_monotone_facts(order: tuple[int, ...]) -> None:
    """An independent oracle: FIN sent, FIN acknowledged, peer's FIN received, and which FIN came first."""
    events = (Event.SND_FIN, Event.RCV_ACK_OF_FIN, Event.RCV_FIN)
    happened: list[int] = []
    state = State.ESTABLISHED
    for event in (events[index] for index in order):
        if event == Event.RCV_ACK_OF_FIN and Event.SND_FIN not in happened:
            continue
        happened.append(event)
        state = advance(state, event)

        assert state is projected(happened)


def projected(happened: list[int]) -> State:
    """The state of an end to which, in this order, these things have happened since ESTABLISHED."""
    sent, acked, received = (each in happened for each in (Event.SND_FIN, Event.RCV_ACK_OF_FIN, Event.RCV_FIN))
    if not sent:
        return State.CLOSE_WAIT if received else State.ESTABLISHED
    if not received:
        return State.FIN_WAIT_2 if acked else State.FIN_WAIT_1
    if happened.index(Event.SND_FIN) < happened.index(Event.RCV_FIN):
        return State.TIME_WAIT if acked else State.CLOSING
    return State.CLOSED if acked else State.LAST_ACK
