"""Including: whose symbols and whose roles the lines of an included sequence have."""

from __future__ import annotations

import pytest

from inspector.errors import ExpectationError
from inspector.expect.automaton import build
from inspector.expect.expansion import expand
from inspector.expect.formatter import format_sequence
from inspector.expect.notation import Sequence
from inspector.expect.parser import parse


def expanded(text: str, **others: str) -> str:
    """`text` with all that it uses, in canonical text; `others` can be used by name."""

    def find(name: str, *, beside: str = "") -> Sequence:
        assert beside
        return parse(others[name], f"{name}.seq")

    return format_sequence(Sequence(expand(parse(text, "top.seq"), find)))


def test_parameters_are_shared_under_their_names() -> None:
    part = "parameters: x\na > b SYN seq=x"
    assert expanded("use part\na > b ACK seq=x+1", part=part) == "a > b  SYN  seq=x\na > b  ACK  seq=x+1\n"


def test_a_parameter_stands_for_the_sum_it_is_given() -> None:
    part = "parameters: u\na > b FIN seq=u\nb > a ACK ack=u+1"
    assert expanded("a > b ACK seq=x len=n\nuse part(u=x+n)", part=part) == (
        "a > b  ACK  seq=x               len=n\na > b  FIN  seq=x+n\nb > a  ACK           ack=x+n+1\n"
    )


def test_a_private_symbol_never_meets_one_of_the_same_name() -> None:
    part = "a > b ACK len=n\nb > a ACK len=n"
    assert expanded("a > b SYN len=n\nuse part\nuse part", part=part).count("n'") == 4
    assert "n''" in expanded("a > b SYN len=n\nuse part\nuse part", part=part)


def test_branches_that_exclude_each_other_may_use_the_same_names() -> None:
    assert "n'" not in expanded("either: use part\nor: use part", part="a > b ACK len=n")


def test_roles_go_by_originator_and_responder_or_as_they_are_named() -> None:
    part = "peers: one two\none > two SYN | SYN-SENT LISTEN"
    assert expanded("client > server ACK\nuse part", part=part).endswith("client > server  SYN  | SYN-SENT LISTEN\n")
    assert expanded("client > server ACK\nuse part(server, client)", part=part).endswith(
        "server > client  SYN  | LISTEN SYN-SENT\n"
    )


def test_roles_that_may_be_exchanged_are_two_alternatives_told_as_client_and_server() -> None:
    assert expanded("peers: closer other either way\ncloser > other FIN") == (
        "either: client > server  FIN\nor: server > client  FIN\n"
    )


def test_a_part_leaves_room_for_the_rest_only_when_it_stands_alone() -> None:
    part = "part: beginning\na > b SYN"
    assert expanded(part) == "a > b  SYN\n...\n"
    assert expanded("use part\na > b FIN", part=part) == "a > b  SYN\na > b  FIN\n"
    assert expanded("part: ending\na > b FIN") == "...\na > b  FIN\n"
    assert expanded("part: anywhere\na > b ACK") == "...\na > b  ACK\n...\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a > b SYN\nuse part(z=1)", "has no parameter z"),
        ("a > b SYN\nuse part(a, c)", "third peer c"),
        ("a > b SYN\nuse loop", "includes itself"),
        ("a > b SYN\nuse top", "includes itself"),
    ],
)
def test_a_wrong_use_is_complained_of_at_its_line(text: str, reason: str) -> None:
    others = {"part": "parameters: x\na > b SYN seq=x", "loop": "a > b SYN\nuse loop", "top": "use top"}
    with pytest.raises(ExpectationError, match=reason) as raised:
        expanded(text, **others)
    assert raised.value.line == 2


def test_an_unknown_name_is_complained_of_where_it_is_used() -> None:
    with pytest.raises(ExpectationError, match="did you mean half-close") as raised:
        expand(parse("a > b SYN\n  \nuse half-closed", "mine.seq"))
    assert (raised.value.path, raised.value.line, raised.value.column) == ("mine.seq", 3, 5)


def test_sequences_that_double_at_each_step_end_in_a_complaint() -> None:
    others = {f"s{step}": f"use s{step + 1}\nuse s{step + 1}\na > b ACK" for step in range(14)} | {"s14": "a > b ACK"}
    with pytest.raises(ExpectationError, match="more than 5,000 lines"):
        expanded("use s0", **others)


@pytest.mark.parametrize("leaf", ["...", "nothing after this", "a > b ACK seq=x\n"])
def test_whatever_doubles_at_each_step_ends_in_a_complaint(leaf: str) -> None:
    others = {f"s{step}": f"parameters: x\nuse s{step + 1}(x={'+'.join(['x'] * 40)})\n" for step in range(14)}
    others |= {f"t{step}": f"optional: use t{step + 1}\n" * 40 for step in range(14)}
    others |= dict.fromkeys(("s14", "t14"), f"parameters: x\n{leaf}")
    for start in ("use t0", *["use s0"] * ("x" in leaf)):
        with pytest.raises(ExpectationError, match="more than"):
            expanded(start, **others)


@pytest.mark.parametrize(
    "text",
    [
        "repeat {999999}: a > b ACK",
        "repeat {900}:\n    repeat {900}: a > b ACK",
        "any order:\n" + "    a > b ACK\n" * 9,
        "any order:\n" + "    repeat {99}: a > b ACK\n" * 8,
        "optional: a > b ACK\n" * 2000,
        "repeat {999999}:\n    repeat {999999}:\n        nothing after this",
        "a > b ACK\nrepeat {999999}:\n    repeat {999999}:\n        no segment for 1s",
        "a > b ACK\n" + "| CLOSED CLOSED\n" * 5001,
    ],
)
def test_what_unrolls_without_measure_ends_in_a_complaint(text: str) -> None:
    with pytest.raises(ExpectationError):
        build(expand(parse(text)), "mine.seq")
