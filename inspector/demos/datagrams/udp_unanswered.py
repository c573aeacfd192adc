"""Silence, and the three things that it may mean.

The first question is lost on its way. The second arrives, and the server does not answer. The third is answered, and
the answer is lost. The wire sees the difference. The client sees three times the same: nothing, until its patience
ends.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "LAST", "PATIENCE", "ask", "client", "server"]

PATIENCE = 0.2
"""Seconds that the client waits for an answer."""
LAST = b"question 3"


def server(end: End) -> None:
    """Answer the third question only."""
    with end.socket(SOCK_DGRAM) as quiet:
        quiet.bind(end.address)
        question = b""
        while question != LAST:
            question, client_address = quiet.recvfrom(1024)
            end.received(question)
        answer = b"answer 3"
        end.sent(answer)
        quiet.sendto(answer, client_address)


def client(end: End) -> None:
    """Ask three times, each time from a new socket."""
    for question in (b"question 1", b"question 2", LAST):
        ask(end, question)


def ask(end: End, question: bytes) -> None:
    """Send, and wait for as long as this program is willing to: UDP has no limit of its own."""
    with end.socket(SOCK_DGRAM) as caller:
        caller.settimeout(PATIENCE)
        end.sent(question)
        caller.sendto(question, end.address)
        try:
            answer, _server_address = caller.recvfrom(1024)
            end.received(answer)
        except TimeoutError as error:
            end.raised("recvfrom after {question}", error, question=question.decode())


DEMO = Demo(
    name="udp-unanswered",
    summary="three silences: the question lost, no answer given, the answer lost",
    transport="udp",
    port=8888,
    expected="udp-unanswered",
    lesson=(
        "A question is lost, one is ignored, an answer is lost: the wire shows which is which, the client cannot tell.",
        "TCP would send again, and at last give up with an error. UDP waits for ever: the limit is the program's own.",
        "So asking again must do no harm: the question may have been received, and acted upon, the first time.",
        "Only a closed port may speak up (udp-unreachable); a dead host or a firewall is just as silent.",
    ),
    server=server,
    client=client,
    link="drop datagram from client once; drop datagram from server once",
)
