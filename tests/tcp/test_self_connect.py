"""A socket connected to itself: one end that plays both parts (the real kernel's: `captures/tcp-self-connect`)."""

from __future__ import annotations

from inspector.tcp.model import Close, Connection, Handshake
from tests.tcp.conversation import CLIENT, Conversation


def self_connected() -> Conversation:
    talk = Conversation(ends=(CLIENT, CLIENT))
    return talk.client("SYN", seq=100).client("SYN,ACK", seq=100, ack=101).client("ACK", seq=101, ack=101)


def closed() -> Connection:
    talk = self_connected().client("PSH,ACK", seq=101, ack=101, data=5).client("ACK", seq=106, ack=106)
    return talk.client("FIN,ACK", seq=106, ack=106).client("ACK", seq=107, ack=107).connection()


def test_the_handshake_of_one_end_with_itself_is_a_simultaneous_open() -> None:
    assert self_connected().connection().handshake is Handshake.SIMULTANEOUS


def test_the_close_of_one_end_with_itself_is_simultaneous_too() -> None:
    assert closed().close is Close.SIMULTANEOUS


def test_an_open_connection_with_itself_has_no_close() -> None:
    assert self_connected().connection().close is Close.NONE


def test_the_one_fin_goes_unanswered_until_it_is_acknowledged() -> None:
    talk = self_connected().client("FIN,ACK", seq=101, ack=101)

    assert talk.connection().close is Close.UNANSWERED
