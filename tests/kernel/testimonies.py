"""What a kernel might have said of a conversation, word by word.

    said = Said()
    said.socket(1, CLIENT, SERVER, "CLOSED SYN-SENT ESTABLISHED", 10, 25)

A `Conversation` says its n-th segment at n * 10 ms; the times here are in the same milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from inspector.kernel.agreement import Agreement, EndAgreement, Witness, agreements
from inspector.kernel.model import Moment, Snapshot, SocketRow, StateChange, Testimony
from inspector.kernel.reasons import Reason
from inspector.tcp.model import Connection
from inspector.wire.row import Endpoint
from tests.tcp import conversation

CLIENT = Endpoint(*conversation.CLIENT)
SERVER = Endpoint(*conversation.SERVER)
ANY = Endpoint("0.0.0.0", 0)  # noqa: S104 - what a table says, and nobody binds

ACTIVE = "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSED"
PASSIVE = "LISTEN SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED"


@dataclass
class Said:
    """Changes and snapshots, in any order; `testimony` sorts them."""

    changes: list[StateChange] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)

    def socket(self, number: int, local: Endpoint, remote: Endpoint, path: str, first_ms: float, gap_ms: float) -> Self:
        """A socket's whole path, its first change at `first_ms` and one every `gap_ms`."""
        for step, (old, new) in enumerate(pairwise(path.split())):
            time_ns = int((first_ms + step * gap_ms) * 1_000_000)
            mine = Endpoint(local.address, 0) if old == "CLOSED" and new == "SYN-SENT" else local
            self.changes.append(StateChange(time_ns, mine, remote, old, new, number))
        return self

    def look(self, frame: int, moment: str, *rows: tuple[Endpoint, Endpoint, str]) -> Self:
        """A look at the tables, at which these sockets were there."""
        made = tuple(SocketRow("", "tcp", state, 0, 0, local, remote) for local, remote, state in rows)
        self.snapshots.append(Snapshot(frame, Moment(moment), frame * 10_000_000, made))
        return self

    def testimony(self, *, traced: bool = True) -> Testimony:
        changes = tuple(sorted(self.changes, key=lambda each: each.time_ns))
        return Testimony(changes, tuple(self.snapshots), "" if traced else "it was not asked for")

    def agreements(self, *connections: Connection, traced: bool = True) -> tuple[Agreement, ...]:
        return agreements(connections, self.testimony(traced=traced))

    def ends(self, connection: Connection, witness: Witness = Witness.TRACEPOINT) -> tuple[EndAgreement, ...]:
        """Originator and responder by one witness."""
        (agreement,) = self.agreements(connection, traced=witness is Witness.TRACEPOINT)
        return tuple(end for end in agreement.ends if end.witness is witness)


def told(end: EndAgreement) -> str:
    """`CLOSED SYN-SENT -|FIN-WAIT-2`: states that agree, and pairs that do not."""
    return " ".join(step.ours if step.agrees else f"{step.ours or '-'}|{step.kernel or '-'}" for step in end.steps)


def reasons(end: EndAgreement) -> list[Reason]:
    return [step.reason for step in end.steps if step.reason is not None]
