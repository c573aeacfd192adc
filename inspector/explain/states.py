"""A state in words: who is in it, and every way in and out of it, read off the table of `tcp.states`.

No transition is written here: whatever the table says is told. The two forms of SYN-RECEIVED, which print alike, are
one state to its reader, and told apart where it matters. A segment that means two events at once (a SYN,ACK, a FIN that
also acknowledges) is told where it leads somewhere that neither event alone does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.model import Explanation, Line
from inspector.kernel_states import KERNEL_STATES
from inspector.tcp.states import TRANSITIONS, Event, State, advance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.model import Entry

__all__ = ["EVENTS", "explain_state"]

EVENTS = {
    Event.SND_RST: "it sends a RST",
    Event.SND_SYN: "it sends its SYN",
    Event.SND_SYN_CROSSING: "its SYN crosses the peer's",
    Event.SND_FIN: "it sends its FIN",
    Event.SND_FIN_CROSSING: "its FIN crosses the peer's",
    Event.RCV_RST: "a RST arrives",
    Event.RCV_SYN: "a SYN arrives",
    Event.RCV_ACK_OF_SYN: "its SYN is acknowledged",
    Event.RCV_ACK_OF_FIN: "its FIN is acknowledged",
    Event.RCV_FIN: "the peer's FIN arrives",
}
"""Every event of the table, in words."""

_AT_ONCE = {
    Event.RCV_SYN | Event.RCV_ACK_OF_SYN: "a SYN,ACK arrives that acknowledges its SYN",
    Event.RCV_ACK_OF_FIN | Event.RCV_FIN: "a FIN arrives that also acknowledges its own",
}
"""Two events in one segment."""
_ORDINARY = {Event.SND_SYN_CROSSING: Event.SND_SYN, Event.SND_FIN_CROSSING: Event.SND_FIN}
_RESETS = (Event.SND_RST, Event.RCV_RST)


def explain_state(entry: Entry) -> Explanation:
    """A state, all that the table says of it included."""
    members = [state for state in State if str(state) == entry.name]
    lines = [
        Line("who", entry.texts["seen"]),
        *(Line("next", way) for way in _ways_out(members)),
        *(Line("before", way) for way in _ways_in(members)),
        *(line for line in entry.lines if line.head != "seen"),
        Line("shown", _shown(entry)),
    ]
    return Explanation(entry.kind, entry.name, tuple(lines), entry.demos, entry.captures, entry)


def _moves(state: State) -> Iterator[tuple[State, str]]:
    """Where the table leads from a state, and on what; resets apart."""
    row = TRANSITIONS[state]
    for event, after in row.items():
        if event not in _RESETS and row.get(_ORDINARY.get(event, -1)) != after:
            yield after, EVENTS[event]
    for events, words in _AT_ONCE.items():
        after = advance(state, events)
        if after != state and all(advance(state, event) != after for event in EVENTS if events & event):
            yield after, words


def _ways_out(members: list[State]) -> Iterator[str]:
    told: dict[str, None] = {}
    for state in members:
        told |= dict.fromkeys(f"{_full(after)} when {words}" for after, words in _moves(state))
    yield from told
    for state in members:
        yield from _ends(state)


def _ends(state: State) -> Iterator[str]:
    """What a RST does, sent and received."""
    where = f" ({_opened(state)})" if _opened(state) else ""
    by_outcome: dict[State, list[str]] = {}
    for event in _RESETS:
        if event in TRANSITIONS[state]:
            by_outcome.setdefault(TRANSITIONS[state][event], []).append(EVENTS[event])
    for after, words in by_outcome.items():
        yield f"{after} when {' or '.join(words)}{where}"


def _ways_in(members: list[State]) -> Iterator[str]:
    for state in State:
        for after, words in _moves(state):
            if after in members and state not in members:
                yield f"{_full(state)}, when {words}"
    aborted = [state for state in State if state not in members and set(_after_reset(state)) & set(members)]
    if aborted:
        yield f"by a RST: {', '.join(dict.fromkeys(str(state) for state in aborted))}"


def _after_reset(state: State) -> list[State]:
    return [TRANSITIONS[state][event] for event in _RESETS if event in TRANSITIONS[state]]


def _opened(state: State) -> str:
    """What tells the two forms of SYN-RECEIVED apart."""
    alike = [each for each in State if str(each) == str(state)]
    if len(alike) == 1:
        return ""
    return "after an active open" if state.name.endswith("_ACTIVE") else "after a passive open"


def _full(state: State) -> str:
    return f"{state} ({_opened(state)})" if _opened(state) else str(state)


def _shown(entry: Entry) -> str:
    code = min(number for number, state in KERNEL_STATES.items() if state == entry.name)
    return f"{entry.details['ss']} in ss, {entry.details['netstat']} in netstat, {code:02X} in /proc/net/tcp"
