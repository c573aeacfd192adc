"""TCP options (RFC 9293 section 3.2): as columns for the folds, and whole for people.

`read_options` keeps in a row what the protocol reckons with; `options_of` keeps every option, known or
not, with its bytes. Both walk by `option_size` and judge by `has_valid_size`, so that they cannot
disagree about where an option begins or whether it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.octets import u8, u16, u32
from inspector.wire.row import Option

__all__ = [
    "FAST_OPEN_EXPERIMENT",
    "OptionKind",
    "TcpOption",
    "has_valid_size",
    "is_fast_open",
    "option_size",
    "options_of",
    "read_option",
    "read_options",
]


class OptionKind(Constants):
    """IANA's TCP option kinds that are looked into."""

    END = 0
    NOP = 1
    MSS = 2
    WINDOW_SCALE = 3
    SACK_PERMITTED = 4
    SACK = 5
    TIMESTAMPS = 8
    FAST_OPEN = 34
    EXPERIMENT_1 = 253
    EXPERIMENT_2 = 254


FAST_OPEN_EXPERIMENT = 0xF989
"""The number that marks Fast Open within an experimental option (RFC 7413 appendix A, RFC 6994)."""


@compilable
def option_size(buffer: Any, at: int, end: int) -> int:
    """Bytes of the option at `at`, its kind included; 0 where its length is below 2 or runs past `end`."""
    if u8(buffer, at) <= OptionKind.NOP:
        return 1
    if at + 2 > end:
        return 0
    size = u8(buffer, at + 1)
    return size if size >= 2 and at + size <= end else 0


@compilable
def is_fast_open(buffer: Any, at: int, size: int) -> bool:
    """Whether the option at `at` is Fast Open, by its own kind or as an experiment."""
    kind = u8(buffer, at)
    if kind == OptionKind.FAST_OPEN:
        return True
    if kind not in (OptionKind.EXPERIMENT_1, OptionKind.EXPERIMENT_2) or size < 4:
        return False
    return u16(buffer, at + 2) == FAST_OPEN_EXPERIMENT


@compilable
def has_valid_size(kind: int, size: int) -> bool:
    """Whether a known option has the one size that its RFC allows; unknown kinds may have any."""
    if kind == OptionKind.MSS:
        return size == 4
    if kind == OptionKind.WINDOW_SCALE:
        return size == 3
    if kind == OptionKind.SACK_PERMITTED:
        return size == 2
    if kind == OptionKind.SACK:
        return size >= 10 and (size - 2) % 8 == 0
    if kind == OptionKind.TIMESTAMPS:
        return size == 10
    return True


@compilable
def read_options(buffer: Any, at: int, end: int, row: Any) -> None:
    """Fill the option columns of `row` from `buffer[at:end]`, the captured part of the options.

    Of an option that is repeated the last counts, as in Linux. After a length that leads nowhere
    nothing more is read.
    """
    # The usual options of a segment that is no SYN (RFC 7323 appendix A): a shortcut, not a rule.
    if end - at == 12 and u32(buffer, at) == 0x0101_080A:
        row.options |= Option.TIMESTAMPS
        row.tsval = u32(buffer, at + 4)
        row.tsecr = u32(buffer, at + 8)
        return
    while at < end:
        kind = u8(buffer, at)
        if kind == OptionKind.END:
            return
        size = option_size(buffer, at, end)
        if size == 0:
            row.options |= Option.MALFORMED
            return
        if not has_valid_size(kind, size):
            row.options |= Option.MALFORMED
        elif kind != OptionKind.NOP:
            read_option(buffer, at, size, row)
        at += size


@compilable
def read_option(buffer: Any, at: int, size: int, row: Any) -> None:
    """Fill the columns of one well-formed option."""
    kind = u8(buffer, at)
    if kind == OptionKind.MSS:
        row.options |= Option.MSS
        row.mss = u16(buffer, at + 2)
    elif kind == OptionKind.WINDOW_SCALE:
        row.options |= Option.WINDOW_SCALE
        row.window_scale = u8(buffer, at + 2)
    elif kind == OptionKind.SACK_PERMITTED:
        row.options |= Option.SACK_PERMITTED
    elif kind == OptionKind.SACK:
        row.options |= Option.SACK
        row.sack_count = (size - 2) // 8
        row.sack_left = u32(buffer, at + 2)
        row.sack_right = u32(buffer, at + 6)
    elif kind == OptionKind.TIMESTAMPS:
        row.options |= Option.TIMESTAMPS
        row.tsval = u32(buffer, at + 2)
        row.tsecr = u32(buffer, at + 6)
    elif is_fast_open(buffer, at, size):
        row.options |= Option.FAST_OPEN
        row.fast_open_len = size - 2 if kind == OptionKind.FAST_OPEN else size - 4
    else:
        row.options |= Option.UNKNOWN


@dataclass(frozen=True, slots=True)
class TcpOption:
    """One option as it stands in a header."""

    kind: int
    body: bytes = b""
    """What follows kind and length."""
    malformed: bool = False
    """Of a size that its kind does not allow; `body` is then what there is."""

    def __str__(self) -> str:
        return self._broken() if self.malformed else self._text()

    def _broken(self) -> str:
        return f"malformed-{self.kind} {_hex(self.body)}".rstrip()

    def _text(self) -> str:  # noqa: PLR0911 - one line per kind reads best
        numbers = [u32(self.body, at) for at in range(0, len(self.body) - 3, 4)]
        match self.kind:
            case OptionKind.END:
                return "eol"
            case OptionKind.NOP:
                return "nop"
            case OptionKind.MSS:
                return f"mss {u16(self.body, 0)}"
            case OptionKind.WINDOW_SCALE:
                return f"wscale {self.body[0]}"
            case OptionKind.SACK_PERMITTED:
                return "sackOK"
            case OptionKind.SACK:
                blocks = "".join(f"{{{left}:{right}}}" for left, right in zip(numbers[::2], numbers[1::2], strict=True))
                return f"sack {len(numbers) // 2} {blocks}"
            case OptionKind.TIMESTAMPS:
                return f"TS val {numbers[0]} ecr {numbers[1]}"
        if is_fast_open(self._whole(), 0, len(self.body) + 2):
            cookie = self.body if self.kind == OptionKind.FAST_OPEN else self.body[2:]
            return f"tfo cookie {cookie.hex()}" if cookie else "tfo cookiereq"
        return f"unknown-{self.kind} {_hex(self.body)}".rstrip()

    def _whole(self) -> bytes:
        return bytes((self.kind, len(self.body) + 2)) + self.body


def options_of(header: bytes) -> tuple[TcpOption, ...]:
    """Every option of a TCP header (from its ports on), in order, to the end-of-options mark.

    A header that is cut gives the options that are there. An option whose length leads nowhere is
    the last one, and holds the rest.
    """
    found: list[TcpOption] = []
    at = 20
    end = min(len(header), (header[12] >> 4) * 4) if len(header) > at else 0
    while at < end:
        kind = header[at]
        size = option_size(header, at, end)
        if size == 0:
            found.append(TcpOption(kind, header[at + 2 : end], malformed=True))
            break
        found.append(TcpOption(kind, header[at + 2 : at + size], malformed=not has_valid_size(kind, size)))
        if kind == OptionKind.END:
            break
        at += size
    return tuple(found)


def _hex(body: bytes) -> str:
    return f"0x{body.hex()}" if body else ""
