"""When a demo cannot run: one clear line, and nothing is left behind."""

from __future__ import annotations

import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from inspector.demos import Demo, Said, choose_ports, find, run
from inspector.demos.basics.tcp_object import LONGEST, Student, pack, unpack
from inspector.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.demos.end import End

REPOSITORY = Path(__file__).parents[2]
LOCAL = "127.0.0.1"


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    threads, files = set(threading.enumerate()), _open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def _kind(demo: Demo) -> int:
    return socket.SOCK_STREAM if demo.transport == "tcp" else socket.SOCK_DGRAM


# ----------------------------------------------------------------------------------------- ports


@pytest.mark.parametrize("name", ["tcp-hello", "udp-oneway"])
def test_a_busy_port_is_named_with_who_to_look_for_and_the_way_out(name: str) -> None:
    demo = find(name)
    with socket.socket(socket.AF_INET, _kind(demo)) as holder:
        holder.bind((LOCAL, 0))
        if demo.transport == "tcp":
            holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(DemoError) as caught:
            run(demo, port=port)

    look = f"ss {'-ltnp' if demo.transport == 'tcp' else '-lunp'} 'sport = :{port}'"
    assert f"port {port}" in caught.value.message
    assert "--port" in caught.value.message
    assert caught.value.remedies[0] == look
    assert caught.value.remedies[1].startswith(f"inspector demo {name} --port ")


def test_a_busy_second_port_is_named_too() -> None:
    demo = find("udp-request")
    first, second = choose_ports(demo, "auto")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((LOCAL, second))

        with pytest.raises(DemoError, match=f"port {second} on"):
            run(demo, port=(first, second))


def test_a_port_in_time_wait_is_not_busy() -> None:
    demo = find("tcp-greeting")  # its server closes first
    ports = choose_ports(demo, "auto")

    run(demo, port=ports)
    run(demo, port=ports)


@pytest.mark.parametrize("port", [0, -1, 65536, (1, 2, 3), ()])
def test_a_port_that_there_is_not_is_refused(port: int | tuple[int, ...]) -> None:
    with pytest.raises(DemoError, match="--port: expected 1 port from 1 to 65535"):
        run(find("tcp-hello"), port=port)


def test_a_second_port_follows_the_first() -> None:
    assert choose_ports(find("udp-duplex"), 20000) == (20000, 20001)


def test_two_ports_do_not_fit_above_the_highest() -> None:
    with pytest.raises(DemoError, match="expected 2 ports"):
        choose_ports(find("udp-duplex"), 65535)


def test_a_privileged_port_without_privilege_is_said_to_be_one() -> None:
    program = (
        "import os; from inspector.demos import find, run\n"
        "from inspector.errors import DemoError\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: run(find('tcp-hello'), port=81)\n"
        "except DemoError as error: print(error.message, *error.remedies, sep='\\n')\n"
    )
    start = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not start.exists() or int(start.read_text()) <= 81:
        pytest.skip("here any user may bind port 81")

    said = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines() == [
        (
            "tcp-hello may not bind port 81 on 127.0.0.1: ports below 1024 are for root; take a higher one with --port,"
            " or a private network with --link ''"
        ),
        "inspector demo tcp-hello --port 1105",
        "inspector demo tcp-hello --port 81 --link ''",
    ]


def test_an_address_of_another_machine_cannot_be_bound() -> None:
    with pytest.raises(DemoError, match=r"cannot bind port .* on 192.0.2.1: cannot assign requested address"):
        run(find("tcp-hello"), port=20000, host="192.0.2.1")


@pytest.mark.parametrize("host", ["example.org", "", "127.0.0.1\x00", "\x1b[2J", "300.1.1.1"])
def test_a_host_is_an_address(host: str) -> None:
    with pytest.raises(DemoError, match="expected an address") as caught:
        run(find("tcp-hello"), port="auto", host=host)

    assert caught.value.message.isprintable()


# --------------------------------------------------------------------------------- one end alone


def test_a_client_without_a_server_learns_why_it_was_refused() -> None:
    with pytest.raises(DemoError, match="answered by RST,ACK; start the server first") as caught:
        run(find("tcp-hello"), port=12399, role="client")

    assert caught.value.remedies[0] == "inspector demo tcp-hello --role server --port 12399"


def test_a_udp_client_without_a_server_waits_only_for_a_while() -> None:
    with pytest.raises(DemoError, match="UDP tells neither"):
        run(find("udp-pingpong"), port="auto", role="client", deadline=0.1)


def test_a_udp_sender_without_a_receiver_is_content() -> None:
    assert [said.verb for said in run(find("udp-oneway"), port="auto", role="client").messages] == ["sent"]


@pytest.mark.parametrize("name", ["tcp-hello", "tcp-multi", "udp-oneway", "udp-duplex"])
def test_a_server_without_a_client_waits_only_for_a_while(name: str) -> None:
    with pytest.raises(DemoError, match=r"no client came to 127.0.0.1:.* within 0.1 s"):
        run(find(name), port="auto", role="server", deadline=0.1)


@pytest.mark.parametrize("name", ["tcp-hello", "tcp-greeting", "tcp-multi", "tcp-upload", "udp-duplex", "udp-request"])
def test_the_two_ends_may_be_run_apart(name: str) -> None:
    ports = choose_ports(find(name), "auto")
    server_waits = threading.Event()
    said: list[Said] = []

    def hear(message: Said) -> None:
        said.append(message)
        server_waits.set()

    server = threading.Thread(target=lambda: run(find(name), port=ports, role="server", say=hear))
    server.start()
    assert server_waits.wait(10)
    run(find(name), port=ports, role="client")
    server.join()

    assert said[0].text == f"waiting on 127.0.0.1:{ports[0]} for up to 60 s"
    assert said[-1].verb in {"sent", "received"}


# --------------------------------------------------------------------------- errors, time, Ctrl-C


def waiting_server(end: End) -> None:
    with end.socket(socket.SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen()
        listener.accept()[0].recv(1)


def waiting_client(end: End) -> None:
    with end.socket(socket.SOCK_STREAM) as connection:
        connection.connect(end.address)
        connection.recv(1)


def failing_client(end: End) -> None:
    raise RuntimeError(end.role)


def aborting_client(end: End) -> None:
    with end.socket(socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.connect(end.address)


def leaking_server(end: End) -> None:
    listener = end.socket(socket.SOCK_STREAM)
    listener.bind(end.address)
    listener.listen()
    listener.accept()


WAITING = replace(find("tcp-hello"), server=waiting_server, client=waiting_client)


def test_two_ends_that_wait_for_each_other_are_ended() -> None:
    with pytest.raises(DemoError, match=r"the server of tcp-hello still waited for its peer on .* after 0.1 s"):
        run(WAITING, port="auto", deadline=0.1)


def test_a_bug_in_one_end_ends_the_other_and_comes_through_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="client"):
        run(replace(WAITING, client=failing_client), port="auto", deadline=600)


def test_a_reset_is_told_as_what_the_program_suffered() -> None:
    with pytest.raises(DemoError, match=r"the server of tcp-hello lost its connection on .*: connection reset by peer"):
        run(replace(WAITING, client=aborting_client), port="auto", deadline=600)


def test_what_a_program_leaves_open_is_closed_for_it() -> None:
    run(replace(WAITING, server=leaking_server, client=aborting_client), port="auto")


def test_an_error_while_saying_ends_the_run() -> None:
    def say(_said: Said) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(find("tcp-hello"), port="auto", say=say)


def test_ctrl_c_while_a_person_is_asked_ends_the_run() -> None:
    def prompt(_role: str) -> str | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(find("udp-duplex"), port="auto", interactive=prompt)


@pytest.mark.parametrize("name", ["tcp-hello", "tcp-multi", "udp-duplex"])
def test_ctrl_c_ends_a_waiting_server_at_once(name: str) -> None:
    program = (
        "import sys; from inspector.demos import find, run\n"
        "try: run(find(sys.argv[1]), port='auto', role='server', say=lambda said: print(said.text, flush=True))\n"
        "except KeyboardInterrupt: import threading; print(threading.active_count())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, name], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline().startswith("waiting on")
        child.send_signal(signal.SIGINT)
        is_over = select.select([child.stdout], [], [], 10)[0]
        if not is_over:
            child.kill()

        assert is_over, "still running 10 s after Ctrl-C"
        assert child.stdout.read() == "1\n"
        assert child.stderr.read() == ""


# ------------------------------------------------------------------------ a stranger's tcp-object


def a_server_hears(data: bytes, then: Literal["closes", "stays"] = "closes") -> tuple[Said, ...]:
    """Run the server of tcp-object, with a stranger for a client that sends `data`."""
    ports = choose_ports(find("tcp-object"), "auto")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stranger:

        def call(said: Said) -> None:
            if said.text.startswith("waiting"):
                stranger.connect((LOCAL, ports[0]))
                stranger.sendall(data)
                if then == "closes":
                    stranger.close()

        return run(find("tcp-object"), port=ports, role="server", say=call, deadline=5).messages


def test_a_student_is_unpacked_as_packed() -> None:
    student = Student("韩梅梅", 20)

    assert unpack(pack(student)[4:]) == student


def test_a_hostile_length_costs_no_memory_and_no_time() -> None:
    with pytest.raises(DemoError, match=f"at most {LONGEST} bytes, the client announces 4294967295"):
        a_server_hears(b"\xff\xff\xff\xff", then="stays")


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\x00\x00\x00\x09{}"])
def test_a_message_that_ends_early_is_told(data: bytes) -> None:
    with pytest.raises(DemoError, match=r"expected \d bytes, and the client closed after \d"):
        a_server_hears(data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x80\x04N.",
        b"[" * LONGEST,
        b"9" * LONGEST,
        b"null",
        b'{"name": "x"}',
        b'{"name": 1, "age": 1}',
        b'{"name": "x", "age": true}',
        b'{"name": "x", "age": 1.5}',
        b'{"name": "x", "age": 1, "more": 1}',
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_student_is_refused(body: bytes) -> None:
    with pytest.raises(DemoError, match=r"expected a (student in JSON|JSON object)"):
        a_server_hears(struct.pack("!I", len(body)) + body)


def test_the_callback_for_asking_is_called_in_the_thread_that_runs(
    ask: Callable[[list[threading.Thread]], Callable[[str], str]],
) -> None:
    threads: list[threading.Thread] = []

    run(find("udp-duplex"), port="auto", interactive=ask(threads))

    assert set(threads) == {threading.current_thread()}


@pytest.fixture
def ask() -> Callable[[list[threading.Thread]], Callable[[str], str]]:
    def make(threads: list[threading.Thread]) -> Callable[[str], str]:
        def prompt(_role: str) -> str:
            threads.append(threading.current_thread())
            return ""

        return prompt

    return make


def test_an_end_that_waits_for_the_other_off_the_wire_is_not_run_alone() -> None:
    with pytest.raises(DemoError, match="one end alone gets no further") as caught:
        run(find("tcp-refused"), port="auto", role="server")

    assert caught.value.remedies == ("inspector demo tcp-refused",)
