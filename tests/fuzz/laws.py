"""What must be true of any bytes whatever: one function for each door by which something hostile comes in.

A law takes bytes and returns nothing; it fails by raising. `scripts/fuzz` looks for bytes that break one, guided by
coverage and for hours; `test_laws.py` tries each on its seeds, on what was found before, and on what hypothesis makes.

Everything runs plainly here: machine code has no coverage to be guided by, and that it gives the same is tested
elsewhere (`wire/test_decode_any_bytes.py`, `tcp/test_properties.py`).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import fields
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from inspector.choice.one_frame import find_frame
from inspector.diff.against import diff
from inspector.errors import CaptureFileError, ExpectationError, LinkError
from inspector.expect.comparison import compare, compare_all
from inspector.expect.formatter import format_sequence
from inspector.expect.library import load, names
from inspector.expect.lint import MOST_TOLD, errors_of
from inspector.expect.parser import parse
from inspector.explain.answer import answer
from inspector.explain.both_ends import beliefs_of
from inspector.explain.dialogue import Utterance, dialogue_of, ending_of
from inspector.explain.frame import explain_frame
from inspector.explain.numbers import Past, ack_reason, end_of, seq_reason
from inspector.explain.roles import roles_of
from inspector.link.script import parse_script
from inspector.pipeline import inspect
from inspector.record.recorder import record
from inspector.record.several import record_all
from inspector.record.wish import Level, Wish
from inspector.referee.layers import row_of
from inspector.report.explained import answer_to_json, render_answer
from inspector.report.frame_explained import render_frame
from inspector.report.frame_json import explain_frame_schema, frame_to_json
from inspector.report.json_report import schema, to_json
from inspector.report.terminal import render_inspection
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.tcp.states import EVENT_SETS, NEXT, State
from inspector.tcp.tracker import Tracker
from inspector.udp.tracker import ExchangeTracker
from inspector.wire import CaptureReader, Frame, Row, decode_frame, supported_link_types, undecoded_of
from inspector.wire.containers.archives import LONGEST_MAGIC, archive_of
from inspector.wire.containers.container import PcapContainer
from inspector.wire.row import Flag, Protocol
from tests.explain.asking import LINUX
from tests.fuzz.shapes import frames_in, rows_in
from tests.wire.files import pcap

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange

__all__ = ["LAWS", "LINK_TYPES"]

ALWAYS_PLAIN = 1 << 40
LINK_TYPES = (*supported_link_types(), 147, 65535)

_MOST_READ = 4 << 20
_RECORDED = 600
"""Bytes of segments that are recorded at three levels."""


class Dribble:
    """A pipe that gives some bytes at a time, and no more than it was given to give in all."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data = BytesIO(data)
        self._at_once = at_once

    def readinto(self, room: memoryview) -> int:
        return self._data.readinto(room[: self._at_once])


def container(data: bytes) -> None:
    """Any file ends, in bounded memory; each byte of it is a frame's, or skipped, or cut, and it is said which."""
    whole = _read(data, len(data) + 1)
    # What a damaged archive still holds is given in whole pieces, and so by their size (`containers.archives`).
    if archive_of(data[:LONGEST_MAGIC]) is None:
        assert _read(data, 61 if len(data) < 1000 else len(data) // 7) == whole, (
            "the size of the pieces that it comes in changes what is read"
        )


def _read(data: bytes, at_once: int) -> Any:
    try:
        reader = CaptureReader(Dribble(data, at_once), "made", plain_frames=ALWAYS_PLAIN)
    except CaptureFileError as error:
        return str(error)
    frames, captured, refusal = [], 0, ""
    try:
        for batch in reader:
            assert 0 < batch.count <= len(batch.refs)
            for index in range(batch.count):
                frame = batch.frame(index)
                frames.append(frame)
                captured += len(frame.data)
                assert len(batch.payload(index)) == batch.row(index).captured_len
    except CaptureFileError as error:
        refusal = str(error)
    assert [frame.number for frame in frames] == list(range(1, reader.frames + 1))
    _all_is_accounted_for(reader, captured)
    return frames, refusal, reader.cut, str(reader.skipped), reader.format, reader.dropped, reader.comments


def _all_is_accounted_for(reader: CaptureReader, captured: int) -> None:
    window, container = reader._window, reader._container
    assert len(window.buffer) <= max(1 << 20, 4 * (window.offset + window.end)), "memory follows what was read"
    place = window.offset + window.end
    if reader.cut and (told := re.match(r"byte (\d+)", reader.cut)):
        place = int(told[1])
    assert place <= window.offset + window.end
    if isinstance(container, PcapContainer):
        form = container._form
        assert form.first + reader.frames * form.header_len + captured + reader.skipped.bytes == place
    elif not reader.cut:
        assert window.place == place, "what is not read is said"


def frame(data: bytes) -> None:
    """Any bytes under any link type are a row, whose fields fit their columns and point into the frame."""
    if len(data) < 2:
        return
    kind, more, octets = data[0], data[1], data[2:]
    row = decode_frame(Frame(1, 0, octets, len(octets) + more * 7, LINK_TYPES[kind % len(LINK_TYPES)]), verify=True)
    _is_sound(row)
    assert not row.captured_len or row.payload_at + row.captured_len <= len(octets)
    assert row.undecoded_at <= len(octets)


def by_scapy(data: bytes) -> None:
    """The same where scapy is asked: what it makes of any bytes is a row."""
    if len(data) < 2:
        return
    kind, more, octets = data[0], data[1], data[2:]
    frame = Frame(1, 0, octets, len(octets) + more * 7, LINK_TYPES[kind % len(LINK_TYPES)])
    told, _ = _dissector()(frame, 0)
    row = row_of(told)
    _is_sound(row)
    assert len(told.payload) == row.captured_len


@cache
def _dissector() -> Any:
    from inspector.referee.by_scapy import _Dissector

    return _Dissector()


def _is_sound(row: Row) -> None:
    for name, least, most in _limits():
        assert least <= getattr(row, name) <= most, name
    assert row.captured_len <= row.payload_len
    assert (row.undecoded == 0) == (undecoded_of(row) is None)
    str(row.source), str(row.destination)


@cache
def _limits() -> tuple[tuple[str, int, int], ...]:
    import numpy as np

    from inspector.columns import dtype_of

    infos: dict[str, Any] = {field.name: np.iinfo(dtype_of(Row)[field.name]) for field in fields(Row)}
    return tuple((name, int(info.min), int(info.max)) for name, info in infos.items())


def sequence(data: bytes) -> None:
    """Any text is an expected sequence or an error with a place; what is one reads back as what it was.

    All of its errors at once begin with that one, and there is at most one for each line.
    """
    text = data.decode("utf-8", "replace")
    errors = errors_of(text, "<text>").told
    assert len({(error.path, error.line, error.line or error.reason) for error in errors}) == len(errors) <= MOST_TOLD
    try:
        read = parse(text)
    except ExpectationError as error:
        refusal = error
    else:
        assert parse(format_sequence(read)) == read
        return
    assert errors[0].message == refusal.message
    for each in errors:
        assert each.line <= text.count("\n") + text.count("\r") + 2
        assert "\n" not in each.message


def script(data: bytes) -> None:
    """Any text is the script of a link, or an error; what is one reads back as what it was."""
    with suppress(LinkError):
        read = parse_script(data.decode("utf-8", "replace"))
        assert parse_script(str(read)) == read


def word(data: bytes) -> None:
    """Any words have an answer, and it can be printed."""
    told = answer(data.decode("utf-8", "replace").split("\n"), LINUX)
    text = render_answer(told, width=80, colour=False)
    assert not _CONTROL.search(text)
    json.dumps(answer_to_json(told))


_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def fold(data: bytes) -> None:
    """Any segments are followed; no end goes from a state to one that RFC 9293 Figure 5 does not lead to."""
    rows = rows_in(data)
    tracker, exchanges = Tracker(), ExchangeTracker()
    tracker.feed(rows, len(rows))
    exchanges.feed(rows, len(rows))
    before: dict[int, tuple[int, int]] = {}
    for kept in tracker._follower.kept():
        trace = kept.trace
        after = trace.originator_state, trace.responder_state
        for was, now in zip(before.get(trace.pair, after), after, strict=True):
            begins = (State.CLOSED, State.LISTEN) if trace.facts & Fact.HANDSHAKE_1 else ()  # an attempt starts over
            assert any(now in _SUCCESSORS[each] for each in (was, *begins)), f"{State(was)} -> {State(now)}: {kept.row}"
        before[trace.pair] = after
    assert sum(len(each.segments) for each in tracker.connections()) == sum(map(_is_segment, rows))
    exchanges.exchanges()


def _is_segment(row: Row) -> bool:
    return row.protocol == Protocol.TCP and not row.undecoded


_ONE_STEP = [set(NEXT[state * EVENT_SETS : (state + 1) * EVENT_SETS]) for state in State]
_SUCCESSORS = [set().union(*(_ONE_STEP[step] for step in steps)) for steps in _ONE_STEP]
"""What a segment may make of a state: it is evidence of one set of events, and means another."""


def recorded(data: bytes) -> None:
    """Whatever happened is as expected by what was recorded of it, and does not differ from itself."""
    rows = rows_in(data[:_RECORDED])
    tracker, exchanges = Tracker(), ExchangeTracker()
    tracker.feed(rows, len(rows))
    exchanges.feed(rows, len(rows))
    everything: tuple[Connection | Exchange, ...] = (*tracker.connections(), *exchanges.exchanges())
    for each in everything:
        for level in Level:
            made = record(each, Wish(level))
            assert parse(format_sequence(made), "made.seq") == made
            assert compare(made, each).matched
    if len(everything) > 1:
        for level in Level:
            whole = record_all(everything, Wish(level))
            assert parse(format_sequence(whole), "made.seq") == whole
            found = compare_all(whole, tracker.connections(), exchanges.exchanges())
            assert all(each.matched for each in found)
    assert not diff(everything, everything).differs


def report(data: bytes) -> None:
    """Any frames, compared with any sequence, have a report: valid by its schema, and with nothing unescaped."""
    made, choice = frames_in(data)
    capture = pcap(made, link_type=101)
    expected = load(names()[choice % len(names())]) if choice < 128 else None
    with suppress(CaptureFileError):
        inspection = inspect(BytesIO(capture), name="made", expected=expected, keep=None, verify=bool(choice & 1))
        told = json.loads(json.dumps(to_json(inspection, rosetta=True)))
        errors = next(_validator().iter_errors(told), None)
        assert errors is None, errors
        for absolute in (False, True):
            text = render_inspection(inspection, width=100, colour=False, absolute=absolute, verbose=absolute)
            assert not _CONTROL.search(text)


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def dialogue(data: bytes) -> None:
    """Any segments are told: whoever claims to have a SYN or a FIN acknowledges one, and every sum is right."""
    rows = rows_in(data)
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    for connection in tracker.connections():
        roles = roles_of(connection)
        for utterance in dialogue_of(connection, lambda _, number: str(number)):
            if utterance.segment is not None:
                _claims_what_is_so(connection, utterance)
        ending_of(connection)
        for place in range(len(connection.segments)):
            past = Past(connection.segments, place, roles)
            for why in (seq_reason(past).why, ack_reason(past).why):
                for terms, total in re.findall(r"((?:\d+ \+ )+[^=]*?) = (\d+)", why):
                    assert sum(int(term.split()[0]) for term in terms.split(" + ")) % 2**32 == int(total), why
        if connection.segments:
            beliefs_of(connection, len(connection.segments) - 1)


def _claims_what_is_so(connection: Connection, utterance: Utterance) -> None:
    row = utterance.segment.row if utterance.segment is not None else Row()
    itself = connection.originator.endpoint == connection.responder.endpoint
    arrived = [
        each.row
        for each in connection.segments
        if each.row.frame < row.frame and not each.lost and (itself or each.sender is not utterance.side)
    ]
    for claim, flag in (("I have your SYN", Flag.SYN), ("I have your FIN", Flag.FIN)):
        if claim in utterance.text:
            assert any(each.flags & flag and end_of(each) == row.ack for each in arrived), utterance.text


def explained(data: bytes) -> None:
    """Any frame is explained: as text with nothing unescaped, and as JSON by its schema."""
    made, _ = frames_in(data)
    capture = BytesIO(pcap(made, link_type=101))
    for number in range(1, min(len(made), _MOST_EXPLAINED) + 1):
        with suppress(CaptureFileError):
            found = find_frame("made", number, capture)
            told = explain_frame(found)
            assert not _CONTROL.search(render_frame(told, found, "made", width=80, colour=False))
            errors = next(
                _validator_of_frames().iter_errors(json.loads(json.dumps(frame_to_json(told, found, "x")))), None
            )
            assert errors is None, errors


_MOST_EXPLAINED = 6


@cache
def _validator_of_frames() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(explain_frame_schema())


LAWS: dict[str, Callable[[bytes], None]] = {
    law.__name__: law
    for law in (container, frame, by_scapy, fold, recorded, dialogue, report, explained, sequence, script, word)
}
