"""One frame explained, for programs: `inspector explain --json FILE:FRAME`, by `schema/explain-frame-1.schema.json`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.report.escape import portable
from inspector.report.frame_explained import signs_of
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from inspector.explain.frame_model import Detail, EndBelief, FrameExplanation, FrameSubject
    from inspector.explain.model import Line

__all__ = ["EXPLAIN_FRAME_SCHEMA_NAME", "explain_frame_schema", "frame_to_json"]

EXPLAIN_FRAME_SCHEMA_NAME = "inspector/explain-frame/1"
_PAYLOAD_SHOWN = 256
"""Bytes."""


def frame_to_json(explanation: FrameExplanation, subject: FrameSubject, source: str) -> dict[str, Any]:
    """The same for programs."""
    known, signs = explanation.time_ns != NO_TIME, signs_of(subject)
    return {
        "schema": EXPLAIN_FRAME_SCHEMA_NAME,
        "source": portable(source),
        "frame": explanation.frame,
        "kind": explanation.kind,
        "title": explanation.title,
        "label": explanation.label,
        "time_ns": explanation.time_ns if known else None,
        "previous_frame": None if explanation.previous is None else explanation.previous[0],
        "first_frame": None if explanation.first is None else explanation.first[0],
        "initial_sequence_numbers": dict(explanation.origins),
        "parts": [
            {"name": part.what, "fields": [_field(detail, signs.get(detail.what, "")) for detail in part.details]}
            for part in explanation.parts
        ],
        "payload_hex": subject.payload[:_PAYLOAD_SHOWN].hex(),
        "ends": [_end(belief) for belief in explanation.beliefs],
        "facts": list(explanation.facts),
        "meaning": _lines(explanation.meaning),
        "findings": [
            {
                "kind": finding.kind,
                "blame": str(finding.blame),
                "message": finding.message,
                "rule": finding.rule,
                "field": finding.field,
                "expected": finding.expected,
                "actual": finding.actual,
                "lines": _lines(lines),
            }
            for finding, lines in explanation.findings
        ],
        "display_filters": list(explanation.filters),
        "comments": [portable(comment) for comment in explanation.comments],
    }


def _field(detail: Detail, sign: str) -> dict[str, Any]:
    said = {"name": detail.what, "value": detail.value, "why": list(detail.why), "rule": detail.rule}
    return said | {"symbol": sign} if sign else said


def _end(belief: EndBelief) -> dict[str, Any]:
    names = [name.lower().replace(".", "_") for name, _, _ in belief.variables]
    before = {name: each[1] for name, each in zip(names, belief.variables, strict=True)}
    after = {name: each[2] for name, each in zip(names, belief.variables, strict=True)}
    return {"side": belief.side, "role": belief.role, "before": before, "after": after, "why": list(belief.why)}


def _lines(lines: tuple[Line, ...]) -> list[dict[str, str]]:
    return [{"head": head, "text": text} for head, text in lines]


def explain_frame_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `frame_to_json` returns."""
    text = files("inspector.report").joinpath("schema/explain-frame-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
