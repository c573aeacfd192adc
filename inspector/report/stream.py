"""What a report adds where several files were read as one stream: which files, and where in them something lies.

Frames are numbered through, and so are they everywhere in a report. The text tells for every connection and example in
which files they lie, and between which of their own frames; the JSON tells file and own number for every finding.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from inspector.report.escape import portable, safe_text
from inspector.report.words import count, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.report.inspection import Inspection
    from inspector.report.page import Page

__all__ = ["add_origins", "files_to_json", "note_files", "place_in_file", "where"]

_MOST_FILES = 4
"""Of one conversation."""


def place_in_file(inspection: Inspection, frame: int | None) -> tuple[str, int] | None:
    """The file of a frame and its number there; None without a frame, or where there is a single file."""
    if inspection.origins is None or not frame:
        return None
    origin = inspection.origins.of(frame)
    return inspection.capture.files[origin.file].name, origin.number


def where(inspection: Inspection, frames: Iterable[int]) -> str:
    """`a.pcap frame 3; b.pcap frames 1 to 7`: nothing where there is a single file."""
    spans: dict[str, tuple[int, int]] = {}
    for frame in frames:
        place = place_in_file(inspection, frame)
        if place is not None:
            first, last = spans.get(place[0], (place[1], place[1]))
            spans[place[0]] = min(first, place[1]), max(last, place[1])
    said = [f"{_short(inspection, name)} {_span(*span)}" for name, span in spans.items()]
    more = len(said) - _MOST_FILES
    return "; ".join(said[:_MOST_FILES]) + (f"; and in {plural(more, 'more file')}" if more > 0 else "")


def _span(first: int, last: int) -> str:
    return f"frame {count(first)}" if first == last else f"frames {count(first)} to {count(last)}"


def _short(inspection: Inspection, name: str) -> str:
    """The name without its folder, unless another file has the same."""
    short = PurePath(name).name
    is_one = sum(PurePath(file.name).name == short for file in inspection.capture.files) == 1
    return safe_text(short if is_one else name)


def note_files(page: Page, inspection: Inspection) -> None:
    """How many files make the stream, and which of them were not read."""
    files = inspection.capture.files
    if not files:
        return
    page.fact("files", f"read as one stream: {plural(len(files), 'file')}")
    for file in files:
        if file.unread:
            page.fact("", f"not read: {safe_text(file.name)}: {safe_text(file.unread)}", "bold yellow")


def files_to_json(inspection: Inspection) -> list[dict[str, Any]]:
    """The files of a stream, in the order in which they were named."""
    return [
        {
            "name": portable(file.name),
            "frames": file.frames,
            "dropped": file.dropped,
            "cut": portable(file.cut) or None,
            "unread": portable(file.unread) or None,
        }
        for file in inspection.capture.files
    ]


def add_origins(report: dict[str, Any], inspection: Inspection) -> None:
    """Tell of every finding of `report` in which file it lies, and which frame of that file it is."""
    for finding in _findings(report):
        place = place_in_file(inspection, finding["frame"])
        if place is not None:
            finding["origin"] = {"file": portable(place[0]), "frame": place[1]}


def _findings(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for conversation in (*report["connections"], *report["exchanges"]):
        yield from conversation["findings"]
        for unit in conversation.get("segments") or conversation.get("datagrams") or ():
            yield from unit["findings"]
