"""Which engine captures: the ring on Linux, scapy elsewhere or by choice. Each is imported only when it is chosen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from inspector.capture.engine import DEFAULT_RING_BYTES, DEFAULT_SNAPLEN, KINDS, ON_LINUX, Options
from inspector.errors import CaptureError
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Collection

    from inspector.capture.engine import Engine

__all__ = ["open_engine"]


def open_engine(  # noqa: PLR0913 - the options of a capture, all but one with a default
    interface: str,
    *,
    ports: Collection[int] = (),
    kind: str = "auto",
    snaplen: int = DEFAULT_SNAPLEN,
    ring_bytes: int = DEFAULT_RING_BYTES,
    promiscuous: bool = False,
    command_line: str = "inspector",
    own_traffic: bool = False,
) -> Engine:
    """An engine that captures from now on: the ring on Linux, scapy elsewhere or by choice.

    `interface` is a name, or `any` on Linux. `kind` is one of `KINDS`.

    Raises:
        CaptureError: for want of privilege (with the ways out), of the interface, or of support for it.

    """
    options = Options(interface, frozenset(ports), snaplen, ring_bytes, promiscuous, command_line, own_traffic)
    _check(options, kind)
    if kind == "linux" or (kind == "auto" and ON_LINUX):
        from inspector.capture.engine_linux import LinuxEngine

        return LinuxEngine(options)
    from inspector.capture.engine_portable import PortableEngine

    return PortableEngine(options)


def _check(options: Options, kind: str) -> None:
    if kind not in KINDS:
        raise CaptureError(
            said("expected a capture engine among {known}, found {kind!r}", known=joined(KINDS), kind=kind)
        )
    if kind == "linux" and not ON_LINUX:
        raise CaptureError(
            said("the linux engine needs Linux, and this is {system}", system=sys.platform),
            remedies=(said("choose the engine `portable`"),),
        )
    wrong = sorted(port for port in options.ports if not 0 <= port <= 0xFFFF)
    if wrong:
        raise CaptureError(said("expected ports from 0 to 65535, found {port}", port=wrong[0]))
    if options.snaplen < 1:
        raise CaptureError(said("expected a snaplen of at least 1 byte, found {snaplen}", snaplen=options.snaplen))
