"""Zero-window probes: Wireshark lets none of them advance the next expected sequence number, and nor do we."""

from __future__ import annotations

from tests.tcp.conversation import Conversation, labels


def probed() -> Conversation:
    """The server's window is full, and a probe of one byte was refused."""
    talk = Conversation().handshake(x=100, y=300).client("ACK", seq=101, ack=301, data=5)
    talk.server("ACK", seq=301, ack=106, window=0).client("ACK", seq=106, ack=301, data=1)
    return talk.server("ACK", seq=301, ack=106, window=0)


def test_a_probe_that_was_refused_is_repeated_as_a_probe() -> None:
    talk = probed().client("ACK", seq=106, ack=301, data=1)

    assert labels(talk.connection())[-3:] == ["zero-window probe", "zero-window probe ACK", "zero-window probe"]


def test_the_byte_of_a_probe_is_plain_data_once_the_window_is_open() -> None:
    talk = probed().server("ACK", seq=301, ack=106).client("ACK", seq=106, ack=301, data=1)

    assert labels(talk.connection())[-2:] == ["window update", "data"]


def test_a_probe_that_was_taken_counts() -> None:
    talk = probed().server("ACK", seq=301, ack=107).client("ACK", seq=106, ack=301, data=1)

    assert labels(talk.connection())[-1] == "keep-alive"


def closed() -> Conversation:
    """The server has no room left, and all that was sent is acknowledged."""
    talk = Conversation().handshake(x=100, y=300).client("ACK", seq=101, ack=301, data=5)
    return talk.server("ACK", seq=301, ack=106, window=0)


def test_linux_probes_a_closed_window_by_the_shape_of_a_keep_alive() -> None:
    talk = closed()
    for _ in range(2):
        talk.client("ACK", seq=105, ack=301).server("ACK", seq=301, ack=106, window=0)

    assert labels(talk.connection())[5:] == ["zero-window probe", "zero-window probe ACK"] * 2


def test_the_answer_to_such_a_probe_may_open_the_window() -> None:
    talk = closed().client("ACK", seq=105, ack=301).server("ACK", seq=301, ack=106)

    assert labels(talk.connection())[5:] == ["zero-window probe", "window update"]


def test_data_after_such_a_probe_are_at_their_place() -> None:
    talk = closed().client("ACK", seq=105, ack=301).server("ACK", seq=301, ack=106)
    talk.client("ACK", seq=106, ack=301, data=7).server("ACK", seq=301, ack=113)

    assert labels(talk.connection())[7:] == ["data", "ACK"]


def test_the_same_shape_is_a_keep_alive_once_the_window_is_open() -> None:
    talk = closed().server("ACK", seq=301, ack=106).client("ACK", seq=105, ack=301)

    assert labels(talk.connection())[-1] == "keep-alive"
