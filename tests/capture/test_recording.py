"""Recording on the real kernel: nothing lost, nothing twice, nothing foreign, and every end an orderly one."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from inspector.capture import Recording, open_engine
from inspector.errors import CaptureError, CaptureFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.wire.frame import Frame

    Converse = Callable[..., None]

pytestmark = pytest.mark.usefixtures("can_capture")

FIN, SYN, RST, ACK = 1, 2, 4, 16
engines = pytest.mark.parametrize("engine", ["linux", "portable"])


def flags(frame: Frame, network: int = 14) -> int:
    transport = network + (40 if frame.data[network] >> 4 == 6 else 20)
    return frame.data[transport + 13]


def ports(frame: Frame, network: int = 14) -> set[int]:
    transport = network + (40 if frame.data[network] >> 4 == 6 else 20)
    return set(struct.unpack_from("!HH", frame.data, transport))


def sequence_number(frame: Frame, network: int = 14) -> tuple[int, int]:
    """With the port that it was sent from, which tells whose it is."""
    transport = network + (40 if frame.data[network] >> 4 == 6 else 20)
    port, number = struct.unpack_from("!HxxI", frame.data, transport)
    return port, number


def carried(frame: Frame) -> int:
    """Length of the TCP payload, from the IPv4 header."""
    return int(struct.unpack_from("!H", frame.data, 16)[0]) - 20 - (frame.data[46] >> 4) * 4


def is_whole(frames: list[Frame]) -> bool:
    """From the first SYN to the acknowledgment of the second FIN; a busy machine really repeats one now and then."""
    closing = {sequence_number(frame) for frame in frames if flags(frame) & FIN}
    return flags(frames[0]) == SYN and len(closing) == 2 and flags(frames[-1]) == ACK


@engines
def test_a_conversation_is_recorded_whole_and_once(engine: str, free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}, engine=engine) as recording:
        converse(free_port, bytes(300_000))
    frames = list(recording.frames())

    assert is_whole(frames)
    assert [flags(frame) for frame in frames[:3]] == [SYN, SYN | ACK, ACK]
    assert sum(carried(frame) for frame in frames) == 300_000 + len(b"bye")
    assert recording.statistics.received == len(frames)
    assert recording.statistics.dropped == 0
    assert recording.undrained == ""


@engines
def test_a_64_kb_segment_comes_uncut(engine: str, free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}, engine=engine) as recording:
        converse(free_port, bytes(4_000_000))
    frames = list(recording.frames())

    assert max(len(frame.data) for frame in frames) > 60_000
    assert all(len(frame.data) == frame.wire_len for frame in frames)


def test_scapys_second_copies_are_counted(free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}, engine="portable") as recording:
        converse(free_port)

    assert recording.statistics.duplicates == recording.statistics.received > 0


def test_frames_are_numbered_from_1_in_the_order_of_their_times(free_port: int, converse: Converse) -> None:
    before = time.time_ns()
    with Recording(ports={free_port}) as recording:
        converse(free_port)
    frames = list(recording.frames())

    assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))
    assert all(before < frame.time_ns < time.time_ns() for frame in frames)
    assert any(frame.time_ns % 1000 for frame in frames)
    assert {frame.link_type for frame in frames} == {1}


@pytest.mark.slow
def test_neither_the_first_nor_the_last_segment_is_ever_lost_in_50_runs(converse: Converse) -> None:
    """Each on a port of its own, for a busy machine may still repeat a segment of the conversation before."""
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(50)]
        numbers = [server.getsockname()[1] for server in servers]
    for number in numbers:
        with Recording(ports={number}, ring_bytes=1 << 21) as recording:
            converse(number)

        assert is_whole(list(recording.frames()))


def test_recordings_side_by_side_do_not_mix(converse: Converse) -> None:
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        numbers = [server.getsockname()[1] for server in servers]
    with ExitStack() as stack:
        recordings = [stack.enter_context(Recording(ports={number}, ring_bytes=1 << 22)) for number in numbers]
        talkers = [threading.Thread(target=converse, args=(number, b"x", 20)) for number in numbers]
        for talker in talkers:
            talker.start()
        for talker in talkers:
            talker.join()
    for number, recording in zip(numbers, recordings, strict=True):
        frames = list(recording.frames())

        assert sum(flags(frame) == SYN for frame in frames) == 20
        assert all(number in ports(frame) for frame in frames)


@engines
def test_our_own_markers_are_neither_stored_nor_counted(engine: str, free_port: int, converse: Converse) -> None:
    with Recording(engine=engine) as recording:
        ours = recording._engine.marker
        assert ours is not None
        converse(free_port)
    frames = list(recording.frames())

    assert ours.seen
    assert not [frame for frame in frames if frame.data[23] == 17 and ours.port in ports(frame)]
    assert recording.statistics.received == len(frames)


def test_ipv6_is_recorded(free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}) as recording:
        converse(free_port, address="::1")

    assert is_whole(list(recording.frames()))


def test_the_icmp_error_that_answers_a_datagram_belongs_to_the_recording(free_port: int) -> None:
    with (
        Recording(ports={free_port}) as recording,
        Recording(ports={free_port - 1}) as other,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(b"anybody?", ("127.0.0.1", free_port))

    assert [frame.data[23] for frame in recording.frames()] == [17, 1]
    assert list(other.frames()) == []


def test_any_sees_loopback_once_with_a_cooked_header(free_port: int, converse: Converse) -> None:
    with Recording("any", ports={free_port}) as recording:
        converse(free_port)
    frames = list(recording.frames())

    assert flags(frames[0], 20) == SYN
    assert sum(bool(flags(frame, 20) & SYN) for frame in frames) == 2
    assert {frame.link_type for frame in frames} == {276}
    assert {struct.unpack_from("!HxxiHBB", frame.data) for frame in frames} == {
        (0x0800, socket.if_nametoindex("lo"), 772, 0, 6)
    }
    assert all(frame.wire_len == len(frame.data) for frame in frames)
    assert recording.statistics.duplicates == len(frames)


@engines
@pytest.mark.parametrize("snaplen", [20, 54, 70])
def test_no_more_than_snaplen_bytes_are_kept(engine: str, snaplen: int, free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}, engine=engine, snaplen=snaplen) as recording:
        converse(free_port, bytes(1000))
    frames = list(recording.frames())

    assert all(len(frame.data) == min(snaplen, frame.wire_len) for frame in frames)
    assert max(frame.wire_len for frame in frames) == 1066


def test_a_recording_ends_after_count_frames(free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}, count=3) as recording:
        converse(free_port)
        assert recording.wait(10)

    assert [flags(frame) for frame in recording.frames()] == [SYN, SYN | ACK, ACK]
    assert recording.statistics.received == 3
    assert recording.ended_by == "count"


def test_a_recording_ends_after_its_duration(free_port: int) -> None:
    with Recording(ports={free_port}, duration=0.05) as recording:
        assert recording.wait(10)

    assert recording.ended_by == "duration"


def test_a_signal_handler_may_stop_a_recording_that_is_waited_for(free_port: int, converse: Converse) -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:
        with Recording(ports={free_port}) as recording:
            signal.signal(signal.SIGUSR1, lambda *_: recording.stop())
            converse(free_port)
            timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
            timer.start()
            assert recording.wait(10)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert recording.ended_by == "stopped"
    assert is_whole(list(recording.frames()))


def test_frames_can_be_followed_while_they_come(free_port: int, converse: Converse) -> None:
    with Recording(ports={free_port}) as recording:
        follower = recording.frames()
        converse(free_port)

        assert flags(next(follower)) == SYN


def test_a_connection_that_does_not_close_is_waited_for_and_then_named(free_port: int) -> None:
    with (
        socket.create_server(("127.0.0.1", free_port)),
        Recording(ports={free_port}, drain_s=0.1) as recording,
        socket.create_connection(("127.0.0.1", free_port)),
    ):
        recording.finish()

    assert f"{free_port} ESTABLISHED" in recording.undrained


def test_a_close_that_is_still_under_way_is_waited_for(free_port: int) -> None:
    """The server closes only after `finish` has begun, and its FIN is in the recording all the same."""
    with socket.create_server(("127.0.0.1", free_port)) as server, Recording(ports={free_port}) as recording:
        with socket.create_connection(("127.0.0.1", free_port)):
            accepted, _ = server.accept()
        closer = threading.Timer(0.1, accepted.close)
        closer.start()
        recording.finish()
        closer.join()

    assert is_whole(list(recording.frames()))
    assert recording.undrained == ""


def test_a_callbacks_exception_surfaces_in_finish(free_port: int, converse: Converse) -> None:
    def fail(frame: Frame) -> None:
        raise ZeroDivisionError(frame.number)

    recording = Recording(ports={free_port}, on_frame=fail).__enter__()
    converse(free_port)
    with pytest.raises(ZeroDivisionError):
        recording.finish()


def test_drops_are_counted_when_nobody_reads_the_ring(free_port: int, converse: Converse) -> None:
    engine = open_engine("lo", ports={free_port}, ring_bytes=1)
    converse(free_port, bytes(20_000_000))
    read = 0
    while batch := engine.read(0.1):
        read += len(batch)
    statistics = engine.statistics()
    engine.close()

    assert statistics.dropped is not None
    assert statistics.dropped > 0
    assert statistics.received == read
    assert engine.statistics() == statistics, "reading the counters resets the kernel's, not ours"


@engines
@pytest.mark.parametrize("name", ["nonesuch0", "lo\0x", "a" * 15 + "b"])
def test_an_unknown_interface_is_named_with_those_that_there_are(engine: str, name: str) -> None:
    with pytest.raises(CaptureError, match=r"none named .*: lo") as caught:
        open_engine(name, kind=engine)

    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"ports": {70000}}, "70000"), ({"kind": "fast"}, "auto, linux, portable"), ({"snaplen": 0}, "snaplen")],
)
def test_arguments_that_cannot_be_are_refused_in_words(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        open_engine("lo", **arguments)  # type: ignore[arg-type] # that is the test


def test_nothing_stays_open_after_a_recording(free_port: int, converse: Converse) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a listing that opens nothing of its own afterwards

    with Recording(ports={free_port}):
        pass
    before = open_files(), threading.active_count()
    with Recording(ports={free_port}):
        converse(free_port)
    for _ in range(2):
        with pytest.raises(CaptureFileError):
            Recording(ports={free_port}, path="/proc/no/such/folder/x.pcapng").__enter__()

    assert (open_files(), threading.active_count()) == before


LOAD = """
import socket, sys, threading
port, count = int(sys.argv[1]), int(sys.argv[2])
server = socket.create_server(("127.0.0.1", port), backlog=1024)
def serve():
    for _ in range(count):
        server.accept()[0].close()
thread = threading.Thread(target=serve)
thread.start()
for _ in range(count):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.recv(1)
thread.join()
"""


@pytest.mark.slow
def test_20000_short_connections_are_recorded_without_a_drop(free_port: int) -> None:
    """Told apart by ports and sequence number, since a busy machine really repeats a segment now and then."""
    with Recording(ports={free_port}) as recording:
        subprocess.run([sys.executable, "-c", LOAD, str(free_port), "20000"], check=True)
    frames = list(recording.frames())

    assert recording.statistics.dropped == 0
    assert len({frame.data[34:42] for frame in frames if flags(frame) == SYN}) == 20_000
    assert len({frame.data[34:42] for frame in frames if flags(frame) & FIN}) == 40_000
