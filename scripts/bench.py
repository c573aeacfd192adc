"""Measure the rooms, and the whole command side by side with the peers, on generated captures (`bench_captures`).

    scripts/bench [SEGMENTS] [short|bulk|flood|mixed ...]

Every figure of ours, and of a peer that takes less than a minute, is the best of three runs, for a busy machine only
ever adds. Ratios, not seconds, are what carries over to another machine. All who count connections have to have
counted those that were made. A peer that is not installed is said to be absent; those that are Python libraries get a
smaller capture, and their times are told for a segment.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inspector.cli.environment import cache_folder
from inspector.compiled import use_cache
from inspector.pipeline import KEEP_SEGMENTS
from inspector.tcp.lifetimes import Limits
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from scripts.bench_captures import SHAPES, connections_of, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RUNS = 3
_SEGMENTS = 1_000_000
_SAMPLE = 33_000
"""Segments for the libraries."""
_LONG = 60.0
"""Seconds from which on a peer runs once."""


class Peer(NamedTuple):
    """Another tool: its command around the capture, and how to count the connections in what it prints."""

    name: str
    words: tuple[str, ...]
    behind: tuple[str, ...] = ()
    find: Callable[[str], int] | None = None


class Run(NamedTuple):
    """What a command took: seconds, MB of memory at most (0 if unknown), and what it printed."""

    seconds: float
    memory: float
    printed: str


def _lines(pattern: str) -> Callable[[str], int]:
    return lambda printed: len(re.findall(pattern, printed, re.MULTILINE))


def _first_number(pattern: str) -> Callable[[str], int]:
    def count(printed: str) -> int:
        found = re.search(pattern, printed)
        return int(found[1].replace(",", "")) if found else -1

    return count


OURS = Peer("inspector replay", ("inspector", "replay"), (), _first_number(r"([\d,]+) connections?"))
TOOLS = (
    Peer("tcptrace -n", ("tcptrace", "-n"), (), _lines(r"^ *\d+: .* - ")),
    Peer("tshark -q -z conv,tcp", ("tshark", "-q", "-z", "conv,tcp", "-r"), (), _lines("<->")),
    Peer("tcpdump -w /dev/null, SYN FIN RST", ("tcpdump", "-w", "/dev/null", "-r"), ("tcp[tcpflags] & 7 != 0",)),
    Peer("capinfos", ("capinfos",)),
)
_BY_LIBRARY = {
    "dpkt": """
import dpkt
seen = set()
for _, data in dpkt.pcap.Reader(open(path, 'rb')):
    ip = dpkt.ethernet.Ethernet(data).data
    seen.add(frozenset(((ip.src, ip.data.sport), (ip.dst, ip.data.dport))))
print(len(seen))
""",
    "scapy": """
from scapy.all import IP, TCP, PcapReader
seen = set()
for packet in PcapReader(path):
    ip, tcp = packet[IP], packet[TCP]
    seen.add(frozenset(((ip.src, tcp.sport), (ip.dst, tcp.dport))))
print(len(seen))
""",
    "pyshark": """
import pyshark
capture = pyshark.FileCapture(path, keep_packets=False)
print(len({packet.tcp.stream for packet in capture}))
capture.close()
""",
    "nfstream": """
from nfstream import NFStreamer
print(sum(1 for _ in NFStreamer(source=path, n_dissections=0, statistical_analysis=False)))
""",
}


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


def run(words: Sequence[str]) -> Run:
    """One run of a command."""
    timer = shutil.which("time")
    timed = [timer, "-f", "%M"] if timer else []
    began = time.perf_counter()
    done = subprocess.run([*timed, *words], check=False, capture_output=True, stdin=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    memory = done.stderr.split()[-1:] if timer else []
    return Run(seconds, int(memory[0]) / 1024 if memory and memory[0].isdigit() else 0.0, done.stdout.decode())


def best_run(words: Sequence[str]) -> Run:
    """The fastest of some runs; of one, if that takes long."""
    best = run(words)
    for _ in range(_RUNS - 1):
        if best.seconds >= _LONG:
            break
        best = min(best, run(words), key=lambda each: each.seconds)
    return best


def told(peer: Peer, taken: Run, connections: int, ours: Run | None) -> str:
    """A line for one command."""
    parts = [f"  {peer.name:<36} {taken.seconds:7.2f} s {taken.memory:7,.0f} MB"]
    if ours is not None:
        parts.append(f"{taken.seconds / ours.seconds:6.2f} x inspector")
    if peer.find is not None:
        found = peer.find(taken.printed)
        parts.append(f"{found:,} connections" + ("" if found == connections else f", BUT THERE ARE {connections:,}"))
    return "   ".join(parts)


def race(path: Path, shape: str, inspector: str, wanted: int) -> None:
    """The rooms, the whole command and the tools on one capture."""
    connections, segments = connections_of(shape, wanted)
    print(f"{shape}: {segments:,} segments in {connections:,} connections, {os.cpu_count()} processors")
    rooms = measure_rooms(path)
    for room, seconds in {**rooms, "both": sum(rooms.values())}.items():
        print(f"  {room:<36} {segments / seconds / 1e6:7.1f} M segments/s on one core")
    ours = best_run([inspector, "replay", str(path)])
    print(told(OURS, ours, connections, None))
    for peer in TOOLS:
        if not shutil.which(peer.words[0]):
            print(f"  {peer.name:<36} not installed")
            continue
        print(told(peer, best_run([*peer.words, str(path), *peer.behind]), connections, ours), flush=True)


def race_of_libraries(path: Path, inspector: str) -> None:
    """The libraries, and the command, on a smaller capture."""
    connections, segments = connections_of("short", _SAMPLE)
    print(f"libraries: {segments:,} segments in {connections:,} connections")
    ours = best_run([inspector, "replay", str(path)])
    print(f"{told(OURS, ours, connections, None)}   {ours.seconds / segments * 1e6:.1f} us/segment")
    for name, script in _BY_LIBRARY.items():
        if importlib.util.find_spec(name) is None:
            print(f"  {name:<36} not installed")
            continue
        theirs = best_run([sys.executable, "-c", f"path = {str(path)!r}\n{script}"])
        peer = Peer(name, (), (), _first_number(r"(\d+)\s*$"))
        print(f"{told(peer, theirs, connections, ours)}   {theirs.seconds / segments * 1e6:.1f} us/segment", flush=True)


def main() -> None:
    """Generate, measure, tell."""
    numbers = [int(word.replace("_", "")) for word in sys.argv[1:] if word not in SHAPES]
    shapes = [word for word in sys.argv[1:] if word in SHAPES] or list(SHAPES)
    wanted = numbers[0] if numbers else _SEGMENTS
    use_cache(cache_folder())
    inspector = shutil.which("inspector", path=str(Path(sys.executable).parent)) or "inspector"
    with tempfile.TemporaryDirectory(prefix="inspector-bench-") as folder:
        for shape in shapes:
            path = Path(folder, f"{shape}.pcap")
            generate(path, shape, wanted)
            race(path, shape, inspector, wanted)
            path.unlink()
        sample = Path(folder, "sample.pcap")
        generate(sample, "short", _SAMPLE)
        race_of_libraries(sample, inspector)
        generate(sample, "short", 1)
        print(
            f"one connection\n{told(OURS._replace(find=None), best_run([inspector, 'replay', str(sample)]), 1, None)}"
        )


if __name__ == "__main__":
    main()
