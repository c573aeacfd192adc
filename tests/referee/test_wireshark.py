"""The door to Wireshark: what it tells, and that each of its failures is one clear line."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.errors import CaptureError, CaptureFileError
from inspector.referee import tshark as program
from inspector.referee.wireshark import LABELS, Opinion, Opinions, bulk_opinions, opinions, tshark_version
from inspector.wire.row import Endpoint, Flag
from tests.wire.files import enhanced, frames_of, interface, section

pytestmark = pytest.mark.usefixtures("tshark")

Door = Callable[[str | Path], Opinions]

BOTH = pytest.mark.parametrize("door", [opinions, bulk_opinions], ids=["pyshark", "columns"])


@pytest.fixture
def refused(captures: Path) -> Path:
    return captures / "refused" / "refused.pcapng"


@pytest.fixture
def fake_tshark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only tshark on the PATH: a script, yet to be written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "tshark"


def write_script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


@BOTH
def test_an_opinion_holds_raw_numbers_and_the_completeness_of_the_whole_stream(door: Door, refused: Path) -> None:
    first, second = door(refused)

    assert first == Opinion(
        frame=1,
        stream=0,
        source=first.source,
        destination=second.source,
        flags=Flag.SYN,
        seq=first.seq,
        ack=0,
        payload_len=0,
        completeness=37,
        labels=frozenset(),
    )
    assert second.flags == Flag.RST | Flag.ACK
    assert (second.seq, second.ack) == (0, (first.seq or 0) + 1)


@BOTH
def test_what_only_quotes_a_segment_is_no_segment(door: Door, corpus: Path) -> None:
    """Frames 24 and 25 are ICMP errors, which tshark gives streams of their own."""
    frames = [opinion.frame for opinion in door(corpus / "tcpflow" / "tests" / "test8" / "image2.pcap")]

    assert 23 in frames
    assert not {24, 25} & set(frames)


@BOTH
def test_in_a_tunnel_the_endpoints_are_the_innermost(door: Door, corpus: Path) -> None:
    sample = corpus / "zeek" / "testing" / "btest" / "Traces" / "tunnels" / "gre-sample.pcap"

    ends = {opinion.source for opinion in door(sample)}

    assert ends == {Endpoint("66.59.111.190", 40264), Endpoint("172.28.2.3", 22)}


@pytest.mark.parametrize(
    "name",
    [
        "keep-alive-and-zero-window",
        "lost-and-reordered",
        "old-duplicate-syn-at-client",
        "retransmissions",
        "tcp-hello",
        "tcp-self-connect",
        "udp-oneway",
    ],
)
def test_both_doors_say_the_same(captures: Path, name: str) -> None:
    path = captures / name / f"{name}.pcapng"

    assert list(opinions(path)) == list(bulk_opinions(path))


def test_the_labels_are_fields_of_this_tshark(tshark: str) -> None:
    fields = subprocess.run([tshark, "-G", "fields"], capture_output=True, text=True, check=True).stdout
    known = {line.split("\t")[2] for line in fields.splitlines() if line.startswith("F\t")}

    assert {f"tcp.analysis.{label}" for label in LABELS} <= known


@BOTH
def test_a_cut_file_is_told_to_the_cut_and_said_to_be_cut(door: Door, captures: Path, tmp_path: Path) -> None:
    whole = captures / "tcp-hello" / "tcp-hello.pcapng"
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(whole.read_bytes()[:-300])

    told_all = door(cut)
    told = list(told_all)

    assert 0 < len(told) < len(list(door(whole)))
    assert told_all.cut
    assert told_all.told == len(told)


@BOTH
def test_a_whole_file_is_not_said_to_be_cut(door: Door, refused: Path) -> None:
    told_all = door(refused)

    assert len(list(told_all)) == 2
    assert not told_all.cut


def test_what_is_no_capture_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Wireshark, this is no capture at all.\n", encoding="utf-8")

    with pytest.raises(CaptureFileError, match=r"letter\.txt: tshark found no TCP segment .* \(exit code \d\)"):
        list(bulk_opinions(path))


@pytest.mark.parametrize(("name", "reason"), [("absent", "No such file"), ("", "Is a directory")])
def test_what_cannot_be_opened_is_said_so(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(CaptureFileError, match=reason):
        opinions(tmp_path / name)


def test_a_file_may_be_named_like_an_option(refused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-", "-w.pcapng"):
        Path(name).write_bytes(refused.read_bytes())

        assert len(list(bulk_opinions(name))) == 2


def test_it_works_where_an_event_loop_is_running(refused: Path) -> None:
    """As in Jupyter."""

    async def cell() -> list[Opinion]:
        return list(opinions(refused))

    assert len(asyncio.run(cell())) == 2


def test_nobody_is_warned(refused: Path) -> None:
    """In a fresh interpreter, where pyshark is imported for the first time and every warning is an error."""
    code = (
        "import sys; from inspector.referee.wireshark import opinions;"
        " print(len(list(opinions(sys.argv[1]))), 'pyshark' in sys.modules)"
    )
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", code, str(refused)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("2 True\n", "")


def test_a_config_file_in_the_working_directory_names_no_program(
    refused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself, pyshark would run what the `config.ini` of a submission names."""
    write_script(tmp_path / "planted", f"touch {tmp_path}/was-run")
    (tmp_path / "config.ini").write_text(f"[tshark]\ntshark_path = {tmp_path}/planted\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert len(list(opinions(refused))) == 2
    assert not (tmp_path / "was-run").exists()


@BOTH
def test_hostile_names_and_comments_disturb_neither_door(door: Door, captures: Path, tmp_path: Path) -> None:
    whole = captures / "tcp-hello" / "tcp-hello.pcapng"
    evil = b'\xff</packet>\n<packet>\t&"\x1b[31m\xed\xa0\x80\r\n</packet>\n'
    with whole.open("rb") as stream:
        frames = frames_of(stream.read())
    dressed = tmp_path / "dressed.pcapng"
    blocks = [section((4, evil)), interface((2, evil), (3, evil)), *(enhanced(each.data, (1, evil)) for each in frames)]
    dressed.write_bytes(b"".join(blocks))

    assert [opinion.seq for opinion in door(dressed)] == [opinion.seq for opinion in door(whole)]


def test_whoever_stops_early_leaves_no_process_behind(captures: Path) -> None:
    with bulk_opinions(captures / "tcp-multi" / "tcp-multi.pcapng") as told_all:
        next(iter(told_all))

    with pytest.raises(ChildProcessError):
        os.waitpid(told_all._run._process.pid, os.WNOHANG)


def test_opinions_that_nobody_hears_ends_quietly(refused: Path) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        told_all = bulk_opinions(refused)
        pid = told_all._run._process.pid
        del told_all

    assert [str(warning.message) for warning in said] == []
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_tshark_tells_its_version() -> None:
    assert tshark_version() >= (3, 6)


@pytest.mark.usefixtures("fake_tshark")
def test_no_tshark_is_one_line_with_what_installs_it(refused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_ELSEWHERE", ())

    with pytest.raises(CaptureError, match=r"tshark, .* is not installed") as caught:
        bulk_opinions(refused)

    assert "sudo apt install tshark" in caught.value.remedies


def test_an_old_tshark_is_one_line_with_both_versions(refused: Path, fake_tshark: Path) -> None:
    write_script(fake_tshark, "echo 'TShark (Wireshark) 2.6.20 (Git v2.6.20 packaged as 2.6.20-0+deb10u7)'")

    with pytest.raises(CaptureError, match=r"expected tshark 3\.6 or newer, found 2\.6\.20"):
        bulk_opinions(refused)


def test_something_else_of_that_name_is_no_tshark(refused: Path, fake_tshark: Path) -> None:
    write_script(fake_tshark, "echo 'a shark of another kind'")

    with pytest.raises(CaptureError, match="to tell a version, found 'a shark of another kind'"):
        bulk_opinions(refused)


def test_a_tshark_that_is_killed_is_no_end_of_the_capture(refused: Path, fake_tshark: Path) -> None:
    write_script(fake_tshark, '[ "$1" = --version ] && echo "TShark (Wireshark) 4.0.17" && exit', "kill -9 $$")

    with pytest.raises(CaptureError, match="ended by signal 9 after 0 segments"):
        list(bulk_opinions(refused))


def test_no_pyshark_is_one_line_with_what_installs_it(refused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyshark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyshark", None)

    with pytest.raises(CaptureError, match=r"pyshark, .* cannot be imported") as caught:
        opinions(refused)

    assert caught.value.remedies == ("pip install pyshark",)
    assert "\n" not in caught.value.message


def test_only_the_referee_imports_pyshark(root_folder: Path) -> None:
    importing = [
        path.relative_to(root_folder).as_posix()
        for path in (root_folder / "inspector").rglob("*.py")
        if any(
            line.lstrip().startswith(("import pyshark", "from pyshark"))
            for line in path.read_text("utf-8").splitlines()
        )
    ]

    assert importing == ["inspector/referee/wireshark.py"]
