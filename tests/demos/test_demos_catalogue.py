"""The list of demos, and what each declares."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from inspector import demos
from inspector.demos import Demo, Option, catalogue, find
from inspector.demos.catalogue import GROUPS
from inspector.errors import DemoError

ALL = [pytest.param(demo, id=demo.name) for demo in catalogue().values()]


def test_the_catalogue_holds_every_file_of_every_folder() -> None:
    files = Path(inspect.getfile(demos)).parent.glob("*/*.py")
    names = {path.stem.replace("_", "-") for path in files if path.stem != "__init__"}

    assert set(catalogue()) == names
    assert len(catalogue()) == sum(map(len, GROUPS.values()))


def test_the_catalogue_begins_with_the_first_conversations_of_the_course() -> None:
    names = "tcp-hello tcp-greeting tcp-echo tcp-oneway tcp-multi tcp-object tcp-upload"

    assert list(catalogue())[:7] == names.split()


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        catalogue()["mine"] = find("tcp-hello")  # type: ignore[index]


def test_a_demo_waits_at_the_port_that_its_tutorial_names() -> None:
    ports = {name: (demo.port, *demo.ports) for name, demo in catalogue().items()}

    assert {name: ports[name] for name in TUTORIALS} == TUTORIALS


TUTORIALS = {
    "tcp-hello": (12345,),
    "tcp-greeting": (9999,),
    "tcp-echo": (8080,),
    "tcp-oneway": (12306,),
    "tcp-multi": (8888,),
    "tcp-object": (11111,),
    "tcp-upload": (8888,),
    "udp-oneway": (8888,),
    "udp-pingpong": (8888, 9999),
    "udp-duplex": (8888, 9999),
    "udp-request": (8234, 7788),
}
"""The programs of the tutorials, and their ports."""


@pytest.mark.parametrize("demo", ALL)
def test_a_demo_says_in_a_few_lines_what_to_see(demo: Demo) -> None:
    assert 2 <= len(demo.lesson) <= 4
    assert demo.expected == demo.name
    assert demo.transport == demo.name[:3]


@pytest.mark.parametrize("name", [name for name in TUTORIALS if name.startswith("udp")])
def test_the_lesson_of_a_udp_demo_says_what_there_is_not(name: str) -> None:
    lesson = " ".join(find(name).lesson)

    assert "No handshake" in lesson
    assert "No close" in lesson


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_file_of_a_demo_reads_top_down_in_the_calls_of_the_tutorial(name: str) -> None:
    demo = find(name)
    source = inspect.getsource(inspect.getmodule(demo.server) or demos)
    names = re.findall(r"^def (\w+)|^(DEMO)", source, re.MULTILINE)
    calls = (
        "socket bind listen accept recv sendall connect" if demo.transport == "tcp" else "socket bind sendto recvfrom"
    )

    assert names[0][0] == "server"
    assert names[1][0] in {"client", "serve_one"}
    assert names[-1][1] == "DEMO"
    assert not [call for call in calls.split() if f".{call}(" not in source]


@pytest.mark.parametrize("demo", ALL)
def test_no_demo_sleeps(demo: Demo) -> None:
    assert "sleep" not in inspect.getsource(inspect.getmodule(demo.server) or demos)


@pytest.mark.parametrize(("typed", "meant"), [("tcp-helo", "tcp-hello"), ("UDP_PINGPONG", "udp-pingpong")])
def test_a_misspelt_name_is_answered_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(DemoError, match=f"did you mean {meant}") as caught:
        find(typed)

    assert caught.value.remedies[0] == f"inspector demo {meant}"


def test_a_name_like_no_other_is_answered_with_all_of_them() -> None:
    with pytest.raises(DemoError, match="inspector demo lists them"):
        find("\x1b[31mquux")


def test_a_name_is_shown_escaped() -> None:
    with pytest.raises(DemoError) as caught:
        find("\x1b[31mquux")

    assert "\x1b" not in caught.value.message


def test_settings_are_the_defaults_where_nothing_is_given() -> None:
    assert find("tcp-echo").settings({}) == {"encoding": "utf-8", "reply-encoding": "same"}


def test_an_option_may_be_named_as_python_names_it() -> None:
    assert find("tcp-echo").settings({"reply_encoding": "gbk"})["reply-encoding"] == "gbk"


def test_a_number_may_come_as_text() -> None:
    assert find("tcp-greeting").settings({"clients": "2"}) == {"clients": 2}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("tcp-greeting", {"clients": "many"}, "--clients: expected a number from 1 to 50, found 'many'"),
        ("tcp-greeting", {"clients": 0}, "--clients: expected a number from 1 to 50, found 0"),
        ("tcp-object", {"age": 151}, "--age: expected a number from 0 to 150, found 151"),
        ("tcp-object", {"name": "x" * 101}, "--name: expected at most 100 characters, found 101"),
        ("tcp-echo", {"encoding": "latin-1"}, "--encoding: expected one of utf-8, gbk, found 'latin-1'"),
        ("tcp-hello", {"clients": 2}, "tcp-hello has no option --clients; its options: none"),
        ("tcp-upload", {"fil": "x"}, "tcp-upload has no option --fil; its options: --file, --size"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_runs(name: str, given: dict[str, str | int], message: str) -> None:
    with pytest.raises(DemoError) as caught:
        find(name).settings(given)

    assert caught.value.message == message


def test_the_default_of_an_option_says_its_type() -> None:
    assert Option("n", 1, "a number", most=9).read("7") == 7
    assert Option("t", "", "a text").read(7) == "7"


def test_what_the_room_exports_is_what_it_names() -> None:
    assert all(hasattr(demos, name) for name in demos.__all__)
