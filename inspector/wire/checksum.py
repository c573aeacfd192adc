"""TCP and UDP checksums (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1), and the verdict on them.

Three verdicts, because there are three ways in which a checksum is found: complete and right; *partial*,
which is the pseudo-header's sum left for the network card to finish (what a capture on the sending host
or on a loopback shows); and wrong. What is not wholly captured is not verified.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable, compilable_as
from inspector.wire.ip import final_destination
from inspector.wire.links import Link
from inspector.wire.octets import u8, u16
from inspector.wire.row import Checksum, Fragment, Option, Protocol

__all__ = ["folded_sum", "folded_sum_by_words", "pseudo_header_sum", "verdict"]


@compilable
def folded_sum_by_words(frame: Any, start: int, end: int, total: int) -> int:
    """As `folded_sum`, without big integers."""
    # Indices into a slice that begin at zero are provably not negative: so the loop is vectorised.
    view = frame[start:end]
    length = end - start
    for word in range(length // 2):
        total += view[word * 2] * 0x100 + view[word * 2 + 1]
    if length & 1:
        total += u8(view, length - 1) * 0x100
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@compilable_as(folded_sum_by_words)
def folded_sum(frame: Any, start: int, end: int, total: int) -> int:
    """The ones' complement sum of `frame[start:end]` in 16-bit words, added to `total` (RFC 1071).

    2^16 is 1 modulo 2^16 - 1, so the sum of the words is the whole read as one number; 0 only of zeros.
    """
    padding = b"\x00" * (end - start & 1)
    whole = total + int.from_bytes(bytes(frame[start:end]) + padding, "big")
    return (whole - 1) % 0xFFFF + 1 if whole else 0


@compilable
def pseudo_header_sum(frame: Any, ip_at: int, at: int, length: int, protocol: int) -> int:
    """The pseudo-header's sum, folded and not complemented: what an offloading sender leaves in the field."""
    total = (length >> 16) + (length & 0xFFFF) + protocol
    if u8(frame, ip_at) >> 4 == 4:
        return folded_sum(frame, ip_at + 12, ip_at + 20, total)
    total = folded_sum(frame, ip_at + 8, ip_at + 24, total)
    last_stop = final_destination(frame, ip_at, at)
    return folded_sum(frame, last_stop, last_stop + 16, total)


@compilable
def verdict(frame: Any, ip_at: int, at: int, row: Any) -> int:
    """The `Checksum` verdict on the segment or UDP datagram at `at`, decoded into `row`."""
    length = 0 + row.header_len + row.payload_len  # 0 is signed, so the sum is
    if row.fragment != Fragment.WHOLE or row.captured_len < row.payload_len or row.options & Option.CUT:
        return Checksum.UNVERIFIED
    if row.protocol == Protocol.UDP:
        # No checksum was made, or it covers more than there is.
        if (row.checksum == 0 and row.version == 4) or length < u16(frame, at + 4):
            return Checksum.UNVERIFIED
    elif row.protocol != Protocol.TCP:
        return Checksum.UNVERIFIED
    pseudo = pseudo_header_sum(frame, ip_at, at, length, row.protocol)
    if folded_sum(frame, at, at + length, pseudo) == 0xFFFF:
        return Checksum.CORRECT
    # Npcap's loopback adapter fills in nothing at all.
    if row.checksum == 0 and row.link_type == Link.NULL:
        return Checksum.UNVERIFIED
    return Checksum.PARTIAL if row.checksum == pseudo else Checksum.WRONG
