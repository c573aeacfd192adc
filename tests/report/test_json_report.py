"""The JSON report has the shape that its schema promises, and the schema refuses any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from inspector.report.diff_json import diff_schema
from inspector.report.inspection import Inspection, Verdict
from inspector.report.json_report import SCHEMA_NAME, schema, to_json
from tests.report import stories
from tests.report.made import inspections
from tests.report.stories import X, Y, hello, inspection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VALIDATOR = Draft202012Validator(schema())


def compared() -> dict[str, Any]:
    return to_json(stories.wrong_number_compared())


@pytest.mark.parametrize("of", [schema, diff_schema])
def test_a_schema_is_a_schema(of: Callable[[], dict[str, Any]]) -> None:
    """Asked here alone: it takes thirty times as long as to hold a report against it."""
    Draft202012Validator.check_schema(of())


@pytest.mark.parametrize(
    "make",
    [
        stories.wrong_number_compared, stories.udp_replied, stories.udp_unreachable, stories.lossy, stories.chinese,
        stories.many, lambda: inspection(stories.refused()), lambda: inspection(verdict=Verdict.NOTHING),
    ],
    ids=["compared", "udp", "unreachable", "lossy", "chinese", "many", "refused", "nothing"],
)  # fmt: skip
def test_what_is_written_is_what_is_promised(make: Callable[[], Inspection]) -> None:
    VALIDATOR.validate(json.loads(json.dumps(to_json(make()))))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(inspections())
def test_any_inspection_keeps_the_promise(made: Inspection) -> None:
    text = json.dumps(to_json(made), ensure_ascii=False)

    text.encode("utf-8")
    VALIDATOR.validate(json.loads(text))


def objects(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, (*path, index))


PLACES = [path for path, _ in objects(compared())] + [path for path, _ in objects(to_json(stories.udp_unreachable()))]


@pytest.mark.parametrize("path", sorted(set(PLACES), key=str), ids=str)
def test_an_unknown_or_a_missing_key_breaks_the_promise(path: tuple[str | int, ...]) -> None:
    for make in (compared, lambda: to_json(stories.udp_unreachable())):
        for where, _ in objects(make()):
            if where == path:
                extra, less = dict(objects(given := make()))[path], dict(objects(lacking := make()))[path]
                extra["unheard_of"] = 1
                del less[next(iter(less))]
                for broken in (given, lacking):
                    with pytest.raises(ValidationError):
                        VALIDATOR.validate(broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "fine"),
        (("schema",), "inspector/report/2"),
        (("connections", 0, "segments", 0, "seq"), 2**32),
        (("connections", 0, "segments", 0, "ack"), "0"),
        (("connections", 0, "segments", 0, "from"), "client"),
        (("connections", 0, "segments", 0, "flags"), "S"),
        (("connections", 0, "segments", 0, "states"), ["SYN-SENT"]),
        (("connections", 0, "segments", 0, "states"), ["SYN_SENT", "LISTEN"]),
        (("connections", 0, "handshake"), "done"),
        (("connections", 0, "originator"), "127.0.0.1"),
        (("capture", "frames"), -1),
        (("expectation", "differences", 0, "kind"), "other"),
    ],
    ids=str,
)
def test_a_value_out_of_its_range_breaks_the_promise(path: tuple[str | int, ...], value: object) -> None:
    report: Any = compared()
    inner = report
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    with pytest.raises(ValidationError):
        VALIDATOR.validate(report)


def test_every_property_is_described() -> None:
    for path, inner in objects(schema()):
        if path and path[-1] == "properties":
            for name, property_schema in inner.items():
                assert "description" in property_schema or "$ref" in property_schema, (*path, name)


def test_the_shape_is_the_one_that_was_agreed() -> None:
    report = to_json(inspection(hello().connection()))
    connection = report["connections"][0]
    first, second = connection["segments"][:2]

    assert report["schema"] == SCHEMA_NAME == "inspector/report/1"
    assert report.keys() >= {"source", "capture", "connections", "exchanges", "expectation", "verdict"}
    assert report["capture"].keys() >= {"frames", "dropped", "duplicates", "undecoded", "truncated"}
    assert report["expectation"] is None
    assert report["exchanges"] == []
    assert connection["originator"] == "127.0.0.1:40022"
    assert connection["zeek"] == {"conn_state": "SF", "history": "ShADadFf"}
    assert first | {"label": "", "window": 0} == {
        "frame": 1,
        "time_ns": stories.START_NS,
        "from": "originator",
        "flags": "SYN",
        "seq": X,
        "ack": None,
        "len": 0,
        "window": 0,
        "label": "",
        "lost": False,
        "comments": [],
        "states": ["SYN-SENT", "SYN-RECEIVED"],
        "findings": [],
    }
    assert (second["flags"], second["seq"], second["ack"]) == ("SYN,ACK", Y, X + 1)


def test_differences_name_their_connection_and_all_must_match() -> None:
    expectation = compared()["expectation"]

    assert expectation["name"] == "three-way-handshake"
    assert expectation["matched"] is False
    assert [(each["kind"], each["connection"]) for each in expectation["differences"]] == [
        ("changed", 1),
        ("extra", 1),
        ("missing", 1),
    ]


def test_a_finding_shows_both_numbers() -> None:
    finding = compared()["connections"][0]["segments"][1]["findings"][0]

    assert (finding["kind"], finding["blame"], finding["expected"], finding["actual"]) == (
        "syn-ack-wrong-ack",
        "peer",
        X + 1,
        X,
    )
