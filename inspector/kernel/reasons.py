"""Why our path of states and the kernel's may differ: the reasons, their words, and the rules by which they are known.

Every one of them was met on Linux 6.18, by the demos or by the programs of tests/kernel; the functions named are the
places in its sources that say so. A difference that is not here is an unexplained one, and that is a finding.

Where the words say "we", they mean who stands at the wire (ARCHITECTURE.md, "Where an observer stands").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from inspector.language import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["EXPLANATIONS", "RULES", "Place", "Reason", "Rule"]


class Reason(StrEnum):
    """Why our path and the kernel's differ at a step: stable names."""

    TIME_WAIT_APART = "time-wait-apart"
    FIN_WAIT_2_APART = "fin-wait-2-apart"
    THROUGH_FIN_WAIT_2 = "through-fin-wait-2"
    FIN_CROSSING = "fin-crossing"
    SYN_CROSSING = "syn-crossing"
    ONE_SOCKET = "one-socket"
    REQUEST = "request"
    SYN_IGNORED = "syn-ignored"
    QUEUE_FULL = "queue-full"
    NO_SEGMENT = "no-segment"
    UNHEARD = "unheard"
    NO_SOCKET = "no-socket"
    UNEXPLAINED = "unexplained"


EXPLANATIONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.TIME_WAIT_APART: marked(
            "TIME-WAIT is no socket in Linux: a small object waits out the 2 MSL, and the socket itself is CLOSED at"
            " once (tcp_time_wait). The socket table shows TIME-WAIT, the tracepoint cannot."
        ),
        Reason.FIN_WAIT_2_APART: marked(
            "A socket that its program has closed does not wait in FIN-WAIT-2: the small object of TIME-WAIT does, and"
            " the socket is CLOSED (tcp_time_wait). The socket table shows FIN-WAIT-2, the tracepoint cannot."
        ),
        Reason.THROUGH_FIN_WAIT_2: marked(
            "One segment acknowledged the FIN and brought the peer's: the kernel enters FIN-WAIT-2 for that moment, we"
            " show the state after the segment (RFC 9293 Figure 5, note 2)."
        ),
        Reason.FIN_CROSSING: marked(
            "Its FIN was on its way before the peer's came: the kernel knew at once, we only when that FIN went by and"
            " did not acknowledge the peer's. At the wire a departure is taken for an arrival."
        ),
        Reason.SYN_CROSSING: marked(
            "It had sent a SYN of its own before the peer's came: the kernel knew at once, we only when that SYN went"
            " by. At the wire a departure is taken for an arrival."
        ),
        Reason.ONE_SOCKET: marked(
            "Both ends are one socket, so what leaves it has arrived at it: the kernel passes through a state on the"
            " way, we show the one after the segment."
        ),
        Reason.REQUEST: marked(
            "SYN-RECEIVED after a passive open is a request in Linux, and no socket until the handshake is complete"
            " (tcp_conn_request). This one never was. The socket table shows it, the tracepoint cannot."
        ),
        Reason.SYN_IGNORED: marked(
            "The SYN arrived and the kernel left it lying, as it does while the queue of those not yet accepted is full"
            " (tcp_conn_request). On the wire that is a SYN without an answer."
        ),
        Reason.QUEUE_FULL: marked(
            "The segment that completes the handshake arrived and the kernel left it lying, for the queue of those not"
            " yet accepted was full (tcp_check_req): no socket was made, and the peer does not know."
        ),
        Reason.NO_SEGMENT: marked(
            "The kernel gave the socket up, or its program closed it, and no segment says so: on the wire the state"
            " before is the last that can be known."
        ),
        Reason.UNHEARD: marked(
            "No segment from this end was ever seen. We take it that somebody listens; there was no socket."
        ),
        Reason.NO_SOCKET: marked(
            "No socket stood at this end: a program crafted its segments, and the kernel knew nothing of it."
        ),
        Reason.UNEXPLAINED: marked("Nobody has written down why."),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where two paths part: what is left of each up to the next state that both have, and what lies around it."""

    ours: Sequence[str]
    kernel: Sequence[str]
    before: str
    """The state before; the kernel's, where a rule has just taken a step."""
    is_last: bool
    """Whether nothing follows on which both agree."""
    answered: bool
    """Whether the responder sent a SYN,ACK."""
    itself: bool
    """Whether both ends are one socket."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A known difference: how ours and the kernel's path go on from the same place."""

    reason: Reason
    ours: tuple[str, ...] = ()
    kernel: tuple[str, ...] = ()
    before: str = ""
    """The state before; empty for any."""
    last: bool = False
    """Whether nothing may follow in the kernel's path, or in both."""
    rest: bool = False
    """Whether all that follows in our path belongs to it."""
    answered: bool | None = None
    """Whether the responder must have sent a SYN,ACK, or must not; None for either."""
    itself: bool = False
    """Whether both ends must be one socket."""

    def fits(self, place: Place) -> bool:
        """Whether the paths go on at `place` as this rule says."""
        return (
            tuple(place.ours[: len(self.ours)]) == self.ours
            and tuple(place.kernel[: len(self.kernel)]) == self.kernel
            and self.before in {"", place.before}
            and self.answered in {None, place.answered}
            and place.itself >= self.itself
            and (not self.last or self._is_all_of(place))
        )

    def _is_all_of(self, place: Place) -> bool:
        mine = self.rest or len(place.ours) == len(self.ours)
        return mine and place.is_last and len(place.kernel) == len(self.kernel)


RULES = (
    Rule(Reason.THROUGH_FIN_WAIT_2, kernel=("FIN-WAIT-2",), before="FIN-WAIT-1"),
    Rule(Reason.TIME_WAIT_APART, ours=("TIME-WAIT",), kernel=("CLOSED",)),
    Rule(Reason.TIME_WAIT_APART, ours=("TIME-WAIT",)),
    Rule(Reason.FIN_CROSSING, ours=("CLOSE-WAIT",), kernel=("FIN-WAIT-1",), before="ESTABLISHED"),
    Rule(Reason.SYN_CROSSING, ours=("LISTEN",), kernel=("CLOSED", "SYN-SENT")),
    Rule(Reason.SYN_CROSSING, ours=("LISTEN",), kernel=("SYN-SENT",)),
    Rule(Reason.ONE_SOCKET, kernel=("SYN-SENT",), before="CLOSED", itself=True),
    Rule(Reason.ONE_SOCKET, ours=("CLOSED",), kernel=("SYN-SENT",), itself=True),
    Rule(Reason.ONE_SOCKET, kernel=("FIN-WAIT-1",), before="ESTABLISHED", itself=True),
    Rule(Reason.REQUEST, ours=("SYN-RECEIVED", "LISTEN"), before="LISTEN", last=True, answered=True),
    Rule(Reason.REQUEST, ours=("SYN-RECEIVED",), before="LISTEN", last=True, answered=True),
    Rule(Reason.SYN_IGNORED, ours=("SYN-RECEIVED",), before="LISTEN", last=True, answered=False),
    Rule(Reason.QUEUE_FULL, ours=("SYN-RECEIVED", "ESTABLISHED"), before="LISTEN", last=True, rest=True, answered=True),
    Rule(Reason.FIN_WAIT_2_APART, kernel=("CLOSED",), before="FIN-WAIT-2", last=True),
    Rule(Reason.NO_SEGMENT, kernel=("CLOSED",), last=True),
)
"""In the order in which they are tried."""
