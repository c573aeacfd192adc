"""Faults seeded into the frames of our captures: what changes the meaning is told at its place, and nothing else is.

What a fault changes the meaning of is not for the engine to say: `oracle` decides, by trying every way to read the
sequence. Each folder is compared with its own sequence, and with one that writes every number of what it did.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.expect.faults import Fault, Tape
from tests.expect.seeding import FOLDERS, Case, Judged, case, exact_case, faults_of, what_is_wrong

_WITH_CONNECTIONS = [name for name in FOLDERS if exact_case(name, strict=False).sequences]
each_folder = pytest.mark.parametrize("name", FOLDERS)
each_with_connections = pytest.mark.parametrize("name", _WITH_CONNECTIONS)


def _told_wrongly(one: Case, seed: str, count: int) -> list[str]:
    """The faults of one folder of which a law does not hold."""
    conversations = len(one.judge(one.tape))
    found = []
    for fault in faults_of(one, seed, count):
        judged = one.judge(fault.do(one.tape))
        if wrong := what_is_wrong(judged, fault, conversations=conversations):
            found.append(f"{fault.words}: {wrong}: {_told(judged)}")
    return found


def _told(judged: list[Judged]) -> list[str]:
    return [
        f"{difference.kind} line {difference.line} frame {difference.frame} {difference.field}"
        for each in judged
        for difference in each.told.differences
    ]


@each_folder
def test_the_oracle_and_the_engine_find_every_capture_as_expected(name: str) -> None:
    for each in case(name).judge(case(name).tape):
        assert each.told.matched
        assert each.is_as_expected in (True, None)


@each_folder
def test_a_fault_is_told_at_its_place(name: str) -> None:
    assert _told_wrongly(case(name), "quick", 5) == []


@each_with_connections
def test_where_every_number_is_written_every_changed_number_is_told(name: str) -> None:
    assert _told_wrongly(exact_case(name, strict=False), "quick", 3) == []
    assert _told_wrongly(exact_case(name, strict=True), "quick", 3) == []


@pytest.mark.slow
@each_folder
def test_many_faults_are_told_at_their_places(name: str) -> None:
    assert _told_wrongly(case(name), "many", 24) == []
    if exact_case(name, strict=False).sequences:
        assert _told_wrongly(exact_case(name, strict=False), "many", 12) == []
        assert _told_wrongly(exact_case(name, strict=True), "many", 12) == []


def test_faults_are_of_every_kind_and_most_of_them_differ() -> None:
    """Else the tests above would prove little."""
    kinds: Counter[str] = Counter()
    differing = 0
    for name in ("tcp-hello", "tcp-close-four", "udp-unreachable"):
        one = case(name) if name.startswith("udp") else exact_case(name, strict=True)
        for fault in faults_of(one, "kinds", 40):
            kinds[fault.kind] += 1
            kinds[fault.field] += 1
            differing += not all(each.told.matched for each in one.judge(fault.do(one.tape)))

    assert set(kinds) >= {"changed", "missing", "extra", "swapped", "flags", "seq", "ack", "len", "win", "icmp"}
    assert differing > 80


# ------------------------------------------------------------------------------------- two at once


def _pair(one: Case, number: int) -> tuple[Fault, Fault, Tape] | None:
    """Two changed frames that are apart, and the tape with both."""
    random = Random(f"pair {one.name} {number}")  # noqa: S311 - repeatable, which is the point
    faults = [each for each in faults_of(one, f"pair {number}", 12) if each.kind == "changed"]
    random.shuffle(faults)
    for first in faults:
        for second in faults:
            if abs(first.frame - second.frame) > 1:
                frames = list(one.tape.frames)
                for each in (first, second):
                    frames[each.frame - 1] = each.do(one.tape).frames[each.frame - 1]
                return first, second, one.tape.with_frames(tuple(frames))
    return None


def _of_two_told_wrongly(one: Case, count: int) -> list[str]:
    """Pairs of which not both are told, though each alone is, at its frame; nor what explains them as well."""
    found = []
    conversations = len(one.judge(one.tape))
    for number in range(count):
        pair = _pair(one, number)
        if pair is None:
            continue
        first, second, tape = pair
        alone = [one.judge(each.do(one.tape)) for each in (first, second)]
        if any(
            len(judged) != conversations or not _is_at(judged, each)
            for judged, each in zip(alone, pair[:2], strict=True)
        ):
            continue
        judged = one.judge(tape)
        both = _is_at(judged, first) and _is_at(judged, second)
        explained = len(_told(judged)) <= len(pair[:2]) and all(each.is_mended for each in judged)
        if len(judged) == conversations and not both and not explained:
            found.append(f"{first.words} and {second.words}: {_told(judged)}")
    return found


def _is_at(judged: list[Judged], fault: Fault) -> bool:
    return any(
        difference.frame == fault.frame and difference.field == fault.field
        for each in judged
        for difference in each.told.differences
    )


@each_with_connections
def test_of_two_faults_both_are_told(name: str) -> None:
    assert _of_two_told_wrongly(exact_case(name, strict=False), 2) == []


@pytest.mark.slow
@each_with_connections
def test_of_many_pairs_of_faults_both_are_told(name: str) -> None:
    assert _of_two_told_wrongly(exact_case(name, strict=False), 12) == []
