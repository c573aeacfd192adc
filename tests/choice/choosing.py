"""A test's vocabulary for connections that are asked for: all of a capture at once, saved, heard and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.choice.choosing import Choice
from inspector.choice.hearing import Hearer
from inspector.choice.saving import Saver
from inspector.pipeline import inspect_chosen
from inspector.tcp.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspector.report.inspection import Inspection
    from inspector.tcp.model import Connection
    from inspector.tcp.talk import Talk


@dataclass
class Chosen:
    """What was taken of a capture's connections, by number."""

    inspection: Inspection
    talks: dict[int, Talk]
    files: dict[int, Path]


def choose(path: Path, numbers: Sequence[int], folder: Path | None = None, *, limit: int = 1 << 24) -> Chosen:
    """Hear the connections `numbers`, and save each into `folder`, if there is one."""
    hearers = [Hearer(number, limit) for number in numbers]
    files = {} if folder is None else {number: folder / f"{number}.pcapng" for number in numbers}
    savers = [Saver(number, file) for number, file in files.items()]
    choice = Choice(numbers, [*hearers, *savers])
    try:
        inspection = inspect_chosen(path, choice)
    finally:
        choice.discard()
    return Chosen(inspection, {each.number: each.talk for each in hearers}, files)


def without_place(connection: Connection) -> Any:
    """A connection without what its place in a capture decides: numbers of frames, and what came before it."""
    frames = {each.row.frame: position for position, each in enumerate(connection.segments)}

    def at_home(finding: Any) -> Any:
        return replace(finding, frame=frames.get(finding.frame, finding.frame))

    def alone(traced: Any) -> Any:
        facts = traced.facts & ~Fact.REUSED_PORTS
        row = replace(traced.row, frame=0, interface=0, digest=0, payload_at=0)
        label = traced.label.removesuffix(" (port reuse)")
        return replace(traced, row=row, facts=facts, label=label, findings=tuple(map(at_home, traced.findings)))

    return replace(
        connection,
        number=0,
        frames=(0, 0),
        first_frame=0,
        is_alone=True,
        segments=tuple(map(alone, connection.segments)),
        findings=tuple(map(at_home, connection.findings)),
    )
