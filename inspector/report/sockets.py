"""The socket tables at the milestones of a run, as `ss -tuan` writes them.

A milestone is a look at which another set of states is there than at the milestone before: before the first segment,
after the handshake, after the first FIN, at the end. What only moves bytes is none.

The spelling is that of `ss` (iproute2), which differs from the RFC's: ESTAB, SYN-RECV, UNCONN; `*` is any port, and any
address where a socket takes IPv4 and IPv6.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.kernel.model import Moment, Timer
from inspector.language import shown
from inspector.report.escape import cells
from inspector.report.page import Text, pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inspector.kernel.model import Snapshot, SocketRow
    from inspector.report.page import Page
    from inspector.wire.row import Endpoint

__all__ = ["milestones", "ss_columns", "tables_at_milestones"]

_SPELLING = {"ESTABLISHED": "ESTAB", "SYN-RECEIVED": "SYN-RECV", "CLOSED": "UNCONN"}
_HEADS = ("", "Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "")


def tables_at_milestones(page: Page, snapshots: Sequence[Snapshot]) -> None:
    """Every milestone with its table."""
    page.blank()
    for snapshot in milestones(snapshots):
        page.wrap(Text(_when(snapshot), "bold"))
        _table(page, snapshot.rows)
        page.blank()


def milestones(snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """The snapshots at which another set of states is there than at the milestone before."""
    before: Counter[tuple[str, str, str]] | None = None
    for snapshot in snapshots:
        states = Counter((row.host, row.protocol, row.state) for row in snapshot.rows)
        if states != before:
            before = states
            yield snapshot


def _when(snapshot: Snapshot) -> str:
    if not snapshot.frame:
        return shown("sockets before the first frame")
    if snapshot.moment is Moment.DEPARTED:
        return shown("sockets when frame {frame} had left its sender", frame=snapshot.frame)
    if snapshot.moment is Moment.ARRIVED:
        return shown("sockets after frame {frame}", frame=snapshot.frame)
    return shown("sockets at the end")


def _table(page: Page, rows: Sequence[SocketRow]) -> None:
    if not rows:
        page.wrap(shown("none"), "dim", lead="  ")
        return
    lines = [_HEADS, *((shown(row.host), *ss_columns(row), _left(row)) for row in rows)]
    widths = [max(cells(line[index]) for line in lines) for index in range(len(_HEADS))]
    if len({row.protocol for row in rows}) == 1:
        widths[1] = 0
    for number, line in enumerate(lines):
        columns = [pad(Text(cell), width).plain for cell, width in zip(line, widths, strict=True) if width]
        page.add(Text("  " + " ".join(columns), "" if number else "dim"))


def _left(row: SocketRow) -> str:
    """How long TIME-WAIT still takes, which `ss -o` tells too."""
    return shown("{seconds} s left", seconds=row.expires_ms // 1000) if row.timer is Timer.TIME_WAIT else ""


def ss_columns(row: SocketRow) -> tuple[str, ...]:
    """`Netid State Recv-Q Send-Q Local Peer` of a row, in the words of `ss`."""
    ends = (_written(end, ipv6_only=row.ipv6_only) for end in (row.local, row.remote))
    return (row.protocol, _SPELLING.get(row.state, row.state), str(row.recv_q), str(row.send_q), *ends)


def _written(end: Endpoint, *, ipv6_only: bool) -> str:
    address = f"[{end.address}]" if ":" in end.address else end.address
    if end.address == "::" and not ipv6_only:
        address = "*"
    return f"{address}:{end.port or '*'}"
