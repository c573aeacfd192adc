"""The door to numba: one function at two speeds, and a cache that can only cost time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inspector.columns import I64, U8, to_columns
from inspector.compiled import Constants, _cache_folder, _fingerprint, compilable, compiled, use_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from inspector.compiled import compiled, use_cache
use_cache(Path(sys.argv[1]))
from arithmetic import outer
print(compiled(outer)(5), "built" if "numba" in sys.modules else "loaded")
"""
ARITHMETIC = """
from inspector.compiled import Constants, compilable
from helper import inner
class Number(Constants):
    TWO = 2
@compilable
def outer(n):
    total = 0
    for i in range(n):
        total += inner(i) * Number.TWO
    return total
"""
HELPER = """
from inspector.compiled import compilable
@compilable
def inner(n):
    return n + 1
"""


class Number(Constants):
    TWO = 2
    THREE = 3


@compilable
def inner(number: int) -> int:
    return number * Number.THREE


@compilable
def outer(count: int) -> int:
    total = 0
    for index in range(count):
        total += inner(index) + Number.TWO
    return total


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "cache"
    use_cache(folder)
    yield folder
    use_cache()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder with two modules, one calling the other; each test may alter them."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "arithmetic.py").write_text(ARITHMETIC)
    (folder / "helper.py").write_text(HELPER)
    return folder


def start(cache: Path, code: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", PROGRAM, str(cache), str(code)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def run(cache: Path, code: Path) -> str:
    output, errors = start(cache, code).communicate(timeout=120)
    assert errors == ""

    return output.strip()


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "compiled").glob("*.code"))


def test_plain_and_compiled_give_the_same() -> None:
    assert [outer(count) for count in range(5)] == [compiled(outer)(count) for count in range(5)]


@compilable
def doubled(numbers: Any, count: int, negated: bool) -> None:  # noqa: FBT001 - numba takes no keywords
    for i in range(count):
        numbers[i].low = -2 * numbers[i].low if negated else 2 * numbers[i].low


@compilable
def ends(octets: Any, count: int) -> tuple[int, int]:
    return octets[0] + 0, octets[count - 1] + 0


@compilable
def half(number: int) -> float:
    return number / 2


@compilable
def entry(place: int) -> int:
    return (3, 4, 5)[place]


@dataclass(slots=True)
class Pair:
    high: U8 = 0
    low: I64 = 0


@pytest.mark.parametrize("negated", [False, True])
def test_records_are_written_and_nothing_is_given_back(negated: bool) -> None:  # noqa: FBT001 - a parameter
    numbers = to_columns(Pair, [Pair(1, 2), Pair(3, -4), Pair(5, 6)], 3)

    assert compiled(doubled)(numbers, 2, negated) is None
    assert numbers.tolist() == [(1, -4 if negated else 4), (3, 8 if negated else -8), (5, 6)]


def test_a_part_of_an_array_begins_where_it_begins() -> None:
    octets = np.arange(10, dtype=np.uint8)

    assert compiled(ends)(octets[3:], 4) == (3, 6)
    assert compiled(ends)(octets[::2], 4) == (0, 6)


def test_one_file_is_kept_for_each_combination_of_types(cache: Path) -> None:
    @compilable
    def first_of(octets: Any, add: int) -> Any:
        return octets[0] + add

    for octets in (np.arange(3, 9, dtype=np.uint8), np.arange(3, 7, dtype=np.uint8), np.arange(3, 9, dtype=np.int64)):
        assert compiled(first_of)(octets, 1) == 4

    assert len(kept(cache)) == 2


def test_what_gives_no_integers_is_left_to_numba(cache: Path) -> None:
    assert compiled(half)(5) == 2.5
    assert kept(cache) == []


def test_numbers_other_than_pythons_are_left_to_numba(cache: Path) -> None:
    assert compiled(inner)(np.int32(5)) == 15  # type: ignore[arg-type]
    assert kept(cache) == []


def test_an_exception_in_machine_code_is_never_a_result() -> None:
    assert [compiled(entry)(place) for place in range(3)] == [3, 4, 5]

    with pytest.raises(SystemError, match="raised an exception"):
        compiled(entry)(3)


def test_constants_are_plain_integers() -> None:
    with pytest.raises(TypeError, match="a constant is a plain int"):
        type("Bad", (Constants,), {"FLAG": True})

    assert Number.members() == {"TWO": 2, "THREE": 3}


def test_defaults_are_refused() -> None:
    def with_default(number: int = 1) -> int:
        return number

    with pytest.raises(TypeError, match="no defaults and no closure"):
        compilable(with_default)


def test_closures_are_refused() -> None:
    outside = 1

    def with_closure() -> int:
        return outside

    with pytest.raises(TypeError, match="no defaults and no closure"):
        compilable(with_closure)


def test_a_function_that_is_not_marked_is_refused() -> None:
    with pytest.raises(TypeError, match="not marked @compilable"):
        compiled(kept)


@pytest.mark.slow
class TestCache:
    """Each case runs programs of its own, as users do."""

    def test_the_second_run_loads_what_the_first_has_built(self, tmp_path: Path, code: Path) -> None:
        cache = tmp_path / "cache"

        assert [run(cache, code), run(cache, code)] == ["30 built", "30 loaded"]

    @pytest.mark.parametrize("damage", ["empty", "cut", "garbled", "one bit"])
    def test_a_broken_file_is_built_anew(self, tmp_path: Path, code: Path, damage: str) -> None:
        cache = tmp_path / "cache"
        run(cache, code)
        (file,) = kept(cache)
        sound = file.read_bytes()
        middle = len(sound) // 2
        file.write_bytes(
            {
                "empty": b"",
                "cut": sound[:middle],
                "garbled": bytes(len(sound)),
                "one bit": sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :],
            }[damage]
        )

        assert run(cache, code) == "30 built"
        assert run(cache, code) == "30 loaded"

    def test_a_callee_that_changed_in_another_file_is_noticed(self, tmp_path: Path, code: Path) -> None:
        cache = tmp_path / "cache"
        run(cache, code)
        (code / "helper.py").write_text(HELPER.replace("n + 1", "n + 2"))

        assert run(cache, code) == "40 built"

    def test_a_constant_that_changed_is_noticed(self, tmp_path: Path, code: Path) -> None:
        cache = tmp_path / "cache"
        run(cache, code)
        (code / "arithmetic.py").write_text(ARITHMETIC.replace("TWO = 2", "TWO = 4"))

        assert run(cache, code) == "60 built"

    def test_several_runs_at_once_do_not_disturb_each_other(self, tmp_path: Path, code: Path) -> None:
        cache = tmp_path / "cache"
        runs = [start(cache, code) for _ in range(3)]
        outputs = [process.communicate(timeout=120) for process in runs]

        assert [output.split()[0] for output, _ in outputs] == ["30"] * 3
        assert [errors for _, errors in outputs] == [""] * 3
        assert [file.suffix for file in (cache / "compiled").iterdir()] == [".code"]

    def test_a_folder_that_cannot_be_made_costs_only_time(self, tmp_path: Path, code: Path) -> None:
        cache = tmp_path / "file"
        cache.write_text("not a folder")

        assert run(cache, code) == "30 built"


def test_a_folder_that_others_may_write_is_not_trusted(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)

    assert _cache_folder() is None


def test_a_folder_of_somebody_else_is_not_trusted(cache: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    cache.mkdir(mode=0o700)
    os.chown(cache, 12345, 12345)

    assert _cache_folder() is None


def test_a_symbolic_link_is_not_trusted(cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.mkdir(mode=0o700)
    cache.symlink_to(target)

    assert _cache_folder() is None


def test_a_read_only_folder_is_passed_over_for_the_next(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("")
    use_cache(occupied, tmp_path / "second")
    try:
        assert _cache_folder() == tmp_path / "second" / "compiled"
    finally:
        use_cache()


def test_a_folder_is_ours_alone_when_it_is_made(cache: Path) -> None:
    assert _cache_folder() == cache / "compiled"
    assert cache.stat().st_mode & 0o777 == 0o700


def test_the_fingerprint_does_not_depend_on_what_else_is_imported() -> None:
    before = _fingerprint(outer)  # type: ignore[arg-type]

    @compilable
    def newcomer() -> int:
        return 1

    assert newcomer() == 1
    assert before == _fingerprint(outer)  # type: ignore[arg-type]


def test_importing_the_door_imports_nothing_heavy() -> None:
    heavy = {"numpy", "numba", "inspect", "tempfile", "shutil", "hashlib", "importlib.metadata"}
    program = "import sys, inspector.compiled; print(*sorted(set(sys.modules)))"
    command = [sys.executable, "-c", program]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ).stdout

    assert set() == heavy & set(output.split())
