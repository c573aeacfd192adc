"""Sequences made to be hostile: repeats in repeats, alternatives of repeats, any order of many, symbols in circles.

What is bounded is counted in moves, for a clock says more of the machine than of the work.
"""

from __future__ import annotations

from random import Random

import pytest

from inspector.errors import ExpectationError
from inspector.expect import matching, ways
from tests.expect.said import Said

_NUMBERS = ["seq={0}", "seq={0}+{1}", "seq={0} ack={1}+1", "ack={0}-{1} len=n", "seq>={0}", "seq=2*{0}+{1}", ""]
_BLOCKS = [
    "repeat *:",
    "repeat +:",
    "repeat {0,3}:",
    "repeat {2}:",
    "repeat {1,9}:",
    "optional:",
    "any order:",
    "either:",
]


def _lines(random: Random, depth: int, indent: str = "") -> list[str]:
    found = []
    for _ in range(random.randint(1, 3)):
        block = random.choice(["", "", "...", *_BLOCKS]) if depth else ""
        if block == "...":
            found.append(f"{indent}...")
        elif block:
            found += [indent + block, *_lines(random, depth - 1, f"{indent}  ")]
            if block == "either:":
                found += [f"{indent}or:", *_lines(random, depth - 1, f"{indent}  ")]
        else:
            sender, receiver = random.sample(["client", "server"], 2)
            flags = random.choice(["ACK", "ACK", "any", "FIN,ACK", "SYN", "ACK+"])
            numbers = random.choice(_NUMBERS).format(*random.choices("xyzpqn", k=2))
            found.append(f"{indent}{sender} > {receiver}  {flags}  {numbers}")
    return found


def _talk(random: Random, count: int) -> Said:
    said = Said(random.randrange(1 << 32), random.randrange(1 << 32))
    for _ in range(count):
        speak = random.choice([said.client, said.server])
        speak(random.choice(["ACK", "ACK", "ACK", "FIN,ACK", "SYN", "RST"]), len=random.choice([0, 0, 1, 100]))
    return said


@pytest.mark.parametrize("seed", range(20))
def test_a_hostile_sequence_is_compared_or_refused_with_a_reason(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_WORK", 8_000)
    random = Random(f"hostile {seed}")  # noqa: S311 - repeatable, which is the point
    text = "\n".join(_lines(random, 3)) + "\n"
    try:
        comparison = _talk(random, random.choice([3, 12, 60])).compare(text)
    except ExpectationError as error:
        assert "too many" in str(error) or "at most" in str(error) or "unroll" in str(error)  # noqa: PT017
    else:
        assert comparison.matched is not bool(comparison.differences)


def test_the_bound_is_one_for_all_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    work = []

    class Counted(matching._Search):
        def run(self) -> ways.Hypothesis | None:
            work.append(self.work)
            found = super().run()
            work.append(self.work)
            return found

    monkeypatch.setattr(matching, "_Search", Counted)
    said = Said().handshake().client("ACK", len=1).server("ACK").closed().changed(2, ack=7).changed(4, seq=7)
    said.changed(5, ack=9).changed(6, seq=1)
    said.compare("use three-way-handshake\nclient > server ACK seq=x+1 len=1\nuse three-segment-close\n")
    with_numbers = work[2:]

    assert len(with_numbers) > 2
    assert with_numbers[0] == 0
    assert with_numbers[2::2] == with_numbers[1:-1:2]
