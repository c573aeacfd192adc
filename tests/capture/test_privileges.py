"""Without privilege: a clear error with ways out that really work, shown by walking them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.capture import doctor, privileges, ways_out

NOBODY = 65534
PROGRAM = """
import json, os, sys
from inspector.capture import Recording, doctor, open_engine
from inspector.errors import CaptureError
answer = {}
for engine in ("linux", "portable"):
    try:
        open_engine("lo", ports=(7,), kind=engine, command_line=sys.argv[1], own_traffic=True)
    except CaptureError as error:
        answer[engine] = [error.message, *error.remedies]
answer["doctor"] = {check.name: [check.ok, check.remedy] for check in doctor()}
print(json.dumps(answer))
"""


@pytest.fixture(scope="module")
def python_for_all() -> str:
    """A Python that any user may start; the one of a virtual environment may lie in somebody's home."""
    path = "/usr/bin/python3"
    probe = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    if not Path(path).exists() or subprocess.run([path, "-c", probe], check=False).returncode:
        pytest.skip(f"needs Python 3.11 or newer as {path}, for another user to start")
    return path


@pytest.fixture(scope="module")
def as_nobody(root: None) -> list[str]:  # noqa: ARG001 - a fixture cannot be asked for otherwise
    """Words before a command that run it as a user without any privilege."""
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux)")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all"]


@pytest.fixture(scope="module")
def told(as_nobody: list[str], python_for_all: str, root_folder: Path) -> dict[str, object]:
    """What an unprivileged user is told, with a command that proves a raw socket."""
    command = f'{python_for_all} -c \'import socket; socket.socket(17, 3, 0).bind(("lo", 3)); print("opened")\''
    done = subprocess.run(
        [*as_nobody, python_for_all, "-B", "-c", PROGRAM, command], check=True, capture_output=True, cwd=root_folder
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_error_names_the_privilege_that_lacks(told: dict[str, list[str]]) -> None:
    assert "CAP_NET_RAW" in told["linux"][0]


def test_a_way_by_the_administrator_comes_first(told: dict[str, list[str]]) -> None:
    assert told["linux"][1].startswith(("sudo ", "su "))


def test_the_way_by_a_namespace_works_when_it_is_pasted(told: dict[str, list[str]], as_nobody: list[str]) -> None:
    ways = [way for way in told["linux"] if way.startswith("unshare")]
    if not ways:
        pytest.skip("no user namespaces here, and none was offered")
    done = subprocess.run([*as_nobody, "sh", "-c", ways[0]], check=False, capture_output=True, text=True, cwd="/")

    assert (done.stdout, done.stderr) == ("opened\n", "")


def test_the_doctor_says_what_lacks_and_how_to_mend_it(told: dict[str, dict[str, tuple[bool, str]]]) -> None:
    ok, remedy = told["doctor"]["CAP_NET_RAW"]

    assert not ok
    assert remedy
    assert not told["doctor"]["capture ring on lo"][0]


def test_what_is_broken_always_has_a_remedy() -> None:
    checks = doctor()

    assert [check.name for check in checks if check.ok is False and not check.remedy] == []
    assert {"Python", "tshark", "dumpcap", "tcpdump", "scapy", "pyshark", "numba"} <= {check.name for check in checks}


def test_the_doctor_tries_the_folder_of_compiled_code(tmp_path: Path) -> None:
    good, bad = tmp_path / "cache", Path("/proc/cache")

    assert [doctor(folder)[-1].ok for folder in (good, bad)] == [True, False]


@pytest.mark.usefixtures("can_capture")
def test_with_the_privilege_the_ring_opens() -> None:
    verdicts = {check.name: check.ok for check in doctor()}

    assert verdicts["CAP_NET_RAW"]
    assert verdicts["capture ring on lo"]


@pytest.mark.parametrize(("platform", "word"), [("darwin", "access_bpf"), ("win32", "Npcap")])
def test_other_systems_are_told_their_own_ways(platform: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert any(word in way for way in ways_out("/usr/bin/inspector demo tcp-hello"))


def test_dumpcap_is_offered_with_the_ports_and_a_pipe_into_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "can_dumpcap", lambda _: (True, ""))
    ways = ways_out("'/opt/my tools/inspector' capture -i eth0", interface="eth0", ports={80, 443})

    assert (
        "dumpcap -q -i eth0 -f 'port 80 or port 443 or icmp or icmp6' -w - | '/opt/my tools/inspector' replay -" in ways
    )


def test_a_namespace_is_not_offered_for_the_traffic_of_others() -> None:
    assert not [way for way in ways_out("/usr/bin/inspector capture") if "unshare" in way]
