"""A wrong segment beside a `...`: that segment, changed, where it stands in its place; else its line is missing.

The rule is at the head of `inspector/expect/reading.py`.
"""

from __future__ import annotations

import pytest

from inspector.expect.comparison import compare
from inspector.expect.parser import parse
from tests.expect.said import Said, told
from tests.expect.test_subjects import CLIENT, SERVER, exchange

UNREACHABLE = "server > client  ICMP host-unreachable\n"


@pytest.mark.parametrize(
    "text",
    [
        f"client > server  UDP\n{UNREACHABLE}...\n",
        f"client > server  UDP\n...\n{UNREACHABLE}",
        f"part: beginning\nclient > server  UDP\n{UNREACHABLE}",
        f"client > server  UDP\nrepeat *: server > client  UDP\n{UNREACHABLE}...\n",
    ],
)
def test_another_icmp_error_in_its_place_is_that_error_changed(text: str) -> None:
    (difference,) = compare(parse(text), exchange((CLIENT, 5), "unreachable")).differences

    assert told((difference,)) == [("changed", 2, 2, "icmp")]
    assert (difference.expected, difference.actual) == ("host-unreachable", "port-unreachable")


@pytest.mark.parametrize("text", [f"...\n{UNREACHABLE}...\n", f"client > server UDP\n...\n{UNREACHABLE}...\n"])
def test_where_it_may_stand_anywhere_it_has_no_place_of_its_own(text: str) -> None:
    (difference,) = told(compare(parse(text), exchange((CLIENT, 5), "unreachable", (CLIENT, 5))))

    assert difference[0] == "missing"


def test_an_error_that_a_datagram_keeps_from_its_place_is_another() -> None:
    text = f"client > server  UDP\n{UNREACHABLE}...\n"

    assert told(compare(parse(text), exchange((CLIENT, 5), (CLIENT, 5), "unreachable", (CLIENT, 5)))) == [
        ("missing", 2, None, "")
    ]


def test_an_empty_datagram_in_its_place_is_that_datagram_with_another_length() -> None:
    text = "client > server  UDP  len=5\nserver > client  UDP  len=3\n...\n"

    assert told(compare(parse(text), exchange((CLIENT, 5), (SERVER, 0), (CLIENT, 9)))) == [("changed", 2, 2, "len")]


FLAGS: dict[str, tuple[Said, str, list[tuple[str, int | None, int | None, str]]]] = {
    "accepted and not refused": (
        Said().handshake().closed(),
        "client > server  SYN\nserver > client  RST,ACK\n...\n",
        [("changed", 2, 2, "flags")],
    ),
    "a reset at the end and no FIN": (
        Said().handshake().client("ACK", len=5).server("RST,ACK"),
        "use three-way-handshake\n...\nserver > client  FIN,ACK\n",
        [("changed", 4, 5, "flags")],
    ),
    "a wrong flag and a wrong number together": (
        Said().handshake().closed().changed(2, flags="RST,ACK", ack=1000),
        "client > server  SYN  seq=x\nserver > client  SYN,ACK  seq=y  ack=x+1\nclient > server  ACK  ack=y+1\n...\n",
        [("changed", 2, 2, "flags"), ("changed", 2, 2, "ack")],
    ),
    "a retransmission does not come between": (
        Said().client("SYN").client("SYN", seq=1000).server("SYN,ACK").client("ACK"),
        "client > server  SYN\nserver > client  RST,ACK\n...\n",
        [("changed", 2, 3, "flags")],
    ),
    "data come next where a SYN,ACK is lost": (
        Said().handshake().server("ACK", len=9).without(2),
        "client > server  SYN\nserver > client  SYN,ACK\n...\n",
        [("missing", 2, None, "")],
    ),
    "a FIN is lost, and data stand before its ACK": (
        Said().handshake().client("ACK", len=5).closed().without(5),
        "use three-way-handshake\n...\nclient > server  FIN,ACK\nserver > client  FIN,ACK\nclient > server  ACK\n",
        [("missing", 4, None, "")],
    ),
    "anything may stand before": (
        Said().handshake().closed(),
        "client > server  SYN\n...\nserver > client  RST,ACK\n...\n",
        [("missing", 2, None, "")],
    ),
}


@pytest.mark.parametrize("case", FLAGS)
def test_a_wrong_flag_in_its_place(case: str) -> None:
    said, text, expected = FLAGS[case]

    assert told(said.compare(text)) == expected
