"""A UDP exchange in Zeek's words: `conn_state` and `history`, by the rules of Zeek's UDP analyzer.

`D` the originator spoke, `d` the responder did, `^` Zeek turned the roles round since the first datagram came
from a likely server's port and did not go to one. Not here: what Zeek's protocol analyzers turn round
(a DNS answer that comes first, an NTP server's), its checksum letter `C`, and its timeout of a minute.
"""

from __future__ import annotations

__all__ = ["udp_words"]

_SERVER_PORTS = frozenset(
    {53, 67, 68, 69, 88, 123, 137, 161, 162, 389, 443, 514, 1812, 2123, 2152, 3544, 4011, 4789, 5060, 5072, 5353}
    | {5355, 6081, 20000}
)
"""UDP ports at which Zeek's default scripts expect a server (`likely_server_ports`)."""

_STATES = {(True, True): "SF", (True, False): "S0", (False, True): "SHR", (False, False): "OTH"}


def udp_words(ports: tuple[int, int], spoke: tuple[bool, bool]) -> tuple[str, str]:
    """`(conn_state, history)` from both ends' ports and whether they spoke; who spoke first is named first."""
    turned = ports[0] in _SERVER_PORTS and ports[1] not in _SERVER_PORTS
    letters = "dD" if turned else "Dd"
    said = "".join(letter for letter, did in zip(letters, spoke, strict=True) if did)
    return _STATES[spoke[::-1] if turned else spoke], "^" + said if turned and said else said
