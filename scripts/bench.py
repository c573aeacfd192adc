"""Measure the fold, and the whole command side by side with the peers, on a generated capture.

The capture is short connections: handshake, two data segments with their ACKs, a close in four segments. Every
figure is the best of three runs, for a busy machine only ever adds. Ratios, not seconds, are what carries over to
another machine. A peer that is not installed is said to be absent.
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
_CLIENTS = 60_000
_PEERS = (
    ("tcptrace -n", ["tcptrace", "-n"]),
    ("tshark -q -z conv,tcp", ["tshark", "-q", "-z", "conv,tcp", "-r"]),
    ("tcpdump -w /dev/null 'tcp[tcpflags] & 7 != 0'", ["tcpdump", "-w", "/dev/null", "-r"]),
)


def generate(path: Path, connections: int) -> None:
    """Write `connections` short connections as a pcap, one after the other, ten microseconds between segments."""
    records = [_record(*segment) for segment in _CONNECTION]
    starts = np.cumsum([0] + [len(record) for record in records])
    template = np.frombuffer(b"".join(records), np.uint8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for first in range(0, connections, 10_000):
            numbers = np.arange(first, min(first + 10_000, connections))
            block = np.tile(template, (len(numbers), 1))
            for position, (side, *_) in enumerate(_CONNECTION):
                _fill(block, int(starts[position]), numbers, position, side)
            stream.write(block.tobytes())


def _record(side: int, flags: int, seq: int, ack: int, length: int) -> bytes:
    client, server = b"\x0a\x00\x00\x01", b"\x0a\x01\x00\x01"
    source, destination = (server, client) if side else (client, server)
    ports = (80, 0) if side else (0, 80)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + length, 0, 0x4000, 64, 6, 0, source, destination)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0)
    frame = bytes(12) + b"\x08\x00" + ip + tcp + b"x" * length
    return struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame


def _fill(block: np.ndarray, start: int, numbers: np.ndarray, position: int, side: int) -> None:
    """Give one segment of each connection its time, IP ID, client port and client address."""
    ordinal = numbers * len(_CONNECTION) + position
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
        tracker, fold, began = Tracker(keep=False), 0.0, time.process_time()
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


def main() -> None:
    """Generate, measure, tell."""
    wanted = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else _SEGMENTS
    connections = max(wanted // len(_CONNECTION), 1)
    segments = connections * len(_CONNECTION)
    use_cache(cache_folder())
    inspector = shutil.which("inspector", path=str(Path(sys.executable).parent)) or "inspector"
    with tempfile.TemporaryDirectory(prefix="inspector-bench-") as folder:
        path = Path(folder, "short.pcap")
        generate(path, connections)
        print(f"{segments:,} segments in {connections:,} connections, {os.cpu_count()} processors")
        for room, seconds in measure_rooms(path).items():
            print(f"  {room:<48} {segments / seconds / 1e6:6.1f} M segments/s on one core")
        ours = command_time([inspector, "replay", str(path)])
        print(f"  {'inspector replay':<48} {ours:6.2f} s")
        for name, words in _PEERS:
            if not shutil.which(words[0]):
                print(f"  {name:<48} not installed")
                continue
            tail = ["tcp[tcpflags] & 7 != 0"] if words[0] == "tcpdump" else []
            theirs = command_time([*words, str(path), *tail])
            print(f"  {name:<48} {theirs:6.2f} s   inspector takes {ours / theirs:.2f} of that")
        small = Path(folder, "small.pcap")
        generate(small, 1)
        print(f"  {'inspector replay, one connection':<48} {command_time([inspector, 'replay', str(small)]):6.2f} s")


if __name__ == "__main__":
    main()
