"""What the tests of every room share: where things lie, what is absent, and golden files.

What a test needs and this machine has not is a skip that says so, never a silent pass.
`scripts/test --update-golden` writes golden files anew instead of comparing with them: read the
difference before you commit it.

`--cov` measures what the quick tests run through. While a slow one runs the measuring rests: those ask the same code
again, of many more captures, and measured they would take three times as long.
"""

from __future__ import annotations

import gc
import os
import shutil
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import coverage
import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Time is never what a test decides on: machines that run tests are busy with other things.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")

# What is tested is said in English; whose locale speaks otherwise tests all the same.
os.environ["LANGUAGE"] = "en"

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew, compare nothing")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage rest while a slow test runs, with its fixtures; and have garbage collected again behind a test.

    A command that is run in this process collects none (`cli/files.py`), as fits a command that ends soon.
    """
    measuring = coverage.Coverage.current() if item.get_closest_marker("slow") else None
    if measuring is not None:
        measuring.stop()
    try:
        return (yield)
    finally:
        gc.enable()
        if measuring is not None:
            measuring.start()


@pytest.fixture(scope="session")
def root_folder() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of our own captures, one folder per scenario."""
    return ROOT / "captures"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of captures that no one here wrote; it lies beside the checkout, and is never part of it."""
    folder = ROOT.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip(f"no corpus of foreign captures beside the checkout ({folder.relative_to(ROOT.parent)})")
    return folder


@pytest.fixture(scope="session")
def tshark() -> str:
    """The path of tshark, the second opinion."""
    path = shutil.which("tshark")
    if path is None:
        pytest.skip("tshark is not installed (sudo apt install tshark)")
    return path


@pytest.fixture(scope="session")
def root() -> None:
    """The privilege to open raw sockets and to become somebody else."""
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file; a missing file fails too."""
    update = request.config.getoption("update_golden")

    def compare(path: Path, actual: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"{path} is missing: run `scripts/test --update-golden`, and read what it wrote")
        expected = path.read_text(encoding="utf-8")

        assert actual == expected, f"{path.name} differs: if that is right, run `scripts/test --update-golden`"

    return compare
