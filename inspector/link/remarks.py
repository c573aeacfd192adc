"""What our link writes at a frame that it did not simply pass: a comment of the capture, in English.

Whoever shows a capture knows these remarks again, and can say them in the language of the reader.
"""

from __future__ import annotations

import re

from inspector.language import Said, marked

__all__ = ["AGAIN", "KEPT_BACK", "THROWN_AWAY", "remark_of"]

THROWN_AWAY = marked("link: thrown away by `{rule}`")
KEPT_BACK = marked("link: kept back for {ms} ms by `{rule}`")
AGAIN = marked("link: delivered again, the same as frame {number}, by `{rule}`")

_VALUES = {"rule": r"[^`]*", "ms": r"[\d.]+", "number": r"\d+"}


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}").format(
        **{name: f"(?P<{name}>{value})" for name, value in _VALUES.items()}
    ))  # fmt: skip


_FORMS = tuple((pattern, _form(pattern)) for pattern in (THROWN_AWAY, KEPT_BACK, AGAIN))


def remark_of(comment: str) -> str:
    """A comment that our link wrote, as `language.said` would have made it; any other as it is."""
    for pattern, form in _FORMS:
        if (found := form.fullmatch(comment)) is not None:
            return Said(pattern, found.groupdict())
    return comment
