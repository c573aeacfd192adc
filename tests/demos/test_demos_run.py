"""Every demo on the real kernel: what its programs say, and that they leave nothing behind."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.demos import Demo, Said, catalogue, find, run
from inspector.errors import DemoError
from tests.demos.test_demos_catalogue import TUTORIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = [pytest.param(demo, id=demo.name) for demo in catalogue().values() if demo.link is None]
"""Those on loopback. The others need their private network, and are run on it by tests/captures."""

FIRST = [pytest.param(find(name), id=name) for name in TUTORIALS]
"""The programs of the tutorials, in which nothing is lost."""


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    threads, files = set(threading.enumerate()), _open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def spoken(demo: str, /, **options: str | int) -> list[str]:
    """`role verb text` of every message of a run, in order."""
    return [f"{said.role} {said.verb} {said.text}" for said in run(find(demo), port="auto", options=options).messages]


@pytest.mark.parametrize("demo", FIRST)
def test_all_that_is_sent_is_received_after_it_was_said_to_be_sent(demo: Demo) -> None:
    messages = run(demo, port="auto").messages
    for receiving in ("server", "client"):
        received = b"".join(_bytes(each) for each in messages if each.verb == "received" and _side(each) == receiving)
        sent = b"".join(_bytes(each) for each in messages if each.verb == "sent" and _side(each) != receiving)

        assert sent.endswith(received)  # tcp-object says the length that it sends, and takes it off on receipt
        assert len(sent) - len(received) in ({0, 4} if demo.name == "tcp-object" else {0})


def _side(said: Said) -> str:
    return said.role.split()[0]


def _bytes(said: Said) -> bytes:
    return said.text.encode()


@pytest.mark.parametrize("demo", ALL)
def test_messages_are_said_as_they_come_and_kept_in_that_order(demo: Demo) -> None:
    heard: list[Said] = []
    threads = set()

    def say(said: Said) -> None:
        heard.append(said)
        threads.add(threading.current_thread())

    outcome = run(demo, port="auto", say=say)

    assert outcome.messages == tuple(heard)
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("demo", FIRST)
def test_the_size_of_what_is_sent_is_its_bytes(demo: Demo) -> None:
    for said in run(demo, port="auto").messages:
        whole = not said.text.endswith("…")

        assert said.size == (0 if said.verb == "note" else len(said.text.encode()) if whole else 720)


@pytest.mark.parametrize("demo", ALL)
def test_a_demo_runs_over_ipv6_too(demo: Demo) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this system has no IPv6")

    assert run(demo, port="auto", host="::1").host == "::1"


def test_hello_is_a_greeting_and_a_thanks() -> None:
    assert spoken("tcp-hello") == [
        "server sent Hello, Client!",
        "client received Hello, Client!",
        "client sent Thank you, Server!",
        "server received Thank you, Server!",
    ]


def test_greeting_serves_its_clients_one_after_the_other() -> None:
    assert spoken("tcp-greeting", clients=2) == [
        "server sent 欢迎来到服务器\n",
        "client 1 received 欢迎来到服务器\n",
        "server sent 欢迎来到服务器\n",
        "client 2 received 欢迎来到服务器\n",
    ]


def test_echo_in_one_encoding_gives_the_text_back() -> None:
    said = spoken("tcp-echo", encoding="gbk")

    assert said[0].removeprefix("client sent") == said[-1].removeprefix("client received")


def test_echo_in_gbk_takes_two_bytes_for_a_character() -> None:
    assert run(find("tcp-echo"), port="auto", options={"encoding": "gbk"}).messages[0].size == 14


@pytest.mark.parametrize(("ours", "theirs"), [("gbk", "utf-8"), ("utf-8", "gbk")])
def test_echo_between_ends_that_disagree_shows_the_error_and_goes_on(ours: str, theirs: str) -> None:
    said = spoken("tcp-echo", encoding=ours, reply_encoding=theirs)

    assert any(line.startswith("server note UnicodeDecodeError") for line in said)
    assert any(line.startswith("server received") and "\N{REPLACEMENT CHARACTER}" in line for line in said)
    assert sum(line.startswith("client received") for line in said) == 1


def test_the_third_of_multi_is_answered_only_when_another_has_left() -> None:
    said = spoken("tcp-multi")
    queued = next(index for index, line in enumerate(said) if line.startswith("client 3 note"))

    assert queued > said.index("client 2 received Welcome, client 2")
    assert queued < said.index("server received client 3")


@pytest.mark.parametrize("clients", [1, 2, 3, 7])
def test_multi_serves_any_number_of_clients_with_two_threads(clients: int) -> None:
    said = spoken("tcp-multi", clients=clients)

    assert sum(line.startswith("server sent Welcome") for line in said) == clients
    assert sum(" note " in line for line in said) == max(0, clients - 2)


def test_object_arrives_as_the_object_that_was_sent() -> None:
    assert spoken("tcp-object", name="李雷", age=21)[-1] == "server note unpacked: Student(name='李雷', age=21)"


@pytest.mark.parametrize("size", [0, 1, 720, 1_000_000])
def test_upload_is_answered_after_its_last_byte(size: int) -> None:
    assert spoken("tcp-upload", size=size)[-1] == f"client received Upload complete: {size} bytes"


def test_upload_takes_any_file(tmp_path: Path) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(bytes(range(256)))

    assert spoken("tcp-upload", file=str(file))[-1] == "client received Upload complete: 256 bytes"


@pytest.mark.parametrize("name", ["nothing-here", ".", "/dev/zero"])
def test_upload_of_what_is_no_file_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DemoError, match="--file: expected a file to upload"):
        spoken("tcp-upload", file=name)


def test_upload_of_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as large:
        large.truncate(16 * 1024 * 1024 + 1)

    with pytest.raises(DemoError, match="expected at most 16777216 bytes"):
        spoken("tcp-upload", file=str(file))


def test_pingpong_takes_turns_until_bye() -> None:
    assert spoken("udp-pingpong")[::4] == [
        "client sent ping 1",
        "client sent ping 2",
        "client sent ping 3",
        "client sent bye",
    ]


def test_duplex_carries_four_datagrams_each_way() -> None:
    said = spoken("udp-duplex")

    assert [sum(line.startswith(start) for line in said) for start in ("client sent", "server sent")] == [4, 4]


# ------------------------------------------------------------------------------- typed by a person


def typist(lines: dict[str, list[str | None]]) -> Callable[[str], str | None]:
    """A person who types these lines for each role, and nothing after them."""
    return lambda role: lines.get(role, []).pop(0) if lines.get(role) else None


def typed(name: str, **lines: list[str | None]) -> list[str]:
    messages = run(find(name), port="auto", interactive=typist(lines)).messages
    return [f"{said.role} {said.verb} {said.text}" for said in messages if said.verb != "received"]


def test_typed_lines_take_the_place_of_the_tutorials() -> None:
    assert typed("tcp-hello", server=["hi\n"], client=["thanks\n"]) == ["server sent hi", "client sent thanks"]


def test_an_empty_line_and_the_end_of_input_leave_the_tutorials_words() -> None:
    assert typed("tcp-hello", server=["\n"], client=[None]) == [
        "server sent Hello, Client!",
        "client sent Thank you, Server!",
    ]


def test_echo_goes_on_until_an_empty_line() -> None:
    assert typed("tcp-echo", client=["one", "two", "", "three"]) == [
        "client sent one",
        "server sent one",
        "client sent two",
        "server sent two",
    ]


@pytest.mark.parametrize("demo", [each for each in ALL if find(str(each.id)).interactive])
def test_a_typed_demo_ends_properly_when_input_is_at_its_end_at_once(demo: Demo) -> None:
    run(demo, port="auto", interactive=lambda _role: None)


@pytest.mark.parametrize("demo", [each for each in ALL if find(str(each.id)).interactive])
def test_a_typed_demo_ends_properly_when_the_prompt_raises_end_of_file(demo: Demo) -> None:
    def prompt(_role: str) -> str | None:
        raise EOFError

    run(demo, port="auto", interactive=prompt)


def test_who_types_bye_ends_the_game() -> None:
    assert typed("udp-pingpong", client=["bye", "more"]) == ["client sent bye"]


def test_both_ends_of_duplex_may_be_typed() -> None:
    said = typed("udp-duplex", server=["s"], client=["c 1", "c 2"])

    assert [line for line in said if line.startswith("client")] == [
        "client sent c 1",
        "client sent c 2",
        "client sent bye",
    ]
    assert [line for line in said if line.startswith("server")] == ["server sent s", "server sent bye"]


def test_a_long_line_is_cut_and_said_to_be() -> None:
    assert typed("tcp-oneway", client=["很" * 1000]) == [
        "client note the line was cut after 160 characters",
        f"client sent {'很' * 120}…",
    ]


def test_bytes_that_the_terminal_could_not_read_are_typed_as_question_marks() -> None:
    assert typed("tcp-oneway", client=["caf\udce9"]) == ["client sent caf?"]
