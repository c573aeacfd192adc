"""Addresses and prefixes, IPv4 and IPv6: what block an address is in, and the network of a prefix.

Python's `ipaddress` parses and computes; what an address *is* comes from our own table (`entries/block.toml`), since
`is_private` counts documentation and broadcast addresses as private, `is_global` changed its mind between versions
of Python, and neither knows carrier-grade NAT by name. Its other traps, and what is done about each:

* it takes a wildcard mask (0.0.0.255) for a netmask, and a number for an address: neither is taken here;
* it gives a /32 one host and a /31 a broadcast address: RFC 3021 says otherwise of the latter, as do we;
* `exploded` raises on an address that names an interface (fe80::1%eth0): it is asked without;
* an IPv4-mapped IPv6 address is to it neither loopback nor private: it is explained as what it carries, too.
"""

from __future__ import annotations

from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import TYPE_CHECKING, TypeAlias

from inspector.explain.catalogue import entries
from inspector.explain.model import Explanation, Line
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.model import Entry

__all__ = [
    "Address",
    "Interface",
    "Network",
    "block_of",
    "explain_address",
    "explain_prefix",
    "read_address",
    "read_prefix",
]

Address: TypeAlias = IPv4Address | IPv6Address
Interface: TypeAlias = IPv4Interface | IPv6Interface
Network: TypeAlias = IPv4Network | IPv6Network

_MOST_INSIDE = 4
_EVERYTHING = frozenset({"0.0.0.0/0", "::/0"})


def read_address(text: str) -> Address | None:
    """The address that `text` is, or None."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def read_prefix(text: str) -> Interface | None:
    """The address with its prefix that `text` is (`192.168.1.77/24`, `192.168.1.77/255.255.255.0`), or None."""
    try:
        found = ip_interface(text)
    except ValueError:
        return None
    _, slash, length = text.partition("/")
    if not slash or not (length.isdecimal() or length == str(found.netmask)):
        return None
    return found


@cache
def _blocks() -> tuple[tuple[Network, Entry], ...]:
    """Every block, the smaller ones first."""
    found = [(ip_network(name), entry) for name, entry in entries("block").items()]
    return tuple(sorted(found, key=lambda each: each[0].prefixlen, reverse=True))


def _blocks_in_order() -> list[tuple[Network, Entry]]:
    """Every block as a list of addresses would have them."""
    return sorted(_blocks(), key=lambda each: (each[0].version, int(each[0].network_address), each[0].prefixlen))


def _is_within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _network_of(address: Address) -> Network:
    """The address alone, as a network; without the interface that an IPv6 one may name."""
    return IPv4Network(address) if isinstance(address, IPv4Address) else IPv6Network(int(address))


def block_of(place: Address | Network) -> Entry:
    """The smallest block that holds an address or a whole network."""
    network = _network_of(place) if isinstance(place, IPv4Address | IPv6Address) else place
    return next(entry for block, entry in _blocks() if _is_within(network, block))


def explain_address(address: Address) -> Explanation:
    """What block an address is in, its class of former times, and what it stands for elsewhere."""
    block = block_of(address)
    lines = [Line("is", _membership(str(address), block)), *block.lines]
    lines += [Line("class", each) for each in _class(address)]
    lines += [Line("also", each) for each in _other_forms(address)]
    return Explanation("address", str(address), (*lines, _filter(str(address), address)), block.demos, block.captures)


def explain_prefix(prefix: Interface) -> Explanation:
    """The network of a prefix, what is in it, and which of its addresses the one before the slash is."""
    network: Network = prefix.network
    block = block_of(network)
    masked = said("{network}, netmask {netmask}", network=network, netmask=network.netmask)
    lines = [Line("network", masked), *_hosts(network), *_role(prefix)]
    inside = [Line("holds", each) for each in _inside(network)]
    if network.prefixlen == 0:
        lines.append(Line("is", said("every address there is: in a routing table, the default route")))
    elif not (inside and block.name in _EVERYTHING):
        inside_of = said("it is {what}: in {block}", what=_what(block), block=block.name)
        lines += [Line("is", inside_of), *block.lines]
    lines += inside
    lines += [Line("class", each) for each in _class(prefix.ip)]
    return Explanation("prefix", str(prefix), (*lines, _filter(str(network), prefix.ip)), block.demos, block.captures)


def _membership(who: str, block: Entry) -> str:
    return said("{address} is {what}: in {block}", address=who, what=_what(block), block=block.name)


def _what(block: Entry) -> str:
    """What the addresses of a block are, an English text of `entries/`."""
    return said(str(block.details["is"]))


def _hosts(network: Network) -> Iterator[Line]:
    first, last, size = network.network_address, network.broadcast_address, network.num_addresses
    if size <= 2:
        ends = str(first) if size == 1 else said("{first} and {last}", first=first, last=last)
        yield Line("hosts", said("{ends}: all of it, with no network and no broadcast address of its own", ends=ends))
    elif isinstance(network, IPv4Network):
        yield Line("hosts", said("{size:,}: {first} to {last}", size=size - 2, first=first + 1, last=last - 1))
        text = said("{last}; the first address, {first}, names the network", last=last, first=first)
        yield Line("broadcast", text)
    else:
        amount = f"{size:,}" if network.prefixlen >= 96 else f"2^{network.max_prefixlen - network.prefixlen}"
        yield Line("hosts", said("{amount}: {first} to {last}", amount=amount, first=first, last=last))
        text = said("none in IPv6; {first} means the nearest router (RFC 4291 section 2.6.1)", first=first)
        yield Line("broadcast", text)


def _role(prefix: Interface) -> Iterator[Line]:
    """What the address before the slash is in its own network."""
    network = prefix.network
    if network.num_addresses <= 2:
        return
    if prefix.ip == network.network_address:
        return
    if isinstance(prefix, IPv4Interface) and prefix.ip == network.broadcast_address:
        text = said("{address} is the broadcast address: all hosts of {network}", address=prefix.ip, network=network)
    else:
        number = int(prefix.ip) - int(network.network_address)
        text = said("{address} is host {number:,} of {network}", address=prefix.ip, number=number, network=network)
    yield Line("role", text)


def _inside(network: Network) -> Iterator[str]:
    """The blocks within a network that is wider than they are."""
    inside = [entry for block, entry in _blocks_in_order() if block != network and _is_within(block, network)]
    for entry in inside[:_MOST_INSIDE]:
        yield said("{block}, {what}", block=entry.name, what=_what(entry))
    if len(inside) > _MOST_INSIDE:
        yield said("and {number} more blocks of their own", number=len(inside) - _MOST_INSIDE)


def _class(address: Address) -> Iterator[str]:
    if not isinstance(address, IPv4Address):
        return
    name, entry = next(
        (name, entry)
        for name, entry in entries("class").items()
        if address in IPv4Network(str(entry.details["prefix"]))
    )
    length, rule = entry.details.get("network"), said(entry.texts["rule"])
    if length:
        network = IPv4Network((address, int(length)), strict=False)
        yield said("{name} in former times, network {network}: {rule}", name=name, network=network, rule=rule)
    else:
        yield said("{name}: {rule}", name=name, rule=rule)


def _other_forms(address: Address) -> Iterator[str]:
    if not isinstance(address, IPv6Address):
        return
    if address.scope_id:
        scope = said("%{scope} is the interface of *this* host; it is never on the wire", scope=address.scope_id)
        yield scope
    inner = _carried(address)
    if inner is not None:
        yield said("{address} inside: {membership}", address=inner, membership=_membership(str(inner), block_of(inner)))
    bare = IPv6Address(int(address))
    if bare.exploded != str(bare):
        yield said("{address} in full (RFC 5952 writes it short)", address=bare.exploded)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries."""
    if block_of(address).name == "64:ff9b::/96":
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _filter(text: str, address: Address) -> Line:
    bare = text.partition("%")[0]
    return Line("filter", f"{'ip' if isinstance(address, IPv4Address) else 'ipv6'}.addr == {bare}")
