"""A comparison of two captures for programs: `inspector/diff/1`, its shape promised by the schema beside it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.report.diff import diff_verdict
from inspector.report.escape import portable
from inspector.tcp.model import Connection

if TYPE_CHECKING:
    from inspector.diff.model import Compared, Conversation, Diff, Placed
    from inspector.report.inspection import Inspection

__all__ = ["DIFF_SCHEMA_NAME", "diff_schema", "diff_to_json"]

DIFF_SCHEMA_NAME = "inspector/diff/1"


def diff_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `diff_to_json` returns."""
    text = files("inspector.report").joinpath("schema/diff-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def diff_to_json(diff: Diff, one: Inspection, other: Inspection) -> dict[str, Any]:
    """`diff` as an object that `json.dumps` takes as it is; `one` is A and `other` B."""
    return {
        "schema": DIFF_SCHEMA_NAME,
        "a": _capture(one),
        "b": _capture(other),
        "pairs": [_pair(each) for each in diff.pairs],
        "only_a": [_conversation(each) for each in diff.only_a],
        "only_b": [_conversation(each) for each in diff.only_b],
        "verdict": str(diff_verdict(diff)),
    }


def _capture(inspection: Inspection) -> dict[str, Any]:
    return {
        "source": portable(inspection.source),
        "frames": inspection.capture.frames,
        "incomplete": inspection.capture.is_incomplete,
    }


def _conversation(each: Conversation) -> dict[str, Any]:
    if isinstance(each, Connection):
        protocol, one, two = "TCP", each.originator.endpoint, each.responder.endpoint
    else:
        protocol, one, two = "UDP", each.originator, each.responder
    return {
        "protocol": protocol,
        "number": each.number,
        "originator": str(one),
        "responder": str(two),
    }


def _pair(compared: Compared) -> dict[str, Any]:
    clocks = compared.clocks
    return {
        "a": _conversation(compared.pair.one),
        "b": _conversation(compared.pair.other),
        "same": compared.pair.is_same,
        "mirrored": compared.pair.mirrored,
        "translated": compared.pair.is_translated,
        "matched": compared.comparison.matched,
        "differences": [_difference(each) for each in compared.placed],
        "notes": [portable(note) for note in compared.comparison.notes],
        "clocks": None
        if clocks is None
        else {"b_ahead_ns": clocks.ahead_ns, "way_ns": clocks.way_ns, "frames": clocks.frames},
    }


def _difference(each: Placed) -> dict[str, Any]:
    difference = each.difference
    return {
        "kind": str(difference.kind),
        "frame_a": each.frame_a,
        "frame_b": each.frame_b,
        "what": portable(each.what),
        "field": portable(difference.field) or None,
        "expected": portable(difference.expected),
        "actual": portable(difference.actual),
        "rule": portable(difference.rule) or None,
        "display_filter": portable(difference.display_filter) or None,
        "lost": each.is_lost,
        "copy_of": each.copy_of,
        "elsewhere": each.elsewhere,
        "passed": each.has_passed,
        "part": None if each.part is None else dict(zip(("first", "last"), each.part, strict=True)),
    }
