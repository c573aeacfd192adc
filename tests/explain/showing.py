"""What the code can say, collected from itself; and what a capture shows, by inspecting it."""

from __future__ import annotations

import ast
import json
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.cli.main import cli
from inspector.expect import differences
from inspector.expect.line_parser import TCP_FIELDS, UDP_FIELDS
from inspector.expect.model import Kind
from inspector.explain.catalogue import entries
from inspector.explain.model import Entry
from inspector.findings import Side
from inspector.report.artefacts import artefacts_of
from inspector.tcp.model import Connection, End, TracedSegment
from inspector.wire.row import Row
from inspector.wire.survey import Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURES = Path(__file__).parents[2] / "captures"


# -- what the code can say


@cache
def fields_that_may_differ() -> frozenset[str]:
    """The notation's fields, and what `expect/differences.py` compares besides, read off its source."""
    tree = ast.parse(Path(differences.__file__).read_text("utf-8"))
    told = [
        node.value.elts[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 3
    ]
    told += [node.args[2] for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_change(node)]
    besides = {node.value for node in told if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset({*TCP_FIELDS, *UDP_FIELDS, *besides})


def _is_change(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "_change" and len(call.args) > 2


def said_of_differences() -> set[str]:
    """Every kind, and every field of a changed segment."""
    return {*(str(kind) for kind in Kind), *(f"{Kind.CHANGED}.{field}" for field in fields_that_may_differ())}


def words_of_artefacts() -> set[str]:
    """All that `report/artefacts.py` says where there is something of everything."""
    end = End.__new__(End)
    object.__setattr__(end, "mss", 10)
    segment = TracedSegment.__new__(TracedSegment)
    for name, value in {"row": Row(payload_len=11), "sender": Side.ORIGINATOR}.items():
        object.__setattr__(segment, name, value)
    connection = Connection.__new__(Connection)
    for name, value in {"originator": end, "responder": end, "segments": (segment,)}.items():
        object.__setattr__(connection, name, value)
    totals = Totals()
    for name in ("steps_back", "correct", "partial", "wrong"):
        setattr(totals, name, 1)
    return {words for words, _ in artefacts_of(totals, [connection])}


# -- what a capture shows


@cache
def shown_by(name: str) -> frozenset[str]:
    """The identifiers of all that is said of a capture, with or without its expected sequence."""
    return frozenset(_of_report(replayed(name))) | frozenset(_of_report(checked(name)))


@cache
def replayed(name: str) -> dict[str, Any]:
    """What `replay` says of a capture, its checksums verified."""
    return _run("replay", "--json", "--checksums", str(CAPTURES / name / f"{name}.pcapng"))


@cache
def checked(name: str) -> dict[str, Any]:
    """What `check` says of it, by its own expected sequence."""
    folder = CAPTURES / name
    return _run("check", "--json", "-e", str(folder / "expected.seq"), str(folder / f"{name}.pcapng"))


def _run(*words: str) -> dict[str, Any]:
    said = StringIO()
    with redirect_stdout(said):
        cli.main(list(words), standalone_mode=False)
    report: dict[str, Any] = json.loads(said.getvalue())
    return report


def _of_report(report: dict[str, Any]) -> Iterator[str]:
    yield f"verdict.{report['verdict']}"
    for connection in report["connections"]:
        yield from _of_connection(connection)
    for exchange in report["exchanges"]:
        yield from _of_exchange(exchange)
    by_words = {each.details["words"]: each.identifier for each in entries("artefact").values()}
    yield from (by_words[each["what"]] for each in report["capture"].get("artefacts", ()))
    for difference in (report["expectation"] or {"differences": ()})["differences"]:
        yield f"difference.{difference['kind']}"
        yield f"difference.{difference['kind']}.{difference['field']}"


def _of_connection(connection: dict[str, Any]) -> Iterator[str]:
    yield from (f"handshake.{connection['handshake']}", f"close.{connection['close']}")
    yield from (f"conn_state.{connection['zeek']['conn_state']}", f"completeness.{connection['completeness']}")
    yield from (f"finding.{finding['kind']}" for finding in connection["findings"])
    for segment in connection["segments"]:
        yield label(segment["label"])
        yield from (f"state.{state}" for state in segment["states"])


def _of_exchange(exchange: dict[str, Any]) -> Iterator[str]:
    yield from (f"exchange.{exchange['outcome']}", f"conn_state.{exchange['zeek']['conn_state']}")
    yield from (f"finding.{finding['kind']}" for finding in exchange["findings"])
    for datagram in exchange["datagrams"]:
        yield label(datagram["label"])


def label(text: str) -> str:
    """The identifier of a label, or of the ICMP error that it names."""
    family, _, error = text.partition(" ")
    if family in {"ICMP", "ICMPv6"}:
        return Entry("icmp", error, {}).identifier
    return Entry("label", text.removesuffix(" with data"), {}).identifier
