"""The kernel's word for programs: what it said, and how that agrees with what we read off the wire.

Part of the JSON report (`json_report`), and described by its schema. Where a socket lies in the kernel is not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.kernel.agreement import agreements
from inspector.kernel.reasons import EXPLANATIONS, Reason
from inspector.report.escape import portable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.kernel.agreement import Agreement, EndAgreement
    from inspector.kernel.model import Snapshot, SocketRow, StateChange, Testimony
    from inspector.tcp.model import Connection

__all__ = ["kernel_to_json"]


def kernel_to_json(testimony: Testimony, connections: Sequence[Connection]) -> dict[str, Any]:
    """The object under `kernel`."""
    found = agreements(connections, testimony)
    ends = [end for each in found for end in each.ends]
    unexplained = sum(each.unexplained for each in found)
    met = {reason for end in ends for reason in end.reasons}
    return {
        "untraced": portable(testimony.untraced) or None,
        "unlooked": portable(testimony.unlooked) or None,
        "changes": [_change(each) for each in testimony.changes],
        "snapshots": [_snapshot(each) for each in testimony.snapshots],
        "agreed": sum(end.agreed for end in ends),
        "explained": sum(end.reasons.total() for end in ends) - unexplained,
        "unexplained": unexplained,
        "reasons": {str(reason): EXPLANATIONS[reason] for reason in Reason if reason in met},
        "connections": [_connection(each) for each in found],
    }


def _change(change: StateChange) -> dict[str, Any]:
    return {
        "time_ns": change.time_ns,
        "local": str(change.local),
        "remote": str(change.remote),
        "old": change.old,
        "new": change.new,
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "frame": snapshot.frame,
        "moment": str(snapshot.moment),
        "time_ns": snapshot.time_ns,
        "sockets": [_row(row) for row in snapshot.rows],
    }


def _row(row: SocketRow) -> dict[str, Any]:
    return {
        "host": row.host or None,
        "protocol": row.protocol,
        "state": row.state,
        "recv_q": row.recv_q,
        "send_q": row.send_q,
        "local": str(row.local),
        "remote": str(row.remote),
        "timer": str(row.timer) or None,
        "expires_ms": row.expires_ms if row.timer else None,
    }


def _connection(agreement: Agreement) -> dict[str, Any]:
    return {"connection": agreement.connection, "ends": [_end(end) for end in agreement.ends]}


def _end(end: EndAgreement) -> dict[str, Any]:
    return {
        "end": str(end.side),
        "witness": str(end.witness),
        "ambiguous": end.ambiguous,
        "steps": [
            {"ours": step.ours or None, "kernel": step.kernel or None, "reason": step.reason and str(step.reason)}
            for step in end.steps
        ],
    }
