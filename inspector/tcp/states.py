"""RFC 9293 Figure 5 as a table, and nothing else.

The laws of this file:

1. Every transition of the machine is an entry of `TRANSITIONS`; no other module names one.
2. It does not know which end is ours, nor who is client. It moves one endpoint.
3. We stand on the wire: we see segments depart and take their arrival as immediate. The two
   *crossing* events are how that is put right where it would be wrong (a SYN or FIN whose sender had
   evidently not yet received the peer's).
4. MUST-11 (remember whether SYN-RECEIVED came from a passive or an active open) is two states that
   print alike, not a flag.
5. Judge before you move. Whether a segment is acceptable (section 3.10.7.4) is decided elsewhere, and
   yields events, or none and a finding. No sequence number is ever seen here.
6. RST ends the segment: `events_of` one that is accepted holds no other RCV event.
7. Unlisted is not unlabelled: an event that a state does not name changes nothing *here*; what
   it tells about the peer or the capture is `tcp.facts`' to say.

A segment means a set of events to its sender and another to its receiver, applied in the order
of section 3.10.7.4, which is the order of their declaration. Combined segments need no rows: a
SYN,ACK in SYN-SENT is RCV_SYN and then RCV_ACK_OF_SYN; a FIN that acknowledges ours takes FIN-WAIT-1
through FIN-WAIT-2 to TIME-WAIT by itself, which is the figure's note 2.

Decided here, where the figure leaves room:

* Sending RST leads to CLOSED from every state but LISTEN, which answers strays with a RST and stays
  (section 3.10.7.2). A RST that merely answers an unacceptable segment is no event (law 5), so
  Figure 8's originator stays in SYN-SENT. The figure's note 3 (RST from SYN-SENT or SYN-RECEIVED
  on CLOSE) is covered by the same entry.
* The 2 MSL timer is not an event: time comes from frames, and no frame marks its end. A new SYN
  on the pair of endpoints starts a new connection instead (`tcp.fold`).
* RST in TIME-WAIT closes (section 3.10.7.4), RFC 1337 notwithstanding.

`NEXT` is the table, evaluated once for all states and all event sets; the fold reads only that.
"""

from __future__ import annotations

from enum import IntEnum

from inspector.compiled import Constants

__all__ = ["EVENT_SETS", "NEXT", "TRANSITIONS", "Event", "State", "advance"]


class State(IntEnum):
    """The states of RFC 9293 section 3.3.2, printed as the RFC prints them."""

    CLOSED = 0
    LISTEN = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    """After a passive open."""
    SYN_RECEIVED_ACTIVE = 4
    """After an active open: simultaneous open."""
    ESTABLISHED = 5
    FIN_WAIT_1 = 6
    FIN_WAIT_2 = 7
    CLOSE_WAIT = 8
    CLOSING = 9
    LAST_ACK = 10
    TIME_WAIT = 11

    def __str__(self) -> str:
        return self.name.removesuffix("_ACTIVE").replace("_", "-")


class Event(Constants):
    """What one segment means to one endpoint, in the words on the arrows of Figure 5.

    SND events happen to the end that the segment departs from, RCV events to the end it arrives at.
    """

    SND_RST = 1
    SND_SYN = 2
    SND_SYN_CROSSING = 4
    """A SYN without acknowledgment, from an end whose peer's SYN was already seen."""
    SND_FIN = 8
    SND_FIN_CROSSING = 16
    """A FIN that does not acknowledge the peer's FIN, already seen."""
    RCV_RST = 32
    RCV_SYN = 64
    RCV_ACK_OF_SYN = 128
    RCV_ACK_OF_FIN = 256
    RCV_FIN = 512


_ABORT = {Event.SND_RST: State.CLOSED, Event.RCV_RST: State.CLOSED}

TRANSITIONS: dict[State, dict[int, State]] = {
    State.CLOSED: {
        Event.SND_SYN: State.SYN_SENT,
        Event.SND_SYN_CROSSING: State.SYN_SENT,
    },
    State.LISTEN: {
        Event.SND_SYN: State.SYN_SENT,
        Event.SND_SYN_CROSSING: State.SYN_SENT,
        Event.RCV_SYN: State.SYN_RECEIVED,
    },
    State.SYN_SENT: _ABORT
    | {
        Event.RCV_SYN: State.SYN_RECEIVED_ACTIVE,
    },
    State.SYN_RECEIVED: {
        Event.SND_RST: State.CLOSED,
        Event.SND_SYN_CROSSING: State.SYN_RECEIVED_ACTIVE,
        Event.SND_FIN: State.FIN_WAIT_1,
        Event.RCV_RST: State.LISTEN,
        Event.RCV_ACK_OF_SYN: State.ESTABLISHED,
        Event.RCV_FIN: State.CLOSE_WAIT,
    },
    State.SYN_RECEIVED_ACTIVE: _ABORT
    | {
        Event.SND_FIN: State.FIN_WAIT_1,
        Event.RCV_ACK_OF_SYN: State.ESTABLISHED,
        Event.RCV_FIN: State.CLOSE_WAIT,
    },
    State.ESTABLISHED: _ABORT
    | {
        Event.SND_FIN: State.FIN_WAIT_1,
        Event.SND_FIN_CROSSING: State.FIN_WAIT_1,
        Event.RCV_FIN: State.CLOSE_WAIT,
    },
    State.FIN_WAIT_1: _ABORT
    | {
        Event.RCV_ACK_OF_FIN: State.FIN_WAIT_2,
        Event.RCV_FIN: State.CLOSING,
    },
    State.FIN_WAIT_2: _ABORT
    | {
        Event.RCV_FIN: State.TIME_WAIT,
    },
    State.CLOSE_WAIT: _ABORT
    | {
        Event.SND_FIN: State.LAST_ACK,
        Event.SND_FIN_CROSSING: State.CLOSING,
    },
    State.CLOSING: _ABORT
    | {
        Event.RCV_ACK_OF_FIN: State.TIME_WAIT,
    },
    State.LAST_ACK: _ABORT
    | {
        Event.RCV_ACK_OF_FIN: State.CLOSED,
    },
    State.TIME_WAIT: _ABORT,
}

EVENT_SETS = 1 << len(Event.members())


def advance(state: State, events: int) -> State:
    """The state after a set of `events`; an event that the table does not name changes nothing."""
    for event in _IN_ORDER:
        if events & event:
            state = TRANSITIONS[state].get(event, state)
    return state


_IN_ORDER = tuple(Event.members().values())

NEXT = bytes(advance(state, events) for state in State for events in range(EVENT_SETS))
"""`NEXT[state * EVENT_SETS + events]`: the machine as 12 x 1,024 bytes."""
