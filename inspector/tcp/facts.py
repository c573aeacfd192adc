"""What the fold can say of one segment: arithmetic, not yet judgement.

Each fact is a bit of `Trace.facts`. Facts are decided once, in the compilable rooms (`tcp.fold`,
`tcp.acceptance`, `tcp.closing`, `tcp.transfer`); labels, findings and outcomes are read off them in plain Python
(`tcp.labels`, `tcp.judgement`, `tcp.outcomes`). Words: RFC 9293's, then Wireshark's.
"""

from __future__ import annotations

from inspector.compiled import Constants

__all__ = ["Fact"]


class Fact(Constants):
    """Bits of `Trace.facts` and, ORed over all segments of an end, of `EndRecord.facts`."""

    # The capture.
    DUPLICATE = 1 << 0
    """The capture holds this frame twice; it moves nothing."""
    MIDSTREAM = 1 << 1
    """First segment seen of its connection, and no SYN."""
    REUSED_PORTS = 1 << 2
    """A SYN that begins a new incarnation of a known pair of endpoints."""

    # The handshake.
    HANDSHAKE_1 = 1 << 3
    HANDSHAKE_2 = 1 << 4
    HANDSHAKE_3 = 1 << 5
    SYN_CROSSING = 1 << 6
    """A SYN from an end whose peer's SYN was already seen, not acknowledging it."""
    SYN_IN_CONNECTION = 1 << 7
    """A SYN with another sequence number, in a connection that lives."""
    SYN_ACK_WRONG_ACK = 1 << 8
    """The SYN,ACK does not acknowledge ISS+1."""
    SYN_ACK_OTHER_SEQ = 1 << 9
    """A second SYN,ACK with another sequence number."""
    HANDSHAKE_3_WRONG_ACK = 1 << 10
    """The third segment does not acknowledge IRS+1."""
    HANDSHAKE_3_WRONG_SEQ = 1 << 11
    """The third segment's sequence number is not ISS+1, and no gap in the capture explains it."""
    HANDSHAKE_MISSED = 1 << 12
    """The sender is past a handshake of which the SYN,ACK or the third segment was not captured."""

    # The close.
    ACKS_FIN = 1 << 13
    """The first segment to acknowledge the peer's FIN."""
    FIN_CROSSING = 1 << 14
    """A FIN that does not acknowledge the peer's FIN, already seen."""
    FIN_MOVED = 1 << 15
    """A second FIN at another sequence number."""
    FIN_ACK_SHORT = 1 << 16
    """Follows the peer's FIN, evidently has it or says nothing new, and acknowledges one less: see `judgement`."""
    DATA_AFTER_FIN = 1 << 17
    """Payload beyond the sender's own FIN."""
    AFTER_RESET = 1 << 18
    """Sent by an end that had reset the connection."""
    TIME_WAIT_REPLY = 1 << 19
    """Acknowledges a repeated FIN out of TIME-WAIT."""

    # Resets.
    RST_REFUSES = 1 << 20
    """Answers a SYN: nobody listens."""
    RST_ABORTS = 1 << 21
    RST_ANSWERS = 1 << 22
    """Answers a segment that its sender could not accept; its sender does not move, unless RST_ABORTS says so too."""
    RST_CHALLENGED = 1 << 23
    """In the window but not at RCV.NXT: deserves a challenge ACK and resets nothing."""
    RST_IGNORED = 1 << 24
    """Outside the window: resets nothing."""
    RST_WRONG_ACK = 1 << 25
    """Answers a SYN without acknowledging ISS+1: the SYN's sender must ignore it."""

    # Shapes that no orderly program sends.
    SYN_WITH_FIN = 1 << 26
    SYN_WITH_RST = 1 << 27
    NO_ACK_FLAG = 1 << 28
    """None of SYN, RST and ACK: every receiver drops it (section 3.10.7.4)."""

    # The transfer, by Wireshark's words and conditions (tcp.analysis.*).
    RETRANSMISSION = 1 << 29
    FAST_RETRANSMISSION = 1 << 30
    SPURIOUS_RETRANSMISSION = 1 << 31
    OUT_OF_ORDER = 1 << 32
    LOST_SEGMENT = 1 << 33
    """An earlier segment of this end was not captured, or has not come yet."""
    ACK_LOST_SEGMENT = 1 << 34
    """Acknowledges what was not seen."""
    DUPLICATE_ACK = 1 << 35
    KEEP_ALIVE = 1 << 36
    KEEP_ALIVE_ACK = 1 << 37
    WINDOW_UPDATE = 1 << 38
    WINDOW_FULL = 1 << 39
    ZERO_WINDOW = 1 << 40
    ZERO_WINDOW_PROBE = 1 << 41
    ZERO_WINDOW_PROBE_ACK = 1 << 42

    CHALLENGE_ACK = 1 << 43
    """Answers an unacceptable SYN or RST (RFC 5961)."""
    FAST_OPEN = 1 << 44
    """A SYN with a Fast Open option (RFC 7413), or the SYN,ACK that accepts its data."""
    ACK_BEYOND_FIN = 1 << 45
    """Acknowledges more than the peer's FIN, after which nothing can come."""
    SYN_ACK_FOR_OLD_SYN = 1 << 46
    """Answers an old duplicate SYN (Figure 8); known in hindsight only, see `judgement`."""
    WRONG_CHECKSUM = 1 << 47
    """Its checksum was verified, and does not fit."""
