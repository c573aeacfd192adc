"""Addresses: the block of each by the registries, the arithmetic of prefixes, and the traps of `ipaddress`."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.explain.addresses import block_of, read_address, read_prefix
from inspector.explain.answer import answer
from inspector.explain.catalogue import entries
from tests.explain.asking import LINUX, only, said, whole

anyone = st.ip_addresses()
NOWHERE = "0.0.0.0"  # noqa: S104 - nobody binds it


def kind_of(text: str) -> str:
    return str(block_of(ip_address(text)).details["is"])


# -- what an address is


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (NOWHERE, "unspecified"), ("0.1.2.3", "of this network"), ("9.255.255.255", "public"),
        ("10.0.0.0", "private"), ("10.255.255.255", "private"), ("11.0.0.0", "public"),
        ("100.63.255.255", "public"), ("100.64.0.1", "shared (carrier-grade NAT)"), ("100.128.0.0", "public"),
        ("126.255.255.255", "public"), ("127.0.0.1", "loopback"), ("127.255.255.254", "loopback"),
        ("169.254.1.1", "link-local"), ("172.15.255.255", "public"), ("172.16.0.0", "private"),
        ("172.31.255.255", "private"), ("172.32.0.0", "public"), ("192.0.2.1", "for documentation"),
        ("192.168.0.1", "private"), ("192.169.0.0", "public"), ("198.51.100.7", "for documentation"),
        ("203.0.113.7", "for documentation"), ("198.19.255.255", "for benchmarks"),
        ("224.0.0.1", "multicast on this link"), ("224.0.1.1", "multicast"), ("239.1.1.1", "multicast of this site"),
        ("240.0.0.1", "reserved"), ("255.255.255.255", "the broadcast of this link"),
        ("::", "unspecified"), ("::1", "loopback"), ("::2", "reserved"), ("fe80::1", "link-local"),
        ("febf::1", "link-local"), ("fec0::1", "site-local (deprecated)"), ("fc00::1", "unique local"),
        ("fd12:3456::1", "unique local"), ("2001:db8::1", "for documentation"), ("2001:db9::1", "public"),
        ("2606:4700::1111", "public"), ("ff02::1", "multicast on this link"), ("ff0e::1", "multicast"),
        ("ff02::1:ff00:1", "a solicited-node group"), ("::ffff:10.0.0.1", "IPv4 in IPv6 form"),
        ("64:ff9b::1.2.3.4", "IPv4 behind a translator"), ("3fff::1", "for documentation"),
    ],
)  # fmt: skip
def test_an_address_is_in_the_smallest_block_that_holds_it(address: str, expected: str) -> None:
    assert kind_of(address) == expected


@given(anyone)
def test_every_address_is_in_a_block(address: IPv4Address | IPv6Address) -> None:
    assert address in ip_network(block_of(address).name)


@given(anyone)
def test_where_ipaddress_has_a_word_of_its_own_we_agree(address: IPv4Address | IPv6Address) -> None:
    """Not `is_private` and `is_global`, which mean other things, and differ between versions of Python."""
    ours = str(block_of(address).details["is"])

    assert address.is_loopback == (ours == "loopback")
    assert address.is_link_local == (ours == "link-local")
    assert address.is_unspecified == (ours == "unspecified")
    assert address.is_multicast == (ours.startswith("multicast") or ours == "a solicited-node group") or (
        block_of(address).name == "233.252.0.0/24"
    )


def test_every_name_of_a_block_is_a_network() -> None:
    assert all(str(ip_network(name)) == name for name in entries("block"))


def test_loopback_tells_why_127_and_what_it_is_good_for() -> None:
    explained = whole(only("127.0.0.1"))

    assert "127 was the last number of class A" in explained
    assert "/8" in explained


def test_a_private_address_is_on_many_networks() -> None:
    assert "many networks" in whole(only("10.0.0.1"))


def test_an_ipv4_address_in_ipv6_form_is_explained_as_what_it_carries_too() -> None:
    assert "127.0.0.1 is loopback" in whole(only("::ffff:127.0.0.1"))
    assert "10.1.2.3 is private" in whole(only("64:ff9b::10.1.2.3"))


def test_the_interface_of_a_link_local_address_is_no_part_of_it() -> None:
    explained = only("fe80::1%eth0")

    assert "is link-local" in whole(explained)
    assert said(explained, "filter") == ["ipv6.addr == fe80::1"]
    assert any("eth0" in line for line in said(explained, "also"))


# -- classes


@pytest.mark.parametrize(
    ("address", "letter", "network"),
    [
        (NOWHERE, "A", "0.0.0.0/8"), ("127.255.255.255", "A", "127.0.0.0/8"), ("128.0.0.1", "B", "128.0.0.0/16"),
        ("191.255.0.1", "B", "191.255.0.0/16"), ("192.168.1.77", "C", "192.168.1.0/24"),
        ("223.255.255.255", "C", "223.255.255.0/24"),
    ],
)  # fmt: skip
def test_the_class_of_an_address_is_told_as_history(address: str, letter: str, network: str) -> None:
    (line,) = said(only(address), "class")

    assert line.startswith(f"class {letter} in former times, network {network}: RFC 791")
    assert "RFC 4632" in line


@pytest.mark.parametrize(("address", "letter"), [("224.0.0.1", "D"), ("239.255.255.255", "D"), ("240.0.0.0", "E")])
def test_classes_d_and_e_have_no_networks(address: str, letter: str) -> None:
    (line,) = said(only(address), "class")

    assert line.startswith(f"class {letter}: RFC 1112")


def test_ipv6_has_no_classes() -> None:
    assert said(only("2001:db8::1"), "class") == []


@pytest.mark.parametrize("letter", "ABCDE")
def test_a_class_can_be_asked_for(letter: str) -> None:
    assert only("class", letter).name == f"class {letter}"


# -- prefixes


def test_a_prefix_is_worked_out() -> None:
    explained = only("192.168.1.77/24")

    assert said(explained, "network") == ["192.168.1.0/24, netmask 255.255.255.0"]
    assert said(explained, "hosts") == ["254: 192.168.1.1 to 192.168.1.254"]
    assert said(explained, "broadcast") == ["192.168.1.255; the first address, 192.168.1.0, names the network"]
    assert said(explained, "role") == ["192.168.1.77 is host 77 of 192.168.1.0/24"]
    assert said(explained, "is") == ["it is private: in 192.168.0.0/16"]
    assert said(explained, "filter") == ["ip.addr == 192.168.1.0/24"]


@given(st.ip_addresses(v=4), st.integers(0, 30))
def test_network_hosts_and_broadcast_fill_a_prefix(address: IPv4Address, length: int) -> None:
    network = ip_network((int(address), length), strict=False)
    explained = only(f"{address}/{length}")
    (hosts,), (broadcast,) = said(explained, "hosts"), said(explained, "broadcast")
    amount, first, last = hosts.replace(":", "").replace(" to", "").split()

    assert int(amount.replace(",", "")) + 2 == network.num_addresses
    assert int(ip_address(first)) == int(network.network_address) + 1
    assert int(ip_address(last)) + 1 == int(ip_address(broadcast.partition(";")[0]))


def test_a_link_of_two_has_two_hosts_and_no_broadcast() -> None:
    explained = only("10.0.0.0/31")

    assert said(explained, "hosts")[0].startswith("10.0.0.0 and 10.0.0.1")
    assert said(explained, "broadcast") == []


def test_a_prefix_of_one_address_is_that_address() -> None:
    assert said(only("10.0.0.1/32"), "hosts")[0].startswith("10.0.0.1: all of it")


def test_an_address_may_be_the_broadcast_of_its_prefix_or_its_name() -> None:
    assert said(only("192.168.1.255/24"), "role") == [
        "192.168.1.255 is the broadcast address: all hosts of 192.168.1.0/24"
    ]
    assert said(only("192.168.1.0/24"), "role") == []


def test_an_ipv6_prefix_has_no_broadcast() -> None:
    explained = only("2001:db8::5/64")

    assert said(explained, "hosts") == ["2^64: 2001:db8:: to 2001:db8::ffff:ffff:ffff:ffff"]
    assert said(explained, "broadcast")[0].startswith("none in IPv6")


def test_a_netmask_says_the_same_as_a_length() -> None:
    assert only("10.1.2.3/255.255.0.0") == only("10.1.2.3/16")


def test_a_wildcard_mask_is_no_netmask() -> None:
    assert read_prefix("10.1.2.3/0.0.255.255") is None


def test_a_network_wider_than_a_block_tells_what_it_holds_and_is_not_called_public() -> None:
    explained = only("10.0.0.0/7")

    assert said(explained, "holds") == ["10.0.0.0/8, private"]
    assert "public" not in whole(explained)


def test_a_prefix_of_length_0_is_the_default_route() -> None:
    assert "default route" in whole(only("0.0.0.0/0"))
    assert "default route" in whole(only("::/0"))


# -- what is none


@pytest.mark.parametrize("text", ["", "10", "127.1", "010.0.0.1", "1.2.3.4.5", " 1.2.3.4", "1.2.3.256", "٣.1.1.1"])
def test_what_some_programs_take_for_an_address_is_none_here(text: str) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("256.1.1.1", "end at 255"), ("1.2.3", "four numbers"), ("1.2.3.4.5", "four numbers"),
        ("010.0.0.1", "leading zero"), ("10.0.0.0/33", "prefix length"), ("10.0.0.0/0.0.0.255", "prefix length"),
        ("10.0.0.1:70000", "port"),
    ],
)  # fmt: skip
def test_what_is_almost_an_address_is_told_what_is_wrong(word: str, reason: str) -> None:
    (unknown,) = answer([word], LINUX).unknown

    assert reason in unknown.reason
