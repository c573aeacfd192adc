"""The wire between real hosts: what each action does to the real kernel's segments, and that nothing stays behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PATIENCE_S, Done, inspector, skip_without_capture, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")


def over(link: str, *words: str, name: str = "tcp-hello", folder: Path) -> dict[str, Any]:
    """The report of a demo over a link."""
    done = inspector("demo", name, "--link", link, "--json", "-w", folder / "x.pcapng", *words, cwd=folder)
    skip_without_capture(done)

    assert done.out, done.err
    report: dict[str, Any] = json.loads(done.out)
    return report


def told(report: dict[str, Any]) -> list[str]:
    """Each segment as `sender flags`, with `lost` where it was."""
    return [
        f"{each['from'][0]} {each['flags']}{' lost' * each['lost']}"
        for connection in report["connections"]
        for each in connection["segments"]
    ]


def states(report: dict[str, Any]) -> list[list[str]]:
    return [each["states"] for each in report["connections"][0]["segments"]]


def test_without_rules_everything_passes_with_whole_checksums_between_two_private_hosts(tmp_path: Path) -> None:
    report = over("", folder=tmp_path)

    assert report["verdict"] == "as-expected"
    assert report["connections"][0]["originator"].startswith("10.0.0.1:")
    assert report["connections"][0]["responder"] == "10.0.0.2:12345"
    assert not any("lost" in each for each in told(report))


def test_tshark_finds_every_checksum_correct_and_the_verdict_on_the_frame_that_was_dropped(
    tmp_path: Path, tshark: str
) -> None:
    over("drop SYN once", folder=tmp_path)
    fields = [word for name in ("tcp.checksum.status", "ip.checksum.status", "frame.comment") for word in ("-e", name)]
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = [tshark, "-n", "-r", str(tmp_path / "x.pcapng"), *checks, "-T", "fields", *fields]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert {line.split("\t")[0] for line in lines} == {"1"}
    assert {line.split("\t")[1] for line in lines} == {"1"}
    assert [line.split("\t")[2] for line in lines if line.split("\t")[2]] == ["link: thrown away by `drop SYN once`"]


def test_a_lost_syn_moves_its_sender_alone(tmp_path: Path) -> None:
    report = over("drop SYN once", folder=tmp_path)

    assert told(report)[:3] == ["o SYN lost", "o SYN", "r SYN,ACK"]
    assert states(report)[:2] == [["SYN-SENT", "LISTEN"], ["SYN-SENT", "SYN-RECEIVED"]]
    assert report["verdict"] == "as-expected"


def test_a_lost_syn_ack_leaves_its_receiver_where_it_was(tmp_path: Path) -> None:
    report = over("drop SYN,ACK once", folder=tmp_path)

    assert told(report)[1] == "r SYN,ACK lost"
    assert states(report)[1] == ["SYN-SENT", "SYN-RECEIVED"]


def test_fins_that_the_link_lets_cross_are_a_simultaneous_close(tmp_path: Path) -> None:
    report = over("hold FIN until FIN; drop 2nd FIN from client always", folder=tmp_path, name="udp-oneway")

    assert report["exchanges"]  # a link does nothing to what it does not name


def test_a_lost_fin_is_repeated_and_its_receiver_was_established_until_then(tmp_path: Path) -> None:
    report = over("drop FIN from client once", folder=tmp_path)
    at = told(report).index("o FIN,ACK lost")

    assert states(report)[at] == ["FIN-WAIT-1", "ESTABLISHED"]
    assert "o FIN,ACK" in told(report)[at + 1 :]
    assert report["connections"][0]["ends"]["originator"]["state"] == "TIME-WAIT"
    assert report["connections"][0]["ends"]["responder"]["state"] == "CLOSED"


def test_a_lost_last_ack_is_answered_out_of_time_wait(tmp_path: Path) -> None:
    report = over("drop ACK of FIN from client once", folder=tmp_path)
    at = told(report).index("o ACK lost")

    assert states(report)[at] == ["TIME-WAIT", "LAST-ACK"]
    assert states(report)[-1] == ["TIME-WAIT", "CLOSED"]


def test_a_duplicate_of_the_network_is_no_copy_of_the_capture(tmp_path: Path) -> None:
    report = over("duplicate data from client once", folder=tmp_path)
    comments = [text for each in report["connections"][0]["segments"] for text in each["comments"]]

    assert report["capture"]["duplicates"] == 0
    assert len(comments) == 1
    assert comments[0].startswith("link: delivered again, the same as frame ")


def test_a_delayed_frame_says_how_long_it_was_kept(tmp_path: Path) -> None:
    report = over("delay SYN by 30ms", folder=tmp_path)
    (comment,) = report["connections"][0]["segments"][0]["comments"]

    assert 30 <= float(comment.split()[4]) < 1000
    assert comment.endswith("ms by `delay SYN once by 30ms`")


def test_a_delay_of_everything_is_said_once_for_all(tmp_path: Path) -> None:
    report = over("delay anything always by 2ms", folder=tmp_path)
    data = (tmp_path / "x.pcapng").read_bytes()

    assert not any(each["comments"] for each in report["connections"][0]["segments"])
    assert data.count(b"inspector demo tcp-hello over a link: delay anything always by 2ms") == 1


def test_a_datagram_overtakes_another(tmp_path: Path) -> None:
    report = over("reorder datagram from client once", name="udp-duplex", folder=tmp_path)
    comments = [text for each in report["exchanges"] for one in each["datagrams"] for text in one["comments"]]

    assert any("reorder datagram from client once" in text for text in comments)


@pytest.mark.slow
@pytest.mark.parametrize(
    "link", ["drop SYN once", "drop 2nd data", "drop FIN once", "drop ACK of FIN from client once"]
)
def test_the_same_script_gives_the_same_sequence_every_time(link: str, tmp_path: Path) -> None:
    """Bare ACKs of data aside, which the kernel may delay."""
    runs = {
        tuple(each for each in told(over(link, folder=tmp_path)) if each[2:] != "ACK" or "lost" in each)
        for _ in range(5)
    }

    assert len(runs) == 1


def test_ipv6_hosts_have_ipv6_addresses(tmp_path: Path) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this system has no IPv6")
    report = over("", "--host", "::1", folder=tmp_path)

    assert report["connections"][0]["responder"] == "[fd00::2]:12345"
    assert report["capture"]["passed_over"] == []


# ---------------------------------------------------------------------------- exec

PROGRAM = """
import socket, threading
server = socket.create_server(("127.0.0.1", 5000))
def serve():
    connection, _ = server.accept()
    with connection:
        while connection.recv(100): pass
thread = threading.Thread(target=serve); thread.start()
with socket.create_connection(("127.0.0.1", 5000)) as client:
    client.sendall(b"hello")
thread.join()
"""


def executed(link: str, *words: str, folder: Path) -> Done:
    done = inspector("exec", "--link", link, *words, "--", sys.executable, "-c", PROGRAM, cwd=folder)
    skip_without_capture(done)
    return done


def test_a_command_that_knows_only_127_0_0_1_goes_over_the_wire(tmp_path: Path) -> None:
    done = executed("drop SYN once", "--json", folder=tmp_path)
    report = json.loads(done.out)

    assert done.code == 0, done.err
    assert told(report)[:3] == ["o SYN lost", "o SYN", "r SYN,ACK"]
    assert report["connections"][0]["responder"] == "127.0.0.1:5000"


def test_a_command_that_prefers_ipv6_goes_over_the_wire_too(tmp_path: Path) -> None:
    program = PROGRAM.replace('create_server(("127.0.0.1", 5000))', 'create_server(("", 5000))').replace(
        'create_connection(("127.0.0.1", 5000))', 'create_connection(("localhost", 5000))'
    )
    done = inspector("exec", "--link", "", "--json", "--", sys.executable, "-c", program, cwd=tmp_path)
    skip_without_capture(done)

    assert json.loads(done.out)["connections"][0]["responder"] == "127.0.0.1:5000"


def test_a_command_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    done = inspector("exec", "--link", "", "--", "no-such-program", cwd=tmp_path)
    skip_without_capture(done)

    assert done.code == 2
    assert "no-such-program: No such file or directory" in done.err


def test_a_script_that_does_not_parse_is_wrong_usage(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--link", "drop SYM", cwd=tmp_path)

    assert done.code == 2
    assert "expected one of SYN" in done.err


@pytest.mark.slow
def test_programs_that_a_link_keeps_from_their_end_are_shown_and_not_refused(tmp_path: Path) -> None:
    report = over("drop SYN,ACK always", folder=tmp_path)

    assert report["verdict"] == "differs"
    assert report["connections"][0]["handshake"] == "half-open"
    assert states(report)[-1] == ["SYN-SENT", "SYN-RECEIVED"]


@pytest.mark.slow
def test_ctrl_c_ends_a_demo_and_not_its_report_and_its_end_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    process = start("demo", "tcp-hello", "--link", "drop ACK of SYN always", "--json", "-w", str(path), cwd=tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline and (not path.exists() or path.stat().st_size < 700):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE_S)
    if process.returncode == 4:
        pytest.skip(f"no private network here: {said}")
    report = json.loads(out)

    assert process.returncode == 1
    assert report["connections"][0]["handshake"] == "half-open"
    assert not [each for each in told(report) if "FIN" in each or "RST" in each]


def test_a_rule_that_met_nothing_is_told(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--link", "drop 9th RST", "-w", "x.pcapng", cwd=tmp_path)
    skip_without_capture(done)

    assert "link: `drop 9th RST` never acted" in done.out


def test_any_port_can_be_bound_in_a_private_network(tmp_path: Path) -> None:
    report = over("", "--port", "80", folder=tmp_path)

    assert report["connections"][0]["responder"] == "10.0.0.2:80"


def test_one_end_alone_cannot_be_behind_a_link(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--link", "", "--role", "server", cwd=tmp_path)

    assert done.code == 2
    assert "private network" in done.err


# ---------------------------------------------------------------------------- nothing stays behind


def traces() -> dict[str, object]:
    """What a private network could leave in the system's own: interfaces, named namespaces, routes."""
    named = Path("/run/netns")
    return {
        "interfaces": sorted(path.name for path in Path("/sys/class/net").iterdir()),
        "named": sorted(path.name for path in named.iterdir()) if named.is_dir() else [],
        "routes": Path("/proc/net/route").read_text("ascii"),
    }


def namespaces(process: str = "[0-9]*") -> set[str]:
    """The network namespaces in which the threads of a process (or of all) are."""
    found = set()
    for path in Path("/proc").glob(f"{process}/task/*/ns/net"):
        with suppress(OSError):  # gone in the meantime
            found.add(str(path.readlink()))
    return found


@pytest.mark.parametrize(
    "how", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["end", "int", "term", "kill"]
)
def test_nothing_is_left_behind(how: signal.Signals | None, tmp_path: Path) -> None:
    before, ours = traces(), namespaces("self")
    process = start("demo", "tcp-hello", "--link", "drop SYN always", "-w", str(tmp_path / "x.pcapng"), cwd=tmp_path)
    made: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while len(made) < 3 and process.poll() is None and time.monotonic() < deadline:
        made = namespaces(str(process.pid)) - ours
    if how:
        process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE_S)
    if process.returncode == 4:
        pytest.skip(f"no private network here: {said}")

    assert len(made) >= 3, said
    codes = {None: {1}, signal.SIGINT: {1, 130}, signal.SIGTERM: {-15}, signal.SIGKILL: {-9}}

    assert process.returncode in codes[how], said
    assert "Traceback" not in said
    assert not made & namespaces()
    assert traces() == before
