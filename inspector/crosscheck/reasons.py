"""Why tshark's word and ours may differ on a segment or a stream: the reasons, under stable names, and their words.

Every one was met: in captures/, or in captures that other people wrote; referee/README.md has the counts. How each is
known is in `rules.py`. A difference that none of them explains is UNEXPLAINED, and somebody has to look.

"We" is this tool. What is said of Wireshark was seen with version 4.0.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from inspector.language import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXPLANATIONS", "Reason"]


class Reason(StrEnum):
    """Stable names."""

    CAPTURE_DUPLICATE = "capture-duplicate"
    SIMULTANEOUS_OPEN = "simultaneous-open"
    OVERTAKEN_FIRST = "overtaken-first"
    RST_MOVES_NEXT = "rst-moves-next"
    NOT_ACCEPTABLE = "not-acceptable"
    PROBE_LIKE_KEEP_ALIVE = "probe-like-keep-alive"
    SACK_DUPLICATE_ACK = "sack-duplicate-ack"
    GAP_TOLD_AT_ACK = "gap-told-at-ack"
    GAP_TOLD_AT_DATA = "gap-told-at-data"
    GAP_TOLD_ONCE = "gap-told-once"
    NEXT_TOLD_BY_ACK = "next-told-by-ack"
    REPEAT_WITH_MORE = "repeat-with-more"
    RST_CLOSES_WINDOW = "rst-closes-window"
    ACK_GOES_BACK = "ack-goes-back"
    ACK_WITHOUT_FLAG = "ack-without-flag"
    GAP_OF_HALF_THE_NUMBERS = "gap-of-half-the-numbers"
    PEER_NOT_CAPTURED = "peer-not-captured"
    ACK_TELLS_FIRST = "ack-tells-first"
    SYN_STARTS_OVER = "syn-starts-over"
    SECOND_SYN_ACK = "second-syn-ack"
    FAST_OPEN_BY_NUMBER = "fast-open-by-number"
    ZERO_IS_NONE = "zero-is-none"
    TIME_RUNS_BACK = "time-runs-back"
    REPEAT_FILLS_WINDOW = "repeat-fills-window"
    ONE_BACK_WITH_MORE = "one-back-with-more"
    COOKIE_ASKED_FOR = "cookie-asked-for"
    TEN_THOUSAND_UNACKED = "ten-thousand-unacked"
    GROUPED_APART = "grouped-apart"
    STRAY_SYN = "stray-syn"
    SYN_NOT_CAPTURED = "syn-not-captured"
    BEGUN_ABOVE_TCP = "begun-above-tcp"
    LONGER_IP = "longer-ip"
    HEADER_CUT = "header-cut"
    LENGTH_NOT_TOLD = "length-not-told"
    OTHER_LENGTH_BEFORE = "other-length-before"
    UDP_TUNNEL = "udp-tunnel"
    OTHER_PROTOCOL = "other-protocol"
    SHORT_DATAGRAM = "short-datagram"
    IMPOSSIBLE_HEADER = "impossible-header"
    FRAME_CHECK_SEQUENCE = "frame-check-sequence"
    SEGMENTS_NOT_READ = "segments-not-read"
    EXPECTED_BY_FTP = "expected-by-ftp"
    ONE_FIN_COMPLETES = "one-fin-completes"
    RST_COMPLETES = "rst-completes"
    ACK_OF_REFUSAL = "ack-of-refusal"
    LOST_ON_ITS_WAY = "lost-on-its-way"
    FLAGS_WITHOUT_NUMBERS = "flags-without-numbers"
    UNEXPLAINED = "unexplained"


EXPLANATIONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.CAPTURE_DUPLICATE: marked(
            "The capture holds the frame twice, byte for byte (but for the TTL, behind a router) and at once (a"
            " repeated SYN,ACK with IP ID 0 looks so too, but comes later): we take the copy out, tshark counts it as a"
            " repeat."
        ),
        Reason.SIMULTANEOUS_OPEN: marked(
            "The SYN,ACK of a simultaneous open has its SYN's number, as RFC 9293 Figure 7 prescribes. tshark takes SYN"
            " and FIN for data, and so this one for a repeat."
        ),
        Reason.OVERTAKEN_FIRST: marked(
            "The first SYN or FIN of its end, captured after what it preceded. To tshark it does not advance, and is a"
            " repeat; we call nothing a repeat that was not sent before."
        ),
        Reason.RST_MOVES_NEXT: marked(
            "A RST that its receiver does not accept moved the next number that tshark expects; what goes on from the"
            " true one looks repeated. We let such a RST teach nothing."
        ),
        Reason.NOT_ACCEPTABLE: marked(
            "Its receiver drops this segment (no ACK flag, a stray SYN or FIN, sent after a reset), so we give it no"
            " place in the stream. tshark goes by the numbers alone."
        ),
        Reason.PROBE_LIKE_KEEP_ALIVE: marked(
            "One number back with nothing in it, against a closed window: Linux probes so (RFC 9293 section 3.8.6.1)."
            " tshark goes by the shape, a keep-alive's; we by the window."
        ),
        Reason.SACK_DUPLICATE_ACK: marked(
            "An acknowledgment that repeats the last one and brings a SACK block, with another window: a duplicate"
            " ACK to us (RFC 6675), a window update to this tshark; and what hangs on their count with it."
        ),
        Reason.GAP_TOLD_AT_ACK: marked(
            "The peer had acknowledged what was not captured, and there we told the gap. tshark lets no acknowledgment"
            " move the next number, and tells it once more at the data behind the gap."
        ),
        Reason.GAP_TOLD_AT_DATA: marked(
            "The data behind a gap were captured, and there the gap was told. tshark tells it once more where it is"
            " acknowledged; we do not."
        ),
        Reason.GAP_TOLD_ONCE: marked(
            "It acknowledges still more that was not captured. tshark says so once, until the other end acknowledges"
            " something new; we say it each time."
        ),
        Reason.NEXT_TOLD_BY_ACK: marked(
            "The peer acknowledged more than was captured, and from that we know the next number; tshark's moves only"
            " with what was captured. One back is a keep-alive to the one, and in its place to the other."
        ),
        Reason.REPEAT_WITH_MORE: marked(
            "A repeat brought more than was sent the first time. tshark's highest number to be acknowledged does not"
            " move with it, so that the rest seems not captured when it is acknowledged."
        ),
        Reason.RST_CLOSES_WINDOW: marked(
            "The peer's last segment was a RST, whose window is 0 and means nothing. tshark takes it for a closed one,"
            " and one octet for a probe of it."
        ),
        Reason.ACK_GOES_BACK: marked(
            "The peer's last acknowledgment is below an earlier one of it. tshark goes by the last, we by the highest:"
            " what was acknowledged stays so."
        ),
        Reason.ACK_WITHOUT_FLAG: marked(
            "The peer's last segment has a number in its acknowledgment field, and no ACK flag: it means nothing (RFC"
            " 9293 section 3.1). tshark takes it for an acknowledgment."
        ),
        Reason.GAP_OF_HALF_THE_NUMBERS: marked(
            "So much is missing that the numbers went round by half: ahead and behind cannot be told apart, and each"
            " reading is a guess."
        ),
        Reason.PEER_NOT_CAPTURED: marked(
            "Nothing of the other direction was captured. We know its number from what was acknowledged, and tell the"
            " first step beyond; tshark knows none and tells nothing."
        ),
        Reason.ACK_TELLS_FIRST: marked(
            "The first segment that was captured of its end. We know from the peer's acknowledgments where it should"
            " have begun; tshark waits for a second one."
        ),
        Reason.SYN_STARTS_OVER: marked(
            "A SYN came after other segments of its end (captured in a wrong order): we number that end anew from it,"
            " tshark keeps the highest number."
        ),
        Reason.SECOND_SYN_ACK: marked(
            "An end answered two SYNs, with two numbers (RFC 9293 Figure 8, an old duplicate). tshark calls that new"
            " use of the ports and measures gaps from the first; we go by the answer that counts."
        ),
        Reason.FAST_OPEN_BY_NUMBER: marked(
            "tshark takes a SYN,ACK that acknowledges another number than the SYN's for one that accepts Fast Open"
            " data; we ask for the option, and else call the number wrong."
        ),
        Reason.ZERO_IS_NONE: marked("The number is 0, on the wire. tshark keeps 0 for: none seen yet."),
        Reason.TIME_RUNS_BACK: marked(
            "The frame bears an earlier time than one before it. Within no time at all it came out of order, we say;"
            " tshark's difference of times is a huge number then, and it says: repeated."
        ),
        Reason.REPEAT_FILLS_WINDOW: marked(
            "A repeat that ends where the window ends. tshark says both; we say of a repeat that it is one."
        ),
        Reason.ONE_BACK_WITH_MORE: marked(
            "It begins one number back and brings more. tshark takes the octet before for a zero-window probe's, and"
            " this for no repeat; we ask whether there was a probe."
        ),
        Reason.COOKIE_ASKED_FOR: marked(
            "A SYN that asks for a Fast Open cookie and brings nothing: Fast Open to us (RFC 7413 section 4.1), while"
            " tshark says so only of one that brings a cookie."
        ),
        Reason.TEN_THOUSAND_UNACKED: marked(
            "tshark notes at most 10,000 unacknowledged segments of an end, and then does not count its FIN: the right"
            " acknowledgment of it is one too many."
        ),
        Reason.GROUPED_APART: marked(
            "tshark and we divide these frames into connections differently, and a label is said within a connection."
        ),
        Reason.STRAY_SYN: marked(
            "A SYN with another number inside a living connection. tshark opens a new stream at once; RFC 9293 Figure 9"
            " has it answered by a challenge ACK, so we wait for a SYN,ACK that acknowledges it."
        ),
        Reason.SYN_NOT_CAPTURED: marked(
            "A SYN,ACK with new numbers after the end of a connection, its SYN not captured: a connection of its own to"
            " us. tshark begins a stream at a SYN alone."
        ),
        Reason.BEGUN_ABOVE_TCP: marked(
            "tshark goes on in another stream between the same endpoints, without a SYN: a dissector above TCP (VNC's)"
            " began a conversation of its own there."
        ),
        Reason.LONGER_IP: marked(
            "The IP header claims more than the frame had on the wire: we believe IP, tshark the frame."
        ),
        Reason.HEADER_CUT: marked(
            "The capture ends inside the TCP header (a short snaplen), of this segment or of one before it. tshark"
            " stops there and tells no more of it; we read what is there."
        ),
        Reason.LENGTH_NOT_TOLD: marked("A first fragment or a cut frame, of which tshark does not tell a length."),
        Reason.OTHER_LENGTH_BEFORE: marked(
            "Follows from a segment before it whose length tshark tells differently, or not."
        ),
        Reason.UDP_TUNNEL: marked(
            "A segment inside a UDP datagram of a kind that we do not unwrap (AYIYA, an sFlow sample)."
        ),
        Reason.OTHER_PROTOCOL: marked(
            "A segment inside a protocol that we do not unwrap, such as IPComp, inflated by tshark."
        ),
        Reason.SHORT_DATAGRAM: marked(
            "The IP header leaves too little for a TCP header; tshark reads what is missing from the padding."
        ),
        Reason.IMPOSSIBLE_HEADER: marked(
            "A TCP header whose length is below 20 bytes or runs past the datagram: no segment to us; tshark tells what"
            " stands before."
        ),
        Reason.FRAME_CHECK_SEQUENCE: marked(
            "tshark takes the last four bytes of the frame for its check sequence; by IP's length they are data."
        ),
        Reason.SEGMENTS_NOT_READ: marked("Follows from segments of the same stream that only tshark reads."),
        Reason.EXPECTED_BY_FTP: marked(
            "tshark had read this connection's port in FTP's control connection and opened the stream before its first"
            " segment: it does not count the SYN (30 for 31)."
        ),
        Reason.ONE_FIN_COMPLETES: marked(
            "tshark's completeness says what was seen: one FIN, of either end, completes a conversation (23, 31). We"
            " call it closed when both ends have closed and know it of each other."
        ),
        Reason.RST_COMPLETES: marked(
            "One RST completes a conversation for tshark (39, 47). This one reset nothing: it answered what its sender"
            " could not accept, or could not be accepted itself."
        ),
        Reason.ACK_OF_REFUSAL: marked(
            "SYN, then RST,ACK: tshark counts the ACK flag of the refusal as the handshake's third segment (37 and not"
            " 33). The port was closed."
        ),
        Reason.LOST_ON_ITS_WAY: marked(
            "The capture says that the third segment was lost on its way (pcapng epb_verdict): it opened nothing."
            " tshark counts what was captured."
        ),
        Reason.FLAGS_WITHOUT_NUMBERS: marked(
            "tshark's completeness counts flags and checks no number: an acknowledgment of a number that was never sent"
            " makes a handshake too. We say that it did not."
        ),
        Reason.UNEXPLAINED: marked("Nobody has written down why."),
    }
)
