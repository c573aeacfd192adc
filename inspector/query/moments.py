"""Moments as text: ISO 8601 in UTC, to the nanosecond, as files of results have them and expressions take them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["moment_of", "moment_text"]

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_IN_UTC = _EPOCH.replace(tzinfo=None)
_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def moment_text(time_ns: int) -> str:
    """`2024-05-01T12:00:00.000000001Z`. Every moment of 64 bits lies between the years 1677 and 2262."""
    seconds, rest = divmod(time_ns, _SECOND)
    return f"{_second_text(seconds)}.{rest:09}Z"


@lru_cache(maxsize=4096)
def _second_text(seconds: int) -> str:
    """Millions of moments lie in a few seconds."""
    return (_EPOCH_IN_UTC + timedelta(seconds=seconds)).isoformat()


def moment_of(text: str) -> int | None:
    """Nanoseconds since 1970; UTC where no zone is said. None where the text is no moment of 64 bits."""
    matched = _FORM.fullmatch(text)
    if matched is None:
        return None
    day, minute, second, fraction, zone = matched.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{minute or '00:00'}:{second or '00'}{zone or 'Z'}")
    except ValueError:
        return None
    time_ns = (whole - _EPOCH) // timedelta(seconds=1) * _SECOND + int((fraction or "").ljust(9, "0"))
    return time_ns if -(1 << 63) < time_ns < 1 << 63 else None
