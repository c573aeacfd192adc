"""`explain FILE:FRAME`: why a number is this one, what each end believes, and frames that carry no segment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inspector.choice import one_frame
from inspector.choice.one_frame import find_frame
from inspector.errors import CaptureFileError, NoSuchFrame
from inspector.explain.beliefs import beliefs_at
from inspector.explain.frame import explain_frame
from inspector.explain.frame_model import FrameExplanation
from inspector.explain.numbers import Past, ack_reason, seq_reason
from inspector.explain.roles import roles_of
from inspector.opening import open_source
from inspector.pipeline import inspect
from inspector.tcp.facts import Fact
from inspector.wire.row import Direction, Flag
from tests.tcp.conversation import Conversation
from tests.wire import frames
from tests.wire.files import RAW, pcap
from tests.wire.test_fragments import SEGMENT, pieces

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
NAMES = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))


def explained(name: str, frame: int) -> FrameExplanation:
    return explain_frame(find_frame(str(CAPTURES / name / f"{name}.pcapng"), frame))


def field(explanation: FrameExplanation, what: str) -> str:
    """The value and the reasons of a field, as one line."""
    found = [each for part in explanation.parts for each in part.details if each.what == what]
    return " · ".join([found[0].value, *found[0].why])


@pytest.mark.parametrize(
    ("name", "frame", "what", "expected"),
    [
        ("tcp-hello", 1, "seq", "382772174 · chosen by the client: its initial sequence number (ISN)"),
        ("tcp-hello", 1, "ack", "0 · means nothing: the ACK flag is clear"),
        ("tcp-hello", 4, "seq", "15062782 · continues where frame 2 ended: 15062781 + 1 (SYN) = 15062782"),
        ("tcp-hello", 5, "ack", "15062796 · acknowledges the data of frame 4: 15062782 + 14 = 15062796"),
        ("tcp-hello", 9, "ack", "382772194 · acknowledges the FIN of frame 8: 382772193 + 1 (FIN) = 382772194"),
        ("tcp-hello", 9, "checksum", "0xfe28 · partial"),
        ("refused", 2, "seq", "0 · none: what it answers had no acknowledgment number to take"),
        ("refused", 2, "checksum", "0xfc0a · correct"),
        ("wrong-syn-ack", 2, "ack", "1000 · the number at which frame 1 begins: that one is not acknowledged"),
        ("wrong-fin-ack", 8, "ack", "5001 · as in frame 6: it expects what frame 7 begins with, which is not ack"),
        ("wrong-third-ack-beyond", 3, "ack", "5100 · 99 beyond all that was seen of the peer"),
        ("keep-alive-and-zero-window", 11, "seq", "1006 · one below the next number, 1007, on purpose"),
        ("keep-alive-and-zero-window", 5, "window", "0 · nothing more, please"),
        ("retransmissions", 2, "seq", "1000 · the initial sequence number of frame 1 again"),
        ("lost-and-reordered", 6, "seq", "1201 · 100 beyond the end of frame 4, 1001 + 100 = 1101"),
        ("wrap-around", 4, "uses", "5 · sequence numbers (SEG.LEN)"),
        ("doubled-loopback", 2, "seq", "1000 · a copy of frame 1, made by the capture"),
        ("tcp-wrong-ack", 3, "seq", "the acknowledgment number of frame 2, which it answers"),
        ("midstream", 1, "window", "how many bytes it means is not known"),
        ("tcp-hello", 4, "window", "64 in the header times 2^10 = 65,536"),
        ("tcp-self-connect", 2, "ports", "a socket connected to itself"),
        ("udp-unreachable", 2, "quotes", "frame 1, by its endpoints, length and checksum"),
    ],
)
def test_why_a_field_is_what_it_is(name: str, frame: int, what: str, expected: str) -> None:
    assert expected in field(explained(name, frame), what)


@pytest.mark.parametrize("name", NAMES)
def test_every_sum_that_is_told_is_right_and_of_the_frame_that_it_names(name: str) -> None:
    for connection in inspect(str(CAPTURES / name / f"{name}.pcapng")).connections:
        rows = {each.row.frame: each.row for each in connection.segments}
        roles = roles_of(connection)
        for place, each in enumerate(connection.segments):
            past = Past(connection.segments, place, roles)
            for why in (seq_reason(past).why, ack_reason(past).why):
                for found in re.finditer(r"frame (\d+)(?:(?!frame)[^=])*?((?:\d+ \+ )+[^=]*) = (\d+)", why):
                    row = rows[int(found[1])]
                    terms = sum(int(term.split()[0]) for term in found[2].split(" + "))
                    assert int(found[3]) == terms % 2**32 == (row.seq + row.seg_len) % 2**32, (each.row.frame, why)
            if ack_reason(past).why.startswith("acknowledges the FIN"):
                fins = [row for row in rows.values() if row.flags & Flag.FIN and row.frame < each.row.frame]
                assert any((row.seq + row.seg_len) % 2**32 == each.row.ack for row in fins)


def test_what_is_lost_on_its_way_changes_its_sender_alone() -> None:
    talk = Conversation().handshake().client("PSH,ACK", seq=101, ack=301, data=10)
    talk.server("ACK", seq=301, ack=111, direction=Direction.LOST)

    before, after = beliefs_at(talk.connection(), 4)

    assert (before[0].snd_una, after[0].snd_una) == (101, 101)
    assert after[1].rcv_nxt == 111


def test_what_comes_beyond_a_hole_is_believed_when_the_hole_is_filled() -> None:
    talk = Conversation().handshake()
    talk.client("ACK", seq=111, ack=301, data=10).client("ACK", seq=101, ack=301, data=10)

    early, late = (beliefs_at(talk.connection(), at)[1][1].rcv_nxt for at in (3, 4))

    assert (early, late) == (101, 121)


def test_a_zero_window_probe_is_not_taken() -> None:
    talk = Conversation().handshake().server("ACK", seq=301, ack=101, window=0)
    talk.client("ACK", seq=101, ack=301, data=1)
    connection = talk.connection()
    assert connection.segments[4].facts & Fact.ZERO_WINDOW_PROBE

    assert beliefs_at(connection, 4)[1][1].rcv_nxt == 101


def test_an_end_that_is_closed_believes_nothing() -> None:
    client, server = explained("refused", 2).beliefs

    assert ("state", "SYN-SENT", "CLOSED") in client.variables
    assert ("SND.NXT", 1001, None) in client.variables
    assert all(after is None for name, _, after in server.variables if name != "state")


def test_both_ends_know_each_other_after_the_handshake() -> None:
    client, server = ({name: after for name, _, after in each.variables} for each in explained("tcp-hello", 3).beliefs)

    assert client["SND.NXT"] == server["RCV.NXT"] == 382772175
    assert client["RCV.NXT"] == server["SND.NXT"] == server["SND.UNA"] == 15062782
    assert client["state"] == server["state"] == "ESTABLISHED"


@pytest.mark.parametrize(
    ("name", "frame", "side", "why"),
    [
        ("tcp-hello", 2, 0, "a SYN,ACK arrives that acknowledges its SYN"),
        ("tcp-hello", 3, 1, "its SYN is acknowledged"),
        ("wrong-flags", 1, 1, "a SYN arrives, and with it the peer's FIN"),
        ("tcp-hello", 8, 0, "it sends its FIN"),
        ("tcp-hello", 8, 1, "the peer's FIN arrives"),
        ("tcp-hello", 9, 0, "a FIN arrives that also acknowledges its own"),
        ("refused", 2, 0, "a RST arrives"),
    ],
)
def test_what_moved_a_state(name: str, frame: int, side: int, why: str) -> None:
    assert explained(name, frame).beliefs[side].why == (why,)


def test_who_has_taken_the_fin_of_a_syn_expects_what_comes_behind_it() -> None:
    client, server = (
        {name: after for name, _, after in each.variables} for each in explained("wrong-flags", 1).beliefs
    )

    assert (server["state"], server["RCV.NXT"]) == ("CLOSE-WAIT", client["SND.NXT"])


def test_who_opened_decides_who_is_client_whatever_spoke_first_here() -> None:
    late = Conversation().server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301).connection()

    names = roles_of(late).names

    assert [str(late.end(side).endpoint.port) for side in (0, 1) if names[side] == "server"] == ["80"]  # type: ignore[arg-type]


def made(tmp_path: Path, *datagrams: bytes, link_type: int = RAW) -> str:
    path = tmp_path / "made.pcap"
    path.write_bytes(pcap([(1, at, data, len(data)) for at, data in enumerate(datagrams)], link_type=link_type))
    return str(path)


def test_a_frame_that_is_not_inspected_says_what_it_is(tmp_path: Path) -> None:
    told = explain_frame(find_frame(made(tmp_path, frames.ethernet(bytes(28), 0x0806), link_type=1), 1))

    assert (told.kind, told.label) == ("not-inspected", "ARP")
    assert "link address" in field(told, "stopped")


def test_a_broken_frame_says_where_reading_stopped(tmp_path: Path) -> None:
    told = explain_frame(find_frame(made(tmp_path, frames.ipv4(frames.tcp(offset=3))), 1))

    assert told.kind == "undecoded"
    assert "TCP at byte 20" in field(told, "stopped")


def test_a_fragment_names_the_frame_that_has_the_whole(tmp_path: Path) -> None:
    path = made(tmp_path, *pieces(SEGMENT, [512]))

    first, last = (explain_frame(find_frame(path, number)) for number in (1, 2))

    assert "frame 2, which has the whole" in field(first, "stopped")
    assert (last.kind, "frames 1, 2" in field(last, "fragments")) == ("tcp", True)


def test_a_fragment_that_was_never_completed_says_so(tmp_path: Path) -> None:
    told = explain_frame(find_frame(made(tmp_path, pieces(SEGMENT, [512])[0]), 1))

    assert "the other pieces were not captured" in field(told, "stopped")


def test_df_and_addresses_are_the_frames_own(tmp_path: Path) -> None:
    told = explain_frame(find_frame(made(tmp_path, frames.ipv4(frames.tcp(), control=0x4000, ttl=57)), 1))

    assert field(told, "DF").startswith("set")
    assert "sent with 64, most likely: 7 routers" in field(told, "ttl")
    assert field(told, "source").startswith("10.0.0.1 · private")


def test_an_icmp_error_about_a_segment_names_it(tmp_path: Path) -> None:
    segment = frames.ipv4(frames.tcp(b"hello"))
    error = frames.ipv4(bytes([3, 1, 0, 0, 0, 0, 0, 0]) + segment[:28], 1)

    told = explain_frame(find_frame(made(tmp_path, segment, error), 2))

    assert told.kind == "icmp"
    assert "the segment of frame 1, from 1000 to 1005" in field(told, "quotes")


def test_a_frame_that_is_not_there_is_told_with_how_many_there_are() -> None:
    with pytest.raises(NoSuchFrame, match="has 10 frames; expected one from 1 to 10, found 11"):
        explained("tcp-hello", 11)


def test_a_file_that_is_not_there_is_told_as_everywhere(tmp_path: Path) -> None:
    with pytest.raises(CaptureFileError, match="No such file"):
        find_frame(str(tmp_path / "none.pcap"), 1)


def test_a_frame_beyond_the_bound_is_refused_with_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_frame, "_MOST_ROWS", 5)
    whole = CAPTURES / "tcp-hello" / "tcp-hello.pcapng"
    monkeypatch.setattr(one_frame._Followed, "_places", lambda _, batch: [0] if batch.row(0).frame == 1 else [])

    with pytest.raises(NoSuchFrame, match="beyond the first 5 frames between its two endpoints"):
        find_frame(str(whole), 9)


@pytest.mark.slow
def test_columns_find_the_same_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = find_frame(str(CAPTURES / "tcp-multi" / "tcp-multi.pcapng"), 9)

    def columnar(*arguments: Any, **options: Any) -> Any:
        reader: Any = open_source(*arguments, **options)
        reader.plain_frames = 0
        return reader

    monkeypatch.setattr(one_frame, "open_source", columnar)

    assert explain_frame(find_frame(str(CAPTURES / "tcp-multi" / "tcp-multi.pcapng"), 9)) == explain_frame(plain)
