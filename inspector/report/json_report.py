"""The report for programs: one JSON object, its shape promised by a schema that lies beside it.

    to_json(inspection) -> dict      schema() -> dict

The promise of `inspector/report/1`: keys and their meaning stay; a later version may add keys under the same
name, so a reader ignores what it does not know; a key that goes or changes its meaning makes it `/2`. The schema
is closed (`additionalProperties: false`): whatever this version writes is described there, or a test fails.

Decided here: numbers are raw, as on the wire, and `null` says "not seen" or "not there" (an `ack` without the ACK flag,
a time that the container does not record); states and flags are the RFC's text; times are integers in nanoseconds,
which need 64 bits: JavaScript reads them exactly only as BigInt.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.findings import Side
from inspector.report.escape import portable
from inspector.report.kernel_json import kernel_to_json
from inspector.report.rosetta import rosetta_to_json
from inspector.report.stream import add_origins, files_to_json
from inspector.wire.flags import flags_text
from inspector.wire.row import NO_TIME, Flag, address_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.expect.model import Comparison, Difference, Sums
    from inspector.findings import Finding
    from inspector.report.inspection import CaptureSummary, Inspection, Selected
    from inspector.tcp.model import Connection, End, TracedSegment
    from inspector.udp.model import Exchange, TracedDatagram
    from inspector.wire.row import Row

__all__ = ["SCHEMA_NAME", "schema", "to_json"]

SCHEMA_NAME = "inspector/report/1"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `to_json` returns."""
    text = files("inspector.report").joinpath("schema/report-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def to_json(inspection: Inspection, *, rosetta: bool = False) -> dict[str, Any]:
    """`inspection` as an object that `json.dumps` takes as it is; `rosetta` adds other tools' words."""
    report: dict[str, Any] = {
        "schema": SCHEMA_NAME,
        "source": portable(inspection.source),
        "title": portable(inspection.title),
        "saved_to": portable(inspection.saved_to) or None,
        "capture": _capture(inspection.capture),
        "connections": [_connection(each, inspection.comments) for each in inspection.connections],
        "exchanges": [_exchange(each, inspection.comments) for each in inspection.exchanges],
        "expectation": _expectation(inspection),
        "verdict": str(inspection.verdict),
    }
    if rosetta:
        for told, connection in zip(report["connections"], inspection.connections, strict=True):
            told["rosetta"] = rosetta_to_json(connection)
    if inspection.origins is not None:
        report["capture"]["files"] = files_to_json(inspection)
        add_origins(report, inspection)
    if inspection.chosen_of is not None:
        report["chosen_of"] = inspection.chosen_of
    if inspection.selected is not None:
        report["selection"] = _selection(inspection.selected)
    if inspection.kernel is not None:
        report["kernel"] = kernel_to_json(inspection.kernel, inspection.connections)
    return report


def _selection(selected: Selected) -> dict[str, Any]:
    return {
        "where": portable(selected.where) or None,
        "sort": selected.order or None,
        "connections": selected.chosen,
        "of": selected.of,
        "exchanges_left_out": selected.exchanges,
        **({"ports": list(selected.ports)} if selected.ports else {}),
    }


def _capture(capture: CaptureSummary) -> dict[str, Any]:
    return {
        "frames": capture.frames,
        "dropped": capture.dropped,
        "duplicates": capture.duplicates,
        "undecoded": capture.undecoded,
        "truncated": capture.truncated,
        "undecoded_reasons": [
            {"reason": portable(reason), "frames": number} for reason, number in capture.undecoded_reasons
        ],
        "passed_over": [{"reason": portable(reason), "frames": number} for reason, number in capture.passed_over],
        "cut": portable(capture.cut) or None,
        "undrained": portable(capture.undrained) or None,
        **_if_any(capture),
    }


def _if_any(capture: CaptureSummary) -> dict[str, Any]:
    """What few captures have, where they have it."""
    artefacts = [{"what": portable(what), "frames": number} for what, number in capture.artefacts]
    found = {"skipped": portable(capture.skipped), "artefacts": artefacts, "display_filter": _filter(capture)}
    return {key: value for key, value in found.items() if value}


def _filter(capture: CaptureSummary) -> dict[str, Any] | None:
    if not capture.selected_by:
        return None
    return {"expression": portable(capture.selected_by), "matched": capture.frames, "of": capture.read}


def _inside(conversation: Connection | Exchange) -> dict[str, str]:
    """The tunnel, where there is one."""
    return {"tunnel": conversation.tunnel} if conversation.tunnel else {}


def _connection(connection: Connection, comments: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    return {
        **_inside(connection),
        "number": connection.number,
        "originator": str(connection.originator.endpoint),
        "responder": str(connection.responder.endpoint),
        "handshake": str(connection.handshake),
        "close": str(connection.close),
        "zeek": {"conn_state": connection.zeek.conn_state, "history": connection.zeek.history},
        "completeness": connection.completeness,
        "first_ns": _time(connection.first_ns),
        "last_ns": _time(connection.last_ns),
        "handshake_ns": connection.handshake_ns,
        "display_filter": connection.display_filter,
        "ends": {str(side): _end(connection.end(side)) for side in Side},
        "segments": [_segment(each, comments) for each in connection.segments],
        "findings": _findings(connection.findings),
    }


def _end(end: End) -> dict[str, Any]:
    return {
        "state": str(end.state),
        "iss": end.iss,
        "mss": end.mss,
        "window_scale": end.window_scale,
        "sack_permitted": end.sack_permitted,
        "timestamps": end.timestamps,
        "segments": end.segments,
        "payload_bytes": end.payload_bytes,
        "retransmissions": end.retransmissions,
    }


def _segment(traced: TracedSegment, comments: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    row = traced.row
    return {
        "frame": row.frame,
        "time_ns": _time(row.time_ns),
        "from": str(traced.sender),
        "flags": flags_text(row.flags),
        "seq": row.seq,
        "ack": row.ack if row.flags & Flag.ACK else None,
        "len": row.payload_len,
        "window": row.window,
        "label": traced.label,
        "lost": traced.lost,
        "comments": [portable(each) for each in comments.get(row.frame, ())],
        "states": [str(state) for state in traced.states],
        "findings": _findings(traced.findings),
    }


def _exchange(exchange: Exchange, comments: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    return {
        **_inside(exchange),
        "number": exchange.number,
        "originator": str(exchange.originator),
        "responder": str(exchange.responder),
        "outcome": str(exchange.outcome),
        "zeek": {"conn_state": exchange.conn_state, "history": exchange.history},
        "first_ns": _time(exchange.first_ns),
        "last_ns": _time(exchange.last_ns),
        "sent": {
            str(side): {"datagrams": exchange.counts[side], "payload_bytes": exchange.payload_bytes[side]}
            for side in Side
        },
        "datagrams": [_datagram(each, comments) for each in exchange.datagrams],
        "findings": _findings(exchange.findings),
    }


def _datagram(traced: TracedDatagram, comments: Mapping[int, Sequence[str]]) -> dict[str, Any]:
    row = traced.row
    return {
        "frame": row.frame,
        "time_ns": _time(row.time_ns),
        "from": str(traced.sender),
        "len": row.payload_len,
        "label": traced.label,
        "lost": traced.lost,
        "comments": [portable(each) for each in comments.get(row.frame, ())],
        "icmp": _icmp(row, traced.about) if row.icmp_type else None,
        "findings": _findings(traced.findings),
    }


def _icmp(row: Row, about: int | None) -> dict[str, Any]:
    reporter = address_text(row.version, row.reporter_hi, row.reporter_lo)
    return {"type": row.icmp_type, "code": row.icmp_code, "reporter": reporter, "about_frame": about}


def _findings(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "kind": finding.kind,
            "blame": str(finding.blame),
            "message": portable(finding.message),
            "rule": portable(finding.rule) or None,
            "frame": finding.frame,
            "field": portable(finding.field) or None,
            "expected": finding.expected,
            "actual": finding.actual,
        }
        for finding in findings
    ]


def _expectation(inspection: Inspection) -> dict[str, Any] | None:
    """All comparisons as one: matched if all are, or one where that is enough. None where nothing was expected."""
    comparisons, sums = inspection.comparisons, inspection.sums
    if not sums:
        return None
    enough = [each.matched > 0 if inspection.one_is_enough else each.matched == each.total for each in sums]
    return {
        "name": ", ".join(dict.fromkeys(portable(each.name) for each in sums)),
        "matched": all(enough),
        "needed": "any" if inspection.one_is_enough else "all",
        "sums": [_sums(each) for each in sums],
        "differences": [_difference(each, one) for each in comparisons for one in each.differences],
        "comparisons": [_comparison(each) for each in comparisons],
    }


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "name": portable(sums.name),
        "transport": str(sums.transport),
        "matched": sums.matched,
        "differing": sums.differing,
        "of": sums.total,
        "recorded": sums.recorded,
        "untold": sums.untold,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    told = {
        "name": portable(comparison.name),
        "transport": str(comparison.transport),
        "distance": comparison.distance,
        "connection": comparison.connection,
        "matched": comparison.matched,
        "bindings": [{"symbol": portable(symbol), "value": value} for symbol, value in comparison.bindings],
        "lines": [{"line": line, "frame": frame} for line, frame in comparison.lines],
        "notes": [portable(note) for note in comparison.notes],
    }
    if comparison.block:
        told["block"] = portable(comparison.block)
    return told


def _difference(comparison: Comparison, difference: Difference) -> dict[str, Any]:
    told = {
        "name": portable(comparison.name),
        "connection": comparison.connection,
        "kind": str(difference.kind),
        "line": difference.line,
        "frame": difference.frame,
        "field": portable(difference.field) or None,
        "expected": portable(difference.expected),
        "actual": portable(difference.actual),
        "rule": portable(difference.rule) or None,
        "display_filter": portable(difference.display_filter) or None,
    }
    if difference.part:
        told["part"] = portable(difference.part)
    if difference.written_at is not None:
        told["written_at"] = portable(str(difference.written_at))
    return told


def _time(time_ns: int) -> int | None:
    return None if time_ns == NO_TIME else time_ns
