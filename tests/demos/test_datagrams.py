"""What each demo about the fate of a datagram shows: what was on the wire, and what its programs learned of it.

Run as a user runs them, on the real kernel; the capture that they leave is what the wire is judged by.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.findings import Side
from inspector.pipeline import inspect
from inspector.udp.model import Outcome
from inspector.wire.reader import open_capture
from tests.cli.command import inspector, skip_without_capture

if TYPE_CHECKING:
    from inspector.report.inspection import Inspection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the private network, and the kernel's answers, are Linux's"),
]

TIMED_OUT = "TimeoutError: timed out"
EVERYBODY = bytes.fromhex("ffffffffffff")
"""The broadcast address of Ethernet."""
GROUP_239_1_2_3 = bytes.fromhex("01005e010203")
"""Ethernet's address for it: the last 23 bits of the group's (RFC 1112 section 6.4)."""


@dataclass(frozen=True)
class Played:
    """One run of a demo."""

    report: str
    path: Path

    @property
    def wire(self) -> Inspection:
        """What its capture holds."""
        return inspect(self.path)

    @property
    def sizes(self) -> list[int]:
        """Payload of each datagram of the one exchange."""
        (exchange,) = self.wire.exchanges
        return [each.row.payload_len for each in exchange.datagrams]

    @property
    def said(self) -> list[str]:
        """What the programs said that no frame carried."""
        return [line for line in self.report.splitlines() if re.match(r"(client|server)( \d)?: ", line)]

    def frames(self) -> list[bytes]:
        """The frames as they were."""
        with open_capture(self.path) as reader:
            return [batch.frame(index).data for batch in reader for index in range(batch.count)]


@cache
def played(folder: Path, name: str, *words: str) -> Played:
    path = folder / f"{name}{len(list(folder.iterdir()))}.pcapng"
    done = inspector("demo", name, "--port", "auto", "-w", path, *words, cwd=folder, COLUMNS="200")
    skip_without_capture(done)

    assert done.code == 0, done.out + done.err
    return Played(done.out, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datagrams")


needs_ipv6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this system has no IPv6")

# ------------------------------------------------------------------------------------- a closed port


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_closed_port_answers_every_datagram_by_an_error_that_quotes_it(folder: Path, host: str) -> None:
    exchanges = played(folder, "udp-unreachable", "--host", host).wire.exchanges

    assert [each.outcome for each in exchanges] == [Outcome.UNREACHABLE] * 2
    for exchange in exchanges:
        datagram, error = exchange.datagrams
        assert error.about == datagram.row.frame


def test_only_the_connected_socket_hears_of_the_error(folder: Path) -> None:
    connected, unconnected = played(folder, "udp-unreachable").said[1:]

    assert connected.startswith("client: recvfrom of the connected socket raised ConnectionRefusedError")
    assert unconnected == f"client: recvfrom of the unconnected socket raised {TIMED_OUT}"


# ------------------------------------------------------------------------------------- what is lost


def test_three_silences_differ_on_the_wire(folder: Path) -> None:
    exchanges = played(folder, "udp-unanswered").wire.exchanges

    assert [[(each.sender, each.lost) for each in exchange.datagrams] for exchange in exchanges] == [
        [(Side.ORIGINATOR, True)],
        [(Side.ORIGINATOR, False)],
        [(Side.ORIGINATOR, False), (Side.RESPONDER, True)],
    ]


def test_three_silences_are_the_same_to_who_waits(folder: Path) -> None:
    assert played(folder, "udp-unanswered").said == [
        f"client: recvfrom after question {number} raised {TIMED_OUT}" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("words", "lost"), [((), [2]), (("--link", "drop 3rd datagram"), [2, 3])], ids=["the second", "two"]
)
def test_what_is_lost_is_noticed_by_the_programs_numbers_alone(
    folder: Path, words: tuple[str, ...], lost: list[int]
) -> None:
    run = played(folder, "udp-lost", *words)
    (exchange,) = run.wire.exchanges

    assert [number for number, each in enumerate(exchange.datagrams, start=1) if each.lost] == lost
    assert exchange.counts == (5, 0)
    assert run.said == [f"server: number {lost[-1] + 1} came, and number {each} did not" for each in lost]


def test_who_is_overtaken_comes_later_and_is_sorted_by_the_program(folder: Path) -> None:
    run = played(folder, "udp-reordered")
    (exchange,) = run.wire.exchanges
    came = [run.wire.payloads[each.row.frame] for each in exchange.datagrams]

    assert came == [b"2 second", b"1 first", b"3 third"]
    assert run.said == ["server: they came in the order 2, 1, 3; by their numbers: 1 first, 2 second, 3 third"]


# ------------------------------------------------------------------------------------- sizes


def test_a_datagram_is_whole_on_the_wire_and_cut_by_the_buffer(folder: Path) -> None:
    run = played(folder, "udp-truncated")

    assert run.sizes == [1200, 1200, 1200]
    assert [line for line in run.said if "gave" in line] == [
        "server: recvfrom(1024) gave 1024 bytes and no error",
        "server: recvmsg(1024) gave 1024 bytes of the next datagram, with MSG_TRUNC set",
        "server: recvfrom(2048) gave 1200 bytes: all of it",
    ]


def test_above_the_mtu_there_are_fragments_and_above_the_largest_there_is_no_frame(folder: Path) -> None:
    run = played(folder, "udp-oversize")

    assert run.sizes == [1472, 1473, 65507, 3]
    assert len(run.frames()) == 1 + 2 + 45 + 1
    assert max(map(len, run.frames())) == 14 + 1500
    assert run.said == ["client: sendto of 65,508 bytes raised OSError: [Errno 90] Message too long"]


@needs_ipv6
def test_the_length_of_ipv6_does_not_count_its_header(folder: Path) -> None:
    run = played(folder, "udp-oversize", "--host", "::1")

    assert run.sizes == [1452, 1453, 65527, 3]
    assert run.said == ["client: sendto of 65,528 bytes raised OSError: [Errno 90] Message too long"]


def test_with_one_fragment_the_whole_datagram_is_lost(folder: Path) -> None:
    run = played(folder, "udp-oversize", "--link", "drop fragment")
    (exchange,) = run.wire.exchanges

    assert [each.lost for each in exchange.datagrams] == [False, True, False, False]
    assert run.report.count("received by the server") == 3


# ------------------------------------------------------------------------------------- one to many


def test_a_broadcast_is_one_frame_that_two_receive(folder: Path) -> None:
    run = played(folder, "udp-broadcast")
    (frame,) = run.frames()
    (exchange,) = run.wire.exchanges

    assert frame[:6] == EVERYBODY
    assert exchange.responder.address == "10.0.0.255"
    assert "received by server 1" in run.report
    assert 'server 2: received "hello, everybody"' in run.said


def test_a_broadcast_needs_leave_and_a_receiver_at_every_address(folder: Path) -> None:
    said = played(folder, "udp-broadcast").said

    assert "client: sendto without SO_BROADCAST raised PermissionError: [Errno 13] Permission denied" in said
    assert f"server 3: recvfrom of the socket bound to 10.0.0.2 raised {TIMED_OUT}" in said


def test_a_group_is_one_frame_for_those_who_joined(folder: Path) -> None:
    run = played(folder, "udp-multicast")
    (exchange,) = run.wire.exchanges
    frame = run.frames()[exchange.datagrams[0].row.frame - 1]

    assert frame[:6] == GROUP_239_1_2_3
    assert "received by server 1" in run.report
    assert run.said == [
        'server 2: received "hello, group"',
        f"server 3: recvfrom of the socket that did not join raised {TIMED_OUT}",
    ]


def test_joining_is_told_to_the_network_and_passed_over_here(folder: Path) -> None:
    passed_over = dict(played(folder, "udp-multicast").wire.capture.passed_over)

    assert [reason for reason in passed_over if reason.endswith("(number 2)")]


@needs_ipv6
@pytest.mark.parametrize(
    ("name", "why"), [("udp-broadcast", "IPv6 has no broadcast"), ("udp-multicast", "IPV6_JOIN_GROUP")]
)
def test_what_is_ipv4s_says_so(tmp_path: Path, name: str, why: str) -> None:
    done = inspector("demo", name, "--host", "::1", cwd=tmp_path)
    skip_without_capture(done)

    assert why in done.err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------- beside TCP


def test_the_same_message_is_one_datagram_or_eight_segments(folder: Path) -> None:
    wire = played(folder, "udp-vs-tcp").wire
    (exchange,), (connection,) = wire.exchanges, wire.connections
    segments = connection.originator.segments + connection.responder.segments

    assert (exchange.counts, exchange.payload_bytes) == ((1, 0), (5, 0))
    assert (connection.originator.payload_bytes, connection.responder.payload_bytes) == (5, 0)
    assert segments == 8 + (connection.close == "four-segment")
