"""Who is client and who is server: by who opened, and by nothing else.

The core says originator and responder, for an observer sees who spoke first and no more. A text that teaches may say
client and server, where a SYN shows it: whoever sent the SYN is the client, whatever the ports (RFC 9293 section 3.5).
Two SYNs that crossed are two clients; a socket that connected to itself is one end; and where neither SYN nor SYN,ACK
was captured nobody knows, so the house's own words stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.findings import Side
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.language import Said
    from inspector.tcp.model import Connection

__all__ = ["Roles", "roles_of"]


class Roles(NamedTuple):
    """What to call the originator and the responder of a connection, and why."""

    names: tuple[Said, Said]
    why: Said
    itself: bool = False
    """Both are one endpoint."""
    known: bool = True
    """Whether it was seen who opened."""

    def of(self, side: Side) -> Said:
        """One end in a sentence: `the client`, `client A`."""
        return _IN_A_SENTENCE[self.names[side]]

    def peer_of(self, side: Side) -> Said:
        """The other end in a sentence."""
        return self.of(side.other)


_IN_A_SENTENCE = {
    "client": said("the client"),
    "server": said("the server"),
    "client A": said("client A"),
    "client B": said("client B"),
    "socket": said("the socket"),
    "originator": said("the originator"),
    "responder": said("the responder"),
}


def roles_of(connection: Connection) -> Roles:
    """The names of both ends."""
    if connection.originator.endpoint == connection.responder.endpoint:
        why = said("both ends are one endpoint: a socket connected to itself")
        return Roles((said("socket"), said("socket")), why, itself=True)
    syns = {Side.ORIGINATOR: 0, Side.RESPONDER: 0}
    answers = dict(syns)
    for each in connection.segments:
        if each.row.flags & Flag.SYN and not each.facts & (Fact.SYN_IN_CONNECTION | Fact.DUPLICATE):
            numbers = answers if each.row.flags & Flag.ACK else syns
            numbers[each.sender] = numbers[each.sender] or each.row.frame
    return _roles(syns, answers)


def _roles(syns: dict[Side, int], answers: dict[Side, int]) -> Roles:
    if all(syns.values()):
        why = said(
            "both ends sent a SYN, in frames {one} and {two}: a simultaneous open, so both are clients",
            one=syns[Side.ORIGINATOR],
            two=syns[Side.RESPONDER],
        )
        return Roles((said("client A"), said("client B")), why)
    for side in Side:
        if syns[side]:
            return _named(side, said("the client is who sent the SYN, in frame {frame}", frame=syns[side]))
    for side in Side:
        if answers[side]:
            why = said("the server is who sent the SYN,ACK, in frame {frame}", frame=answers[side])
            return _named(side.other, why)
    why = said("no SYN of this connection was captured: who opened it is not known, only who spoke first here")
    return Roles((said("originator"), said("responder")), why, known=False)


def _named(client: Side, why: Said) -> Roles:
    names = (said("client"), said("server"))
    return Roles(names if client is Side.ORIGINATOR else names[::-1], why)
