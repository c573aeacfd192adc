"""Real datagrams on loopback: what the kernel answers to UDP, as the tracker tells it."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest

from inspector.udp.model import Outcome
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.decode import decode_frame
from inspector.wire.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.udp.model import Exchange

ETHERNET = 1
ALL_PROTOCOLS = 0x0003
PACKET_OUTGOING = 4


class Loopback:
    """All frames on `lo` from now on, each once."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.tracker = ExchangeTracker()
        self.frames = 0

    def exchange_of(self, port: int, shown: int) -> Exchange:
        """The exchange with an end at `port`, as soon as it has so many datagrams and errors."""
        self.listener.settimeout(10)
        while True:
            data, (_, _, kind, *_) = self.listener.recvfrom(0xFFFF)
            if kind == PACKET_OUTGOING:
                continue
            self.frames += 1
            row = decode_frame(Frame(self.frames, time.time_ns(), data, len(data), ETHERNET))
            self.tracker.feed([row], 1)
            for exchange in self.tracker.exchanges():
                if port in {exchange.originator.port, exchange.responder.port} and len(exchange.datagrams) >= shown:
                    return exchange


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux's AF_PACKET")
    try:
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    except PermissionError:
        pytest.skip("needs CAP_NET_RAW to capture on loopback")
    with listener:
        listener.bind(("lo", 0))
        yield Loopback(listener)


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"])
def sender(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, str]]:
    """A UDP socket, and the address that reaches this machine from it."""
    family, address = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as opened:
        try:
            opened.bind((address, 0))
        except OSError:
            pytest.skip(f"{address} is not configured here")
        yield opened, address


def closed_port(family: int, address: str) -> int:
    """A port at which nobody listens (any more)."""
    with socket.socket(family, socket.SOCK_DGRAM) as once:
        once.bind((address, 0))
        port: int = once.getsockname()[1]
        return port


def test_a_datagram_to_a_closed_port_is_answered_by_an_error_that_quotes_it(
    loopback: Loopback, sender: tuple[socket.socket, str]
) -> None:
    opened, address = sender
    port = closed_port(opened.family, address)

    opened.sendto(b"anybody there?", (address, port))
    exchange = loopback.exchange_of(port, 2)

    datagram, error = exchange.datagrams
    assert exchange.outcome is Outcome.UNREACHABLE
    assert (exchange.counts, exchange.payload_bytes) == ((1, 0), (14, 0))
    assert error.label.endswith("port unreachable")
    assert error.about == datagram.row.frame
    assert (exchange.conn_state, exchange.history) == ("S0", "D")


def test_a_request_is_answered_by_a_reply(loopback: Loopback, sender: tuple[socket.socket, str]) -> None:
    opened, address = sender
    with socket.socket(opened.family, socket.SOCK_DGRAM) as server:
        server.bind((address, 0))
        port = server.getsockname()[1]

        opened.sendto(b"question", (address, port))
        question, client = server.recvfrom(100)
        server.sendto(question + b" answered", client)
        exchange = loopback.exchange_of(port, 2)

    assert exchange.outcome is Outcome.REPLIED
    assert exchange.responder.port == port
    assert [datagram.label for datagram in exchange.datagrams] == ["request", "reply"]
    assert exchange.payload_bytes == (8, 17)
    assert not exchange.findings
