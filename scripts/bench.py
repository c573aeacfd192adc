"""Measure the fold, and the whole command side by side with the peers, on generated captures.

    scripts/bench [SEGMENTS] [short|bulk|flood ...]

Short connections (handshake, two data segments with their ACKs, a close in four segments), long ones (bulk data), and a
flood of SYNs that nobody answers; a segment every ten microseconds. Every figure is the best of three runs, for a busy
machine only ever adds. Ratios, not seconds, are what carries over to another machine. A peer that is not installed is
said to be absent.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inspector.cli.environment import cache_folder
from inspector.compiled import use_cache
from inspector.pipeline import KEEP_SEGMENTS
from inspector.tcp.lifetimes import Limits
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 3
_SEGMENTS = 1_000_000
# Who sends (0 client, 1 server), flags, seq, ack, payload length.
_CONNECTION = (
    (0, 0x02, 100, 0, 0),
    (1, 0x12, 300, 101, 0),
    (0, 0x10, 101, 301, 0),
    (0, 0x18, 101, 301, 10),
    (1, 0x10, 301, 111, 0),
    (1, 0x18, 301, 111, 10),
    (0, 0x10, 111, 311, 0),
    (0, 0x11, 111, 311, 0),
    (1, 0x10, 311, 112, 0),
    (1, 0x11, 311, 112, 0),
    (0, 0x10, 112, 312, 0),
)
_BULK_BYTES = 100
_BULK = (
    *_CONNECTION[:3],
    *(
        segment
        for at in range(100, 100_000, 2 * _BULK_BYTES)
        for segment in (
            (0, 0x10, at + 1, 301, _BULK_BYTES),
            (0, 0x18, at + 1 + _BULK_BYTES, 301, _BULK_BYTES),
            (1, 0x10, 301, at + 1 + 2 * _BULK_BYTES, 0),
        )
    ),
    (0, 0x04, 100_101, 0, 0),
)
_SHAPES = {"short": _CONNECTION, "bulk": _BULK, "flood": _CONNECTION[:1]}
_CLIENTS = 60_000
_AT_ONCE = 100_000
_PEERS = (
    ("tcptrace -n", ["tcptrace", "-n"]),
    ("tshark -q -z conv,tcp", ["tshark", "-q", "-z", "conv,tcp", "-r"]),
    ("tcpdump -w /dev/null 'tcp[tcpflags] & 7 != 0'", ["tcpdump", "-w", "/dev/null", "-r"]),
)


def generate(path: Path, connections: int, shape: str = "short") -> None:
    """Write `connections` of a shape as a pcap, one after the other, ten microseconds between segments."""
    segments = _SHAPES[shape]
    records = [_record(*segment) for segment in segments]
    starts = np.cumsum([0] + [len(record) for record in records])
    template = np.frombuffer(b"".join(records), np.uint8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        step = max(_AT_ONCE // len(segments), 1)
        for first in range(0, connections, step):
            numbers = np.arange(first, min(first + step, connections))
            block = np.tile(template, (len(numbers), 1))
            for position, (side, *_) in enumerate(segments):
                _fill(block, int(starts[position]), numbers, numbers * len(segments) + position, side)
            stream.write(block.tobytes())


def _record(side: int, flags: int, seq: int, ack: int, length: int) -> bytes:
    client, server = b"\x0a\x00\x00\x01", b"\x0a\x01\x00\x01"
    source, destination = (server, client) if side else (client, server)
    ports = (80, 0) if side else (0, 80)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + length, 0, 0x4000, 64, 6, 0, source, destination)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0)
    frame = bytes(12) + b"\x08\x00" + ip + tcp + b"x" * length
    return struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame


def _fill(block: np.ndarray, start: int, numbers: np.ndarray, ordinal: np.ndarray, side: int) -> None:
    """Give one segment of each connection its time, IP ID, client port and client address."""
    _put(block, start, 1_700_000_000 + ordinal // 100_000, "<u4")
    _put(block, start + 4, ordinal % 100_000 * 10, "<u4")
    ip = start + 16 + 14
    _put(block, ip + 4, ordinal & 0xFFFF, ">u2")
    _put(block, ip + (18 if side else 14), numbers // _CLIENTS + 1, ">u2")
    _put(block, ip + 20 + (2 if side else 0), numbers % _CLIENTS + 1024, ">u2")


def _put(block: np.ndarray, at: int, values: np.ndarray, kind: str) -> None:
    width = np.dtype(kind).itemsize
    block[:, at : at + width] = values.astype(kind).view(np.uint8).reshape(-1, width)


def measure_rooms(path: Path) -> dict[str, float]:
    """Processor seconds of reading with decoding, and of the fold, best of some runs; machine code is loaded before."""
    best = {"read and decode": float("inf"), "fold": float("inf")}
    for _ in range(_RUNS + 1):
        tracker = Tracker(keep=False, limits=Limits(), limited_from=KEEP_SEGMENTS)
        fold, began = 0.0, time.process_time()
        with open_capture(path, plain_frames=0) as reader:
            for batch in reader:
                before = time.process_time()
                tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
                fold += time.process_time() - before
        whole = time.process_time() - began
        best["fold"] = min(best["fold"], fold)
        best["read and decode"] = min(best["read and decode"], whole - fold)
    return best


def best_of(run: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def command_time(words: list[str]) -> float:
    """Seconds that a command takes as a whole process, its output thrown away."""
    return best_of(lambda: subprocess.run(words, check=False, capture_output=True, stdin=subprocess.DEVNULL))


def peak_memory(words: list[str]) -> float:
    """The most that a command held of memory, in MB; 0 where nothing tells."""
    timer = shutil.which("time")
    if timer is None:
        return 0.0
    done = subprocess.run([timer, "-f", "%M", *words], check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return int(done.stderr.split()[-1]) / 1024


def race(path: Path, inspector: str, segments: int) -> None:
    """The rooms, the whole command and the peers on one capture."""
    for room, seconds in measure_rooms(path).items():
        print(f"  {room:<48} {segments / seconds / 1e6:6.1f} M segments/s on one core")
    replay = [inspector, "replay", str(path)]
    ours = command_time(replay)
    print(f"  {'inspector replay':<48} {ours:6.2f} s, at most {peak_memory(replay):,.0f} MB of memory")
    for name, words in _PEERS:
        if not shutil.which(words[0]):
            print(f"  {name:<48} not installed")
            continue
        tail = ["tcp[tcpflags] & 7 != 0"] if words[0] == "tcpdump" else []
        theirs = command_time([*words, str(path), *tail])
        print(f"  {name:<48} {theirs:6.2f} s   inspector takes {ours / theirs:.2f} of that")


def main() -> None:
    """Generate, measure, tell."""
    numbers = [int(word.replace("_", "")) for word in sys.argv[1:] if word not in _SHAPES]
    shapes = [word for word in sys.argv[1:] if word in _SHAPES] or ["short"]
    wanted = numbers[0] if numbers else _SEGMENTS
    use_cache(cache_folder())
    inspector = shutil.which("inspector", path=str(Path(sys.executable).parent)) or "inspector"
    with tempfile.TemporaryDirectory(prefix="inspector-bench-") as folder:
        for shape in shapes:
            path = Path(folder, f"{shape}.pcap")
            length = len(_SHAPES[shape])
            connections = max(wanted // length, 1)
            generate(path, connections, shape)
            segments = connections * length
            print(f"{shape}: {segments:,} segments in {connections:,} connections, {os.cpu_count()} processors")
            race(path, inspector, segments)
            path.unlink()
        small = Path(folder, "small.pcap")
        generate(small, 1)
        print(f"  {'inspector replay, one connection':<48} {command_time([inspector, 'replay', str(small)]):6.2f} s")


if __name__ == "__main__":
    main()
