"""What Wireshark says of a capture: tshark's own words on every TCP segment, as a second opinion.

Two doors to one answer. `opinions` goes through pyshark, packet by packet; `bulk_opinions` asks tshark for the
same fields as columns, forty times as fast (measured). Both give equal `Opinion`s: which to take is a matter of size.

Laws:

1. This is the only file that knows pyshark. Its absence and its failures leave it as one line of `errors`, with what
   mends it; those of tshark do so in `referee.tshark`, which runs it.
2. Two passes, always: in one pass `tcp.completeness` leaves out the current frame and all that follow.
3. An opinion is not the truth. Where ours differs, `cross-check` and the tests say why, case by case.

pyshark reads the PDML, but does not run tshark (no `FileCapture`), and that is deliberate. It would: need an asyncio
loop of its own, and so fail in Jupyter and warn on Python 3.12 and later; kill tshark at the end of its output,
so that a cut file and a whole one end alike or, by a race, both as a crash; and take the path of the program
to run from a `config.ini` in the working directory, which may be a submission's. A process and pyshark's parser
have none of this.

Not here: what to think of a difference, and dissections above TCP.
"""

from __future__ import annotations

import shlex
from typing import IO, TYPE_CHECKING, Any, Self

from inspector.errors import CaptureError, CaptureFileError
from inspector.language import said
from inspector.referee.opinion import LABELS, Opinion
from inspector.referee.tshark import Run, fields_wanted, tshark_version
from inspector.wire.row import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

__all__ = ["LABELS", "Opinion", "Opinions", "bulk_opinions", "opinions", "tshark_version"]

_NUMBERS = ("tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len")
_FIELDS = (
    *("frame.number", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"),
    *_NUMBERS,
    "tcp.completeness",
    *(f"tcp.analysis.{label}" for label in LABELS),
)
_SUBTREES = "frame ip ipv6 tcp"
"""The parts of a dissection that we read, whole: labels hang where they apply, some at the acknowledgment number."""

_QUOTING = ("icmp", "icmpv6")
"""Protocols that carry a datagram as a quotation: a segment behind one of these was not sent here."""


class Opinions:
    """All of tshark's opinions on a capture, in its order: iterate it once. A context manager, to end tshark early.

    Raises CaptureError from the iteration, where tshark or pyshark fails, and CaptureFileError where tshark cannot
    read the capture at all.
    """

    def __init__(self, path: str, run: Run, read: Callable[[Run], Iterator[Opinion | None]]) -> None:
        self.path = path
        self.told = 0
        """Opinions given so far."""
        self.cut = False
        """Whether tshark found the capture cut or damaged after what it told; known when the iteration has ended."""
        self._run = run
        self._opinions = read(run)
        self._ended = False

    def __iter__(self) -> Iterator[Opinion]:
        return self

    def __next__(self) -> Opinion:
        try:
            for opinion in self._opinions:
                if opinion is not None:
                    self.told += 1
                    return opinion
            if not self._ended:
                self._judge(self._run.wait())
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End tshark, if it has not ended by itself; nothing more is told."""
        self._ended = True
        self._opinions = iter(())
        self._run.close()

    def _judge(self, code: int) -> None:
        """Tell a whole capture from a cut one: tshark ends with 2 on a cut file, and on one that it cannot read."""
        if code < 0:
            raise CaptureError(
                said(
                    "tshark was ended by signal {signal} after {number} segments of {path}",
                    signal=-code,
                    number=self.told,
                    path=self.path,
                )
            )
        if code and not self.told:
            raise CaptureFileError(
                self.path,
                said("tshark found no TCP segment in it before it failed (exit code {code})", code=code),
                remedies=(f"tshark -r {shlex.quote(self.path)}",),
            )
        self.cut = code != 0


def opinions(path: str | Path) -> Opinions:
    """What tshark says of every TCP segment of a capture, read by pyshark.

    Raises CaptureError: no pyshark, no tshark, or one that is too old. CaptureFileError: the file cannot be opened.
    """
    parse = _pyshark_parser()
    return _ask(path, lambda run: _from_pdml(run.output, parse), "-T", "pdml", "-J", _SUBTREES)


def bulk_opinions(path: str | Path) -> Opinions:
    """The same as `opinions`, of tshark alone: for captures of more than some thousand frames.

    Raises CaptureError: no tshark, or one that is too old. CaptureFileError: the file cannot be opened.
    """
    return _ask(path, lambda run: map(_opinion, run.columns(_FIELDS)), *fields_wanted(_FIELDS))


def _ask(path: str | Path, read: Callable[[Run], Iterator[Opinion | None]], *output: str) -> Opinions:
    return Opinions(str(path), Run(path, "-2", "-Y", "tcp", *output), read)


def _pyshark_parser() -> Callable[[bytes], Any]:
    """The function by which pyshark reads one packet of PDML."""
    try:
        from pyshark.tshark.output_parser.tshark_xml import packet_from_xml_packet
    except Exception as error:  # a broken install fails in many ways: no lxml, a Python that it does not know
        raise CaptureError(
            said("pyshark, which reads tshark's answers, cannot be imported: {error}", error=str(error)),
            remedies=("pip install pyshark",),
        ) from error

    def parse(packet: bytes) -> Any:
        try:
            return packet_from_xml_packet(packet)
        except Exception as error:
            raise CaptureError(
                said(
                    "pyshark does not understand this tshark: {kind}: {error}",
                    kind=type(error).__name__,
                    error=str(error),
                )
            ) from error

    return parse


def _from_pdml(stream: IO[bytes], parse: Callable[[bytes], Any]) -> Iterator[Opinion | None]:
    lines: list[bytes] = []
    for line in stream:
        lines.append(line)
        if line.startswith(b"<packet>"):
            lines = [line]
        elif line.startswith(b"</packet>"):
            yield _opinion(_told_by(parse(b"".join(lines))))


def _told_by(packet: Any) -> Mapping[str, Sequence[str]]:
    """All values of the fields that we read of one pyshark packet, in the order of its layers."""
    told: dict[str, list[str]] = {field: [] for field in _FIELDS}
    for layer in (packet.frame_info, *packet.layers):
        for field in layer.field_names:
            values = layer.get_field(field)
            name = values.name or ""
            if name in told:
                told[name] += [value.show or "" for value in values.all_fields]
    return told


def _opinion(told: Mapping[str, Sequence[str]]) -> Opinion | None:
    """The opinion on the first segment that the frame carries; None where it only quotes one."""
    ends = _innermost_addresses(told)
    if ends is None:
        return None
    stream, source, destination, flags, seq, ack, payload_len = (_number(told[field]) for field in _NUMBERS)
    if stream is None or source is None or destination is None:
        return None
    return Opinion(
        frame=int(told["frame.number"][0]),
        stream=stream,
        source=Endpoint(ends[0], source),
        destination=Endpoint(ends[1], destination),
        flags=None if flags is None else flags & 0x1FF,
        seq=seq,
        ack=ack,
        payload_len=payload_len,
        completeness=_number(told["tcp.completeness"]),
        labels=frozenset(label for label in LABELS if told[f"tcp.analysis.{label}"]),
    )


def _innermost_addresses(told: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """Addresses of the last IP header before the TCP header; tunnels have several."""
    pairs = {name: zip(told[f"{name}.src"], told[f"{name}.dst"], strict=False) for name in ("ip", "ipv6")}
    ends = None
    for protocol in "".join(told["frame.protocols"][:1]).split(":"):
        if protocol == "tcp":
            return ends
        if protocol in _QUOTING:
            return None
        if protocol in pairs:
            ends = next(pairs[protocol], ends)
    return None


def _number(values: Sequence[str]) -> int | None:
    return int(values[0], 0) if values else None
