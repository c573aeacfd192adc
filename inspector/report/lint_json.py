"""What is wrong with sequences, for programs: `inspector expect lint --json`, by `schema/expect-lint-1.schema.json`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.report.escape import portable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.errors import ExpectationError
    from inspector.expect.lint import Linted

__all__ = ["LINT_SCHEMA_NAME", "lint_schema", "lint_to_json"]

LINT_SCHEMA_NAME = "inspector/expect-lint/1"


def lint_to_json(linted: Iterable[Linted]) -> dict[str, Any]:
    """The same for programs."""
    return {"schema": LINT_SCHEMA_NAME, "sequences": [_one(each) for each in linted]}


def _one(linted: Linted) -> dict[str, Any]:
    errors = linted.errors
    well_written = not errors.told
    return {
        "name": portable(linted.name),
        "well_written": well_written,
        "lines": linted.lines if well_written else None,
        "laid_out": linted.is_laid_out if well_written else None,
        "errors": [_error(each) for each in errors.told],
        "more_errors": errors.more,
        "all_counted": errors.is_all,
    }


def _error(error: ExpectationError) -> dict[str, Any]:
    return {
        "path": portable(error.path),
        "line": error.line or None,
        "column": error.column or None,
        "text": portable(error.text),
        "reason": portable(error.reason),
    }


def lint_schema() -> dict[str, Any]:
    """The JSON schema of what `lint_to_json` gives."""
    text = files("inspector.report").joinpath("schema/expect-lint-1.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
