"""Every law of `laws.py` holds of its seeds, of what has broken it before, and of what hypothesis makes of both.

The long search is `scripts/fuzz`; this is the part of it that every run of the tests can afford.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.laws import LAWS
from tests.fuzz.seeds import seeds

ROOT = Path(__file__).resolve().parents[2]
SLOW = {"report", "explained"}
"""Laws of which a few inputs must do here."""

every_law = pytest.mark.parametrize("law", LAWS)


@cache
def some_seeds(law: str) -> tuple[bytes, ...]:
    return tuple(islice(seeds(law), 8 if law in SLOW else 1000))


@every_law
def test_the_law_holds_of_its_seeds(law: str) -> None:
    assert some_seeds(law)
    for seed in some_seeds(law):
        LAWS[law](seed)


@st.composite
def damaged(draw: st.DrawFn, law: str) -> bytes:
    """A seed with some bytes changed, some taken out, some put in."""
    made = bytearray(draw(st.sampled_from(some_seeds(law)))[:2000])
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(made)))
        made[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(made)


@every_law
@settings(max_examples=25)
@given(data=st.data())
def test_the_law_holds_of_any_bytes(law: str, data: st.DataObject) -> None:
    LAWS[law](data.draw(st.binary(max_size=300) | damaged(law)))


def test_a_captures_folder_that_is_named_gives_more_seeds(captures: Path) -> None:
    assert len(list(seeds("frame", captures))) > len(list(seeds("frame")))


def fuzz(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "fuzz.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_one_input_is_tried_again_by_a_command(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("drop SYN once")

    assert fuzz("--try", tmp_path / "input", "script").returncode == 0
    assert "expected laws of container, " in fuzz("--try", tmp_path / "input", "scripts").stderr


def test_a_short_search_keeps_what_it_learns_and_says_what_it_did(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="the extra `fuzz` is not installed")
    done = fuzz("--out", tmp_path, "--turn", "1", "--hours", "0.0004", "script")
    law, _, runs, _, code, found = (tmp_path / "log.tsv").read_text().splitlines()[0].split("\t")

    assert (done.returncode, law, code, found) == (0, "script", "0", "")
    assert int(runs) > 6
    assert any((tmp_path / "script" / "corpus").iterdir())
