"""What a frame, and each header in it, may begin with: link types, and the kinds of headers that they announce.

A `Kind` is an ethertype, or a link type above all of these (`Kind.OF_LINK`), so one number says what stands at an
offset wherever it came from: the file's header, an ethertype, or a header that names another link type (PPI, PKTAP).

Link types are numbers of capture files (LINKTYPE_, tcpdump.org/linktypes.html), not of a system's DLT_.
"""

from __future__ import annotations

from inspector.compiled import Constants, compilable

__all__ = ["Kind", "Link", "first_header", "supported_link_types"]


class Link(Constants):
    """LINKTYPE_ numbers that are read."""

    NULL = 0
    ETHERNET = 1
    IEEE802_5 = 6
    SLIP = 8
    PPP = 9
    FDDI = 10
    RAW_BSD = 12
    RAW_OPENBSD = 14
    PPP_HDLC = 50
    PPP_ETHER = 51
    ATM_RFC1483 = 100
    RAW = 101
    C_HDLC = 104
    IEEE802_11 = 105
    FRELAY = 107
    LOOP = 108
    ENC = 109
    LINUX_SLL = 113
    PFLOG = 117
    IEEE802_11_PRISM = 119
    IP_OVER_FC = 122
    IEEE802_11_RADIOTAP = 127
    ARCNET_LINUX = 129
    APPLE_IP_OVER_IEEE1394 = 138
    IEEE802_11_AVS = 163
    PPP_PPPD = 166
    JUNIPER_ETHER = 178
    PPI = 192
    PPP_WITH_DIR = 204
    C_HDLC_WITH_DIR = 205
    FRELAY_WITH_DIR = 206
    MPLS = 219
    IPV4 = 228
    IPV6 = 229
    NFLOG = 239
    NETANALYZER = 240
    IPOIB = 242
    PKTAP = 258
    LINUX_SLL2 = 276
    DSA_TAG_BRCM = 281
    DSA_TAG_BRCM_PREPEND = 282
    DSA_TAG_DSA = 284
    DSA_TAG_EDSA = 285


class Kind(Constants):
    """What a header may announce: an ethertype (IEEE 802 Numbers), or a link type above all of them.

    Up to 1500 the number is a length, and LLC follows.
    """

    LLC = 0
    LONGEST_LLC = 1500
    IPV4 = 0x0800
    ARP = 0x0806
    ETHERNET = 0x6558
    """Transparent Ethernet bridging: a whole Ethernet frame."""
    VLAN = 0x8100
    IPV6 = 0x86DD
    TRILL = 0x22F3
    """Routed bridges (RFC 6325), before an Ethernet frame."""
    MPLS = 0x8847
    MPLS_MULTICAST = 0x8848
    PPP = 0x880B
    PPPOE_SESSION = 0x8864
    JUMBO_LLC = 0x8870
    """LLC in the place of an ethertype, where a frame is too long for a length."""
    PROVIDER_VLAN = 0x88A8
    BACKBONE = 0x88E7
    """The service tag of a provider backbone bridge (IEEE 802.1ah), before an Ethernet frame."""
    FABRIC_PATH = 0x8903
    """Cisco's data centre Ethernet: a tag, before an Ethernet frame."""
    CISCO_METADATA = 0x8909
    """A security group tag."""
    VN_TAG = 0x8926
    SEAMLESS_REDUNDANCY = 0x892F
    """HSR (IEC 62439-3)."""
    E_TAG = 0x893F
    """IEEE 802.1BR."""
    SERVICE_HEADER = 0x894F
    """NSH (RFC 8300)."""
    OLD_QINQ = 0x9100
    OLD_QINQ_2 = 0x9200
    OLD_QINQ_3 = 0x9300
    OF_LINK = 0x1_0000
    """A link type's number is added to it."""
    PADDED_802_11 = 0x2_0000
    """A 802.11 frame whose header is padded to a multiple of four bytes."""


def supported_link_types() -> tuple[int, ...]:
    """The LINKTYPE_ numbers that the decoder reads, ascending."""
    return tuple(sorted(Link.members().values()))


@compilable
def first_header(link_type: int) -> int:
    """The `Kind` of the header that a frame of this link type begins with."""
    if link_type == Link.ETHERNET:
        return Kind.ETHERNET
    if link_type in (Link.RAW, Link.RAW_BSD, Link.RAW_OPENBSD, Link.IPV4, Link.IPV6):
        return Kind.IPV4
    return Kind.OF_LINK + link_type
