"""What the demos put on the wire, as tcpdump tells it: one sequence each, and a lawful variant of its close.

tcpdump and not our own capture: this room may not lean on another. The patterns say what 400 quiet runs, 100
under load and 40 with random delays gave on Linux: the bare ACK of the first FIN comes only when its
receiver takes longer to close than an ACK may be delayed (40 ms).

Two things are the machine's and not the demo's. A frame on loopback waits in the queue of the processor that
sent it; where that one is held up (a busy virtual machine) a frame of another overtakes it. So a demo runs on one
processor here, which has one queue. And what is not answered in 200 ms is sent again. So a course may be run again,
a few times, before it is called wrong.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from inspector.demos import choose_ports, find, run
from tests.demos.test_demos_catalogue import TUTORIALS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPEN = "C:S S:S. C:. "
_CLIENT_CLOSES_FIRST = r"C:F\. (S:\. )?S:F\. C:\."

PATTERNS = {
    "tcp-hello": r"S:P\.14 C:\. C:P\.18 S:\. " + _CLIENT_CLOSES_FIRST,
    "tcp-greeting": r"S:P\.22 C:\. S:F\. (C:\. )?C:F\. S:\.",
    "tcp-echo": r"C:P\.21 S:\. S:P\.21 C:\. " + _CLIENT_CLOSES_FIRST,
    "tcp-oneway": r"C:P\.9 S:\. " + _CLIENT_CLOSES_FIRST,
    "tcp-multi": r"C:P\.8 S:\. S:P\.17 C:\. " + _CLIENT_CLOSES_FIRST,
    "tcp-object": r"C:P\.36 S:\. " + _CLIENT_CLOSES_FIRST,
    "tcp-upload": r"C:P\.720 S:\. C:F\. (S:\. )?S:P\.26 C:\. S:F\. C:\.",
}

UDP = {
    "udp-oneway": "c>0:9",
    "udp-pingpong": "1>0:6 0>1:4 1>0:6 0>1:4 1>0:6 0>1:4 1>0:3",
    "udp-request": "c>0:17 0>c:27 c>1:22",
}

_LINE = re.compile(r"IP \S+\.(?P<source>\d+) > \S+\.(?P<target>\d+): (?P<rest>.*)")


def captured(name: str, path: Path) -> tuple[tuple[int, ...], list[tuple[int, int, str]]]:
    """Run a demo under tcpdump: its ports, and `(source port, target port, flags or UDP, and length)` of each frame."""
    tool = shutil.which("tcpdump")
    if tool is None:
        pytest.skip("no tcpdump here")
    ports = choose_ports(find(name), "auto")
    ours = " or ".join(f"port {port}" for port in ports)
    file = path / "demo.pcap"
    with subprocess.Popen(
        # A short snaplen, for many slots in the ring: with the default a burst of some thirty frames overruns it.
        [tool, "-i", "lo", "-s", "256", "-B", "8192", "-Z", "root", "--immediate-mode", "-U", "-w", file, ours],
        stderr=subprocess.PIPE,
        text=True,
    ) as dump:
        assert dump.stderr
        if not any("listening on" in line for line in dump.stderr):
            pytest.skip("tcpdump may not capture here (no privilege)")
        try:
            with one_processor():
                run(find(name), port=ports)
            _drain(file, ports[0])
        finally:
            dump.terminate()  # else the `with` would wait for it forever
        assert "\n0 packets dropped by kernel" in dump.stderr.read()
    return ports, _frames(tool, file, ours)


@contextmanager
def one_processor() -> Iterator[None]:
    """Let this thread, and those that it starts, run on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _drain(file: Path, port: int) -> None:
    """Send one datagram after the last frame of the demo, and read until it is in the file: then so are the others."""
    word = b"the last frame of this test, %d" % port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
        marker.sendto(word, ("127.0.0.1", port))
    for _ in range(1_000_000):
        if word in file.read_bytes():
            return
    pytest.fail("tcpdump never wrote the last frame")


def _frames(tool: str, file: Path, ours: str) -> list[tuple[int, int, str]]:
    text = subprocess.run([tool, "-nn", "-r", file, ours], capture_output=True, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        match = _LINE.search(line)
        assert match, line
        flags = re.search(r"Flags \[(.*?)\]", match["rest"])
        length = re.search(r"length (\d+)", match["rest"])
        size = length[1] if length and length[1] != "0" else ""
        found.append((int(match["source"]), int(match["target"]), f"{flags[1] if flags else ''}{size}"))
    return found[:-1]  # without the marker


def courses(name: str, path: Path) -> list[str]:
    """Every connection of one run, as `S:P.14`: who sent it, its flags as tcpdump writes them, its length."""
    (port,), frames = captured(name, path)
    connections: dict[int, list[str]] = {}
    for source, target, said in frames:
        connections.setdefault(target if source == port else source, []).append(f"{'SC'[target == port]}:{said}")
    return [" ".join(course) for course in connections.values()]


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_each_connection_of_a_tcp_demo_takes_its_one_course(name: str, tmp_path: Path) -> None:
    pattern = re.compile(re.escape(_OPEN) + PATTERNS[name])
    for _attempt in range(5):
        taken = courses(name, tmp_path)
        if all(pattern.fullmatch(course) for course in taken):
            break

    assert len(taken) == find(name).clients
    assert [course for course in taken if not pattern.fullmatch(course)] == []


@pytest.mark.parametrize("name", sorted(UDP))
def test_a_udp_demo_sends_what_it_says_in_its_order(name: str, tmp_path: Path) -> None:
    ports, frames = captured(name, tmp_path)

    def word(port: int) -> str:
        return str(ports.index(port)) if port in ports else "c"

    assert " ".join(f"{word(source)}>{word(target)}:{size}" for source, target, size in frames) == UDP[name]


def test_duplex_keeps_the_order_of_each_direction_and_starts_with_the_client(tmp_path: Path) -> None:
    (server, client), frames = captured("udp-duplex", tmp_path)

    assert frames[0][:2] == (client, server)
    for source in (server, client):
        assert [size for sender, _, size in frames if sender == source] == ["13", "13", "13", "3"]


def test_the_third_of_multi_is_connected_and_acknowledged_before_anybody_closes(tmp_path: Path) -> None:
    (port,), frames = captured("tcp-multi", tmp_path)
    third = next(source for source, _, said in reversed(frames) if said == "S" and source != port)
    first_fin = next(index for index, (_, _, said) in enumerate(frames) if "F" in said)
    acknowledged = frames.index((port, third, "."))
    welcomed = frames.index((port, third, "P.17"))

    assert acknowledged < first_fin < welcomed


def test_every_demo_of_the_tutorials_is_looked_at() -> None:
    assert {*PATTERNS, *UDP, "udp-duplex"} == set(TUTORIALS)
