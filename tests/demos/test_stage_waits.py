"""A datagram socket waits as long as its program says, and no longer than the run."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.demos import find, run
from inspector.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.demos.end import End, Socket


def bound_here(end: End) -> Socket:
    waiting = end.socket(socket.SOCK_DGRAM)
    waiting.bind((end.host, 0))
    return waiting


def ready_server(end: End) -> None:
    end.ready()


def notes(client: Callable[[End], None], **options: float) -> list[str]:
    demo = replace(find("udp-oneway"), server=ready_server, client=client)
    return [said.text for said in run(demo, port="auto", **options).messages]  # type: ignore[arg-type]  # a deadline


def test_a_time_limit_of_the_program_ends_its_waiting() -> None:
    def client(end: End) -> None:
        with bound_here(end) as waiting:
            waiting.settimeout(0.01)
            try:
                waiting.recvfrom(1)
            except TimeoutError as error:
                end.raised("recvfrom", error)

    assert notes(client, deadline=600) == ["recvfrom raised TimeoutError: timed out"]


def test_a_socket_that_does_not_block_says_so_at_once() -> None:
    def client(end: End) -> None:
        with bound_here(end) as waiting:
            waiting.settimeout(0)
            try:
                waiting.recvfrom(1)
            except BlockingIOError as error:
                end.raised("recvfrom", error)

    assert notes(client, deadline=600) == [
        "recvfrom raised BlockingIOError: [Errno 11] Resource temporarily unavailable"
    ]


@pytest.mark.parametrize("call", ["recvfrom", "recvmsg"])
def test_without_one_the_end_of_the_run_does(call: str) -> None:
    def client(end: End) -> None:
        with bound_here(end) as waiting:
            getattr(waiting, call)(1)

    with pytest.raises(DemoError, match=r"the client of udp-oneway waited 0.1 s for a datagram"):
        notes(client, deadline=0.1)
