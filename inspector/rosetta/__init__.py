"""One connection in the words of other tools, by their own rules: what Wireshark, Zeek, tcptrace and Suricata call it.

    rosetta(connection) -> (Called("Wireshark", "Complete, NO_DATA (23)", ...), Called("Zeek", "S2 ShAFa"), ...)

Each tool is one file: its words as data, and the rule by which they apply to what we know. Nothing here judges, and no
tool is run: `cross-check` is where Wireshark itself is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.rosetta.suricata import called_by_suricata
from inspector.rosetta.tcptrace import called_by_tcptrace
from inspector.rosetta.wireshark import called_by_wireshark
from inspector.rosetta.zeek import called_by_zeek

if TYPE_CHECKING:
    from inspector.rosetta.model import Called
    from inspector.tcp.model import Connection

__all__ = ["rosetta"]

_TOOLS = (called_by_wireshark, called_by_zeek, called_by_tcptrace, called_by_suricata)


def rosetta(connection: Connection) -> tuple[Called, ...]:
    """What each tool would call a connection whose segments were kept."""
    return tuple(called_by(connection) for called_by in _TOOLS)
