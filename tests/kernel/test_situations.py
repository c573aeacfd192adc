"""Differences that no demo shows, made by real programs on two hosts: the kernel does what the reasons say it does."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from inspector.capture.recording import Recording
from inspector.kernel.agreement import Agreement, Witness, agreements
from inspector.kernel.reasons import Reason
from inspector.kernel.tables import Tables
from inspector.kernel.trace import Tracer, witnessed
from inspector.link import Network, parse_script
from inspector.pipeline import inspect
from tests.kernel.sockets import listener, until
from tests.kernel.testimonies import reasons, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("tracepoint")]

PORT = 4242
ADDRESS = ("10.0.0.2", PORT)


class Hosts:
    """Sockets of both hosts, closed when the test is over, and not before."""

    def __init__(self, network: Network, recording: Recording, stack: ExitStack) -> None:
        self._network, self._recording, self._stack = network, recording, stack

    def frames(self) -> int:
        """How many the wire has passed on."""
        return self._recording.statistics.received

    def client(self) -> socket.socket:
        made = self._network.hosts["client"].call(partial(socket.socket, socket.AF_INET))
        made.settimeout(20)
        return self._stack.enter_context(made)

    def server(self, backlog: int) -> socket.socket:
        make = partial(listener, PORT, ADDRESS[0], backlog)
        return self._stack.enter_context(self._network.hosts["server"].call(make))

    def accepted(self, waiting: socket.socket) -> socket.socket:
        return self._stack.enter_context(waiting.accept()[0])

    def client_states(self) -> set[str]:
        """What the client's tables say."""
        with Tables({PORT}) as tables:
            self._network.hosts["client"].call(partial(tables.attend, "client"))
            tables.look(1, "settled", 1)
            return {row.state for row in tables.snapshots[0].rows}


def compared(script: str, program: Callable[[Hosts], None], folder: Path) -> tuple[Agreement, ...]:
    """Run `program`, and hear the kernel up to its end: what its sockets do afterwards is not heard."""
    with ExitStack() as stack:
        tracer = stack.enter_context(Tracer({PORT}))
        tables = stack.enter_context(Tables({PORT}))
        network = stack.enter_context(Network(parse_script(script), on_pass=tables.look))
        for host in network.hosts.values():
            host.call(partial(tables.attend, host.name))
        recording = Recording("wire", engine=network.wire, path=folder / "x.pcapng", drain_s=0)
        with recording:
            program(Hosts(network, recording, stack))
        tables.look(recording.statistics.received, "settled", time.time_ns())
        tracer.stop()
        testimony = witnessed(tracer, tables)
    return agreements(inspect(folder / "x.pcapng").connections, testimony)


def by_trace(agreement: Agreement) -> tuple[list[str], list[set[Reason]]]:
    ends = [end for end in agreement.ends if end.witness is Witness.TRACEPOINT]
    return [told(end) for end in ends], [set(reasons(end)) for end in ends]


def test_a_syn_is_ignored_while_the_accept_queue_is_full(tmp_path: Path) -> None:
    def program(hosts: Hosts) -> None:
        hosts.server(backlog=0)
        hosts.client().connect(ADDRESS)
        second = hosts.client()
        second.settimeout(0.1)
        with pytest.raises(TimeoutError):
            second.connect(ADDRESS)

    _, ignored = compared("", program, tmp_path)

    assert by_trace(ignored)[0] == ["CLOSED SYN-SENT", "LISTEN SYN-RECEIVED|-"]
    assert by_trace(ignored)[1] == [set(), {Reason.SYN_IGNORED}]


def test_the_third_segment_is_ignored_while_the_accept_queue_is_full(tmp_path: Path) -> None:
    """Both SYNs come before either handshake is complete; then there is room for one."""

    def program(hosts: Hosts) -> None:
        hosts.server(backlog=0)
        clients = hosts.client(), hosts.client()
        for each in clients:
            each.settimeout(0)
            with suppress(BlockingIOError):
                each.connect(ADDRESS)
        assert until(lambda: hosts.frames() >= 6)  # three of each handshake

    found = compared("hold SYN until SYN from client", program, tmp_path)
    full = [each for each in found if {Reason.QUEUE_FULL} in by_trace(each)[1]]

    assert len(found) == 2
    assert [by_trace(each)[0][1] for each in full] == ["LISTEN SYN-RECEIVED|- ESTABLISHED|-"]


def test_fin_wait_2_of_a_closed_socket_is_an_object_of_its_own(tmp_path: Path) -> None:
    def program(hosts: Hosts) -> None:
        waiting = hosts.server(backlog=5)
        client = hosts.client()
        client.connect(ADDRESS)
        server = hosts.accepted(waiting)
        client.close()
        assert server.recv(1) == b""
        assert until(lambda: "FIN-WAIT-2" in hosts.client_states())

    (agreement,) = compared("", program, tmp_path)
    words, why = by_trace(agreement)

    assert words[0] == "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 -|CLOSED"
    assert why[0] == {Reason.FIN_WAIT_2_APART}
    assert next(told(end).split()[-1] for end in agreement.ends if end.witness is Witness.TABLES) == "FIN-WAIT-2"


def test_an_end_that_no_segment_came_from_is_unheard(tmp_path: Path) -> None:
    def program(hosts: Hosts) -> None:
        client = hosts.client()
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.connect(ADDRESS)

    (agreement,) = compared("drop SYN always", program, tmp_path)

    assert by_trace(agreement)[1] == [set(), {Reason.UNHEARD}]
