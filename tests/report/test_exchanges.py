"""The ladder of an exchange tells what became of its datagrams, where the capture knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspector.report.terminal import render_inspection
from inspector.udp.model import Outcome
from inspector.wire.row import Direction, Fragment
from tests.report.stories import ORIGINATOR, RESPONDER, datagram, exchange, inspection

if TYPE_CHECKING:
    from inspector.udp.model import Exchange, TracedDatagram

REQUEST = datagram(1, ORIGINATOR, b"ask", "request")
LOST_REQUEST = datagram(2, ORIGINATOR, b"ask", "datagram", direction=Direction.LOST)
REPLY = datagram(3, RESPONDER, b"answer", "reply")
LOST_REPLY = datagram(4, RESPONDER, b"answer", "reply", direction=Direction.LOST)


def told(made: Exchange) -> list[str]:
    """The lines of the report, each without what is around its words."""
    lines = render_inspection(inspection(exchanges=(made,)), width=100, colour=False).splitlines()
    return [line.strip(" │") for line in lines]


@pytest.mark.parametrize(
    ("datagrams", "by_originator", "by_responder"),
    [
        ([REQUEST, REPLY], "3 bytes in 1 datagram, by the originator", "6 bytes in 1 datagram, by the responder"),
        (
            [LOST_REQUEST, REQUEST, LOST_REPLY],
            "6 bytes in 2 datagrams, by the originator; 1 was lost",
            "6 bytes in 1 datagram, by the responder; 1 was lost",
        ),
        (
            [LOST_REQUEST, LOST_REQUEST, REQUEST, REPLY],
            "9 bytes in 3 datagrams, by the originator; 2 were lost",
            "6 bytes in 1 datagram, by the responder",
        ),
    ],
    ids=["none", "one each way", "two"],
)
def test_what_was_lost_on_its_way_is_counted(
    datagrams: list[TracedDatagram], by_originator: str, by_responder: str
) -> None:
    lines = told(exchange(*datagrams))

    assert f"carried   {by_originator}" in lines
    assert by_responder in lines


@pytest.mark.parametrize(
    ("datagrams", "outcome", "words"),
    [
        ([REQUEST], Outcome.UNANSWERED, "unanswered: delivered, lost or ignored look the same from here"),
        (
            [LOST_REQUEST],
            Outcome.UNANSWERED,
            "unanswered: lost on the way; to its sender, delivered, lost and ignored look the same",
        ),
        ([LOST_REQUEST, REQUEST], Outcome.UNANSWERED, "unanswered: delivered, lost or ignored look the same from here"),
        ([REQUEST, REPLY], Outcome.REPLIED, "replied: only the reply shows that anybody received anything"),
        (
            [REQUEST, LOST_REPLY],
            Outcome.REPLIED,
            "replied: but no reply arrived; to the originator it is as if nobody had answered",
        ),
        ([REQUEST, LOST_REPLY, REPLY], Outcome.REPLIED, "replied: only the reply shows that anybody received anything"),
    ],
)
def test_the_outcome_says_what_the_ends_cannot_know(
    datagrams: list[TracedDatagram], outcome: Outcome, words: str
) -> None:
    assert f"outcome   {words}" in told(exchange(*datagrams, outcome=outcome))


def test_a_datagram_that_came_in_fragments_says_so() -> None:
    whole = datagram(1, ORIGINATOR, b"long", "datagram", fragment=Fragment.REASSEMBLED)

    assert "put together from fragments, of which this was the last to come" in told(exchange(whole))
    assert not any("fragments" in line for line in told(exchange(REQUEST)))


def test_a_datagram_that_lost_a_fragment_says_so() -> None:
    torn = datagram(1, ORIGINATOR, b"long", "datagram", fragment=Fragment.REASSEMBLED, direction=Direction.LOST)

    assert "in fragments that did not all arrive: the rest is thrown away" in told(exchange(torn))
