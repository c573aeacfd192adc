"""Our path against the kernel's: which socket is whose, what differs, and why."""

from __future__ import annotations

import pytest

from inspector.kernel.agreement import Witness
from inspector.kernel.reasons import EXPLANATIONS, RULES, Reason
from inspector.tcp.model import Connection
from tests.kernel.testimonies import ACTIVE, ANY, CLIENT, PASSIVE, SERVER, Said, reasons, told
from tests.tcp.conversation import Conversation


def closed_by_client(talk: Conversation | None = None) -> Conversation:
    """A handshake at 10, 20 and 30 ms, and a close in three segments."""
    talk = (talk or Conversation()).handshake()
    talk.client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=102)
    return talk.client("ACK", seq=102, ack=302)


def whole() -> Said:
    """What Linux says of it."""
    return Said().socket(1, CLIENT, SERVER, ACTIVE, 9.9, 10).socket(2, SERVER, CLIENT, PASSIVE, 30.1, 5)


def test_a_connection_agrees_but_for_what_linux_has_otherwise() -> None:
    originator, responder = whole().ends(closed_by_client().connection())

    assert told(originator) == "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 -|FIN-WAIT-2 TIME-WAIT|CLOSED"
    assert reasons(originator) == [Reason.THROUGH_FIN_WAIT_2, Reason.TIME_WAIT_APART]
    assert told(responder) == PASSIVE
    assert (originator.agreed, responder.agreed) == (4, 6)


def test_a_state_that_no_rule_knows_is_unexplained() -> None:
    said = Said().socket(1, CLIENT, SERVER, ACTIVE.replace("FIN-WAIT-1", "CLOSING"), 9.9, 10)
    originator, _ = said.ends(closed_by_client().connection())

    assert Reason.UNEXPLAINED in reasons(originator)
    assert told(originator).split()[3] == "FIN-WAIT-1|CLOSING"


@pytest.mark.parametrize("step", range(1, 5))
def test_a_step_that_the_kernel_did_not_take_is_unexplained(step: int) -> None:
    """No rule swallows a state in the middle of a path."""
    path = PASSIVE.split()
    del path[step]
    said = whole()
    said.changes = [each for each in said.changes if each.socket != 2]
    _, responder = said.socket(2, SERVER, CLIENT, " ".join(path), 30.1, 5).ends(closed_by_client().connection())

    assert reasons(responder) == [Reason.UNEXPLAINED]


def test_a_number_that_is_given_again_is_another_socket() -> None:
    """The kernel puts the second connection's sockets where the first one's were, but the other way round."""
    first = closed_by_client()
    other = Conversation((("10.0.0.1", 40001), SERVER), first.rows)
    second = closed_by_client(other)
    client = CLIENT._replace(port=40001)
    said = whole().socket(2, client, SERVER, ACTIVE, 69.9, 10).socket(1, SERVER, client, PASSIVE, 90.1, 5)

    for each in said.agreements(*second.connections()):
        assert [told(end) for end in each.ends][1] == PASSIVE
        assert each.unexplained == 0


def test_a_new_incarnation_between_the_same_endpoints_has_its_own_sockets() -> None:
    talk = closed_by_client()
    talk.client("SYN", seq=9000).server("SYN,ACK", seq=20000, ack=9001).client("ACK", seq=9001, ack=20001)
    talk.client("RST,ACK", seq=9001, ack=20001)
    said = whole()
    said.socket(1, CLIENT, SERVER, "CLOSED SYN-SENT ESTABLISHED CLOSED", 69.9, 10)
    said.socket(2, SERVER, CLIENT, "LISTEN SYN-RECEIVED ESTABLISHED CLOSED", 90.1, 5)
    one, other = said.agreements(*talk.connections())

    assert [told(end) for end in one.ends][1] == PASSIVE
    assert [told(end) for end in other.ends] == [
        "CLOSED SYN-SENT ESTABLISHED CLOSED",
        "LISTEN SYN-RECEIVED ESTABLISHED CLOSED",
    ]


def test_two_sockets_at_once_with_the_same_endpoints_are_not_compared() -> None:
    """One of them stands in another network namespace, and the tracepoint does not say which."""
    said = whole().socket(7, CLIENT, SERVER, ACTIVE, 12, 3)
    originator, responder = said.ends(closed_by_client().connection())

    assert originator.ambiguous
    assert originator.steps == ()
    assert not responder.ambiguous
    assert told(responder) == PASSIVE


def test_a_socket_of_other_endpoints_is_nobodys() -> None:
    said = whole().socket(7, CLIENT._replace(address="10.0.0.9"), SERVER, ACTIVE, 12, 3)

    assert [told(end) for end in said.ends(closed_by_client().connection())][1] == PASSIVE


def test_a_refused_port_had_no_socket_and_none_is_missed() -> None:
    talk = Conversation().client("SYN", seq=100).server("RST,ACK", seq=0, ack=101)
    said = Said().socket(1, CLIENT, SERVER, "CLOSED SYN-SENT CLOSED", 9.9, 10)

    assert [told(end) for end in said.ends(talk.connection())] == ["CLOSED SYN-SENT CLOSED", "CLOSED"]


def listening(said: Said) -> Said:
    return said.socket(9, SERVER, ANY, "CLOSED LISTEN", 1, 1)


def test_a_request_that_never_became_a_socket() -> None:
    talk = Conversation().handshake()
    talk.rows.pop()
    talk.client("RST", seq=101)
    said = listening(Said()).socket(1, CLIENT, SERVER, "CLOSED SYN-SENT ESTABLISHED CLOSED", 9.9, 10)
    _, responder = said.ends(talk.connection())

    assert told(responder) == "LISTEN SYN-RECEIVED|- LISTEN|-"
    assert set(reasons(responder)) == {Reason.REQUEST}


def test_a_syn_that_the_kernel_left_lying() -> None:
    talk = Conversation().client("SYN", seq=100).again().again()
    said = listening(Said()).socket(1, CLIENT, SERVER, "CLOSED SYN-SENT CLOSED", 9.9, 500)
    originator, responder = said.ends(talk.connection())

    assert (told(originator), reasons(originator)) == ("CLOSED SYN-SENT -|CLOSED", [Reason.NO_SEGMENT])
    assert (told(responder), reasons(responder)) == ("LISTEN SYN-RECEIVED|-", [Reason.SYN_IGNORED])


def test_a_queue_that_was_full_when_the_third_segment_came() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301)
    said = listening(Said()).socket(1, CLIENT, SERVER, "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1", 9.9, 10)
    _, responder = said.ends(talk.connection())

    assert told(responder) == "LISTEN SYN-RECEIVED|- ESTABLISHED|- CLOSE-WAIT|-"
    assert set(reasons(responder)) == {Reason.QUEUE_FULL}


def test_an_end_that_nobody_heard_of_may_listen_or_not() -> None:
    talk = Conversation().client("SYN", seq=100)
    _, responder = Said().socket(1, CLIENT, SERVER, "CLOSED SYN-SENT", 9.9, 1).ends(talk.connection())

    assert set(reasons(responder)) == {Reason.UNHEARD}


def test_a_client_that_is_still_syn_sent_has_no_port_in_the_trace() -> None:
    """Two of them, to the same port: each gets the SYN that followed it, and a third SYN was crafted."""
    rows = Conversation().client("SYN", seq=100).rows
    for port in (40001, 40002):
        Conversation((("10.0.0.1", port), ("10.0.0.2", 80)), rows).client("SYN", seq=port)
    said = Said()
    for number, begun in ((1, 9.9), (2, 19.9)):
        said.socket(number, CLIENT, SERVER, "CLOSED SYN-SENT", begun, 1)
    found = said.agreements(*Conversation(rows=rows).connections())

    assert [told(each.ends[0]) for each in found[:2]] == ["CLOSED SYN-SENT"] * 2
    assert set(reasons(found[2].ends[0])) == {Reason.NO_SOCKET}


def test_segments_without_a_socket_are_crafted() -> None:
    originator, _ = listening(Said()).ends(Conversation().client("SYN", seq=100).connection())

    assert set(reasons(originator)) == {Reason.NO_SOCKET}


def crossing() -> Connection:
    """A simultaneous close: the second FIN does not acknowledge the first."""
    talk = Conversation().handshake()
    talk.client("FIN,ACK", seq=101, ack=301).server("FIN,ACK", seq=301, ack=101)
    return talk.server("ACK", seq=302, ack=102).client("ACK", seq=102, ack=302).connection()


def test_a_fin_that_crossed() -> None:
    path = "LISTEN SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSING CLOSED"
    _, responder = Said().socket(2, SERVER, CLIENT, path, 30.1, 5).ends(crossing())

    assert told(responder) == "LISTEN SYN-RECEIVED ESTABLISHED CLOSE-WAIT|FIN-WAIT-1 CLOSING TIME-WAIT|CLOSED"
    assert reasons(responder) == [Reason.FIN_CROSSING, Reason.TIME_WAIT_APART]


def test_a_simultaneous_open() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN", seq=300)
    talk.client("SYN,ACK", seq=100, ack=301).server("SYN,ACK", seq=300, ack=101)
    path = "CLOSED SYN-SENT SYN-RECEIVED ESTABLISHED"
    _, responder = Said().socket(2, SERVER, CLIENT, path, 9.9, 10).ends(talk.connection())

    assert told(responder) == "LISTEN|CLOSED -|SYN-SENT SYN-RECEIVED ESTABLISHED"
    assert set(reasons(responder)) == {Reason.SYN_CROSSING}


def test_fin_wait_2_that_goes_on_without_its_socket() -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("ACK", seq=301, ack=102)
    originator, _ = Said().socket(1, CLIENT, SERVER, ACTIVE, 9.9, 10).ends(talk.connection())

    assert told(originator) == "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 -|CLOSED"
    assert reasons(originator) == [Reason.FIN_WAIT_2_APART]


def test_a_sample_need_not_meet_everything_and_sees_time_wait() -> None:
    said = Said().look(1, "arrived", (CLIENT, SERVER, "SYN-SENT"), (SERVER, ANY, "LISTEN"))
    said.look(3, "arrived", (CLIENT, SERVER, "ESTABLISHED"), (SERVER, CLIENT, "ESTABLISHED"))
    said.look(6, "settled", (CLIENT, SERVER, "TIME-WAIT"))
    originator, responder = said.ends(closed_by_client().connection(), Witness.TABLES)

    assert told(originator) == "CLOSED|- SYN-SENT ESTABLISHED FIN-WAIT-1|- TIME-WAIT"
    assert told(responder) == "LISTEN SYN-RECEIVED|- ESTABLISHED CLOSE-WAIT|- LAST-ACK|- CLOSED"
    assert not reasons(originator) + reasons(responder)


def test_a_sample_that_contradicts_us_is_unexplained() -> None:
    said = Said().look(3, "arrived", (CLIENT, SERVER, "CLOSE-WAIT"))
    originator, _ = said.ends(closed_by_client().connection(), Witness.TABLES)

    assert Reason.UNEXPLAINED in reasons(originator)


def test_a_row_that_takes_both_families_is_known_by_its_ipv4_address() -> None:
    mapped = SERVER._replace(address="::ffff:10.0.0.2"), CLIENT._replace(address="::ffff:10.0.0.1")
    said = Said().look(3, "arrived", (*mapped, "ESTABLISHED"), (SERVER._replace(address="::"), ANY, "LISTEN"))
    _, responder = said.ends(closed_by_client().connection(), Witness.TABLES)

    assert told(responder).split()[2] == "ESTABLISHED"


def test_time_wait_of_the_connection_before_is_not_this_ones() -> None:
    talk = closed_by_client()
    talk.client("SYN", seq=9000).server("SYN,ACK", seq=20000, ack=9001)
    said = Said().look(7, "departed", (CLIENT, SERVER, "SYN-SENT"), (SERVER, CLIENT, "TIME-WAIT"))
    said.look(7, "arrived", (CLIENT, SERVER, "SYN-SENT"), (SERVER, CLIENT, "SYN-RECEIVED"))
    _, later = said.agreements(*talk.connections(), traced=False)

    assert later.unexplained == 0
    assert [told(end) for end in later.ends][1] == "LISTEN|- SYN-RECEIVED"


def test_without_a_witness_nothing_is_compared() -> None:
    (agreement,) = Said().agreements(closed_by_client().connection(), traced=False)

    assert agreement.ends == ()


def test_every_reason_has_words_and_a_way_to_be_known() -> None:
    """Three are known by what is not there: a socket, a segment, a rule."""
    by_rule = {rule.reason for rule in RULES}

    assert set(EXPLANATIONS) == set(Reason)
    assert set(Reason) - by_rule == {Reason.NO_SOCKET, Reason.UNHEARD, Reason.UNEXPLAINED}
