"""Several connections and named parts in the report and in JSON: each difference with its connection, by the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from inspector.expect.library import load
from inspector.expect.parser import parse
from inspector.pipeline import inspect
from inspector.report.json_report import schema, to_json
from inspector.report.terminal import render_inspection

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.report.inspection import Inspection

TWO = """part: beginning

connection first:
    part opening:
        client > server  SYN      seq=x
        server > client  SYN,ACK  ack=x+2
connection second(endpoints of first, after first):
    client > server  SYN  seq=x
    no segment for 2s
"""


@pytest.fixture
def inspection(captures: Path) -> Inspection:
    return inspect(captures / "tcp-multi" / "tcp-multi.pcapng", expected=parse(TWO, "two.seq"))


def test_the_report_tells_each_difference_below_its_connection(inspection: Inspection) -> None:
    text = render_inspection(inspection, width=200, colour=False)
    one, two, three, end = (text.partition(f"connection {number} of 3")[2] for number in (1, 2, 3, 3))
    one, two, three = one[: -len(two)], two[: -len(three)], three.partition("capture ")[0]
    assert "two.seq:6 of opening, ack: expected x+2 = " in one
    assert "endpoints: expected 127.0.0.1:49770 and 127.0.0.1:8888, as first has them" in two
    assert "begin: expected after frame 22, the last of first, found frame 8" in two
    assert "silence: expected no segment for 2s, found " in two
    assert "connection: not expected here: 10 segments between 127.0.0.1:49784 and 127.0.0.1:8888" in three
    assert "two, connection first (connection 1): 1 difference" in end
    assert "two, connection second (connection 2): 3 differences" in end
    assert "two (connection 3): 1 difference" in end


def test_json_tells_the_same_and_keeps_the_promise_of_its_schema(inspection: Inspection) -> None:
    report = json.loads(json.dumps(to_json(inspection)))
    Draft202012Validator(schema()).validate(report)
    told = report["expectation"]
    assert [(each.get("block"), each["connection"], each["matched"]) for each in told["comparisons"]] == [
        ("first", 1, False),
        ("second", 2, False),
        (None, 3, False),
    ]
    assert [(each["connection"], each["field"], each.get("part")) for each in told["differences"]] == [
        (1, "ack", "opening"),
        (2, "endpoints", None),
        (2, "begin", None),
        (2, "silence", None),
        (3, "connection", None),
    ]


@pytest.mark.parametrize(
    ("name", "sequence", "blocks"),
    [
        ("port-reuse", "port-reuse", ["first", "second"]),
        ("tcp-port-reuse", "port-reuse", ["first", "second"]),
        ("tcp-multi", "short-connections", ["request"] * 3),
    ],
)
def test_the_library_has_sequences_of_several_connections(
    captures: Path, name: str, sequence: str, blocks: list[str]
) -> None:
    comparisons = inspect(captures / name / f"{name}.pcapng", expected=load(sequence)).comparisons
    assert [(each.block, each.connection) for each in comparisons] == [(b, n) for n, b in enumerate(blocks, start=1)]
    assert all(each.matched for each in comparisons)


def test_a_missing_connection_is_told_where_there_is_none_to_tell_it_at(captures: Path) -> None:
    inspection = inspect(captures / "tcp-address-in-use" / "tcp-address-in-use.pcapng", expected=load("port-reuse"))
    text = render_inspection(inspection, width=200, colour=False)
    assert "missing, connection: a connection as first has it, of 6 lines" in text
    assert "missing, connection: a connection as second has it, of 6 lines" in text
