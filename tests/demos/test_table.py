"""What the kernel's table says of connections, and what of it a `bind` minds: the ground of the demos of closing."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from inspector.demos.end import state_of
from inspector.demos.table import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table is Linux's")


def closed_first(*, reuse: bool) -> tuple[int, int]:
    """The ports of server and client after a connection that the server closed first, on loopback."""
    with socket.socket() as listener, socket.socket() as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        served = listener.accept()[0]
        with served:
            served.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
            client.shutdown(socket.SHUT_WR)
            assert served.recv(1) == b""
        for _ in range(1_000_000):  # until the last acknowledgment has come
            if state_of(client) == "CLOSED":
                break
        return listener.getsockname()[1], client.getsockname()[1]


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("old", [False, True])
def test_reuseaddr_is_wanted_of_both_the_old_server_and_the_new(*, old: bool, new: bool) -> None:
    port, _client = closed_first(reuse=old)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, new)
        try:
            listener.bind(("127.0.0.1", port))
            bound = True
        except OSError:
            bound = False

    assert bound is (old and new)


def test_the_table_lists_time_wait_with_what_is_left_of_it_and_nothing_of_who_closed_last() -> None:
    server, client = closed_first(reuse=True)
    state, seconds = listed(server, client)

    assert state == "TIME-WAIT"
    assert 50 < seconds <= 60.5
    assert listed(client, server) == ("CLOSED", 0.0)


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
def connected(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and its server on loopback."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(request.param))
        try:
            listener.bind(("127.0.0.1" if request.param == socket.AF_INET else "::1", 0))
        except OSError:
            pytest.skip("this system has no IPv6")
        listener.listen()
        client = stack.enter_context(socket.socket(request.param))
        client.connect(listener.getsockname())
        yield client, stack.enter_context(listener.accept()[0])


def test_the_table_tells_the_two_ends_of_a_connection_apart(connected: tuple[socket.socket, socket.socket]) -> None:
    client, server = connected
    ports = client.getsockname()[1], server.getsockname()[1]
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""

    assert listed(*reversed(ports)).state == "CLOSE-WAIT"
    assert listed(*ports).state in {"FIN-WAIT-1", "FIN-WAIT-2"}
