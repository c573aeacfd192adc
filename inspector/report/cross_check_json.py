"""A cross-check for programs: `inspector/cross-check/1`, its shape promised by the schema beside it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.crosscheck.reasons import EXPLANATIONS
from inspector.report.escape import portable

if TYPE_CHECKING:
    from inspector.crosscheck.model import CrossCheck

__all__ = ["CROSS_CHECK_SCHEMA_NAME", "cross_check_schema", "cross_check_to_json"]

CROSS_CHECK_SCHEMA_NAME = "inspector/cross-check/1"


def cross_check_to_json(check: CrossCheck) -> dict[str, Any]:
    """`check` as an object that `json.dumps` takes as it is."""
    return {
        "schema": CROSS_CHECK_SCHEMA_NAME,
        "source": portable(check.source),
        "tshark": ".".join(map(str, check.tshark)),
        "frames": check.frames,
        "segments": check.segments,
        "connections": check.connections,
        "cut": portable(check.cut) or None,
        "fields": [
            {
                "field": name,
                "agreed": tally.agreed,
                "explained": tally.explained,
                "unexplained": tally.unexplained,
            }
            for name, tally in check.tallies.items()
        ],
        "disagreements": [
            {
                "frame": each.frame,
                "connection": each.connection,
                "field": each.field,
                "tshark": portable(each.tshark) or None,
                "ours": portable(each.ours) or None,
                "reason": str(each.reason),
            }
            for each in check.disagreements
        ],
        "reasons": [
            {"reason": str(reason), "number": number, "words": EXPLANATIONS[reason]}
            for reason, number in check.reasons.most_common()
        ],
        "unexplained": check.unexplained,
    }


def cross_check_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `cross_check_to_json` returns."""
    text = files("inspector.report").joinpath("schema/cross-check-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
