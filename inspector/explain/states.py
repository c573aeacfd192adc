"""A state in words: who is in it, and every way in and out of it, read off the table of `tcp.states`.

No transition is written here: whatever the table says is told. The two forms of SYN-RECEIVED, which print alike, are
one state to its reader, and told apart where it matters. A segment that means two events at once (a SYN,ACK, a FIN that
also acknowledges) is told where it leads somewhere that neither event alone does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.model import Explanation, Line
from inspector.kernel_states import KERNEL_STATES
from inspector.language import joined, said
from inspector.tcp.states import TRANSITIONS, Event, State, advance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.model import Entry

__all__ = ["EVENTS", "explain_state"]

EVENTS = {
    Event.SND_RST: said("it sends a RST"),
    Event.SND_SYN: said("it sends its SYN"),
    Event.SND_SYN_CROSSING: said("its SYN crosses the peer's"),
    Event.SND_FIN: said("it sends its FIN"),
    Event.SND_FIN_CROSSING: said("its FIN crosses the peer's"),
    Event.RCV_RST: said("a RST arrives"),
    Event.RCV_SYN: said("a SYN arrives"),
    Event.RCV_ACK_OF_SYN: said("its SYN is acknowledged"),
    Event.RCV_ACK_OF_FIN: said("its FIN is acknowledged"),
    Event.RCV_FIN: said("the peer's FIN arrives"),
}
"""Every event of the table, in words."""

_AT_ONCE = {
    Event.RCV_SYN | Event.RCV_ACK_OF_SYN: said("a SYN,ACK arrives that acknowledges its SYN"),
    Event.RCV_ACK_OF_FIN | Event.RCV_FIN: said("a FIN arrives that also acknowledges its own"),
}
"""Two events in one segment."""
_SENT_NOTHING = frozenset({State.CLOSED, State.LISTEN})
"""What comes to an end in these cannot acknowledge anything of its own (RFC 9293 section 3.10.7.2: it is answered by
RST)."""
_ACKS = Event.RCV_ACK_OF_SYN | Event.RCV_ACK_OF_FIN
_ORDINARY = {Event.SND_SYN_CROSSING: Event.SND_SYN, Event.SND_FIN_CROSSING: Event.SND_FIN}
_RESETS = (Event.SND_RST, Event.RCV_RST)


def explain_state(entry: Entry) -> Explanation:
    """A state, all that the table says of it included."""
    members = [state for state in State if str(state) == entry.name]
    lines = [
        Line("who", entry.texts["seen"]),
        *(line for line in entry.lines if line.head != "seen"),
        *(Line("next", way) for way in _ways_out(members)),
        *(Line("before", way) for way in _ways_in(members)),
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
        if events & _ACKS and state in _SENT_NOTHING:
            continue
        after = advance(state, events)
        if after != state and all(advance(state, event) != after for event in EVENTS if events & event):
            yield after, words


def _ways_out(members: list[State]) -> Iterator[str]:
    told: dict[str, None] = {}
    for state in members:
        told |= dict.fromkeys(_way(after, words, "") for after, words in _moves(state))
    yield from told
    for state in members:
        yield from _ends(state)


def _ends(state: State) -> Iterator[str]:
    """What a RST does, sent and received."""
    by_outcome: dict[State, list[str]] = {}
    for event in _RESETS:
        if event in TRANSITIONS[state]:
            by_outcome.setdefault(TRANSITIONS[state][event], []).append(EVENTS[event])
    for after, words in by_outcome.items():
        either = words[0] if len(words) == 1 else said("{one} or {other}", one=words[0], other=words[1])
        yield _way(after, either, _opened(state))


def _way(after: State, words: str, where: str) -> str:
    """Where it leads, and on what; `where` tells from which form of a state."""
    if not where:
        return said("{state} when {event}", state=_full(after), event=words)
    return said("{state} when {event} ({opened})", state=_full(after), event=words, opened=where)


def _ways_in(members: list[State]) -> Iterator[str]:
    for state in State:
        for after, words in _moves(state):
            if after in members and state not in members:
                yield said("{state}, when {event}", state=_full(state), event=words)
    aborted = [state for state in State if state not in members and set(_after_reset(state)) & set(members)]
    if aborted:
        yield said("by a RST: {states}", states=joined(dict.fromkeys(str(state) for state in aborted)))


def _after_reset(state: State) -> list[State]:
    return [TRANSITIONS[state][event] for event in _RESETS if event in TRANSITIONS[state]]


def _opened(state: State) -> str:
    """What tells the two forms of SYN-RECEIVED apart."""
    alike = [each for each in State if str(each) == str(state)]
    if len(alike) == 1:
        return ""
    return said("after an active open") if state.name.endswith("_ACTIVE") else said("after a passive open")


def _full(state: State) -> str:
    return said("{state} ({opened})", state=str(state), opened=_opened(state)) if _opened(state) else str(state)


def _shown(entry: Entry) -> str:
    code = min(number for number, state in KERNEL_STATES.items() if state == entry.name)
    return said(
        "{ss} in ss, {netstat} in netstat, {code:02X} in /proc/net/tcp",
        ss=entry.details["ss"],
        netstat=entry.details["netstat"],
        code=code,
    )
