"""A SYN that nobody answers: neither yes nor no, and the kernel tries until its patience ends.

When does it try again? The textbooks say after 1, 3 and 7 seconds: each wait twice the last. Linux since 6.5 repeats
once a second at first, and doubles only then: 1, 2, 3, 4, 5, 7, 11 (`tcp_syn_linear_timeouts` is 4). The socket option
TCP_SYNCNT sets how long that goes on, still in the old measure: N is the time that N doubled waits would take,
3 s for 1, 7 s for 2, 15 s for 3.
"""

from __future__ import annotations

from socket import IPPROTO_TCP, SOCK_STREAM, TCP_SYNCNT
from time import monotonic
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Listen, and hear nothing."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        end.ready()
        end.await_signal("given up")


def client(end: End) -> None:
    """Try to connect until the kernel gives up, and say when that was."""
    with end.socket(SOCK_STREAM) as connection:
        connection.setsockopt(IPPROTO_TCP, TCP_SYNCNT, end.number("syncnt"))
        began = monotonic()
        try:
            connection.connect(end.address)
        except TimeoutError as error:
            end.raised("connect, after {seconds:.0f} s,", error, seconds=monotonic() - began)
    end.signal("given up")


DEMO = Demo(
    name="tcp-unanswered",
    summary="every SYN is lost: the kernel repeats it by its own clock, then connect raises TimeoutError",
    transport="tcp",
    port=9109,
    expected="tcp-unanswered",
    lesson=(
        "Silence is no refusal: a closed port answers RST. No answer at all means lost, filtered, or nobody there.",
        "Textbooks repeat the SYN after 1, 3 and 7 s; Linux since 6.5 after 1, 2, 3, 4, 5 s, then 7, 11 (--syncnt 3).",
        "Each SYN is the same, number x: one attempt. ETIMEDOUT comes one wait after the last of them.",
    ),
    server=server,
    client=client,
    options=(Option("syncnt", 2, "TCP_SYNCNT: give up after 3 s (1), 7 s (2) or 15 s (3)", least=1, most=3),),
    link="drop SYN always",
    seconds=7.0,
)
