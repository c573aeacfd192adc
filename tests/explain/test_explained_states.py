"""A state is explained from the table of the machine: every entry of it is told, and nothing that is not in it."""

from __future__ import annotations

import re

import pytest

from inspector.explain.catalogue import entries
from inspector.explain.states import EVENTS
from inspector.tcp.states import TRANSITIONS, Event, State
from tests.explain.asking import ask, only, said, whole

CROSSINGS = {Event.SND_SYN_CROSSING: Event.SND_SYN, Event.SND_FIN_CROSSING: Event.SND_FIN}

ENTRIES = [(state, event, after) for state, row in TRANSITIONS.items() for event, after in row.items()]


def test_every_event_has_its_words() -> None:
    assert set(EVENTS) == set(Event.members().values())
    assert len(set(EVENTS.values())) == len(EVENTS)


@pytest.mark.parametrize(
    ("state", "event", "after"), ENTRIES, ids=[f"{state.name} {EVENTS[event]}" for state, event, _ in ENTRIES]
)
def test_every_entry_of_the_table_is_told_as_a_way_out(state: State, event: int, after: State) -> None:
    """A crossing that leads where the ordinary event leads is not told apart."""
    row = TRANSITIONS[state]
    if row.get(CROSSINGS.get(event, -1)) == after:
        event = CROSSINGS[event]

    ways = said(only(str(state)), "next")

    assert [way for way in ways if way.startswith(str(after)) and EVENTS[event] in way]


@pytest.mark.parametrize("state", list(State), ids=lambda state: state.name)
def test_a_way_out_leads_to_a_state_that_the_table_leads_to(state: State) -> None:
    """Directly, or by two entries in one segment."""
    alike = [each for each in State if str(each) == str(state)]
    reached = {str(after) for each in alike for after in TRANSITIONS[each].values()}
    reached |= {str(two) for each in alike for one in TRANSITIONS[each].values() for two in TRANSITIONS[one].values()}

    ways = said(only(str(state)), "next")

    assert ways
    assert {re.split(" when | \\(", way)[0] for way in ways} <= reached


def test_a_segment_that_means_two_things_is_told_where_it_leads_elsewhere() -> None:
    assert "ESTABLISHED when a SYN,ACK arrives that acknowledges its SYN" in said(only("SYN-SENT"), "next")
    assert "TIME-WAIT when a FIN arrives that also acknowledges its own" in said(only("FIN-WAIT-1"), "next")
    assert not [way for way in said(only("CLOSING"), "next") if "also" in way]


@pytest.mark.parametrize("name", ["LISTEN", "CLOSED"])
def test_nothing_that_arrives_acknowledges_what_was_never_sent(name: str) -> None:
    assert not [way for way in said(only(name), "next") if "acknowledge" in way]
    assert not [way for way in said(only("ESTABLISHED"), "before") if way.startswith(name)]


def test_a_way_in_is_a_way_out_of_the_other() -> None:
    for name in entries("state"):
        for way in said(only(name), "before"):
            origin, found, words = way.partition(", when ")
            if found:
                others = said(only(origin.partition(" (")[0]), "next")

                assert [other for other in others if other.startswith(name) and other.endswith(words)]


def test_the_two_forms_of_syn_received_are_one_state_and_told_apart_where_they_differ() -> None:
    ways = said(only("SYN-RECEIVED"), "next")

    assert "LISTEN when a RST arrives (after a passive open)" in ways
    assert "CLOSED when it sends a RST or a RST arrives (after an active open)" in ways
    assert ways.count("ESTABLISHED when its SYN is acknowledged") == 1


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("TIME_WAIT", "TIME-WAIT"), ("time-wait", "TIME-WAIT"), ("SYN_RCVD", "SYN-RECEIVED"),
        ("SYN-RECV", "SYN-RECEIVED"), ("SYN_RECV", "SYN-RECEIVED"), ("ESTAB", "ESTABLISHED"), ("UNCONN", "CLOSED"),
        ("CLOSE", "CLOSED"), ("FIN_WAIT1", "FIN-WAIT-1"), ("FIN_WAIT_2", "FIN-WAIT-2"), ("LAST_ACK", "LAST-ACK"),
    ],
)  # fmt: skip
def test_a_state_is_known_by_all_its_spellings(word: str, name: str) -> None:
    assert name in [each.name for each in ask(word) if each.kind == "state"]


@pytest.mark.parametrize(("name", "code"), [("ESTABLISHED", "01"), ("LISTEN", "0A"), ("SYN-RECEIVED", "03")])
def test_the_kernels_code_is_the_kernels(name: str, code: str) -> None:
    assert f"{code} in /proc/net/tcp" in whole(only(name))
