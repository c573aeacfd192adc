"""Notes of addresses and ports: the same words as `explain`'s, one line, and only where they help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.explain.addresses import block_of, read_address
from inspector.report.page import Page
from inspector.report.places import note_places
from inspector.report.terminal import render_inspection
from inspector.wire.row import Endpoint
from tests.report import stories
from tests.report.stories import hello, inspection

if TYPE_CHECKING:
    from inspector.report.inspection import Inspection

LOOPBACK = "127.0.0.1 is loopback"


def note(one: Endpoint, other: Endpoint, *, unicode: bool = True) -> str:
    page = Page(200, unicode=unicode)
    note_places(page, (one, other))
    return page.text(colour=False).strip()


def drawn(made: Inspection, *, verbose: bool = False) -> str:
    return render_inspection(made, width=80, colour=False, verbose=verbose)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (
            Endpoint("127.0.0.1", 48634),
            Endpoint("127.0.0.1", 12345),
            "127.0.0.1 is loopback · port 48634 looks ephemeral, chosen by the system",
        ),
        (
            Endpoint("10.0.0.1", 1024),
            Endpoint("192.0.2.1", 80),
            "10.0.0.1 is private · 192.0.2.1 is for documentation",
        ),
        (
            Endpoint("fe80::1", 50000),
            Endpoint("ff0e::1", 5353),
            "fe80::1 is link-local · ff0e::1 is multicast · port 50000 looks ephemeral, chosen by the system",
        ),
        (
            Endpoint("8.8.8.8", 40000),
            Endpoint("8.8.4.4", 61000),
            "ports 40000 and 61000 look ephemeral, chosen by the system",
        ),
        (Endpoint("8.8.8.8", 80), Endpoint("2606:4700::1", 443), ""),
    ],
    ids=["loopback", "private", "ipv6", "two ports", "nothing to say"],
)
def test_what_is_worth_a_note(one: Endpoint, other: Endpoint, expected: str) -> None:
    assert note(one, other) == expected


def test_one_endpoint_is_noted_once() -> None:
    assert note(Endpoint("127.0.0.1", 40000), Endpoint("127.0.0.1", 40000)).count("is loopback") == 1


def test_the_words_are_those_of_explain() -> None:
    address = read_address("100.64.0.1")
    assert address is not None

    assert note(Endpoint("100.64.0.1", 1), Endpoint("1.1.1.1", 1)) == f"100.64.0.1 is {block_of(address).details['is']}"


def test_a_replay_is_not_noted_unless_it_is_verbose() -> None:
    made = inspection(hello().connection())

    assert LOOPBACK not in drawn(made)
    assert drawn(made, verbose=True).count(LOOPBACK) == 1


def test_the_only_conversation_of_a_demo_is_noted() -> None:
    made = replace(inspection(hello().connection()), lesson=("A lesson.",))

    assert LOOPBACK in drawn(made)


def test_of_several_conversations_of_a_demo_none_is_noted() -> None:
    made = replace(stories.many(3), lesson=("A lesson.",))

    assert " looks ephemeral" not in drawn(made)
    assert " looks ephemeral" in drawn(made, verbose=True)


def test_an_exchange_is_noted_too() -> None:
    assert " is loopback" in drawn(stories.udp_replied(), verbose=True)
