"""The tracepoint: everything is seen, nothing is left behind, and nobody is disturbed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.capture.recording import Recording
from inspector.kernel.trace import Tracer
from inspector.wire.row import Endpoint
from tests.kernel.sockets import hello, instances, listener, path_of, until

pytestmark = pytest.mark.usefixtures("tracepoint")

CLIENT = ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSED"]
SERVER = ["LISTEN", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]

_TRACE = """
import signal, sys
from inspector.kernel.trace import Tracer
with Tracer({1}) as tracer:
    print(tracer.why_not, tracer._witness.pid, flush=True)
    signal.pause()
"""


def test_every_change_of_a_connection_is_seen() -> None:
    with listener() as waiting:
        port = waiting.getsockname()[1]
        with Tracer({port}) as tracer:
            client_port = hello(waiting)
            tracer.stop()

    assert tracer.why_not == ""
    assert path_of(tracer.changes, client_port, port) == ["SYN-SENT", *CLIENT]
    assert path_of(tracer.changes, port, client_port) == SERVER


def test_a_client_has_no_port_yet_when_it_becomes_syn_sent() -> None:
    with listener() as waiting:
        port = waiting.getsockname()[1]
        with Tracer({port}) as tracer:
            hello(waiting)
    first = tracer.changes[0]

    assert (first.old, first.new) == ("CLOSED", "SYN-SENT")
    assert (first.local, first.remote) == (Endpoint("127.0.0.1", 0), Endpoint("127.0.0.1", port))
    assert [each.new for each in tracer.changes if each.socket == first.socket] == ["SYN-SENT", *CLIENT]


@pytest.mark.parametrize("address", ["::1", "::"])
def test_addresses_are_those_of_the_frames(address: str) -> None:
    with listener(address=address) as waiting, Tracer({waiting.getsockname()[1]}) as tracer:
        port = waiting.getsockname()[1]
        with socket.create_connection(("127.0.0.1" if address == "::" else "::1", port)) as client:
            waiting.accept()[0].close()
            here = Endpoint(*client.getsockname()[:2])
    ends = {(each.local, each.remote) for each in tracer.changes if each.new == "ESTABLISHED"}
    there = Endpoint(here.address, port)

    assert ends == {(here, there), (there, here)}


def test_changes_and_frames_have_one_clock(tmp_path: Path) -> None:
    """A FIN leaves after its sender became FIN-WAIT-1, and before its receiver became CLOSE-WAIT."""
    with listener() as waiting:
        port = waiting.getsockname()[1]
        with Tracer({port}) as tracer, Recording("lo", ports={port}, path=tmp_path / "x.pcapng") as recording:
            hello(waiting)
            recording.finish()
            frames = list(recording.frames())
    fin = next(frame.time_ns for frame in frames if frame.data[14 + 20 + 13] & 1)
    at = {each.new: each.time_ns for each in tracer.changes}

    assert at["FIN-WAIT-1"] < fin < at["CLOSE-WAIT"]


def test_only_the_ports_that_were_asked_for_are_heard() -> None:
    with listener() as waiting, listener() as other, Tracer({waiting.getsockname()[1]}) as tracer:
        hello(other)
        hello(waiting)
        ports = {waiting.getsockname()[1], other.getsockname()[1]}
        mine = {waiting.getsockname()[1]}
        tracer.stop()
    heard = {port for each in tracer.changes for port in (each.local.port, each.remote.port)}

    assert heard & ports == mine


def test_two_at_once_do_not_disturb_each_other() -> None:
    with listener() as one, listener() as other:
        ports = one.getsockname()[1], other.getsockname()[1]
        with Tracer({ports[0]}) as first, Tracer({ports[1]}) as second:
            clients = hello(one), hello(other)
            second.stop()
            again = hello(one)
            first.stop()

    assert first.why_not == second.why_not == ""
    assert path_of(first.changes, ports[0], clients[0]) == path_of(first.changes, ports[0], again) == SERVER
    assert path_of(second.changes, ports[1], clients[1]) == SERVER
    assert not path_of(first.changes, ports[1], clients[1])
    assert not path_of(second.changes, ports[0], clients[0])


def test_nothing_is_left_behind_and_nothing_is_mounted() -> None:
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    with Tracer({1}) as tracer:
        assert tracer._witness is not None
        mine = f"inspector-{tracer._witness.pid}-"
        assert [name for name in instances() if name.startswith(mine)]
        assert Path("/proc/self/mounts").read_text(encoding="utf-8") == mounts

    assert not [name for name in instances() if name.startswith(mine)]
    assert Path("/proc/self/mounts").read_text(encoding="utf-8") == mounts


def test_an_exception_leaves_nothing_behind_either() -> None:
    met: list[subprocess.Popen[bytes]] = []

    def run() -> None:
        with Tracer({1}) as tracer:
            assert tracer._witness is not None
            met.append(tracer._witness)
            raise KeyError

    with pytest.raises(KeyError):
        run()

    assert met[0].returncode == 0
    assert not [name for name in instances() if name.startswith(f"inspector-{met[0].pid}-")]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_the_witness_cleans_up_when_its_parent_dies(number: signal.Signals, root_folder: Path) -> None:
    """Sent to all of the parent's group, as a terminal does with Ctrl-C."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _TRACE], cwd=root_folder, start_new_session=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    *words, witness = parent.stdout.readline().split()
    assert " ".join(words) == "it was not stopped"
    assert [name for name in instances() if name.startswith(f"inspector-{witness}-")]
    os.killpg(parent.pid, number)
    parent.wait(20)
    parent.stdout.close()

    assert until(lambda: not Path("/proc", witness).exists() or _is_zombie(witness))
    assert not [name for name in instances() if name.startswith(f"inspector-{witness}-")]


def test_what_a_killed_witness_left_the_next_one_removes() -> None:
    with Tracer({1}) as tracer:
        assert tracer._witness is not None
        witness = tracer._witness
        witness.kill()
        witness.wait()
        left = [name for name in instances() if name.startswith(f"inspector-{witness.pid}-")]
        tracer.stop()

    assert left
    assert tracer.why_not
    assert tracer.changes == ()
    with Tracer({1}):
        assert not set(left) & instances()


def test_a_living_witness_keeps_its_instance() -> None:
    with Tracer({1}) as one:
        assert one._witness is not None
        with Tracer({2}):
            pass
        assert [name for name in instances() if name.startswith(f"inspector-{one._witness.pid}-")]
        one.stop()

    assert one.why_not == ""


def test_a_full_ring_is_told() -> None:
    with listener(backlog=100) as waiting:
        port = waiting.getsockname()[1]
        with Tracer({port}) as tracer:
            for _ in range(4000):
                hello(waiting)
            tracer.stop()

    assert tracer.changes
    assert len(tracer.changes) < 4000 * 10
    assert "was full" in tracer.why_not


def test_stop_may_be_repeated() -> None:
    with Tracer({1}) as tracer:
        tracer.stop()
        tracer.stop()

    assert tracer.why_not == ""


def _is_zombie(number: str) -> bool:
    """Whether a process has ended, and nobody has asked for its exit code yet."""
    try:
        return Path("/proc", number, "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_times_are_of_today() -> None:
    before = time.time_ns()
    with listener() as waiting, Tracer({waiting.getsockname()[1]}) as tracer:
        hello(waiting)
        tracer.stop()
        after = time.time_ns()

    assert all(before < each.time_ns < after for each in tracer.changes)
