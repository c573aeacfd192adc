"""Ports, flags, other tools' words, and how a user's words become meanings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.explain.answer import answer
from inspector.explain.catalogue import KINDS, named
from inspector.explain.model import System
from inspector.explain.ports import is_ephemeral, range_of
from inspector.tcp.completeness import Completeness
from inspector.tcp.labels import LABELS
from inspector.wire.flags import flags_text
from inspector.wire.row import Flag
from tests.explain.asking import LINUX, ask, kinds, only, said, whole

# -- ports


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (0, "well-known"), (1023, "well-known"), (1024, "registered"), (49151, "registered"), (49152, "dynamic"),
        (65535, "dynamic"),
    ],
)  # fmt: skip
def test_ianas_ranges_end_where_rfc_6335_says(port: int, expected: str) -> None:
    assert range_of(port).name == expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [(443, False), (32767, False), (32768, True), (48634, True), (60999, True), (61000, True), (65535, True)],
)
def test_a_clients_port_is_told_by_linuxs_range_or_ianas(port: int, expected: bool) -> None:  # noqa: FBT001 - the table
    assert is_ephemeral(port) is expected


@pytest.mark.parametrize("word", ["8080", ":8080"])
def test_a_port_is_explained_by_iana_and_by_this_system(word: str) -> None:
    (port,) = (each for each in ask(word) if each.kind == "port")

    assert "1024 to 49151" in whole(port)
    given, bound = said(port, "here")
    assert given.startswith("Outside this system's ephemeral range, 32768 to 60999 (net.ipv4.ip_local_port_range)")
    assert bound == "Any user may bind it (net.ipv4.ip_unprivileged_port_start = 1024)."
    assert said(port, "service")[0].startswith("http-alt")


def test_the_systems_range_is_the_one_that_it_was_told() -> None:
    system = replace(LINUX, ephemeral=(1024, 2000), unprivileged_from=0)

    explained = whole(only("1024", system=system))

    assert "In this system's ephemeral range, 1024 to 2000" in explained
    assert "Any user may bind it" in explained


def test_only_root_binds_below_the_limit() -> None:
    assert "Only root" in whole(only("1023/tcp"))
    assert "Any user" in whole(only("1024/tcp"))


def test_a_system_that_says_nothing_is_not_guessed_at() -> None:
    assert said(only("8080", system=System()), "here") == []


def test_a_transport_chooses_services_and_demos() -> None:
    assert said(only("53/udp"), "filter") == ["udp.port == 53"]
    assert [line.split()[0] for line in said(only("67/udp"), "service")] == ["bootps"]
    assert said(only("67/tcp"), "service") == []
    assert only("8234/udp").demos == ("udp-request",)
    assert only("8234/tcp").demos == ()
    assert only("TCP/12345").demos == ("tcp-hello",)


def test_a_service_is_its_port() -> None:
    assert "port 443" in only("https").name
    assert "Only root" in whole(only("https"))


def test_port_0_is_nobodys() -> None:
    explained = next(each for each in ask("0") if each.kind == "port")

    assert "choose a free one" in whole(explained)
    assert said(explained, "here") == []


@pytest.mark.parametrize("word", ["65536", "70000", ":99999", "70000/tcp"])
def test_ports_end_at_65535(word: str) -> None:
    (unknown,) = answer([word], LINUX).unknown

    assert "65535" in unknown.reason


# -- endpoints


@pytest.mark.parametrize(
    ("word", "address", "port"),
    [
        ("10.0.0.1:443", "10.0.0.1", "443"), ("[::1]:80", "::1", "80"), ("[fe80::1%eth0]:80", "fe80::1%eth0", "80"),
        ("127.0.0.1:12345/tcp", "127.0.0.1", "12345/tcp"),
    ],
)  # fmt: skip
def test_an_endpoint_is_an_address_and_a_port(word: str, address: str, port: str) -> None:
    assert [(each.kind, each.name) for each in ask(word)] == [("address", address), ("port", port)]


def test_an_ipv6_endpoint_needs_its_brackets() -> None:
    assert [(each.kind, each.name) for each in ask("::1:80")] == [("address", "::1:80")]
    assert answer(["[127.0.0.1]:80"], LINUX).explanations == ()


# -- flags


@pytest.mark.parametrize("word", ["SYN,ACK", "syn,ack", "[S.]", "S.", "SA", "0x012", "0x12", "SYN-ACK", "syn+ack"])
def test_a_set_of_flags_is_known_in_every_usual_form(word: str) -> None:
    assert [each.name for each in ask(word) if each.kind == "flag"] == ["SYN,ACK"]


@given(st.integers(0, sum(Flag.members().values())))
def test_every_set_of_flags_is_explained_with_its_cost(bits: int) -> None:
    (explained,) = (each for each in ask(f"0x{bits:03x}") if each.kind == "flag")
    cost = bool(bits & Flag.SYN) + bool(bits & Flag.FIN)

    assert explained.name == flags_text(bits)
    assert said(explained, "numbers")[0].startswith(("uses no", "uses one", "uses 2")[cost])
    assert f"0x{bits:03x}" in said(explained, "filter")[0]


def test_a_set_without_a_meaning_of_its_own_is_told_flag_by_flag() -> None:
    assert [line.split()[0] for line in said(only("SYN,URG"), "seen")] == ["SYN", "URG"]


# -- other tools


@given(st.integers(0, 63))
def test_every_completeness_is_the_sum_of_what_is_told(value: int) -> None:
    explained = next(each for each in ask(str(value)) if each.kind == "completeness")
    told = said(explained, "seen")[0].partition(": ")[2].rstrip(".")

    assert sum(int(part.split()[0]) for part in told.split(" + ") if part != "nothing") == value


def test_a_number_is_a_port_and_a_completeness() -> None:
    assert kinds("31") == ["port", "completeness"]
    assert kinds("64") == ["port"]
    assert sum(Completeness.members().values()) == 63


def test_a_history_is_told_letter_by_letter() -> None:
    explained = only("ShAr^")

    assert [line.head for line in explained.lines] == ["S", "h", "A", "r", "^"]
    assert explained.lines[1].text.startswith("the responder: a SYN,ACK")
    assert explained.lines[2].text.startswith("the originator: a bare ACK")
    assert explained.lines[4].text.startswith("Zeek")


@pytest.mark.parametrize("word", ["SF", "S0", "REJ", "rstos0", "OTH"])
def test_a_conn_state_is_one_before_it_is_anything_else(word: str) -> None:
    assert kinds(word)[0] == "conn_state"


# -- words


def test_a_name_of_several_words_is_one_name() -> None:
    assert [each.name for each in ask("zero", "window", "TIME_WAIT", "SYN,ACK", "(2", "of", "3)")] == [
        "zero window",
        "TIME-WAIT",
        "SYN,ACK (2 of 3)",
    ]


def test_words_that_are_no_name_together_are_explained_each() -> None:
    assert [each.name for each in ask("LISTEN", "8234", "ISN")] == ["LISTEN", "8234", "ISN"]


def test_letters_apart_are_not_a_name_together() -> None:
    assert "SF" not in [each.name for each in ask("S", "F")]


def test_all_meanings_of_a_word_are_told() -> None:
    assert kinds("unanswered") == ["handshake", "close", "exchange"]
    assert kinds("S") == ["flag", "history"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_found_as_the_ladder_prints_it(label: str) -> None:
    assert [each for each in ask(label) if (each.kind, each.name) == ("label", label)]
    assert [each for each in ask(f"{label} with data") if (each.kind, each.name) == ("label", label)]


def test_an_icmp_error_is_found_with_its_family() -> None:
    for word in ("port unreachable", "ICMP port unreachable", "ICMPv6 port unreachable"):
        assert only(word).name == "port unreachable"


def test_a_demo_is_told_with_its_lesson() -> None:
    explained = only("tcp-hello")

    assert said(explained, "lesson") == ["Three segments open it."]
    assert said(explained, "where") == ["TCP, port 12345"]


def test_meanings_come_in_the_order_of_the_kinds() -> None:
    order = list(KINDS)

    for word in ("FIN", "31", "reset", "SF", "half-open"):
        told = [order.index(kind) for kind in kinds(word)]

        assert told == sorted(told)


def test_what_is_known_is_told_whatever_else_is_not() -> None:
    found = answer(["TIME_WEIT", "LISTEN", "tcp-helo"], LINUX)

    assert [each.name for each in found.explanations] == ["LISTEN"]
    assert [(each.word, each.near[0]) for each in found.unknown] == [
        ("TIME_WEIT", "TIME-WAIT"),
        ("tcp-helo", "tcp-hello"),
    ]


def test_a_word_asked_for_twice_is_told_once() -> None:
    assert len(ask("LISTEN", "listen")) == 1


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_words_have_an_answer(words: list[str]) -> None:
    found = answer(words, LINUX)

    assert found.explanations or found.listings or found.unknown or not words


@pytest.mark.parametrize(
    ("term", "identifier"),
    [
        ("序列号", "word.sequence-numbers-of-syn-and-fin"),
        ("半关闭", "word.half-close"),
        ("零窗口", "label.zero-window"),
        ("重传", "label.retransmission"),
        ("保活", "label.keep-alive"),
        ("校验和", "word.bad-checksum"),
        ("四次挥手", "close.four-segment"),
    ],
)
def test_chinese_terms_are_found_whatever_is_spoken(term: str, identifier: str) -> None:
    assert identifier in [entry.identifier for entry in named(term)]
