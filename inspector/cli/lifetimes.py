"""The options that say how long a connection is remembered in a large replay."""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from inspector.language import marked, shown
from inspector.tcp.lifetimes import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["lifetime_options"]

_TIME = re.compile(r"(\d{1,9})(ms|s|m|h)?")
_UNITS = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
_LONGEST_NS = 366 * 24 * _UNITS["h"]
_DEFAULTS = Limits()


class _Time(click.ParamType[int]):
    """`5m`, `90s`, `200ms`; a bare number is seconds. Gives nanoseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        matched = _TIME.fullmatch(value)
        nanoseconds = int(matched[1]) * _UNITS[matched[2] or "s"] if matched else 0
        if not 0 < nanoseconds <= _LONGEST_NS:
            words = marked("expected a time such as 5m, 90s or 200ms, up to a year, found {value!r}")
            self.fail(shown(words, value=value), param, ctx)
        return nanoseconds


def lifetime_options(command: F) -> F:
    """Options of a command that takes `limits`; times are of the capture, from the last segment on."""

    @wraps(command)
    def with_limits(*arguments: Any, idle: int, closed: int, attempt: int, max_open: int, **others: Any) -> Any:
        return command(*arguments, limits=Limits(idle, closed, attempt, max_open), **others)

    most = click.IntRange(1, 100_000_000)
    for option in (
        _option(
            "--max-open",
            most,
            _DEFAULTS.most_open,
            "N",
            "Large captures: at most so many connections at once (1000000), from frame 200,000 on.",
        ),
        _option("--attempt", _Time(), _DEFAULTS.attempt_ns, "TIME", "The same for attempts that opened nothing (1m)."),
        _option("--closed", _Time(), _DEFAULTS.closed_ns, "TIME", "The same for closed ones (5s)."),
        _option(
            "--idle",
            _Time(),
            _DEFAULTS.idle_ns,
            "TIME",
            "Large captures: connections silent so long are let go of (5m);",
        ),
    ):
        with_limits = option(with_limits)
    return with_limits  # type: ignore[return-value]  # it has the options in place of `limits`


def _option(name: str, kind: click.ParamType[int], default: int, metavar: str, words: str) -> Callable[[Any], Any]:
    return click.option(name, type=kind, default=default, metavar=metavar, help=words)
