"""What the recipes of synthetic captures share: two ends, and a file of what they say.

    from _make import Tape

    tape = Tape(__file__)
    x, y = 1000, 5000
    tape.client("S", seq=x)
    tape.server("SA", seq=y, ack=x + 1)
    tape.client("A", seq=x + 1, ack=y + 1)
    tape.save()

1. A recipe gives the same bytes on every call: times, IP IDs and ports are fixed, nothing is drawn by lot.
2. Every number that matters stands in the recipe as a sum, so that a wrong one can be seen to be wrong.
3. Frames and file are scapy's. Our own decoder and writer have no part in what they are tested with.
4. Frames of captures like these exist nowhere else: addresses and MACs are those kept for documentation
   and local use (RFC 5737, RFC 7042).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Self

if sys.prefix == sys.base_prefix:  # called by hand, outside the environment in which scapy is
    _python = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "python"
    os.execv(_python, [str(_python), *sys.argv])  # noqa: S606 - this very program, with another Python

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcapng

__all__ = ["CLIENT", "SERVER", "SYN_OPTIONS", "Tape"]

CLIENT = ("192.0.2.1", 50000)
SERVER = ("198.51.100.7", 80)
SYN_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]

_MAC = {0: "02:00:5e:00:53:01", 1: "02:00:5e:00:53:02"}
_START_US = 1_700_000_000_000_000
_STEP_US = 10_000
_MASK = 0xFFFF_FFFF


class Tape:
    """Frames in the order in which they pass, ten milliseconds apart unless told otherwise.

    `client` and `server` say one segment each: `flags` in scapy's letters (`S`, `SA`, `PA`, `FA`, `R`), `seq`,
    `ack`, and where it matters `data`, `window`, `options`. `after_us` is the time since the frame before.
    """

    def __init__(
        self,
        recipe: str,
        *,
        client: tuple[str, int] = CLIENT,
        server: tuple[str, int] = SERVER,
        step_us: int = _STEP_US,
    ) -> None:
        folder = Path(recipe).resolve().parent
        self.path = Path(sys.argv[1]) if len(sys.argv) > 1 else folder / f"{folder.name}.pcapng"
        self._ends = (client, server)
        self._step_us = step_us
        self._now_us = _START_US - step_us
        self._ids = [0x1000, 0x8000]
        self._frames: list[Packet] = []

    def client(self, flags: str, **fields: Any) -> Self:
        """One segment from the client to the server."""
        return self._say(0, flags, **fields)

    def server(self, flags: str, **fields: Any) -> Self:
        """One segment from the server to the client."""
        return self._say(1, flags, **fields)

    def between(self, client: tuple[str, int], server: tuple[str, int] = SERVER) -> Self:
        """From here on two other ends speak: another connection in the same capture."""
        self._ends = (client, server)
        return self

    def handshake(self, x: int, y: int) -> Self:
        """An orderly one."""
        self.client("S", seq=x)
        self.server("SA", seq=y, ack=x + 1)
        return self.client("A", seq=x + 1, ack=y + 1)

    def close(self, u: int, w: int) -> Self:
        """An orderly one in three segments, by the client; `u` and `w` are the numbers of the two FINs."""
        self.client("FA", seq=u, ack=w)
        self.server("FA", seq=w, ack=u + 1)
        return self.client("A", seq=u + 1, ack=w + 1)

    def copy(self, *, after_us: int) -> Self:
        """The last frame once more, byte for byte."""
        return self.add(self._frames[-1].copy(), after_us=after_us)

    def add(self, frame: Packet, *, after_us: int | None = None) -> Self:
        """Any other frame."""
        self._now_us += self._step_us if after_us is None else after_us
        frame.time = self._now_us / 1_000_000
        self._frames.append(frame)
        return self

    def save(self) -> None:
        """Write the capture beside its recipe, or where the recipe's first argument says."""
        wrpcapng(str(self.path), self._frames)

    def _say(  # noqa: PLR0913 - the fields of a segment; all but one have a default
        self,
        who: int,
        flags: str,
        *,
        seq: int,
        ack: int = 0,
        data: bytes = b"",
        window: int = 64240,
        options: list[tuple[str, Any]] | None = None,
        after_us: int | None = None,
    ) -> Self:
        source, destination = self._ends[who], self._ends[1 - who]
        options = (SYN_OPTIONS if "S" in flags else []) if options is None else options
        ip = IP(src=source[0], dst=destination[0], id=self._ids[who], flags="DF")
        tcp = TCP(
            sport=source[1], dport=destination[1], flags=flags,
            seq=seq & _MASK, ack=ack & _MASK, window=window, options=options,
        )  # fmt: skip
        self._ids[who] += 1
        frame = Ether(src=_MAC[who], dst=_MAC[1 - who]) / ip / tcp
        return self.add(frame / Raw(data) if data else frame, after_us=after_us)
