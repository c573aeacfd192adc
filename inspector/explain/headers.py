"""The headers around a segment, field by field: link, IPv4 and IPv6, and TCP's options with their meaning.

The IP header is read here once more from its bytes, for a row keeps only what the protocol reckons with. It is the
innermost one: what carried it, if anything did, is said by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.addresses import block_of, read_address
from inspector.explain.frame_model import Detail, Part
from inspector.language import joined, said, said_n
from inspector.wire.linktypes import link_type_text
from inspector.wire.octets import u16, u32
from inspector.wire.options import OptionKind, TcpOption, options_of
from inspector.wire.row import Direction, Fragment, address_text, tunnel_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.frame_model import FrameSubject
    from inspector.wire.row import Row

__all__ = ["frame_part", "ip_part", "option_details"]

_INITIAL_TTLS = (64, 128, 255)
_MOST_OPTIONS = 40


def frame_part(subject: FrameSubject) -> Part:
    """What the capture says of the frame; its times are the reader's to write."""
    row = subject.row
    held = len(subject.octets)
    length = said_n("{n:,} byte on the wire", "{n:,} bytes on the wire", row.wire_len)
    why = () if held >= row.wire_len else (said("the capture holds {held:,} of them (its snaplen)", held=held),)
    details = [Detail("link", said("link type {name}", name=link_type_text(row.link_type)))]
    details.append(Detail("length", length, why))
    tunnel = tunnel_text(row.tunnel, row.src_hi, row.dst_hi)
    if tunnel:
        details.append(Detail("tunnel", tunnel, (said("what follows was carried inside it"),)))
    way = {
        Direction.INBOUND: said("it came in, says the capture"),
        Direction.OUTBOUND: said("it went out, says the capture"),
        Direction.LOST: said("lost on its way, says the capture: it arrived nowhere"),
    }.get(row.direction)
    if way is not None:
        details.append(Detail("way", way))
    return Part("frame", tuple(details))


def ip_part(subject: FrameSubject) -> Part | None:
    """The IP header; None where there is none, or the capture ends in it."""
    row, header = subject.row, subject.datagram
    if not row.version or len(header) < (20 if row.version == 4 else 40):
        return None
    # An ICMP error's row has the quoted datagram's endpoints: the frame's own are in its bytes.
    v4 = row.version == 4
    details = [_address("source", header[12:16] if v4 else header[8:24])]
    details.append(_address("destination", header[16:20] if v4 else header[24:40]))
    details += _ipv4(subject) if v4 else _ipv6(header)
    if subject.pieces:
        frames = joined(map(str, subject.pieces))
        why = said("put together from the fragments in frames {frames}", frames=frames)
        details.append(Detail("fragments", said("in fragments"), (why,), "RFC 791 section 3.2"))
    return Part("ip", tuple(details))


def _address(what: str, octets: bytes) -> Detail:
    text = address_text(4, 0, u32(octets, 0)) if len(octets) == 4 else str(read_address(_colons(octets)))
    address = read_address(text)
    if address is None:  # never: it was made from bytes
        return Detail(what, text)
    block = block_of(address)
    return Detail(what, text, (said("{what}: in {block}", what=said(str(block.details["is"])), block=block.name),))


def _colons(octets: bytes) -> str:
    return ":".join(octets[at : at + 2].hex() for at in range(0, 16, 2))


def _ipv4(subject: FrameSubject) -> Iterator[Detail]:
    header, row = subject.datagram, subject.row
    yield _ttl("ttl", header[8])
    ip_id = u16(header, 4)
    why = said("the number of the datagram: its fragments share it")
    zero = said("Linux gives its SYN,ACK and RST, and what cannot be fragmented, often 0")
    yield Detail("id", str(ip_id), (why if ip_id else zero,), "RFC 6864")
    total, size = u16(header, 2), (header[0] & 0xF) * 4
    if total or row.fragment == Fragment.WHOLE:
        why = said("{header} of header and {rest:,} of what it carries", header=size, rest=max(total - size, 0))
        if not total:
            why = said("0: captured before the network card cut it (TSO); the frame's length counts")
        yield Detail("total length", str(total), (why,), "RFC 791 section 3.1")
    flags, offset = header[6] >> 5, (u16(header, 6) & 0x1FFF) * 8
    if flags & 2:
        why = said("no router may cut it; one that must answers with ICMP: so a path's MTU is found")
        yield Detail("DF", said("set"), (why,), "RFC 1191")
    else:
        yield Detail("DF", said("clear"), (said("routers may cut it into fragments"),), "RFC 791 section 2.3")
    if flags & 1 or offset:
        more = said("more follow") if flags & 1 else said("the last one")
        yield Detail("fragment", said("from byte {offset:,} on", offset=offset), (more,), "RFC 791 section 3.2")
    yield from _traffic_class(header[1])


def _ipv6(header: bytes) -> Iterator[Detail]:
    yield _ttl("hop limit", header[7])
    why = said("all behind the 40 bytes of the fixed header; routers never cut an IPv6 datagram")
    yield Detail("payload length", str(u16(header, 4)), (why,), "RFC 8200 section 3")
    label = u32(header, 0) & 0xFFFFF
    if label:
        yield Detail(
            "flow label", f"0x{label:05x}", (said("the same for all of one connection, each way"),), "RFC 6437"
        )
    yield from _traffic_class(u16(header, 0) >> 4 & 0xFF)


def _ttl(what: str, ttl: int) -> Detail:
    initial = next((each for each in _INITIAL_TTLS if each >= ttl), 255)
    passed = initial - ttl
    if passed:
        why = said_n(
            "sent with {initial}, most likely: {n} router passed it on",
            "sent with {initial}, most likely: {n} routers passed it on",
            passed,
            initial=initial,
        )
    else:
        why = said("a value that systems begin with: no router has passed it on yet")
    return Detail(what, str(ttl), (why,), "RFC 1812 section 5.3.1")


def _traffic_class(octet: int) -> Iterator[Detail]:
    ecn = octet & 3
    words = {
        1: said("its sender understands congestion marks, ECT(1)"),
        2: said("its sender understands congestion marks, ECT(0)"),
        3: said("a router marked it: congestion was experienced (CE)"),
    }
    if ecn:
        yield Detail("ECN", str(ecn), (words[ecn],), "RFC 3168 section 5")
    if octet >> 2:
        yield Detail("DSCP", str(octet >> 2), (said("asks for a treatment of its own on the way"),), "RFC 2474")


# ---------------------------------------------------------------------------------------------- options


def option_details(header: bytes, row: Row) -> Iterator[Detail]:
    """Every option of a TCP header, with its meaning; padding is counted."""
    found = options_of(header)
    padding = sum(option.kind in (OptionKind.NOP, OptionKind.END) and not option.malformed for option in found)
    shown = [each for each in found if each.kind not in (OptionKind.NOP, OptionKind.END) or each.malformed]
    for option in shown[:_MOST_OPTIONS]:
        why, rule = _meaning(option, row)
        yield Detail("option", str(option), (why,), rule)
    if padding:
        yield Detail(
            "option",
            said_n("{n} byte of padding", "{n} bytes of padding", padding),
            (said("nop and eol: options end at a multiple of 4 bytes"),),
            "RFC 9293 section 3.1",
        )


def _meaning(option: TcpOption, row: Row) -> tuple[str, str]:  # noqa: PLR0911 - one line per kind reads best
    if option.malformed:
        return said("of a length that this kind cannot have: receivers ignore it"), "RFC 9293 section 3.2"
    match option.kind:
        case OptionKind.MSS:
            return said("the most payload that it takes in one segment; only a SYN says so"), "RFC 9293 section 3.7.1"
        case OptionKind.WINDOW_SCALE:
            factor = 1 << min(option.body[0], 14)
            words = said(
                "its windows count times {factor}, from the next segment on, if both ends offer", factor=factor
            )
            return words, "RFC 7323 section 2"
        case OptionKind.SACK_PERMITTED:
            return said("it understands selective acknowledgments; only a SYN says so"), "RFC 2018 section 2"
        case OptionKind.SACK:
            return said("has these stretches beyond a hole, from the first number to before the second"), "RFC 2018"
        case OptionKind.TIMESTAMPS:
            return _timestamps(row), "RFC 7323 section 3"
    text = str(option)
    if text == "tfo cookiereq":
        return said("asks for a cookie, for data in the SYN of a later connection"), "RFC 7413"
    if text.startswith("tfo"):
        return said("a Fast Open cookie: it allows data in the SYN"), "RFC 7413"
    return said("of a kind that is not known here: receivers ignore what they do not know"), "RFC 9293 section 3.2"


def _timestamps(row: Row) -> str:
    if not row.tsecr:
        return said("its clock; the echo is 0: it has none of the peer's yet")
    return said("its clock, and the peer's value that it echoes: round trips and old segments are known by it")
