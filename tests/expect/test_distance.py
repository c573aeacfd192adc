"""The distance that a comparison tells is made of the prices that its description names."""

from __future__ import annotations

import pytest

from tests.expect.said import Said

HELLO = "use three-way-handshake\nclient > server  ACK  len=5\nserver > client  ACK  len=7\nuse any-close\n"


def hello() -> Said:
    return Said().handshake().client("ACK", len=5).server("ACK", len=7).closed()


@pytest.mark.parametrize(
    ("said", "expected", "distance"),
    [
        (hello(), HELLO, 0),
        (hello().without(5), HELLO, 10),
        (hello().changed(2, ack=7), HELLO, 6),
        (hello().changed(2, flags="ACK"), HELLO, 12),
        (hello().changed(2, flags="RST,ACK"), HELLO, 12 + 1),
        (Said().handshake().server("ACK", len=7).client("ACK", len=5).closed(), HELLO, 9),
        (
            Said().handshake(),
            "client > server SYN\nserver > client SYN,ACK\nclient > server ACK within 1ns | - CLOSED\n",
            1 + 6,
        ),
    ],
)
def test_each_difference_has_its_price(said: Said, expected: str, distance: int) -> None:
    assert said.compare(expected).distance == distance
