"""Every label there is, and every kind of finding: each with a conversation that has it at its end.

The tables are whole: a new label or rule without its case here fails.
"""

from __future__ import annotations

import re

import pytest

from inspector.findings import Blame
from inspector.tcp.judgement import RULES
from inspector.tcp.labels import LABELS, label_of
from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Checksum, Flag, Option
from tests.tcp.conversation import STEP_NS, Conversation, flags_of, kinds, labels


def syn() -> Conversation:
    return Conversation().client("SYN", seq=100)


def answered() -> Conversation:
    return syn().server("SYN,ACK", seq=300, ack=101)


def opened() -> Conversation:
    return Conversation().handshake()


def sent() -> Conversation:
    """Ten bytes."""
    return opened().client("ACK,PSH", seq=101, ack=301, data=10)


def stuck() -> Conversation:
    """A full window and a probe of it."""
    return sent().server("ACK", seq=301, ack=111, window=0).client("ACK", seq=111, ack=301, data=1)


def hole() -> Conversation:
    """Ten bytes are missing, and the server says so twice."""
    talk = sent().client("ACK", seq=121, ack=301, data=10)
    return talk.server("ACK", seq=301, ack=111).server("ACK", seq=301, ack=111).server("ACK", seq=301, ack=111)


def fin() -> Conversation:
    return opened().client("FIN,ACK", seq=101, ack=301)


def closed() -> Conversation:
    return fin().server("FIN,ACK", seq=301, ack=102).client("ACK", seq=102, ack=302)


SHOWN = {
    "capture duplicate": syn().again(digest=1_000_003, time_ns=STEP_NS + 5000),
    "RST (refused)": syn().server("RST,ACK", ack=101),
    "RST (abort)": opened().server("RST", seq=301),
    "RST (answer)": syn().server("SYN,ACK", seq=300, ack=91).client("RST", seq=91),
    "RST (not acceptable)": opened().server("RST", seq=300),
    "SYN (stray)": opened().client("SYN", seq=5000),
    "retransmission of SYN": syn().again(),
    "SYN (crossing)": syn().server("SYN", seq=300),
    "SYN (1 of 3)": syn(),
    "SYN,ACK (stray)": answered().server("SYN,ACK", seq=777, ack=101),
    "retransmission of SYN,ACK": answered().again(),
    "SYN,ACK (crossing)": syn().server("SYN", seq=300).client("SYN,ACK", seq=100, ack=301),
    "SYN,ACK (2 of 3)": answered(),
    "FIN (stray)": fin().client("FIN,ACK", seq=105, ack=301),
    "retransmission of FIN": fin().again(),
    "FIN (crossing)": fin().server("FIN,ACK", seq=301, ack=101),
    "FIN, ACK of FIN": fin().server("FIN,ACK", seq=301, ack=102),
    "FIN": fin(),
    "no ACK flag": opened().client("FIN,PSH,URG", seq=101),
    "ACK (3 of 3)": opened(),
    "ACK of FIN": closed(),
    "ACK of FIN, repeated": closed().again(4).again(5),
    "challenge ACK": opened().client("SYN", seq=5000).server("ACK", seq=301, ack=101),
    "keep-alive": opened().client("ACK", seq=100, ack=301),
    "keep-alive ACK": opened().client("ACK", seq=100, ack=301).server("ACK", seq=301, ack=101),
    "zero-window probe": stuck(),
    "zero-window probe ACK": stuck().again(4),
    "spurious retransmission": sent().server("ACK", seq=301, ack=111).again(3),
    "fast retransmission": hole().client("ACK", seq=111, ack=301, data=10),
    "out-of-order": opened().client("ACK", seq=111, ack=301, data=9).client("ACK", seq=101, ack=301, data=10),
    "retransmission": sent().again(),
    "zero window": sent().server("ACK", seq=301, ack=111, window=0),
    "window full": sent().server("ACK", seq=301, ack=111, window=20).client("ACK", seq=111, ack=301, data=20),
    "duplicate ACK": hole(),
    "window update": sent().server("ACK", seq=301, ack=111).server("ACK", seq=301, ack=111, window=9000),
    "data": sent(),
    "ACK": sent().server("ACK", seq=301, ack=111),
}


def test_every_label_is_shown() -> None:
    assert set(SHOWN) == set(LABELS)


@pytest.mark.parametrize("label", SHOWN)
def test_label(label: str) -> None:
    assert labels(SHOWN[label].connections()[-1])[-1] == label


def test_no_label_stands_twice_in_the_list() -> None:
    assert len(set(LABELS)) == len(LABELS)


def test_payload_is_said_where_the_label_does_not_imply_it() -> None:
    assert label_of(flags_of("ACK"), 0, 5) == "data"
    assert labels(fin().server("ACK", seq=301, ack=102, data=5).connection())[-1] == "ACK of FIN with data"
    assert labels(sent().again().connection())[-1] == "retransmission"


# --------------------------------------------------------------------------------------- findings


def sent_with_wrong_checksum() -> Conversation:
    return opened().client("ACK", seq=101, ack=301, data=10, checksum=0x1234, checksum_verdict=Checksum.WRONG)


FOUND = {
    "syn-ack-wrong-ack": syn().server("SYN,ACK", seq=300, ack=100),
    "syn-ack-for-old-syn": syn()
    .server("SYN,ACK", seq=300, ack=91)
    .client("RST", seq=91)
    .server("SYN,ACK", seq=400, ack=101),
    "syn-ack-other-seq": answered().server("SYN,ACK", seq=777, ack=101),
    "handshake-ack-wrong-ack": answered().client("ACK", seq=101, ack=302),
    "handshake-ack-wrong-seq": answered().client("ACK", seq=100, ack=301),
    "rst-wrong-ack": syn().server("RST,ACK", ack=102),
    "rst-not-exact": opened().server("RST", seq=302),
    "rst-outside-window": opened().server("RST", seq=300),
    "fin-wrong-ack": fin().server("ACK", seq=301, ack=101),
    "ack-beyond-fin": fin().server("ACK", seq=301, ack=103),
    "data-after-fin": fin().client("ACK", seq=102, ack=301, data=5),
    "fin-moved": fin().client("FIN,ACK", seq=105, ack=301),
    "segment-after-reset": opened().client("RST", seq=101).client("ACK", seq=101, ack=301),
    "syn-with-fin": Conversation().client("SYN,FIN", seq=100),
    "syn-with-rst": Conversation().client("SYN,RST", seq=100),
    "no-ack-flag": opened().client("", seq=101),
    "syn-in-connection": opened().client("SYN", seq=5000),
    "handshake-segment-not-captured": syn().client("ACK", seq=101, ack=301),
    "previous-segment-not-captured": opened().client("ACK", seq=111, ack=301),
    "acked-segment-not-captured": opened().client("ACK", seq=101, ack=311),
    "tcp-wrong-checksum": sent_with_wrong_checksum(),
    "handshake-not-captured": Conversation().client("ACK", seq=101, ack=311),
}

PATHS_DOING = {"syn-in-connection", "syn-ack-for-old-syn", "tcp-wrong-checksum"}
CAPTURES_DOING = {kind for kind in FOUND if kind.endswith("-not-captured")}


def test_every_kind_of_finding_is_shown() -> None:
    assert set(FOUND) == {rule.kind for rule in RULES} | {"handshake-not-captured"}


@pytest.mark.parametrize("kind", FOUND)
def test_finding(kind: str) -> None:
    """It is there, alone; its message fits a line, leaves no field unfilled, and shows the numbers that it names."""
    connection = FOUND[kind].connection()

    assert kinds(connection) == [kind]
    (finding,) = connection.findings
    assert "{" not in finding.message
    assert "-1" not in finding.message
    assert "\n" not in finding.message
    if finding.field:
        shown = f"0x{finding.actual:04x}" if finding.field == "checksum" else str(finding.actual)
        assert shown in finding.message
        assert finding.expected != finding.actual


@pytest.mark.parametrize("kind", FOUND)
def test_who_is_answerable(kind: str) -> None:
    """Broke a rule, or not captured: never both."""
    (finding,) = FOUND[kind].connection().findings
    expected = Blame.CAPTURE if kind in CAPTURES_DOING else Blame.PATH if kind in PATHS_DOING else Blame.PEER

    assert finding.blame is expected
    assert finding.is_fault is (expected is Blame.PEER)
    assert bool(re.fullmatch(r"RFC 9293 section [\d.]+", finding.rule)) is (expected is not Blame.CAPTURE)


# --------------------------------------------------------------------------------------- outcomes

OPENINGS = {
    Handshake.COMPLETE: opened(),
    Handshake.UNANSWERED: syn(),
    Handshake.REFUSED: syn().server("RST,ACK", ack=101),
    Handshake.RESET: answered().client("RST", seq=101),
    Handshake.HALF_OPEN: answered(),
    Handshake.SIMULTANEOUS: SHOWN["SYN,ACK (crossing)"].server("SYN,ACK", seq=300, ack=101),
    Handshake.NOT_SEEN: Conversation().client("ACK", seq=101, ack=301),
}

CLOSES = {
    Close.FOUR_SEGMENT: fin().server("ACK", seq=301, ack=102).server("FIN,ACK", seq=301, ack=102).again(5),
    Close.THREE_SEGMENT: closed(),
    Close.SIMULTANEOUS: fin().server("FIN,ACK", seq=301, ack=101).client("ACK", seq=102, ack=302),
    Close.HALF_CLOSED: fin().server("ACK", seq=301, ack=102),
    Close.UNANSWERED: fin(),
    Close.RESET_BY_ORIGINATOR: opened().client("RST", seq=101),
    Close.RESET_BY_RESPONDER: opened().server("RST", seq=301),
    Close.NONE: opened(),
}
CLOSES[Close.FOUR_SEGMENT].client("ACK", seq=102, ack=302)
CLOSES[Close.SIMULTANEOUS].server("ACK", seq=302, ack=102)


def test_every_outcome_is_shown() -> None:
    assert set(OPENINGS) == set(Handshake)
    assert set(CLOSES) == set(Close)


@pytest.mark.parametrize("handshake", OPENINGS)
def test_handshake(handshake: Handshake) -> None:
    assert OPENINGS[handshake].connection().handshake is handshake


@pytest.mark.parametrize("close", CLOSES)
def test_close(close: Close) -> None:
    assert CLOSES[close].connection().close is close


def test_a_window_scale_or_a_flag_of_congestion_changes_no_label() -> None:
    talk = Conversation().client("SYN,ECE,CWR", seq=100, options=Option.WINDOW_SCALE, window_scale=7)

    assert labels(talk.connection()) == ["SYN (1 of 3)"]
    assert label_of(Flag.ACK | Flag.ECE, 0, 0) == "ACK"
