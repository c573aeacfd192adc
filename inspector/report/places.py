"""Where a conversation takes place: what is worth a note of its addresses and ports.

One dim line, from the same tables as `inspector explain`. Not on every ladder: with `--verbose`, and where the only
conversation of a demo is drawn for a learner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.addresses import block_of, read_address
from inspector.explain.ports import is_ephemeral
from inspector.language import shown

if TYPE_CHECKING:
    from inspector.report.inspection import Inspection
    from inspector.report.page import Page
    from inspector.wire.row import Endpoint

__all__ = ["are_worth_a_note", "note_places"]


def are_worth_a_note(inspection: Inspection, *, verbose: bool) -> bool:
    """Whether the ladders of an inspection tell where they take place."""
    alone = len(inspection.connections) + len(inspection.exchanges) == 1
    return verbose or bool(inspection.lesson and alone)


def note_places(page: Page, ends: tuple[Endpoint, Endpoint]) -> None:
    """One line, if there is something to say: `127.0.0.1 is loopback . port 48634 looks ephemeral, ...`."""
    notes = [_address_note(address) for address in dict.fromkeys(end.address for end in ends)]
    notes.append(_ports_note(list(dict.fromkeys(str(end.port) for end in ends if is_ephemeral(end.port)))))
    told = [note for note in notes if note]
    if told:
        page.wrap(f" {page.glyphs.bullet} ".join(told), "dim", hang="    ")


def _address_note(text: str) -> str:
    address = read_address(text)
    block = block_of(address) if address is not None else None
    if block is None or block.details.get("ordinary"):
        return ""
    return shown("{address} is {what}", address=text, what=shown(str(block.details["is"])))


def _ports_note(ephemeral: list[str]) -> str:
    if not ephemeral:
        return ""
    if len(ephemeral) == 1:
        return shown("port {port} looks ephemeral, chosen by the system", port=ephemeral[0])
    one, other = ephemeral
    return shown("ports {one} and {other} look ephemeral, chosen by the system", one=one, other=other)
