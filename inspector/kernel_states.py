"""The states of TCP sockets as Linux numbers them, in the words of RFC 9293.

Source: linux include/net/tcp_states.h. The same numbers stand in the first byte of `TCP_INFO`, in /proc/net/tcp (in
hexadecimal) and in the tracepoint `sock:inet_sock_set_state`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AT_REST", "KERNEL_STATES"]

KERNEL_STATES: Mapping[int, str] = MappingProxyType(
    {
        1: "ESTABLISHED",
        2: "SYN-SENT",
        3: "SYN-RECEIVED",
        4: "FIN-WAIT-1",
        5: "FIN-WAIT-2",
        6: "TIME-WAIT",
        7: "CLOSED",
        8: "CLOSE-WAIT",
        9: "LAST-ACK",
        10: "LISTEN",
        11: "CLOSING",
        12: "SYN-RECEIVED",  # TCP_NEW_SYN_RECV: a request that is no whole socket yet
    }
)

AT_REST = frozenset({"TIME-WAIT", "CLOSED", "LISTEN"})
"""States in which a socket sends nothing of its own accord."""
