"""The socket tables, beside what `ss` shows of the same sockets."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from contextlib import ExitStack

import pytest

from inspector.capture.namespaces import leave_network
from inspector.kernel.model import Moment, SocketRow, Timer
from inspector.kernel.tables import Tables
from inspector.report.sockets import ss_columns
from inspector.wire.row import Endpoint
from tests.kernel.sockets import listener, until

pytestmark = pytest.mark.usefixtures("linux")


@pytest.fixture(scope="session")
def ss() -> str:
    path = shutil.which("ss", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        pytest.skip("ss is not installed (sudo apt install iproute2)")
    return path


def rows(port: int) -> list[SocketRow]:
    with Tables({port}) as tables:
        tables.attend()
        tables.look(1, "settled", 1)
    assert tables.why_not == ""
    return list(tables.snapshots[0].rows)


def states(port: int) -> list[str]:
    return sorted(row.state for row in rows(port))


def shown_by_ss(ss: str, port: int) -> list[list[str]]:
    done = subprocess.run([ss, "-tuanH"], check=True, capture_output=True, text=True)
    split = (line.split() for line in done.stdout.splitlines())
    return sorted(columns for columns in split if any(end.endswith(f":{port}") for end in columns[4:6]))


def test_a_table_reads_as_ss_shows_it(ss: str) -> None:
    """LISTEN with a connection in its queue, both its ends, one with unread bytes, half-closed, TIME-WAIT, and IPv6."""
    with ExitStack() as stack:
        waiting = stack.enter_context(listener(address="::", backlog=7))
        port = waiting.getsockname()[1]
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3)]
        stack.enter_context(socket.create_connection(("::1", port)))
        servers = [stack.enter_context(waiting.accept()[0]) for _ in range(3)]
        clients[0].sendall(b"unread")
        clients[1].shutdown(socket.SHUT_WR)
        clients[2].close()
        servers[2].close()
        udp = stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        udp.bind(("::1", port))
        talking = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        talking.connect(("127.0.0.1", port))
        assert until(lambda: {"TIME-WAIT", "FIN-WAIT-2", "CLOSE-WAIT"} <= set(states(port)))
        ours = sorted(list(ss_columns(row)) for row in rows(port))

        assert ours == shown_by_ss(ss, port)
    assert {line[1] for line in ours} == {
        "LISTEN", "ESTAB", "FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT", "UNCONN"
    }  # fmt: skip


def test_a_listener_shows_its_queue_and_its_room() -> None:
    with listener(backlog=3) as waiting, socket.create_connection(waiting.getsockname()):
        row = next(row for row in rows(waiting.getsockname()[1]) if row.state == "LISTEN")

    assert (row.recv_q, row.send_q) == (1, 3)


@pytest.mark.parametrize(("ipv6_only", "written"), [(1, "[::]"), (0, "*")])
def test_any_address_is_written_as_what_it_takes(ipv6_only: int, written: str) -> None:
    with socket.socket(socket.AF_INET6) as waiting:
        waiting.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, ipv6_only)
        waiting.bind(("::", 0))
        waiting.listen()
        port = waiting.getsockname()[1]

        assert [ss_columns(row)[4:] for row in rows(port)] == [(f"{written}:{port}", f"{written}:*")]


def test_time_wait_has_a_timer() -> None:
    with listener() as waiting:
        client = socket.create_connection(waiting.getsockname())
        server, _ = waiting.accept()
        client.close()
        server.close()
        port = waiting.getsockname()[1]
        assert until(lambda: "TIME-WAIT" in states(port))
        row = next(row for row in rows(port) if row.state == "TIME-WAIT")

    assert row.timer is Timer.TIME_WAIT
    assert 0 < row.expires_ms <= 60_000


def test_what_says_nothing_new_is_not_kept() -> None:
    with listener() as waiting, Tables({waiting.getsockname()[1]}) as tables:
        tables.attend()
        for frame in range(3):
            tables.look(frame, Moment.ARRIVED, frame)
        with socket.create_connection(waiting.getsockname()):
            tables.look(3, "settled", 3)

    assert [(each.frame, each.moment) for each in tables.snapshots] == [(0, Moment.ARRIVED), (3, Moment.SETTLED)]


def test_departures_are_looked_at_while_connections_open() -> None:
    with listener() as waiting, Tables({waiting.getsockname()[1]}) as tables:
        tables.attend()
        tables.look(1, "departed", 1)
        with socket.create_connection(waiting.getsockname()):
            tables.look(2, "arrived", 2)
            waiting.accept()[0].close()
            tables.look(3, "departed", 3)
            tables.look(3, "arrived", 3)

    assert [(each.frame, each.moment) for each in tables.snapshots] == [
        (1, Moment.DEPARTED), (2, Moment.ARRIVED), (3, Moment.ARRIVED)
    ]  # fmt: skip


def test_where_nobody_is_attended_nothing_is_claimed() -> None:
    with Tables() as tables:
        tables.look(1, "settled", 1)

    assert tables.snapshots == []


@pytest.mark.usefixtures("root")
def test_a_table_is_that_of_the_thread_that_opened_it() -> None:
    """Two hosts with the same endpoint, read from a thread that is on neither."""
    with Tables() as tables, ExitStack() as stack:
        for host in ("client", "server"):
            made: list[socket.socket] = []
            thread = threading.Thread(target=_stand, args=(tables, host, made))
            thread.start()
            thread.join(20)
            stack.enter_context(made[0])
        tables.look(1, "settled", 1)
    found = {(row.host, row.local) for row in tables.snapshots[0].rows}

    assert found == {(host, Endpoint("127.0.0.1", 4000)) for host in ("client", "server")}


def _stand(tables: Tables, host: str, made: list[socket.socket]) -> None:
    leave_network()
    tables.attend(host)
    made.append(listener(4000))
