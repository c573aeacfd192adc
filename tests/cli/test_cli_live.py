"""Live runs from the command line, on the real kernel: demos, `capture`, `exec`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import IO, TYPE_CHECKING

import pytest

from inspector.demos.catalogue import catalogue
from tests.cli.command import PATIENCE_S, command, inspector, knock, plain_environment, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("can_capture")

CONVERSATION = """
import socket, sys
with socket.create_server(("127.0.0.1", {port})) as server:
    with socket.create_connection(("127.0.0.1", {port})) as client:
        served, _ = server.accept()
        with served:
            client.sendall(b"hello")
            print("said hello")
            served.recv(5)
"""


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program has."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


def until(stream: IO[str] | None, word: str) -> str:
    """Read lines until one has `word`; the one."""
    assert stream is not None
    return next(line for line in stream if word in line)


# ---------------------------------------------------------------------------- demo


def test_a_demo_is_drawn_judged_and_saved_here(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--port", "auto", cwd=tmp_path)

    assert done.code == 0, done.err
    assert '"Hello, Client!"' in done.out
    assert "saved to  tcp-hello.pcapng" in done.out
    assert "verdict   ✓ as expected" in done.out
    assert [path.name for path in tmp_path.iterdir()] == ["tcp-hello.pcapng"]
    assert inspector("check", "tcp-hello.pcapng", "-e", "tcp-hello", cwd=tmp_path).code == 0


def test_a_second_run_replaces_its_own_capture_and_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "tcp-oneway.pcapng").write_text("precious", encoding="utf-8")
    for _ in range(2):
        assert inspector("demo", "tcp-oneway", "--port", "auto", cwd=tmp_path).code == 0

    assert (tmp_path / "tcp-oneway.pcapng").read_text(encoding="utf-8") == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tcp-oneway-2.pcapng", "tcp-oneway.pcapng"]


def test_a_busy_port_is_one_clear_line_and_leaves_no_file(tmp_path: Path, busy_port: int) -> None:
    done = inspector("demo", "tcp-hello", "--port", str(busy_port), cwd=tmp_path)

    assert done.code == 2
    assert f"needs TCP port {busy_port} on 127.0.0.1, and another program has it" in done.err.splitlines()[0]
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_both_ends_in_terminals_of_their_own(free_port: int, tmp_path: Path) -> None:
    port = str(free_port)
    server = start("demo", "tcp-hello", "--role", "server", "--port", port, cwd=tmp_path)
    until(server.stdout, "waiting")
    client = inspector("demo", "tcp-hello", "--role", "client", "--port", port, cwd=tmp_path)
    out, _ = server.communicate(timeout=PATIENCE_S)

    assert client.code == 0
    assert client.out.splitlines() == ["client received: Hello, Client!", "client sent: Thank you, Server!"]
    assert server.returncode == 0
    assert "server received: Thank you, Server!" in out
    assert list(tmp_path.iterdir()) == []


def test_a_client_without_a_server_is_told_to_start_one(free_port: int) -> None:
    done = inspector("demo", "tcp-hello", "--role", "client", "--port", str(free_port))

    assert done.code == 2
    assert "inspector demo tcp-hello --role server" in done.err


def test_typed_lines_are_what_is_on_the_wire(tmp_path: Path) -> None:
    done = inspector(
        "demo", "tcp-hello", "--interactive", "--port", "auto", cwd=tmp_path, stdin=b"Good morning\nMorning\n"
    )

    assert done.code == 0, done.err
    assert '│ "Good morning"' in done.out
    assert '│ "Morning"' in done.out
    assert ">" not in done.err


def test_typed_lines_leave_the_json_whole(tmp_path: Path) -> None:
    words = ("demo", "tcp-hello", "--interactive", "--json", "--port", "auto")
    done = inspector(*words, cwd=tmp_path, stdin=b"Good morning\nMorning\n")

    assert json.loads(done.out)["verdict"] == "as-expected"


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = inspector("demo", "tcp-hello", "--port", "auto", "-w", "file/x.pcapng", cwd=tmp_path)

    assert done.code == 3
    assert "file/x.pcapng: cannot be written" in done.err
    assert "Traceback" not in done.err


def test_the_portable_engine_counts_the_copies_that_it_removed(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--engine", "portable", "--port", "auto", cwd=tmp_path)

    assert done.code == 0, done.err
    assert "10 frames · 0 dropped · 10 duplicates" in done.out


@pytest.mark.slow
def test_all_demos_give_a_table_of_verdicts(tmp_path: Path) -> None:
    done = inspector("demo", "all", "-w", tmp_path, cwd=tmp_path)
    if "another program has it" in done.err:
        pytest.skip(f"a port of a demo is taken: {done.err.splitlines()[0]}")

    assert done.code == 0, done.out + done.err
    assert done.out.count("✓ as-expected") == len(catalogue())
    assert len(list(tmp_path.glob("*.pcapng"))) == len(catalogue())


@pytest.mark.slow
def test_over_all_demos_no_state_differs_from_the_kernels_without_a_reason(tmp_path: Path) -> None:
    """By the tracepoint as root, else by the socket tables alone."""
    done = inspector("demo", "all", "--kernel", cwd=tmp_path)
    if done.code == 4:
        pytest.skip(f"no private network here: {done.err}")

    assert done.code == 0, done.out + done.err
    assert done.out.rstrip().endswith("no difference is unexplained")


# ---------------------------------------------------------------------------- capture


def test_a_count_ends_a_capture(free_port: int) -> None:
    running = start("capture", "--port", str(free_port), "-c", "2")
    until(running.stderr, "capturing")
    knock(free_port)
    out, _ = running.communicate(timeout=PATIENCE_S)

    assert running.returncode == 0
    assert "handshake refused" in out


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_capture_and_not_the_report(sign: signal.Signals, free_port: int, tmp_path: Path) -> None:
    running = start("capture", "-f", f"tcp port {free_port}", "-w", "x.pcapng", cwd=tmp_path)
    until(running.stderr, "capturing")
    knock(free_port)
    running.send_signal(sign)
    out, _ = running.communicate(timeout=PATIENCE_S)

    assert running.returncode == 0
    assert "handshake refused" in out
    assert "saved to  x.pcapng" in out


def test_a_capture_is_compared_with_what_was_expected(free_port: int) -> None:
    running = start("capture", "--port", str(free_port), "-c", "2", "-e", "three-way-handshake", "--json")
    until(running.stderr, "capturing")
    knock(free_port)
    out, _ = running.communicate(timeout=PATIENCE_S)

    assert running.returncode == 1
    assert json.loads(out)["verdict"] == "differs"


def test_a_duration_in_which_nothing_came_is_nothing_to_inspect(free_port: int) -> None:
    done = inspector("capture", "--port", str(free_port), "-a", "duration:0.2")

    assert done.code == 5
    assert "nothing to inspect" in done.out


def test_a_capture_goes_down_a_pipe_frame_by_frame(free_port: int) -> None:
    running = start("capture", "--port", str(free_port), "-c", "2", "-w", "-")
    until(running.stderr, "capturing")
    with subprocess.Popen(
        command("replay", "-"), stdin=running.stdout, stdout=subprocess.PIPE, text=True, env=plain_environment()
    ) as reader:
        knock(free_port)
        assert reader.stdout is not None
        out = reader.stdout.read()
    for stream in (running.stdin, running.stdout, running.stderr):
        assert stream is not None
        stream.close()

    assert (running.wait(30), reader.returncode) == (0, 0)
    assert "handshake refused" in out


def test_interfaces_are_listed_by_name() -> None:
    done = inspector("capture", "-D")
    names = [line.split()[0] for line in done.out.splitlines()]

    assert done.code == 0
    assert {"lo", "any"} <= set(names)
    assert set(names) - {"any"} == {name for _, name in socket.if_nameindex()}


def test_an_interface_that_is_not_there_is_said_with_those_that_are() -> None:
    done = inspector("capture", "-i", "nosuch0", "-c", "1")

    assert done.code == 4
    assert "found none named 'nosuch0': lo" in done.err


# ---------------------------------------------------------------------------- exec


def test_a_program_of_ones_own_is_captured_while_it_runs(free_port: int) -> None:
    program = CONVERSATION.format(port=free_port)
    done = inspector("exec", "--port", str(free_port), "-e", "three-way-handshake", "--", sys.executable, "-c", program)

    assert done.code == 0, done.err
    assert "said hello" in done.out
    assert '│ "hello"' in done.out


def test_what_the_program_prints_stays_out_of_the_json(free_port: int) -> None:
    program = CONVERSATION.format(port=free_port)
    done = inspector("exec", "--port", str(free_port), "--json", "--", sys.executable, "-c", program)

    assert json.loads(done.out)["verdict"] == "no-findings"
    assert "said hello" in done.err


def test_options_after_the_command_are_the_commands(free_port: int) -> None:
    done = inspector("exec", "--port", str(free_port), "sh", "-c", "echo $0", "--json")

    assert "--json\n" in done.out
    assert done.code == 5


def test_a_command_that_fails_is_told_and_its_traffic_is_drawn(free_port: int) -> None:
    program = CONVERSATION.format(port=free_port) + "\nsys.exit(7)"
    done = inspector("exec", "--port", str(free_port), "--", sys.executable, "-c", program)

    assert done.code == 0
    assert "ended with exit code 7" in done.err


def test_a_command_that_is_not_there_is_wrong_usage() -> None:
    done = inspector("exec", "--", "no-such-program")

    assert done.code == 2
    assert "no-such-program: No such file or directory" in done.err


def test_ctrl_c_ends_the_program_and_not_the_report(free_port: int) -> None:
    program = CONVERSATION.format(port=free_port) + "\nsys.stdout.flush(); import time; time.sleep(60)"
    running = subprocess.Popen(
        command("exec", "--port", str(free_port), "--", sys.executable, "-c", program),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=plain_environment(),
        start_new_session=True,
    )
    until(running.stdout, "said hello")
    os.killpg(running.pid, signal.SIGINT)  # a terminal sends it to all of them
    out, err = running.communicate(timeout=PATIENCE_S)

    assert running.returncode == 0, err
    assert '│ "hello"' in out
