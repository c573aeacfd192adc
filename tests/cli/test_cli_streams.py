"""Which files are one stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from inspector.cli.streams import streams_of

if TYPE_CHECKING:
    from pathlib import Path


def files(*names: str, merge: bool | None = None) -> list[tuple[str, ...]]:
    return [stream.files for stream in streams_of(names, merge=merge)]


@pytest.mark.parametrize(
    "names",
    [
        ("x_00001_20260101120000.pcapng", "x_00002_20260101120500.pcapng"),
        ("x_20260101120000_00001.pcapng", "x_20260101120500_00002.pcapng"),
        ("d/x_00001_20260101120000.pcapng.gz", "d/x_00002_20260101120500.pcapng.gz"),
        ("_00099_20260101120000", "_100000_20260101120500"),
        ("x.pcap0", "x.pcap1", "x.pcap2"),
        ("x.pcap00", "x.pcap01", "x.pcap10"),
        ("x.pcap", "x.pcap1", "x.pcap2"),
        ("x.pcap1", "x.pcap2", "x.pcap"),
        ("x.pcap1.gz", "x.pcap2.gz"),
        ("x-2026-01-01_12.00.00.pcap", "x-2026-01-01_12.05.00.pcap"),
        ("20260101T120000.pcap", "20260101T120500.pcap"),
        ("x-2026-01-01T12:00:00.pcap", "x-2026-01-01T12:05:00.pcap"),
        ("x.1767268800.pcap", "x.1767269100.pcap"),
        ("x-20260101-120000.pcap", "x-20260101-120000.pcap1", "x-20260101-120500.pcap"),
    ],
    ids=lambda names: names[0],
)
def test_the_files_of_a_ring_buffer_are_one_stream(names: tuple[str, ...]) -> None:
    assert files(*names) == [names]


@pytest.mark.parametrize(
    "names",
    [
        ("test1.pcap", "test2.pcap"),
        ("lab_1.pcapng", "lab_2.pcapng"),
        ("20231234.pcap", "20231235.pcap"),
        ("2026010112.pcap", "2026010113.pcap"),
        ("x_00001_20260101120000.pcapng", "y_00002_20260101120500.pcapng"),
        ("a/x.pcap1", "b/x.pcap2"),
        ("x.pcap", "y.pcap1"),
        ("x.pcap", "x.pcap"),
        ("10.0.0.1.pcap", "10.0.0.2.pcap"),
        ("192.168.100.200.pcap", "192.168.100.201.pcap"),
    ],
    ids=lambda names: "-".join(names).replace("/", ":"),
)
def test_what_only_looks_like_it_stays_apart(names: tuple[str, ...]) -> None:
    assert files(*names) == [(name,) for name in names]


def test_a_ring_stands_where_its_first_file_stands() -> None:
    named = ("a.pcap", "x.pcap1", "b.pcap", "x.pcap2", "x.pcap")

    assert files(*named) == [("a.pcap",), ("x.pcap1", "x.pcap2", "x.pcap"), ("b.pcap",)]


def test_all_or_none_on_demand() -> None:
    assert files("a.pcap", "b.pcap", merge=True) == [("a.pcap", "b.pcap")]
    assert files("x.pcap0", "x.pcap1", merge=False) == [("x.pcap0",), ("x.pcap1",)]


def test_a_single_file_is_no_stream_of_files() -> None:
    assert streams_of(["a.pcap"], merge=True) == [("a.pcap", ("a.pcap",))]


@pytest.mark.parametrize("other", ["a.pcap", "link.pcap", "hard.pcap", "../{here}/a.pcap"])
def test_the_same_file_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pcap").touch()
    (tmp_path / "link.pcap").symlink_to("a.pcap")
    (tmp_path / "hard.pcap").hardlink_to("a.pcap")

    with pytest.raises(click.UsageError, match="named twice"):
        streams_of(["a.pcap", other.format(here=tmp_path.name)], merge=True)


def test_standard_input_is_one_file_too() -> None:
    with pytest.raises(click.UsageError, match="- is named twice"):
        streams_of(["-", "a.pcap", "-"], merge=True)
